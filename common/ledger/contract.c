#include "common/ledger/contract.h"
#include "common/util/conf.h"
#include "common/util/date.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const char *contracts_dir(void)
{
    const char *dir = getenv("CLAIMWIRE_CONTRACTS");
    return dir && *dir ? dir : fs_shared("config/contracts");
}

/* "2026-01-31" or "20260131"; empty is open. */
static bool day_of(const char *s, int32_t *out)
{
    char digits[9];
    size_t n = 0;
    *out = CLAIM_NO_DATE;
    if (!*s)
        return true;
    for (; *s && n < 8; s++)
        if (*s != '-')
            digits[n++] = *s;
    return !*s && date_parse(phi_of(digits, n), out);
}

static bool positive(const char *s, int64_t *out)
{
    return money_parse(phi_lit(s), out) && *out >= 0;
}

static phi_str copy(struct arena *a, const char *s)
{
    return phi_lit(arena_strdup(a, s));
}

struct loading {
    struct contract *c;
    struct arena *a;
    struct buf *error;
    const char *path;
};

static const char *add_fee(struct loading *x, const char *const v[6], bool multiple)
{
    struct contract_fee *f = arena_alloc(x->a, sizeof *f);
    *f = (struct contract_fee){.code = copy(x->a, v[0]),
                               .modifier = copy(x->a, v[1]),
                               .place = copy(x->a, v[2]),
                               .multiple = multiple,
                               .next = x->c->fees};
    if (!*v[0])
        return "a fee needs a code";
    if (!day_of(v[3], &f->from) || !day_of(v[4], &f->to))
        return "\"from\" and \"to\" are days like 2026-01-31";
    if (!positive(v[5], &f->cents))
        return "\"fee\" is an amount like 150.00";
    x->c->fees = f;
    return NULL;
}

static const char *add_factor(struct loading *x, const char *modifier, const char *percent)
{
    struct contract_factor *f = arena_alloc(x->a, sizeof *f);
    *f = (struct contract_factor){.modifier = copy(x->a, modifier), .next = x->c->factors};
    if (!*modifier || !positive(percent, &f->hundredths))
        return "a factor is a modifier and a percentage like 150 or 13.6";
    x->c->factors = f;
    return NULL;
}

static struct contract *fresh(struct arena *a, const char *payer, const struct contract *next)
{
    struct contract *c = arena_alloc(a, sizeof *c);
    *c = (struct contract){.payer = copy(a, payer),
                           .lesser_of = true,
                           .tolerance = 100,
                           .tolerance_rate = 100,
                           .next = next};
    return c;
}

/* ---- YAML ---- */

static bool yaml_fee(struct loading *x, const struct conf *f)
{
    static const char *const keys[] = {"code", "modifier", "place",    "from",
                                       "to",   "fee",      "multiple", NULL};
    const char *v[6];
    if (!conf_is(f, CONF_MAP, x->error) || !conf_only(f, keys, x->error))
        return false;
    for (int i = 0; i < 6; i++)
        v[i] = conf_text(f, keys[i], "");
    const char *fault = add_fee(x, v, strcmp(conf_text(f, "multiple", "false"), "true") == 0);
    return !fault || conf_fault(f, x->error, "%s", fault);
}

static bool yaml_rules(struct loading *x, const struct conf *top)
{
    const struct conf *t = conf_get(top, "tolerance"), *f = conf_get(top, "factors"),
                      *m = conf_get(top, "multiple");
    const char *lesser = conf_text(top, "lesser-of", "true");
    x->c->lesser_of = strcmp(lesser, "true") == 0;
    if (!x->c->lesser_of && strcmp(lesser, "false") != 0)
        return conf_fault(conf_get(top, "lesser-of"), x->error, "lesser-of is true or false");
    if (t && (!positive(conf_text(t, "amount", "1.00"), &x->c->tolerance) ||
              !positive(conf_text(t, "percent", "1"), &x->c->tolerance_rate)))
        return conf_fault(t, x->error, "tolerance has an amount and a percent");
    for (f = f ? f->first : NULL; f; f = f->next) {
        const char *fault = add_factor(x, f->key ? f->key : "", f->text);
        if (fault)
            return conf_fault(f, x->error, "%s", fault);
    }
    for (m = m ? m->first : NULL; m; m = m->next)
        if (x->c->multiple_n == 8 || !positive(m->text, &x->c->multiple[x->c->multiple_n++]))
            return conf_fault(m, x->error, "multiple is a list of at most 8 percentages");
    return true;
}

