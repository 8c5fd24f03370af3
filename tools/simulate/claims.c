/* The 837P of an invented office: each claim a patient of its own, all by the seed. */
#include "common/edi/write.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <stdio.h>
#include <stdlib.h>

enum { SET_CLAIMS = 500, MOST_LINES = 3 };

struct office {
    struct sim *s;
    struct edi_writer w;
    struct buf out;
    int sets, hl, in_set;
    char day[9], hour[5];
};

const char *claims_account(long n, char out[16])
{
    snprintf(out, 16, "SC%08ld", n);
    return out;
}

long claims_number(const char *account)
{
    char *end;
    long n = strncmp(account, "SC", 2) ? -1 : strtol(account + 2, &end, 10);
    return n >= 0 && strlen(account) == 10 && !*end ? n : -1;
}

static uint64_t roll(const struct office *o, const char *what, long n, uint64_t most)
{
    return dice_of(o->s->seed, what, (uint64_t)n, most);
}

/* ---- one claim ---- */

struct line {
    const char *code, *modifier;
    int64_t cents;
};

static int lines_of(const struct office *o, long n, struct line out[MOST_LINES])
{
    static const struct line all[] = {{"99213", NULL, 15000},
                                      {"99214", NULL, 22000},
                                      {"87880", "QW", 4000},
                                      {"93000", NULL, 6000},
                                      {"81002", NULL, 1500}};
    int count = 1 + (int)roll(o, "lines", n, MOST_LINES);
    size_t first = roll(o, "code", n, 5);
    for (int i = 0; i < count; i++) {
        out[i] = all[(first + (size_t)i) % 5];
        out[i].cents += (int64_t)roll(o, "price", n * MOST_LINES + i, 40) * 100;
    }
    return count;
}

enum { PHRASE = 40 };
static void phrase(char out[PHRASE], const char *format, long number)
{
    snprintf(out, PHRASE, format, number);
}

static const char *last_name(const struct office *o, long n)
{
    static const char *const last[] = {"TESTER", "SAMPLE", "MODEL", "PATTERN", "EXAMPLE",
                                       "DRAFT",  "PROBE",  "TRIAL", "SKETCH",  "MOCKUP"};
    return last[roll(o, "last", n, 10)];
}

static const char *first_name(const struct office *o, long n)
{
    static const char *const first[] = {"ANNA", "BEN",  "CARA", "DAN",
                                        "EVE",  "FINN", "GINA", "HUGO"};
    return first[roll(o, "first", n, 8)];
}

static void patient(struct office *o, long n)
{
    char member[PHRASE], street[PHRASE], born[PHRASE], number[PHRASE], id[8], name[PHRASE];
    long p = (long)roll(o, "payer", n, (uint64_t)o->s->payers);
    phrase(number, "%ld", ++o->hl);
    ew_seg(&o->w, "HL", number, "1", "22", "0");
    phrase(number, "G%ld", 10000 + p);
    ew_seg(&o->w, "SBR", "P", "18", number, "", "", "", "", "", "CI");
    phrase(member, "M%09ld", n);
    ew_seg(&o->w, "NM1", "IL", "1", last_name(o, n), first_name(o, n), "", "", "", "MI", member);
    phrase(street, "%ld MAIN ST", 1 + n % 999);
    ew_seg(&o->w, "N3", street);
    ew_seg(&o->w, "N4", "RIVERTON", "UT", "840650001");
    phrase(born, "%ld0615", 1940 + (long)roll(o, "born", n, 70));
    ew_seg(&o->w, "DMG", "D8", born, n % 2 ? "F" : "M");
    phrase(name, "SIMULATED PAYER %ld", p);
    ew_seg(&o->w, "NM1", "PR", "2", name, "", "", "", "", "PI", mix_payer(p, id));
}

