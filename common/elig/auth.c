#include "common/elig/auth.h"
#include "common/elig/cache.h"
#include "common/outgoing/outgoing.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VERSION "005010X217"
static const int64_t DAY_US = 86400LL * 1000000;

struct auth {
    struct store *db;
    struct seal_keys *keys;
};

/* service: one procedure; hcr empty: not answered. said: BHT04 and 05 of the answer that stands. */
static const char *const migrations[] = {
    OUTGOING_TABLE
    "CREATE TABLE request(n INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL,"
    "  payer TEXT NOT NULL, person BLOB NOT NULL, member BLOB NOT NULL, day TEXT NOT NULL,"
    "  at INTEGER NOT NULL, about BLOB NOT NULL, said TEXT NOT NULL DEFAULT '',"
    "  aaa TEXT NOT NULL DEFAULT '', follow TEXT NOT NULL DEFAULT '');"
    "CREATE INDEX request_person ON request(payer, person);"
    "CREATE INDEX request_member ON request(member);"
    "CREATE TABLE service(n INTEGER PRIMARY KEY AUTOINCREMENT, request INTEGER NOT NULL,"
    "  k INTEGER NOT NULL, code TEXT NOT NULL, asked INTEGER NOT NULL,"
    "  hcr TEXT NOT NULL DEFAULT '', number TEXT NOT NULL DEFAULT '',"
    "  units INTEGER NOT NULL DEFAULT -1, lo TEXT NOT NULL DEFAULT '',"
    "  hi TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '',"
    "  came INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX service_request ON service(request, k);"
    "CREATE TABLE used(service INTEGER NOT NULL, enc BLOB NOT NULL, units INTEGER NOT NULL,"
    "  at INTEGER NOT NULL, PRIMARY KEY(service, enc)) WITHOUT ROWID;",
    NULL};
static const struct store_schema schema = {"authorization", migrations, 0};

/* ---- opening ---- */

static void path_of(const char *run, const char *name, struct buf *b)
{
    buf_printf(b, "%s/authorization%s", run, name);
}

struct auth *auth_open(const char *run)
{
    struct auth *a = xcalloc(1, sizeof *a);
    struct buf path = {0};
    path_of(run, "", &path);
    if (fs_mkdirs(buf_cstr(&path)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&path));
    buf_puts(&path, "/authorization.db");
    a->db = store_open(buf_cstr(&path), &schema);
    a->keys = seal_open(run);
    buf_free(&path);
    return a;
}

struct auth *auth_open_existing(const char *run)
{
    struct buf path = {0};
    path_of(run, "/authorization.db", &path);
    bool there = access(buf_cstr(&path), F_OK) == 0;
    buf_free(&path);
    return there ? auth_open(run) : NULL;
}

struct auth *auth_open_ro(const char *run)
{
    struct buf path = {0};
    path_of(run, "/authorization.db", &path);
    struct store *db = store_open_ro(buf_cstr(&path), &schema);
    buf_free(&path);
    if (!db)
        return NULL;
    struct auth *a = xcalloc(1, sizeof *a);
    a->db = db;
    a->keys = seal_open(run);
    return a;
}

void auth_close(struct auth *a)
{
    if (!a)
        return;
    store_close(a->db);
    seal_close(a->keys);
    free(a);
}

void auth_commit(struct auth *a)
{
    kill_point("authorization.commit.before");
    store_commit(a->db);
    kill_point("authorization.commit.after");
}

struct store *auth_store(struct auth *a)
{
    return a->db;
}

/* ---- asking ---- */

static phi_str number_slice(const int64_t *n)
{
    return phi_of((const char *)n, sizeof *n);
}

static const struct ask_person *patient_of(const struct question *q)
{
    return q->dependent ? &q->patient : &q->subscriber;
}

static struct rec_id person_of(struct auth *a, const struct question *q)
{
    const struct ask_person *p = patient_of(q);
    return elig_person_token(a->keys, q->member, p->first, p->dob);
}

static phi_str code_of(const struct auth_service *s)
{
    return phi_empty(s->code) ? s->revenue : s->code;
}

