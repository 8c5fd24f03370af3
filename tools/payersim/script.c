#include "tools/payersim/script.h"
#include "common/util/id.h"
#include "common/util/money.h"
#include <stdio.h>
#include <stdlib.h>

enum { DAY_S = 86400 };
static const int64_t ALWAYS = 10000;

/* ---- values ---- */

/* "14d", "90m", "30s", "0". */
static bool read_span(const struct conf *c, int64_t *us, struct buf *error)
{
    char *end;
    long n = strtol(c->text, &end, 10);
    int64_t unit = strcmp(end, "d") == 0   ? DAY_S
                   : strcmp(end, "h") == 0 ? 3600
                   : strcmp(end, "m") == 0 ? 60
                   : strcmp(end, "s") == 0 ? 1
                   : n == 0 && !*end       ? 1
                                           : 0;
    if (end == c->text || n < 0 || n > 100000 || !unit)
        return conf_fault(c, error, "\"%s\" is a span of time like 14d, 1h, 90m, 30s or 0", c->key);
    *us = n * unit * 1000000;
    return true;
}

static bool read_cents(const struct conf *c, int64_t *cents, struct buf *error)
{
    return (money_parse(phi_lit(c->text), cents) && *cents >= 0) ||
           conf_fault(c, error, "\"%s\" is an amount like 25.00", c->key);
}

/* "62.5" is 6250 hundredths of a percent. */
static bool read_percent(const struct conf *c, int64_t *hundredths, struct buf *error)
{
    return (money_parse(phi_lit(c->text), hundredths) && *hundredths >= 0 &&
            *hundredths <= ALWAYS) ||
           conf_fault(c, error, "\"%s\" is a percentage from 0 to 100", c->key);
}

static bool read_flag(const struct conf *c, bool *out, struct buf *error)
{
    *out = strcmp(c->text, "true") == 0;
    return *out || strcmp(c->text, "false") == 0 ||
           conf_fault(c, error, "\"%s\" is true or false", c->key);
}

static bool read_count(const struct conf *c, int64_t *out, struct buf *error)
{
    char *end;
    *out = strtol(c->text, &end, 10);
    return (*c->text && !*end && *out >= 1 && *out <= 1000000) ||
           conf_fault(c, error, "\"%s\" is a number from 1 on", c->key);
}

/* ---- tables of keys ---- */

enum type { TEXT, SPAN, CENTS, PERCENT, FLAG, COUNT };
struct key {
    const char *name;
    enum type type;
    size_t at;
};

static bool read_key(const struct conf *c, const struct key *k, void *to, struct buf *error)
{
    char *at = (char *)to + k->at;
    if (!conf_is(c, CONF_VALUE, error))
        return false;
    switch (k->type) {
    case TEXT:
        memcpy(at, &c->text, sizeof c->text);
        return true;
    case SPAN:
        return read_span(c, (int64_t *)(void *)at, error);
    case CENTS:
        return read_cents(c, (int64_t *)(void *)at, error);
    case PERCENT:
        return read_percent(c, (int64_t *)(void *)at, error);
    case FLAG:
        return read_flag(c, (bool *)at, error);
    case COUNT:
        return read_count(c, (int64_t *)(void *)at, error);
    }
    return false;
}

/* Reads every child of map by the table; children named in `other` are left to the caller. */
static bool read_keys(const struct conf *map, const struct key *keys, const char *const *other,
                      void *to, struct buf *error)
{
    for (const struct conf *c = map->first; c; c = c->next) {
        const struct key *k = keys;
        const char *const *o = other;
        while (k->name && strcmp(k->name, c->key) != 0)
            k++;
        while (*o && strcmp(*o, c->key) != 0)
            o++;
        if (!k->name && !*o)
            return conf_fault(c, error, "unknown key \"%s\"", c->key);
        if (k->name && !read_key(c, k, to, error))
            return false;
    }
    return true;
}