static void service(struct office *o, long n, int i, const struct line *l, const char *day)
{
    char number[PHRASE];
    phrase(number, "%ld", i + 1);
    ew_seg(&o->w, "LX", number);
    ew_begin(&o->w, "SV1");
    ew_lit(&o->w, "HC");
    ew_comp(&o->w, phi_lit(l->code));
    if (l->modifier)
        ew_comp(&o->w, phi_lit(l->modifier));
    ew_money(&o->w, l->cents);
    ew_lit(&o->w, "UN");
    ew_lit(&o->w, "1");
    ew_lit(&o->w, "");
    ew_lit(&o->w, "");
    ew_lit(&o->w, "1");
    ew_end(&o->w);
    ew_seg(&o->w, "DTP", "472", "D8", day);
    snprintf(number, sizeof number, "SC%08ldL%d", n, i + 1);
    ew_seg(&o->w, "REF", "6R", number);
}

bool claims_has_second(const struct sim *s, long n)
{
    enum { PERCENT = 8 };
    return s->payers > 1 && dice_of(s->seed, "second", (uint64_t)n, 100) < PERCENT;
}

/* The patient's other payer is the one after the first, to which that one forwards as well. */
static void second_payer(struct office *o, long n)
{
    long p = ((long)roll(o, "payer", n, (uint64_t)o->s->payers) + 1) % o->s->payers;
    char group[PHRASE], member[PHRASE], name[PHRASE], id[8];
    phrase(group, "H%ld", 10000 + p);
    phrase(member, "N%09ld", n);
    phrase(name, "SIMULATED PAYER %ld", p);
    ew_seg(&o->w, "SBR", "S", "18", group, "", "", "", "", "", "CI");
    ew_seg(&o->w, "OI", "", "", "Y", "", "", "Y");
    ew_seg(&o->w, "NM1", "IL", "1", last_name(o, n), first_name(o, n), "", "", "", "MI", member);
    ew_seg(&o->w, "NM1", "PR", "2", name, "", "", "", "", "PI", mix_payer(p, id));
}

/* mended: it went before, and now has an authorization. One that our edits fail on charges a cent more
 * than its lines. */
static void claim(struct office *o, long n, bool mended)
{
    struct line lines[MOST_LINES];
    char account[16], day[9];
    int count = lines_of(o, n, lines);
    bool wrong = !mended && roll(o, "edit", n, 100) < 2;
    int64_t total = wrong;
    for (int i = 0; i < count; i++)
        total += lines[i].cents;
    patient(o, n);
    ew_begin(&o->w, "CLM");
    ew_lit(&o->w, claims_account(n, account));
    ew_money(&o->w, total);
    ew_lit(&o->w, "");
    ew_lit(&o->w, "");
    ew_lit(&o->w, "11");
    ew_comp(&o->w, phi_lit("B"));
    ew_comp(&o->w, phi_lit("1"));
    static const char *const rest[] = {"Y", "A", "Y", "Y"};
    for (int i = 0; i < 4; i++)
        ew_lit(&o->w, rest[i]);
    ew_end(&o->w);
    if (mended)
        ew_seg(&o->w, "REF", "G1", "AU778");
    ew_begin(&o->w, "HI");
    ew_lit(&o->w, "ABK");
    ew_comp(&o->w, phi_lit("J029"));
    ew_end(&o->w);
    ew_seg(&o->w, "NM1", "82", "1", "STONE", "RUTH", "", "", "", "XX", "2000000028");
    ew_seg(&o->w, "PRV", "PE", "PXC", "207Q00000X");
    if (claims_has_second(o->s, n))
        second_payer(o, n);
    time_ccyymmdd(o->s->start_us + (n * o->s->days / (o->s->claims * 2) - 3) * SIM_DAY_US, day);
    for (int i = 0; i < count; i++)
        service(o, n, i, &lines[i], day);
}

/* ---- the file ---- */

static void set_end(struct office *o)
{
    char number[PHRASE], count[PHRASE];
    if (!o->in_set)
        return;
    phrase(number, "%04ld", o->sets);
    phrase(count, "%ld", (long)o->w.segments + 1);
    ew_seg(&o->w, "SE", count, number);
    o->in_set = 0;
}