bool auth_waits(struct auth *a, const struct auth_ask *ask, int64_t now_us)
{
    for (uint32_t i = 0; i < ask->services_n; i++) {
        struct stmt *q = store_sql(
            a->db, "SELECT 1 FROM request r JOIN service s ON s.request=r.n WHERE r.payer=?1 AND"
                   " r.person=?2 AND s.code=?3 AND ((s.hcr='' AND r.aaa='' AND r.at>?4) OR"
                   " s.hcr='A4') AND r.day=?5");
        stmt_text(q, 1, phi_lit(ask->q.payer.id));
        stmt_id(q, 2, person_of(a, &ask->q));
        stmt_text(q, 3, code_of(&ask->services[i]));
        stmt_int(q, 4, now_us - DAY_US);
        stmt_text(q, 5, ask->q.day);
        if (!stmt_step(q))
            return false;
    }
    return ask->services_n > 0;
}

static void pair(struct buf *b, const char *key, phi_str v)
{
    buf_printf(b, "%s\"%s\":", b->p[b->len - 1] == '{' ? "" : ",", key);
    buf_json(b, v);
}

/* The request's row: about whom is sealed. */
static int64_t keep_request(struct auth *a, const struct question *q, phi_str enc, int64_t file,
                            int64_t now_us)
{
    struct buf plain = {0}, sealed = {0};
    struct stmt *s = store_sql(a->db, "INSERT INTO request(file,payer,person,member,day,at,about)"
                                      " VALUES(?1,?2,?3,?4,?5,?6,x'')");
    stmt_int(s, 1, file);
    stmt_text(s, 2, phi_lit(q->payer.id));
    stmt_id(s, 3, person_of(a, q));
    stmt_id(s, 4, elig_person_token(a->keys, q->member, phi_lit(""), phi_lit("")));
    stmt_text(s, 5, q->day);
    stmt_int(s, 6, now_us);
    stmt_run(s);
    int64_t n = store_last_id(a->db);
    buf_putc(&plain, '{');
    pair(&plain, "member", q->member);
    pair(&plain, "last", patient_of(q)->last);
    pair(&plain, "first", patient_of(q)->first);
    pair(&plain, "dob", patient_of(q)->dob);
    pair(&plain, "encounter", enc);
    buf_putc(&plain, '}');
    seal(a->keys, buf_view(&plain), number_slice(&n), &sealed);
    s = store_sql(a->db, "UPDATE request SET about=?2 WHERE n=?1");
    stmt_int(s, 1, n);
    stmt_blob(s, 2, sealed.p, sealed.len);
    stmt_run(s);
    buf_free(&plain);
    buf_free(&sealed);
    return n;
}

static int64_t keep_service(struct auth *a, int64_t request, uint32_t k, phi_str code,
                            int64_t units)
{
    struct stmt *s =
        store_sql(a->db, "INSERT INTO service(request,k,code,asked) VALUES(?1,?2,?3,?4)");
    stmt_int(s, 1, request);
    stmt_int(s, 2, k);
    stmt_text(s, 3, code);
    stmt_int(s, 4, units);
    stmt_run(s);
    return store_last_id(a->db);
}

/* ---- 278 ---- */

struct writing {
    struct edi_writer w;
    const struct office *o;
    int hl, sets;
    int64_t at_us;
};

static void birth(struct writing *x, const struct ask_person *p)
{
    ew_begin(&x->w, "DMG");
    ew_lit(&x->w, "D8");
    ew_el(&x->w, p->dob);
    ew_el(&x->w, p->sex);
    ew_end(&x->w);
}

