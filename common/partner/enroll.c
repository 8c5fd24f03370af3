#include "common/partner/enroll.h"
#include "common/codes/codes.h"
#include "common/codes/facts.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdlib.h>

enum { PAYER, NPI, TAX_ID, TRANSACTION, STATUS, COLUMNS, FILE_MAX = 256 << 20 };
static const char *const NAMES[COLUMNS] = {"payer", "npi", "tax_id", "transaction", "status"};
static const char *const STATES[] = {"active", "pending", "rejected", "ended"};
static const char *const KINDS[] = {"837", "837P", "837I", "837D", "270", "271",
                                    "275", "276",  "277",  "278",  "834", "835"};

struct enrollments {
    struct facts *facts;
    const struct fact_table *t; /* NULL: empty */
    uint8_t column[COLUMNS];
    const struct fact_index *by_payer;
};

static bool one_of(phi_str v, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (phi_is(v, list[i]))
            return true;
    return false;
}

static bool digits(phi_str v, size_t n)
{
    if (v.n && v.n != n)
        return false;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] < '0' || v.p[i] > '9')
            return false;
    return true;
}

/* The last day stands before the first. Both columns are optional; that they are days is known. */
static bool never(const struct enrollments *e, uint32_t row)
{
    int from = fact_column(e->t, phi_lit("from")), to = fact_column(e->t, phi_lit("to"));
    int32_t a, b;
    return from >= 0 && to >= 0 && fact_day(fact_cell(e->t, row, (uint8_t)from), &a) &&
           fact_day(fact_cell(e->t, row, (uint8_t)to), &b) && b < a;
}

/* What is wrong with a row; NULL: nothing. */
static const char *fault(const struct enrollments *e, uint32_t row)
{
    if (phi_empty(fact_cell(e->t, row, e->column[PAYER])))
        return "payer is empty";
    if (!digits(fact_cell(e->t, row, e->column[NPI]), 10))
        return "npi is not ten digits";
    phi_str npi = fact_cell(e->t, row, e->column[NPI]);
    if (npi.n && !npi_good(npi))
        return "npi is none: its last digit does not fit the others";
    if (!digits(fact_cell(e->t, row, e->column[TAX_ID]), 9))
        return "tax_id is not nine digits";
    if (!one_of(fact_cell(e->t, row, e->column[TRANSACTION]), KINDS, sizeof KINDS / sizeof *KINDS))
        return "transaction is one of 837, 837P, 837I, 837D, 270, 271, 275, 276, 277, 278, 834, "
               "835";
    if (!one_of(fact_cell(e->t, row, e->column[STATUS]), STATES, 4))
        return "status is one of active, pending, rejected, ended";
    if (never(e, row))
        return "to is before from";
    return NULL;
}

static bool check(struct enrollments *e, const char *path, struct buf *error)
{
    for (int i = 0; i < COLUMNS; i++) {
        int c = fact_column(e->t, phi_lit(NAMES[i]));
        if (c < 0) {
            buf_printf(error, "%s:1:1: there is no column \"%s\"", path, NAMES[i]);
            return false;
        }
        e->column[i] = (uint8_t)c;
    }
    for (uint32_t row = 0; row < fact_rows(e->t); row++) {
        const char *why = fault(e, row);
        if (why) {
            buf_printf(error, "%s:%u:1: %s", path, row + 2, why);
            return false;
        }
    }
    return true;
}

static bool load(struct enrollments *e, const char *path, struct buf *error)
{
    struct buf text = {0};
    if (fs_read(path, FILE_MAX, &text)) {
        bool none = errno == ENOENT || errno == ENOTDIR;
        if (!none)
            buf_printf(error, "%s:1:1: cannot read: %s", path, strerror(errno));
        buf_free(&text);
        return none;
    }
    bool good = facts_add(e->facts, "enrollments", path, buf_view(&text), error);
    buf_free(&text);
    struct fact_table *t = good ? facts_table(e->facts, phi_lit("enrollments")) : NULL;
    e->t = t;
    if (!t || !check(e, path, error))
        return false;
    e->by_payer = fact_index_of(e->facts, t, e->column, 1);
    return true;
}

struct enrollments *enrollments_load(const char *dir, struct buf *error)
{
    struct enrollments *e = xcalloc(1, sizeof *e);
    struct buf path = {0};
    buf_printf(&path, "%s/enrollments.csv", dir);
    e->facts = facts_new();
    bool good = load(e, buf_cstr(&path), error);
    buf_free(&path);
    if (good)
        return e;
    enrollments_free(e);
    return NULL;
}

void enrollments_free(struct enrollments *e)
{
    if (!e)
        return;
    facts_free(e->facts);
    free(e);
}

static bool for_pair(const struct enrollments *e, uint32_t row, phi_str npi, phi_str tax_id,
                     const char *guide)
{
    phi_str n = fact_cell(e->t, row, e->column[NPI]), t = fact_cell(e->t, row, e->column[TAX_ID]),
            x = fact_cell(e->t, row, e->column[TRANSACTION]);
    bool kind = phi_is(x, guide) || (phi_is(x, "837") && strncmp(guide, "837", 3) == 0);
    return kind && (!n.n || phi_eq(n, npi)) && (!t.n || phi_eq(t, tax_id));
}

enum enrolled enrollments_ask(const struct enrollments *e, const struct profile *p, phi_str payer,
                              phi_str npi, phi_str tax_id, const char *guide, int32_t day)
{
    const char *said = profile_word(p, "claims", "enrollment", "");
    enum enrolled best = strcmp(said, "required") == 0 ? ENROLLED_NOT : ENROLLED;
    if (strcmp(said, "free") == 0 || !e->t)
        return strcmp(said, "free") == 0 ? ENROLLED : best;
    for (uint32_t row = fact_find(e->by_payer, &payer, UINT32_MAX); row != UINT32_MAX;
         row = fact_find(e->by_payer, &payer, row)) {
        if (best == ENROLLED)
            best = ENROLLED_NOT;
        if (!for_pair(e, row, npi, tax_id, guide))
            continue;
        bool active = phi_is(fact_cell(e->t, row, e->column[STATUS]), "active");
        if (active && fact_holds(e->t, row, day))
            return ENROLLED;
        if (active || best == ENROLLED_NOT)
            best = active ? ENROLLED_OTHER_DAYS : ENROLLED_NOT_YET;
    }
    return best;
}

const char *enrolled_text(enum enrolled x)
{
    static const char *const texts[] = {
        [ENROLLED] = "the biller is enrolled with this payer",
        [ENROLLED_NOT] = "the biller is not enrolled with this payer: no row of enrollments.csv "
                         "names this payer, NPI, tax id and transaction",
        [ENROLLED_NOT_YET] =
            "the biller's enrollment with this payer is not active yet, or not any "
            "more (enrollments.csv)",
        [ENROLLED_OTHER_DAYS] = "the biller's enrollment with this payer does not hold on the day "
                                "on which it would be sent (from and to of enrollments.csv)"};
    return texts[x];
}