static void set_begin(struct office *o)
{
    char number[PHRASE], batch[PHRASE];
    o->w.segments = 0;
    o->hl = 1;
    phrase(number, "%04ld", ++o->sets);
    ew_seg(&o->w, "ST", "837", number, "005010X222A1");
    snprintf(batch, sizeof batch, "D%ldS%d", o->s->day, o->sets);
    ew_seg(&o->w, "BHT", "0019", "00", batch, o->day, o->hour, "CH");
    ew_seg(&o->w, "NM1", "41", "2", "RIVERBEND FAMILY MEDICINE", "", "", "", "", "46", "RVRBND");
    ew_seg(&o->w, "PER", "IC", "BILLING DESK", "TE", "8015550100");
    ew_seg(&o->w, "NM1", "40", "2", "CLEARING HOUSE", "", "", "", "", "46", "CLRHOUSE");
    ew_seg(&o->w, "HL", "1", "", "20", "1");
    ew_seg(&o->w, "PRV", "BI", "PXC", "207Q00000X");
    ew_seg(&o->w, "NM1", "85", "2", "RIVERBEND FAMILY MEDICINE", "", "", "", "", "XX",
           "2000000010");
    ew_seg(&o->w, "N3", "1 RIVER RD");
    ew_seg(&o->w, "N4", "RIVERTON", "UT", "840650001");
    ew_seg(&o->w, "REF", "EI", "001234567");
}

static void add(struct office *o, long n, bool mended)
{
    if (o->in_set == SET_CLAIMS)
        set_end(o);
    if (!o->in_set)
        set_begin(o);
    claim(o, n, mended);
    o->in_set++;
}

static void file_begin(struct office *o)
{
    char number[PHRASE];
    o->w = (struct edi_writer){.out = &o->out, .d = EDI_CANONICAL};
    time_ccyymmdd(o->s->now_us, o->day);
    time_hhmm(o->s->now_us, o->hour);
    ew_write_isa(&o->w, &(struct ew_isa){"ZZ", "RVRBND", "ZZ", "CLRHOUSE", "T", "0", o->s->now_us,
                                         (uint32_t)o->s->day + 1});
    phrase(number, "%ld", o->s->day + 1);
    ew_seg(&o->w, "GS", "HC", "RVRBND", "CLRHOUSE", o->day, o->hour, number, "X", "005010X222A1");
}

static void file_end(struct office *o)
{
    char number[PHRASE], nine[PHRASE], count[PHRASE], path[SIM_PATH + 64];
    set_end(o);
    phrase(number, "%ld", o->s->day + 1);
    phrase(nine, "%09ld", o->s->day + 1);
    phrase(count, "%ld", o->sets);
    ew_seg(&o->w, "GE", count, number);
    ew_seg(&o->w, "IEA", "1", nine);
    snprintf(path, sizeof path, "%s/in/claims-%04ld.837", o->s->home, o->s->day);
    if (fs_replace(path, o->out.p, o->out.len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", path);
}

void claims_again(struct sim *s, long number, bool mended)
{
    if (s->mended_n == s->mended_room) {
        s->mended_room = s->mended_room * 2 + 64;
        s->mended = xrealloc(s->mended, s->mended_room * sizeof *s->mended);
    }
    s->mended[s->mended_n++] = (struct mended){number, s->day + 3, mended};
}

/* The claims of a day in the order of the seed, or shuffled. */
static long *order_of(struct sim *s, long first, long n)
{
    long *list = xcalloc((size_t)n + 1, sizeof *list);
    uint64_t state = s->shuffle * 1000003 + (uint64_t)s->day;
    for (long i = 0; i < n; i++)
        list[i] = first + i;
    for (long i = n - 1; s->shuffle && i > 0; i--) {
        long k = (long)dice_next(&state, (uint64_t)i + 1), t = list[i];
        list[i] = list[k];
        list[k] = t;
    }
    return list;
}

bool claims_bill(struct sim *s, long first, long until)
{
    struct office o = {.s = s};
    long *list = order_of(s, first, until - first);
    size_t kept = 0, due = s->mended_n;
    file_begin(&o);
    for (size_t i = 0; i < due; i++) {
        if (s->mended[i].day <= s->day)
            add(&o, s->mended[i].number, s->mended[i].mended);
        else
            s->mended[kept++] = s->mended[i];
    }
    s->mended_n = kept;
    for (long i = 0; i < until - first; i++)
        add(&o, list[i], false);
    if (o.sets)
        file_end(&o);
    free(list);
    buf_free(&o.out);
    return o.sets > 0;
}