#define AT(type, member) offsetof(struct type, member)
static const struct key PAYER[] = {{"name", TEXT, AT(script_payer, name)},
                                   {"isa", TEXT, AT(script_payer, isa)},
                                   {"qualifier", TEXT, AT(script_payer, qualifier)},
                                   {"tax", TEXT, AT(script_payer, tax)},
                                   {"cycle", SPAN, AT(script_payer, cycle_us)},
                                   {"rate", PERCENT, AT(script_payer, rate)},
                                   {"copay", CENTS, AT(script_payer, copay)},
                                   {"deductible", CENTS, AT(script_payer, deductible)},
                                   {"coinsurance", PERCENT, AT(script_payer, coinsurance)},
                                   {"deductible-left", CENTS, AT(script_payer, left)},
                                   {"icn", TEXT, AT(script_payer, icn)},
                                   {"plan", TEXT, AT(script_payer, plan)},
                                   {"authorize", TEXT, AT(script_payer, authorize)},
                                   {"recoup", TEXT, AT(script_payer, recoup)},
                                   {"never-277ca", FLAG, AT(script_payer, silent_277ca)},
                                   {"never-999", FLAG, AT(script_payer, silent_999)},
                                   {"ta1", FLAG, AT(script_payer, ta1)},
                                   {"twice", FLAG, AT(script_payer, twice)},
                                   {"reject-set", COUNT, AT(script_payer, reject_set)},
                                   {"reject-file", COUNT, AT(script_payer, reject_file)},
                                   {NULL, TEXT, 0}};
static const struct key AFTER[] = {
    {"999", SPAN, AT(script_delays, answer_999)}, {"277ca", SPAN, AT(script_delays, answer_277ca)},
    {"835", SPAN, AT(script_delays, pay)},        {"eft", SPAN, AT(script_delays, eft)},
    {"271", SPAN, AT(script_delays, answer_271)}, {"277", SPAN, AT(script_delays, answer_277)},
    {"278", SPAN, AT(script_delays, answer_278)}, {NULL, TEXT, 0}};
static const struct key WHEN[] = {
    {"payer", TEXT, AT(script_case, payer)},      {"pcn", TEXT, AT(script_case, pcn)},
    {"code", TEXT, AT(script_case, code)},        {"patient", TEXT, AT(script_case, patient)},
    {"chance", PERCENT, AT(script_case, chance)}, {NULL, TEXT, 0}};
static const struct key WHAT[] = {{"group", TEXT, AT(script_case, group)},
                                  {"reason", TEXT, AT(script_case, reason)},
                                  {"remark", TEXT, AT(script_case, remark)},
                                  {"report", TEXT, AT(script_case, report)},
                                  {"to", TEXT, AT(script_case, to)},
                                  {"follow", TEXT, AT(script_case, follow)},
                                  {"then", TEXT, AT(script_case, then)},
                                  {"loinc", TEXT, AT(script_case, loinc)},
                                  {"units", TEXT, AT(script_case, units)},
                                  {"by", SPAN, AT(script_case, by_us)},
                                  {"after", SPAN, AT(script_case, after_us)},
                                  {"percent", PERCENT, AT(script_case, percent)},
                                  {NULL, TEXT, 0}};
static const char *const NONE[] = {NULL};

/* ---- payers ---- */

static bool read_fees(const struct conf *fees, struct script_payer *p, struct arena *a,
                      struct buf *error)
{
    if (fees && !conf_is(fees, CONF_MAP, error))
        return false;
    for (const struct conf *c = fees ? fees->first : NULL; c; c = c->next) {
        struct script_fee *f = arena_alloc(a, sizeof *f);
        const char *dash = strchr(c->key, '-'); /* "99213-25" */
        f->code = dash ? arena_strndup(a, c->key, (size_t)(dash - c->key)) : c->key;
        f->modifier = dash ? dash + 1 : "";
        if (!read_cents(c, &f->cents, error))
            return false;
        f->next = p->fees;
        p->fees = f;
    }
    return true;
}