static bool yaml(const char *path, struct arena *a, const struct contract **list, struct buf *error)
{
    static const char *const keys[] = {"payer",    "lesser-of", "tolerance", "factors",
                                       "multiple", "fees",      NULL};
    const struct conf *top = conf_read(path, a, error);
    if (!top || !conf_is(top, CONF_MAP, error) || !conf_only(top, keys, error))
        return false;
    const char *payer = conf_text(top, "payer", "");
    const struct conf *fees = conf_get(top, "fees");
    if (!*payer)
        return conf_fault(top, error, "a contract names its payer");
    if (!fees || !conf_is(fees, CONF_LIST, error))
        return fees ? false : conf_fault(top, error, "a contract has a list of fees");
    struct contract *c = fresh(a, payer, *list);
    struct loading x = {c, a, error, path};
    if (!yaml_rules(&x, top))
        return false;
    for (const struct conf *f = fees->first; f; f = f->next)
        if (!yaml_fee(&x, f))
            return false;
    *list = c;
    return true;
}

/* ---- CSV: code,modifier,place,from,to,fee,factor ---- */

static bool csv_line(struct loading *x, char *line, int number)
{
    const char *v[7] = {"", "", "", "", "", "", ""};
    int n = 0;
    line[strcspn(line, "\r\n")] = 0;
    for (char *at = line, *next; at; at = next) {
        if ((next = strchr(at, ',')))
            *next++ = 0;
        if (n < 7)
            v[n] = at;
        n++;
    }
    const char *fault = NULL;
    if (n > 7 || n < 6)
        fault = "columns are code,modifier,place,from,to,fee,factor";
    else if (!*v[0] && *v[6])
        fault = add_factor(x, v[1], v[6]);
    else
        fault = add_fee(x, v, false);
    if (fault)
        buf_printf(x->error, "%s:%d: %s", x->path, number, fault);
    return !fault;
}

static bool csv(const char *path, const char *name, struct arena *a, const struct contract **list,
                struct buf *error)
{
    char line[512];
    FILE *f = fopen(path, "re");
    if (!f) {
        buf_printf(error, "cannot read the contract \"%s\": %s", path, strerror(errno));
        return false;
    }
    struct contract *c = fresh(a, arena_strndup(a, name, strlen(name) - 4), *list);
    struct loading x = {c, a, error, path};
    bool ok = true;
    for (int number = 1; ok && fgets(line, sizeof line, f); number++) {
        if (number == 1)
            ok = strncmp(line, "code,modifier,place,from,to,fee", 31) == 0;
        else if (line[strspn(line, " \r\n")])
            ok = csv_line(&x, line, number);
        if (!ok && !error->len)
            buf_printf(error, "%s:1: the first line is code,modifier,place,from,to,fee,factor",
                       path);
    }
    fclose(f);
    *list = c;
    return ok;
}

bool contracts_load(const char *dir, struct arena *a, const struct contract **out,
                    struct buf *error)
{
    struct dirent **names = NULL;
    int n = scandir(dir, &names, NULL, alphasort);
    bool ok = n >= 0 || errno == ENOENT;
    *out = NULL;
    if (!ok)
        buf_printf(error, "cannot read the folder of contracts \"%s\": %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name, *dot = strrchr(name, '.');
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", dir, name);
        if (ok && dot && dot != name && strcmp(dot, ".yaml") == 0)
            ok = yaml(path, a, out, error);
        else if (ok && dot && dot != name && strcmp(dot, ".csv") == 0)
            ok = csv(path, name, a, out, error);
        free(names[i]);
    }
    free(names);
    return ok;
}

const struct contract *contract_of(const struct contract *list, phi_str payer)
{
    for (; list; list = list->next)
        if (phi_eq(list->payer, payer))
            return list;
    return NULL;
}

/* ---- prices ---- */

static bool has_modifier(const struct facts_line *l, phi_str m)
{
    for (uint32_t i = 0; i < l->mods_n; i++)
        if (phi_eq(l->mods[i], m))
            return true;
    return false;
}