static void heads(struct writing *x, const struct auth_ask *k, const char *trace)
{
    char st02[12], day[9], hour[5];
    const struct question *q = &k->q;
    snprintf(st02, sizeof st02, "%04d", ++x->sets);
    x->w.segments = 0;
    x->hl = 0;
    ew_seg(&x->w, "ST", "278", st02, VERSION);
    ew_seg(&x->w, "BHT", "0007", "13", trace, time_ccyymmdd(x->at_us, day),
           time_hhmm(x->at_us, hour));
    outgoing_hl(&x->w, &x->hl, 0, "20", "1");
    outgoing_name(&x->w, "X3", "2", phi_lit(q->payer.name), phi_of("", 0), "PI",
                  phi_lit(q->payer.id));
    outgoing_hl(&x->w, &x->hl, 1, "21", "1");
    outgoing_name(&x->w, "1P", *q->provider.first ? "1" : "2", phi_lit(q->provider.name),
                  phi_lit(q->provider.first), "XX", phi_lit(q->provider.npi));
    outgoing_hl(&x->w, &x->hl, 2, "22", "1");
    outgoing_name(&x->w, "IL", "1", q->subscriber.last, q->subscriber.first, "MI", q->member);
    birth(x, &q->subscriber);
    if (!q->dependent)
        return;
    outgoing_hl(&x->w, &x->hl, 3, "23", "1");
    outgoing_name(&x->w, "QC", "1", q->patient.last, q->patient.first, "", phi_of("", 0));
    birth(x, &q->patient);
    if (phi_is(q->relation, "01") || phi_is(q->relation, "19"))
        ew_seg(&x->w, "INS", "N", phi_is(q->relation, "01") ? "01" : "19");
}

/* People write M54.16; on the wire there is no dot. */
static void diagnosis(struct edi_writer *w, phi_str code)
{
    char plain[16];
    size_t n = 0;
    for (size_t i = 0; i < code.n && n < sizeof plain; i++)
        if (code.p[i] != '.')
            plain[n++] = code.p[i];
    ew_comp(w, phi_of(plain, n));
}

static void event(struct writing *x, const struct auth_ask *k, const char *trace)
{
    struct edi_writer *w = &x->w;
    outgoing_hl(w, &x->hl, x->hl, "EV", k->services_n ? "1" : "0");
    ew_seg(w, "TRN", "1", trace, x->o->origin);
    ew_begin(w, "UM");
    ew_lit(w, "HS");
    ew_lit(w, "I");
    ew_lit(w, "");
    if (k->place.n == 2) {
        ew_el(w, k->place);
        ew_comp(w, phi_lit("B"));
    }
    ew_end(w);
    outgoing_dtp(w, "AAH", k->q.day, k->q.day);
    if (k->dx_n)
        ew_begin(w, "HI");
    for (uint32_t i = 0; i < k->dx_n; i++) {
        ew_lit(w, i ? "ABF" : "ABK");
        diagnosis(w, k->dx[i]);
    }
    if (k->dx_n)
        ew_end(w);
}

static void quantity(struct edi_writer *w, int64_t thousandths)
{
    char n[32];
    int len = snprintf(n, sizeof n, "%lld.%03lld", (long long)(thousandths / 1000),
                       (long long)(thousandths % 1000));
    while (n[len - 1] == '0')
        n[--len] = 0;
    if (n[len - 1] == '.')
        n[--len] = 0;
    ew_lit(w, n);
}

static void procedure(struct edi_writer *w, const struct auth_service *s, const char *kind)
{
    ew_lit(w, kind);
    ew_comp(w, s->code);
    for (uint32_t i = 0; i < s->mods_n; i++)
        ew_comp(w, s->mods[i]);
}

static void service(struct writing *x, const struct auth_ask *k, uint32_t i, int parent,
                    const char *trace)
{
    struct edi_writer *w = &x->w;
    const struct auth_service *s = &k->services[i];
    char own[40];
    snprintf(own, sizeof own, "%s-%u", trace, i + 1);
    outgoing_hl(w, &x->hl, parent, "SS", "0");
    ew_seg(w, "TRN", "1", own, x->o->origin);
    outgoing_dtp(w, "472", k->q.day, k->q.day);
    ew_begin(w, s->dental ? "SV3" : s->revenue.n ? "SV2" : "SV1");
    if (s->revenue.n)
        ew_el(w, s->revenue);
    if (s->code.n)
        procedure(w, s, s->dental ? "AD" : "HC");
    else
        ew_lit(w, "");
    if (s->cents)
        ew_money(w, s->cents);
    else
        ew_lit(w, "");
    if (s->dental) {
        for (int e = 3; e < 6; e++)
            ew_lit(w, "");
    } else {
        ew_lit(w, "UN");
    }
    quantity(w, s->units);
    ew_end(w);
}