static bool read_payer(const struct conf *c, struct script_payer *p, struct arena *a,
                       struct buf *error)
{
    static const char *const other[] = {"after", "fees", NULL};
    const struct conf *after = conf_get(c, "after");
    *p = (struct script_payer){
        .id = c->key,
        .name = c->key,
        .isa = c->key,
        .qualifier = "ZZ",
        .tax = "1999999999",
        .after = {0, DAY_S * 1000000LL, 14LL * DAY_S * 1000000, 2LL * DAY_S * 1000000, 0, 0, 0},
        .rate = 6000,
        .left = -1,
        .icn = arena_strndup(a, c->key, strnlen(c->key, 2)),
        .plan = "STANDARD",
        .recoup = "FB"};
    if (!conf_is(c, CONF_MAP, error) || !read_keys(c, PAYER, other, p, error) ||
        !read_fees(conf_get(c, "fees"), p, a, error))
        return false;
    if (strcmp(p->recoup, "FB") != 0 && strcmp(p->recoup, "WO") != 0)
        return conf_fault(c, error, "\"recoup\" is FB or WO");
    if (strlen(p->isa) > 15 || strlen(p->qualifier) != 2 || strlen(p->tax) != 10)
        return conf_fault(c, error, "isa has at most 15 characters, qualifier 2, tax 10");
    return !after ||
           (conf_is(after, CONF_MAP, error) && read_keys(after, AFTER, NONE, &p->after, error));
}

/* ---- cases ---- */

static const struct {
    const char *key;
    enum script_act act;
    enum script_about about;
} ACTS[] = {{"pay", ACT_PAY, SCRIPT_CLAIM},
            {"reject", ACT_REJECT, SCRIPT_CLAIM},
            {"deny", ACT_DENY, SCRIPT_CLAIM},
            {"never", ACT_NEVER, SCRIPT_CLAIM},
            {"late", ACT_LATE, SCRIPT_CLAIM},
            {"split", ACT_SPLIT, SCRIPT_CLAIM},
            {"bundle", ACT_BUNDLE, SCRIPT_CLAIM},
            {"take-back", ACT_TAKE_BACK, SCRIPT_CLAIM},
            {"refund", ACT_REFUND, SCRIPT_CLAIM},
            {"twice", ACT_TWICE, SCRIPT_CLAIM},
            {"unknown", ACT_UNKNOWN, SCRIPT_CLAIM},
            {"unbalanced", ACT_UNBALANCED, SCRIPT_CLAIM},
            {"cross", ACT_CROSS, SCRIPT_CLAIM},
            {"request", ACT_REQUEST, SCRIPT_CLAIM},
            {"inactive", ACT_INACTIVE, SCRIPT_COVER},
            {"aaa", ACT_REFUSE, SCRIPT_COVER},
            {"mute", ACT_MUTE, SCRIPT_COVER},
            {"status", ACT_STATUS, SCRIPT_STATUS},
            {"mute-277", ACT_MUTE_277, SCRIPT_STATUS},
            {"certify", ACT_CERTIFY, SCRIPT_REVIEW},
            {"certify-part", ACT_CERTIFY_PART, SCRIPT_REVIEW},
            {"modify", ACT_MODIFY, SCRIPT_REVIEW},
            {"not-certified", ACT_NOT_CERTIFIED, SCRIPT_REVIEW},
            {"pend", ACT_PEND, SCRIPT_REVIEW},
            {"contact", ACT_CONTACT, SCRIPT_REVIEW},
            {"not-needed", ACT_NOT_NEEDED, SCRIPT_REVIEW},
            {"aaa-278", ACT_REFUSE_278, SCRIPT_REVIEW},
            {"mute-278", ACT_MUTE_278, SCRIPT_REVIEW}};
enum { ACTS_N = sizeof ACTS / sizeof *ACTS };

static bool read_when(const struct conf *when, struct script_case *k, struct buf *error)
{
    static const char *const other[] = {"authorization", "frequency", NULL};
    if (!when)
        return true;
    bool has = false;
    const struct conf *auth = conf_get(when, "authorization");
    if (!conf_is(when, CONF_MAP, error) || !read_keys(when, WHEN, other, k, error) ||
        (auth && !read_flag(auth, &has, error)))
        return false;
    if (auth)
        k->authorization = has;
    k->frequency = (unsigned char)*conf_text(when, "frequency", "");
    return true;
}