static bool fits(const struct contract_fee *f, const struct facts_line *l, phi_str place)
{
    return phi_eq(f->code, l->code) && (phi_empty(f->modifier) || has_modifier(l, f->modifier)) &&
           (phi_empty(f->place) || phi_eq(f->place, place)) &&
           (f->from == CLAIM_NO_DATE || (l->from != CLAIM_NO_DATE && l->from >= f->from)) &&
           (f->to == CLAIM_NO_DATE || (l->from != CLAIM_NO_DATE && l->from <= f->to));
}

/* The fee that says most: a modifier before a place, then the one that began last. */
static const struct contract_fee *fee_of(const struct contract *c, const struct facts_line *l,
                                         phi_str place)
{
    const struct contract_fee *best = NULL;
    int64_t best_rank = -1;
    for (const struct contract_fee *f = c->fees; f; f = f->next) {
        int64_t rank = (phi_empty(f->modifier) ? 0 : 2) + (phi_empty(f->place) ? 0 : 1);
        rank = rank * 10000000 + (f->from == CLAIM_NO_DATE ? 0 : f->from + 1000000);
        if (fits(f, l, place) && rank > best_rank) {
            best = f;
            best_rank = rank;
        }
    }
    return best;
}

/* Modifiers that change a price everywhere; without a factor the contract does not say what is owed. */
static bool pricing(phi_str m)
{
    static const char *const list[] = {"26", "TC", "50", "51", "52", "53", "80", "81", "82", "AS"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (phi_is(m, list[i]))
            return true;
    return false;
}

static int64_t share(int64_t v, int64_t hundredths)
{
    return (int64_t)(((__int128)v * hundredths + 5000) / 10000);
}

/* All factors of a line; false when one that must be known is not. A modifier that the fee itself is
 * for counts in it; 51 counts in the reduction by rank. */
static bool factors_of(const struct contract *c, const struct facts_line *l,
                       const struct contract_fee *fee, int64_t *percent)
{
    *percent = 10000;
    for (uint32_t i = 0; i < l->mods_n; i++) {
        const struct contract_factor *f = c->factors;
        if (phi_eq(l->mods[i], fee->modifier) ||
            (fee->multiple && c->multiple_n && phi_is(l->mods[i], "51")))
            continue;
        while (f && !phi_eq(f->modifier, l->mods[i]))
            f = f->next;
        if (!f && pricing(l->mods[i]))
            return false;
        if (f)
            *percent = share(*percent, f->hundredths);
    }
    return true;
}

/* Second and later procedures of a day, the dearest first. */
static int64_t reduction(const struct contract *c, const struct facts *f, const struct priced *p,
                         uint32_t i)
{
    int rank = 0;
    if (!c->multiple_n || !p[i].fee || !p[i].fee->multiple)
        return 10000;
    for (uint32_t k = 0; k < f->lines_n; k++)
        if (k != i && p[k].fee && p[k].fee->multiple && f->lines[k].from == f->lines[i].from &&
            (p[k].fee->cents > p[i].fee->cents || (k < i && p[k].fee->cents == p[i].fee->cents)))
            rank++;
    return c->multiple[rank < c->multiple_n ? rank : c->multiple_n - 1];
}

void contract_price(const struct contract *c, const struct facts *f, phi_str place,
                    struct priced *out)
{
    for (uint32_t i = 0; i < f->lines_n; i++) {
        const struct contract_fee *fee = fee_of(c, &f->lines[i], place);
        out[i] = (struct priced){.fee = fee};
        if (fee && !factors_of(c, &f->lines[i], fee, &out[i].percent))
            out[i].fee = NULL;
    }
    for (uint32_t i = 0; i < f->lines_n; i++) {
        struct priced *p = &out[i];
        if (!p->fee)
            continue;
        p->percent = share(p->percent, reduction(c, f, out, i));
        int64_t units = f->lines[i].units ? f->lines[i].units : 1000;
        p->expected = share((int64_t)(((__int128)p->fee->cents * units + 500) / 1000), p->percent);
        if (c->lesser_of && p->expected > f->lines[i].charge) {
            p->expected = f->lines[i].charge;
            p->capped = true;
        }
    }
}