static void one_set(struct writing *x, const struct auth_ask *k)
{
    char trace[24];
    snprintf(trace, sizeof trace, "A%09lld", (long long)k->n);
    heads(x, k, trace);
    event(x, k, trace);
    int parent = x->hl;
    for (uint32_t i = 0; i < k->services_n; i++)
        service(x, k, i, parent, trace);
    outgoing_se(&x->w, x->sets);
}

void auth_request(struct auth *a, const struct office *o, struct auth_ask *const *list, size_t n,
                  int64_t now_us)
{
    struct buf body = {0};
    struct writing x = {.w = {.out = &body, .d = EDI_CANONICAL}, .o = o, .at_us = now_us};
    store_begin(a->db);
    int64_t file = outgoing_new(a->db);
    uint32_t control = outgoing_control(OUTGOING_278, file);
    outgoing_begin(&x.w, o, "HI", VERSION, list[0]->usage, now_us, control);
    for (size_t i = 0; i < n; i++) {
        struct auth_ask *k = list[i];
        k->n = keep_request(a, &k->q, k->enc, file, now_us);
        for (uint32_t s = 0; s < k->services_n; s++)
            keep_service(a, k->n, s + 1, code_of(&k->services[s]), k->services[s].units);
        one_set(&x, k);
    }
    outgoing_end(&x.w, x.sets, control);
    outgoing_keep(a->db, a->keys, file, phi_lit(list[0]->q.payer.id), buf_view(&body));
    buf_free(&body);
}

int auth_write_files(struct auth *a, const char *run, void (*say)(void *ctx, const char *name),
                     void *ctx)
{
    struct buf dir = {0};
    path_of(run, "/out", &dir);
    int n = outgoing_write(
        a->db, a->keys,
        &(struct outgoing_to){buf_cstr(&dir), "278", "authorization.write.after", say, ctx});
    buf_free(&dir);
    return n;
}

/* ---- answers ---- */

/* A000000017 and A000000017-2: 17, and *k 2 (0: the event). 0: no trace of ours. */
static int64_t trace_number(phi_str t, int64_t *k)
{
    int64_t n[2] = {0, 0};
    int at = 0;
    if (t.n < 10 || t.n > 24 || t.p[0] != 'A')
        return 0;
    for (size_t i = 1; i < t.n; i++) {
        if (t.p[i] == '-' && at == 0 && i > 9)
            at = 1;
        else if (!isdigit((unsigned char)t.p[i]))
            return 0;
        else
            n[at] = n[at] * 10 + (t.p[i] - '0');
    }
    *k = n[1];
    return n[0];
}

static void stands(struct auth *a, int64_t request, int64_t k, const struct auth_said *s,
                   const struct auth_said_service *l, int64_t came_us)
{
    struct stmt *q = store_sql(
        a->db, "UPDATE service SET hcr=?3, number=?4, units=CASE WHEN ?5>=0 THEN ?5 ELSE asked END,"
               " lo=?6, hi=?7, reason=?8, came=?9 WHERE request=?1 AND (?2=0 OR k=?2)");
    bool own = l && !phi_empty(l->hcr), days = l && !phi_empty(l->to);
    stmt_int(q, 1, request);
    stmt_int(q, 2, k);
    stmt_text(q, 3, own ? l->hcr : s->hcr);
    stmt_text(q, 4, l && !phi_empty(l->number) ? l->number : s->number);
    stmt_int(q, 5, l ? l->units : -1);
    stmt_text(q, 6, days ? l->from : s->from);
    stmt_text(q, 7, days ? l->to : s->to);
    stmt_text(q, 8, own ? l->reason : s->reason);
    stmt_int(q, 9, came_us);
    stmt_run(q);
}

/* The service that a line of the answer is about: by its trace, else by its place. */
static int64_t place_of(const struct auth_said_service *l, uint32_t i)
{
    int64_t k = 0;
    return trace_number(l->trace, &k) && k ? k : (int64_t)i + 1;
}