static bool read_act(const struct conf *c, struct script_case *k, struct buf *error)
{
    int i = 0;
    const struct conf *what = NULL;
    for (const struct conf *m = c->first; m; m = m->next) {
        if (strcmp(m->key, "when") == 0)
            continue;
        if (what)
            return conf_fault(m, error, "a case says one thing to do");
        what = m;
    }
    while (what && i < ACTS_N && strcmp(ACTS[i].key, what->key) != 0)
        i++;
    if (!what || i == ACTS_N)
        return conf_fault(what ? what : c, error,
                          "a case says what to do: pay, deny, reject, "
                          "never, late, split, bundle, take-back, refund, "
                          "twice, unknown, unbalanced, cross, request; of inquiries: inactive, "
                          "aaa, mute, status, mute-277; of requests for review: certify, "
                          "certify-part, modify, not-certified, pend, contact, not-needed, "
                          "aaa-278, mute-278");
    k->act = ACTS[i].act;
    k->about = ACTS[i].about;
    return what->kind != CONF_MAP || read_keys(what, WHAT, NONE, k, error);
}

static bool read_case(const struct conf *c, struct script_case *k, int number, struct buf *error)
{
    *k = (struct script_case){.authorization = -1,
                              .chance = ALWAYS,
                              .group = "CO",
                              .reason = "16",
                              .report = "A7:21",
                              .follow = "C",
                              .then = "certify",
                              .loinc = "18842-5",
                              .units = "1",
                              .after_us = -1,
                              .by_us = -1,
                              .percent = -1,
                              .number = number};
    if (!conf_is(c, CONF_MAP, error) || !read_when(conf_get(c, "when"), k, error) ||
        !read_act(c, k, error))
        return false;
    if (k->after_us < 0)
        k->after_us = (k->act == ACT_REQUEST || k->act == ACT_PEND ? 5LL : 30LL) * DAY_S * 1000000;
    if (k->by_us < 0)
        k->by_us = (k->about == SCRIPT_REVIEW ? 90LL : 30LL) * DAY_S * 1000000;
    if (k->act == ACT_NOT_CERTIFIED && strcmp(k->reason, "16") == 0)
        k->reason = "0V"; /* requirements not met */
    if (strcmp(k->then, "certify") != 0 && strcmp(k->then, "deny") != 0)
        return conf_fault(c, error, "then is certify or deny");
    if (!*k->units || strlen(k->units) > 6 || strspn(k->units, "0123456789") != strlen(k->units))
        return conf_fault(c, error, "units is a whole number");
    if (k->percent < 0) /* of what was paid: interest 1, after a taking back 60 */
        k->percent = k->act == ACT_LATE ? 100 : 6000;
    if ((k->act == ACT_REFUSE || k->act == ACT_REFUSE_278) && !script_refusal_place(k->reason))
        return conf_fault(c, error,
                          "aaa: {reason: CODE} is wanted, a code of the payer, the provider "
                          "or the person");
    if ((k->act == ACT_REFUSE || k->act == ACT_REFUSE_278) &&
        !(k->follow[0] && !k->follow[1] && strchr("CNPRSWXY", k->follow[0])))
        return conf_fault(c, error, "follow is one of C N P R S W X Y");
    return k->act != ACT_CROSS || k->to || conf_fault(c, error, "cross: {to: PAYER} is wanted");
}

/* ---- the whole ---- */

static bool read_all(const struct conf *top, struct script *s, struct arena *a, struct buf *error)
{
    static const char *const keys[] = {"seed", "payers", "cases", NULL};
    const struct conf *payers = conf_get(top, "payers"), *cases = conf_get(top, "cases");
    struct script_payer **p = &s->payers;
    struct script_case **k = &s->cases;
    int n = 0;
    if (!conf_is(top, CONF_MAP, error) || !conf_only(top, keys, error) ||
        (payers && !conf_is(payers, CONF_MAP, error)) ||
        (cases && !conf_is(cases, CONF_LIST, error)))
        return false;
    s->seed = strtoll(conf_text(top, "seed", "0"), NULL, 10);
    for (const struct conf *c = payers ? payers->first : NULL; c; c = c->next, p = &(*p)->next) {
        *p = arena_alloc(a, sizeof **p);
        if (!read_payer(c, *p, a, error))
            return false;
    }
    for (const struct conf *c = cases ? cases->first : NULL; c; c = c->next, k = &(*k)->next) {
        *k = arena_alloc(a, sizeof **k);
        if (!read_case(c, *k, ++n, error))
            return false;
    }
    return s->payers || conf_fault(top, error, "no payer is named under payers:");
}