bool auth_take(struct auth *a, const struct auth_said *s, int64_t came_us)
{
    struct buf said = {0};
    int64_t k = 0, n = trace_number(s->trace, &k);
    if (!n)
        n = trace_number(s->reference, &k);
    buf_phi(&said, s->day);
    buf_phi(&said, s->time);
    store_begin(a->db);
    struct stmt *q =
        store_sql(a->db, "UPDATE request SET said=?2, aaa=?3, follow=?4 WHERE n=?1 AND said<=?2");
    stmt_int(q, 1, n);
    stmt_text(q, 2, buf_view(&said));
    stmt_text(q, 3, s->aaa);
    stmt_text(q, 4, s->follow);
    bool newer = stmt_run(q) == 1;
    buf_free(&said);
    if (newer && phi_empty(s->aaa))
        stands(a, n, 0, s, NULL, came_us);
    for (uint32_t i = 0; newer && i < s->services_n; i++)
        stands(a, n, place_of(&s->services[i], i), s, &s->services[i], came_us);
    q = store_sql(a->db, "SELECT 1 FROM request WHERE n=?1");
    stmt_int(q, 1, n);
    return stmt_step(q);
}

void auth_add(struct auth *a, const struct auth_entry *e, int64_t now_us)
{
    store_begin(a->db);
    int64_t request = keep_request(a, e->q, phi_lit(""), 0, now_us);
    keep_service(a, request, 1, e->code, e->units);
    struct auth_said s = {.hcr = phi_lit("A1"), .number = e->number, .from = e->from, .to = e->to};
    struct auth_said_service l = {.units = e->units ? e->units : -1};
    stands(a, request, 1, &s, &l, now_us);
    if (!e->units) {
        struct stmt *q = store_sql(a->db, "UPDATE service SET units=-1 WHERE request=?1");
        stmt_int(q, 1, request);
        stmt_run(q);
    }
}

/* ---- finding ---- */

static enum auth_standing standing_of(phi_str hcr, phi_str aaa)
{
    static const struct {
        const char *hcr;
        enum auth_standing as;
    } all[] = {{"A1", AUTH_GOOD},   {"A2", AUTH_GOOD}, {"A6", AUTH_GOOD},       {"A3", AUTH_DENIED},
               {"A4", AUTH_PENDED}, {"CT", AUTH_CALL}, {"NA", AUTH_NOT_NEEDED}, {"", AUTH_ASKED}};
    if (phi_empty(hcr) && !phi_empty(aaa))
        return AUTH_REFUSED;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (phi_is(hcr, all[i].hcr))
            return all[i].as;
    return AUTH_DENIED;
}

static int64_t used_by_others(struct auth *a, int64_t service, struct rec_id enc)
{
    struct stmt *q =
        store_sql(a->db, "SELECT coalesce(sum(units),0) FROM used WHERE service=?1 AND enc<>?2");
    stmt_int(q, 1, service);
    stmt_id(q, 2, enc);
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static void copy(char *to, size_t size, phi_str v)
{
    snprintf(to, size, "%.*s", (int)v.n, v.n ? v.p : "");
}

static bool within(phi_str day, phi_str from, phi_str to)
{
    return (phi_empty(from) || phi_cmp(day, from) >= 0) && (phi_empty(to) || phi_cmp(day, to) <= 0);
}

#define FIND_SQL                                                                                   \
    "SELECT s.n, s.hcr, r.aaa, s.number, s.units, s.lo, s.hi, s.reason, r.day, r.follow FROM"      \
    " request r JOIN service s ON s.request=r.n WHERE r.payer=?1 AND r.person=?2 AND s.code=?3"    \
    " AND (?4='' OR s.number=?4) ORDER BY s.n"

void auth_find(struct auth *a, const struct question *q, phi_str code, int64_t units,
               struct rec_id enc, phi_str number, struct auth_found *out)
{
    struct stmt *s = store_sql(a->db, FIND_SQL);
    *out = (struct auth_found){.standing = AUTH_NONE, .left = -1};
    stmt_text(s, 1, phi_lit(q->payer.id));
    stmt_id(s, 2, person_of(a, q));
    stmt_text(s, 3, code);
    stmt_text(s, 4, number);
    while (stmt_step(s)) {
        enum auth_standing as = standing_of(stmt_col_bytes(s, 1), stmt_col_bytes(s, 2));
        int64_t all = stmt_col_int(s, 4), n = stmt_col_int(s, 0), left = -1;
        phi_str from = stmt_col_bytes(s, 5), to = stmt_col_bytes(s, 6);
        if (as == AUTH_GOOD && all >= 0)
            left = all - used_by_others(a, n, enc);
        if (as == AUTH_GOOD && !within(q->day, from, to))
            as = AUTH_EXPIRED;
        else if (as == AUTH_GOOD && all >= 0 && left < units)
            as = AUTH_USED_UP;
        else if (as < AUTH_EXPIRED && !phi_eq(stmt_col_bytes(s, 8), q->day))
            continue; /* it was about another day */
        if (as < out->standing)
            continue;
        *out = (struct auth_found){.standing = as, .service = n, .left = left};
        copy(out->number, sizeof out->number, stmt_col_bytes(s, 3));
        copy(out->from, sizeof out->from, from);
        copy(out->to, sizeof out->to, to);
        copy(out->reason, sizeof out->reason,
             as == AUTH_REFUSED ? stmt_col_bytes(s, 2) : stmt_col_bytes(s, 7));
    }
}

void auth_use(struct auth *a, int64_t service, struct rec_id enc, int64_t units, int64_t now_us)
{
    store_begin(a->db);
    struct stmt *q = store_sql(a->db, "INSERT OR REPLACE INTO used VALUES(?1,?2,?3,?4)");
    stmt_int(q, 1, service);
    stmt_id(q, 2, enc);
    stmt_int(q, 3, units);
    stmt_int(q, 4, now_us);
    stmt_run(q);
}

/* ---- for people ---- */

#define ROWS_SQL                                                                                   \
    "SELECT s.n, r.n, s.asked, s.units, (SELECT coalesce(sum(units),0) FROM used u WHERE"          \
    " u.service=s.n), r.at, s.came, r.payer, s.code, CASE WHEN s.hcr='' AND r.aaa<>'' THEN 'AA'"   \
    " ELSE s.hcr END, s.number, s.lo, s.hi, CASE WHEN s.hcr='' THEN r.aaa ELSE s.reason END, "     \
    "r.day"                                                                                        \
    " FROM request r JOIN service s ON s.request=r.n "

size_t auth_rows(struct auth *a, phi_str member, void (*each)(void *ctx, const struct auth_row *r),
                 void *ctx)
{
    struct stmt *q = phi_empty(member)
                         ? store_sql(a->db, ROWS_SQL "ORDER BY s.n")
                         : store_sql(a->db, ROWS_SQL "WHERE r.member=?1 ORDER BY s.n");
    size_t n = 0;
    if (!phi_empty(member))
        stmt_id(q, 1, elig_person_token(a->keys, member, phi_lit(""), phi_lit("")));
    for (; stmt_step(q); n++)
        each(ctx, &(struct auth_row){.n = stmt_col_int(q, 0),
                                     .request = stmt_col_int(q, 1),
                                     .asked = stmt_col_int(q, 2),
                                     .units = stmt_col_int(q, 3),
                                     .used = stmt_col_int(q, 4),
                                     .at_us = stmt_col_int(q, 5),
                                     .said_us = stmt_col_int(q, 6),
                                     .payer = stmt_col_bytes(q, 7),
                                     .code = stmt_col_bytes(q, 8),
                                     .hcr = stmt_col_bytes(q, 9),
                                     .number = stmt_col_bytes(q, 10),
                                     .from = stmt_col_bytes(q, 11),
                                     .to = stmt_col_bytes(q, 12),
                                     .reason = stmt_col_bytes(q, 13),
                                     .day = stmt_col_bytes(q, 14)});
    return n;
}

bool auth_about(struct auth *a, int64_t request, struct buf *json)
{
    struct stmt *q = store_sql(a->db, "SELECT about FROM request WHERE n=?1");
    stmt_int(q, 1, request);
    return stmt_step(q) && unseal(a->keys, stmt_col_bytes(q, 0), number_slice(&request), json);
}