struct script *script_load(const char *path, struct arena *a, struct buf *error)
{
    struct script *s = arena_alloc(a, sizeof *s);
    const struct conf *top = conf_read(path, a, error);
    return top && read_all(top, s, a, error) ? s : NULL;
}

const struct script_payer *script_payer(const struct script *s, phi_str id)
{
    for (const struct script_payer *p = s->payers; p; p = p->next)
        if (phi_is(id, p->id))
            return p;
    return NULL;
}

/* ---- choosing ---- */

/* 0 to 9999, the same for the same seed, case and claim. */
static int64_t dice(const struct script *s, const struct script_case *k, const struct claim *c)
{
    struct buf b = {0};
    buf_printf(&b, "%lld %d ", (long long)s->seed, k->number);
    buf_phi(&b, c->isa_sender);
    buf_putc(&b, ' ');
    buf_phi(&b, c->pcn);
    buf_phi(&b, c->frequency);
    if (!phi_empty(c->rank) && !phi_is(c->rank, "P")) /* a later payer decides by itself */
        buf_phi(&b, c->rank);
    struct digest d = digest_of(b.p, b.len);
    buf_free(&b);
    return ((int64_t)d.b[0] << 16 | (int64_t)d.b[1] << 8 | d.b[2]) % ALWAYS;
}

static bool has_code(const struct claim *c, const char *code)
{
    for (uint32_t i = 0; i < c->lines_n; i++)
        if (phi_is(c->lines[i].code, code))
            return true;
    return false;
}

static bool fits(const struct script *s, const struct script_case *k, const struct script_payer *p,
                 const struct claim *c)
{
    return (!k->payer || strcmp(k->payer, p->id) == 0) && (!k->pcn || phi_is(c->pcn, k->pcn)) &&
           (!k->code || has_code(c, k->code)) &&
           (!k->patient || phi_is(c->patient.id, k->patient)) &&
           (k->authorization < 0 || k->authorization == !phi_empty(c->authorization)) &&
           (!k->frequency || (c->frequency.n == 1 && *c->frequency.p == k->frequency)) &&
           (k->chance == ALWAYS || dice(s, k, c) < k->chance);
}

const struct script_case *script_case_of(const struct script *s, enum script_about about,
                                         const struct script_payer *p, const struct claim *c)
{
    const struct script_case *k = s->cases;
    while (k && (k->about != about || !fits(s, k, p, c)))
        k = k->next;
    return k;
}

const struct script_case *script_case(const struct script *s, const struct script_payer *p,
                                      const struct claim *c)
{
    return script_case_of(s, SCRIPT_CLAIM, p, c);
}

bool script_refuses(int64_t first, int64_t n)
{
    enum { AGAIN = 200 };
    return first && n >= first && (n - first) % AGAIN == 0;
}

char script_refusal_place(const char *reason)
{
    static const struct {
        char place;
        const char *codes;
    } places[] = {{'A', " 42 79 80 T4 "},
                  {'B', " 41 43 44 45 46 47 48 50 51 97 "},
                  {'S', " 72 73 74 75 76 78 "},
                  {'P', " 15 35 49 52 56 57 58 60 61 62 63 71 "}};
    char word[8];
    snprintf(word, sizeof word, " %.4s ", reason);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strstr(places[i].codes, word) && strlen(reason) == 2)
            return places[i].place;
    return 0;
}

static bool has_modifier(const struct claim_line *l, const char *modifier)
{
    for (uint32_t i = 0; i < l->mods_n; i++)
        if (phi_is(l->mods[i], modifier))
            return true;
    return !*modifier;
}

int64_t script_allowed(const struct script_payer *p, const struct claim_line *l)
{
    const struct script_fee *best = NULL;
    phi_str code = phi_empty(l->code) ? l->revenue : l->code;
    for (const struct script_fee *f = p->fees; f; f = f->next)
        if (phi_is(code, f->code) && has_modifier(l, f->modifier) &&
            (!best || (*f->modifier && !*best->modifier)))
            best = f;
    int64_t allowed = best ? best->cents : l->charge * p->rate / 10000;
    return allowed < l->charge ? allowed : l->charge;
}
