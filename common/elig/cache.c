#include "common/elig/cache.h"
#include "common/elig/gate.h"
#include "common/outgoing/outgoing.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const int64_t DAY_US = 86400LL * 1000000;

struct cache {
    struct store *db;
    struct seal_keys *keys;
};

static const char *const migrations[] = {
    OUTGOING_TABLE
    "CREATE TABLE inquiry(n INTEGER PRIMARY KEY AUTOINCREMENT, file INTEGER NOT NULL,"
    "  reference TEXT NOT NULL, origin TEXT NOT NULL, payer TEXT NOT NULL, member BLOB NOT NULL,"
    "  person BLOB NOT NULL, day TEXT NOT NULL, at INTEGER NOT NULL, asked BLOB NOT NULL,"
    "  answered INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX inquiry_person ON inquiry(payer, person, day);"
    "CREATE INDEX inquiry_member ON inquiry(member);"
    "CREATE INDEX inquiry_reference ON inquiry(reference);"
    "CREATE TABLE answer(n INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL,"
    "  inquiry INTEGER NOT NULL, payer TEXT NOT NULL, member BLOB NOT NULL, other BLOB NOT NULL,"
    "  person BLOB NOT NULL, day TEXT NOT NULL, lo TEXT NOT NULL, hi TEXT NOT NULL,"
    "  status TEXT NOT NULL, said TEXT NOT NULL, came INTEGER NOT NULL, file BLOB NOT NULL,"
    "  off INTEGER NOT NULL, len INTEGER NOT NULL, json BLOB NOT NULL, UNIQUE(id, inquiry));"
    "CREATE INDEX answer_member ON answer(member);"
    "CREATE INDEX answer_other ON answer(other);"
    "CREATE INDEX answer_person ON answer(payer, person, day, said, n);",
    GATE_TABLE, NULL};
static const struct store_schema schema = {"eligibility", migrations, 0};

static struct cache *open_at(const char *dir, const char *run)
{
    struct cache *c = xcalloc(1, sizeof *c);
    struct buf path = {0};
    buf_printf(&path, "%s/eligibility.db", dir);
    c->db = store_open(buf_cstr(&path), &schema);
    c->keys = seal_open(run);
    buf_free(&path);
    return c;
}

struct cache *cache_open(const char *run)
{
    struct buf dir = {0};
    buf_printf(&dir, "%s/eligibility", run);
    if (fs_mkdirs(buf_cstr(&dir)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&dir));
    struct cache *c = open_at(buf_cstr(&dir), run);
    buf_free(&dir);
    return c;
}

struct cache *cache_open_existing(const char *run)
{
    struct buf path = {0};
    buf_printf(&path, "%s/eligibility/eligibility.db", run);
    bool there = access(buf_cstr(&path), F_OK) == 0;
    buf_free(&path);
    return there ? cache_open(run) : NULL;
}

struct cache *cache_open_ro(const char *run)
{
    struct buf path = {0};
    buf_printf(&path, "%s/eligibility/eligibility.db", run);
    struct store *db = store_open_ro(buf_cstr(&path), &schema);
    buf_free(&path);
    if (!db)
        return NULL;
    struct cache *c = xcalloc(1, sizeof *c);
    c->db = db;
    c->keys = seal_open(run);
    return c;
}

void cache_close(struct cache *c)
{
    if (!c)
        return;
    store_close(c->db);
    seal_close(c->keys);
    free(c);
}

void cache_commit(struct cache *c)
{
    kill_point("eligibility.commit.before");
    store_commit(c->db);
    kill_point("eligibility.commit.after");
}

/* ---- keys ---- */

static void upper(struct buf *b, phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '-')
            buf_putc(b, (char)toupper((unsigned char)s.p[i]));
    buf_putc(b, '\n');
}

static struct rec_id member_token(struct cache *c, phi_str member)
{
    struct buf b = {0};
    upper(&b, member);
    struct rec_id id = seal_token(c->keys, "member", buf_view(&b));
    buf_free(&b);
    return id;
}

struct rec_id elig_person_token(struct seal_keys *keys, phi_str member, phi_str first, phi_str dob)
{
    struct buf b = {0};
    upper(&b, member);
    upper(&b, first);
    upper(&b, dob);
    struct rec_id id = seal_token(keys, "person", buf_view(&b));
    buf_free(&b);
    return id;
}

static struct rec_id person_token(struct cache *c, phi_str member, phi_str first, phi_str dob)
{
    return elig_person_token(c->keys, member, first, dob);
}

static struct rec_id of_question(struct cache *c, const struct question *q)
{
    const struct ask_person *p = q->dependent ? &q->patient : &q->subscriber;
    return person_token(c, q->member, p->first, p->dob);
}

/* ---- asking ---- */

enum known cache_known(struct cache *c, const struct question *q, int64_t now_us, int64_t fresh_us)
{
    struct rec_id person = of_question(c, q);
    struct stmt *s = store_sql(c->db, "SELECT status, came FROM answer WHERE payer=?1 AND person=?2"
                                      " AND day=?3 ORDER BY said DESC, n DESC LIMIT 1");
    stmt_text(s, 1, phi_lit(q->payer.id));
    stmt_id(s, 2, person);
    stmt_text(s, 3, q->day);
    if (stmt_step(s) && !phi_is(stmt_col_bytes(s, 0), "refused") &&
        now_us - stmt_col_int(s, 1) <= fresh_us)
        return KNOWN_FRESH;
    s = store_sql(c->db, "SELECT 1 FROM inquiry WHERE payer=?1 AND person=?2 AND day=?3"
                         " AND answered=0 AND at>?4");
    stmt_text(s, 1, phi_lit(q->payer.id));
    stmt_id(s, 2, person);
    stmt_text(s, 3, q->day);
    stmt_int(s, 4, now_us - DAY_US);
    return stmt_step(s) ? KNOWN_ASKED : KNOWN_NOT;
}

bool cache_standing(struct cache *c, const struct question *q, struct standing *out,
                    struct buf *json)
{
    struct stmt *s =
        store_sql(c->db, "SELECT id, status, came, json FROM answer WHERE payer=?1 AND person=?2"
                         " AND day=?3 ORDER BY said DESC, n DESC LIMIT 1");
    stmt_text(s, 1, phi_lit(q->payer.id));
    stmt_id(s, 2, of_question(c, q));
    stmt_text(s, 3, q->day);
    if (!stmt_step(s))
        return false;
    struct rec_id id = stmt_col_id(s, 0);
    phi_str status = stmt_col_bytes(s, 1);
    snprintf(out->status, sizeof out->status, "%.*s", (int)status.n, status.p);
    out->came_us = stmt_col_int(s, 2);
    return unseal(c->keys, stmt_col_bytes(s, 3), phi_of((const char *)id.b, REC_ID_LEN), json);
}

int64_t cache_asked_us(struct cache *c, const struct question *q)
{
    struct stmt *s = store_sql(c->db, "SELECT coalesce(max(at),0) FROM inquiry WHERE payer=?1 AND"
                                      " person=?2 AND day=?3 AND answered=0");
    stmt_text(s, 1, phi_lit(q->payer.id));
    stmt_id(s, 2, of_question(c, q));
    stmt_text(s, 3, q->day);
    return stmt_step(s) ? stmt_col_int(s, 0) : 0;
}

struct store *cache_store(struct cache *c)
{
    return c->db;
}

struct seal_keys *cache_keys(struct cache *c)
{
    return c->keys;
}

static void member(struct buf *b, const char *key, phi_str v)
{
    buf_printf(b, "%s\"%s\":", b->p[b->len - 1] == '{' ? "" : ",", key);
    buf_json(b, v);
}

static void asked_json(struct buf *b, const struct question *q)
{
    const struct ask_person *p = q->dependent ? &q->patient : &q->subscriber;
    buf_putc(b, '{');
    member(b, "payer", phi_lit(q->payer.id));
    member(b, "payer_name", phi_lit(q->payer.name));
    member(b, "npi", phi_lit(q->provider.npi));
    member(b, "member", q->member);
    member(b, "last", p->last);
    member(b, "first", p->first);
    member(b, "dob", p->dob);
    member(b, "sex", p->sex);
    member(b, "relation", q->dependent ? q->relation : phi_lit("18"));
    member(b, "day", q->day);
    buf_putc(b, '}');
}

static phi_str number_slice(const int64_t *n)
{
    return phi_of((const char *)n, sizeof *n);
}

static void keep_question(struct cache *c, struct question *q, int64_t file, int64_t now_us)
{
    struct buf plain = {0}, sealed = {0};
    struct stmt *s =
        store_sql(c->db, "INSERT INTO inquiry(file,reference,origin,payer,member,person,"
                         "day,at,asked) VALUES(?1,?2,'',?3,?4,?5,?6,?7,x'')");
    stmt_int(s, 1, file);
    stmt_text(s, 2, phi_lit(q->reference));
    stmt_text(s, 3, phi_lit(q->payer.id));
    stmt_id(s, 4, member_token(c, q->member));
    stmt_id(s, 5, of_question(c, q));
    stmt_text(s, 6, q->day);
    stmt_int(s, 7, now_us);
    stmt_run(s);
    q->n = store_last_id(c->db);
    snprintf(q->trace, sizeof q->trace, "E%09lld", (long long)q->n);
    if (!*q->reference)
        snprintf(q->reference, sizeof q->reference, "%s", q->trace);
    asked_json(&plain, q);
    seal(c->keys, buf_view(&plain), number_slice(&q->n), &sealed);
    s = store_sql(c->db, "UPDATE inquiry SET asked=?2, reference=?3 WHERE n=?1");
    stmt_int(s, 1, q->n);
    stmt_blob(s, 2, sealed.p, sealed.len);
    stmt_text(s, 3, phi_lit(q->reference));
    stmt_run(s);
    buf_free(&plain);
    buf_free(&sealed);
}

int64_t cache_ask(struct cache *c, struct question *const *q, size_t n, bool batch, int64_t now_us)
{
    store_begin(c->db);
    int64_t file = outgoing_new(c->db);
    int set = 0;
    for (size_t i = 0; i < n; i++) {
        *q[i]->reference = 0;
        if (batch) {
            set += i == 0 || strcmp(q[i]->provider.npi, q[i - 1]->provider.npi) != 0;
            snprintf(q[i]->reference, sizeof q[i]->reference, "B%09lld-%d", (long long)file, set);
        }
        keep_question(c, q[i], file, now_us);
    }
    return file;
}

void cache_file(struct cache *c, int64_t file, phi_str payer, phi_str body)
{
    outgoing_keep(c->db, c->keys, file, payer, body);
}

int cache_write(struct cache *c, const char *dir, void (*say)(void *ctx, const char *name),
                void *ctx)
{
    return outgoing_write(c->db, c->keys,
                          &(struct outgoing_to){dir, "270", "eligibility.write.after", say, ctx});
}

/* ---- answers ---- */

/* E000000017 is 17; 0: no trace of ours. */
static int64_t trace_number(phi_str t)
{
    int64_t n = 0;
    if (t.n < 10 || t.n > 18 || t.p[0] != 'E')
        return 0;
    for (size_t i = 1; i < t.n; i++) {
        if (!isdigit((unsigned char)t.p[i]))
            return 0;
        n = n * 10 + (t.p[i] - '0');
    }
    return n;
}

size_t cache_inquiries(struct cache *c, const struct elig_said *said, int64_t *n, size_t most)
{
    bool by_trace = !phi_empty(said->trace);
    size_t found = 0;
    struct stmt *s = by_trace ? store_sql(c->db, "SELECT n FROM inquiry WHERE n=?1")
                              : store_sql(c->db, "SELECT n FROM inquiry WHERE reference=?1");
    if (by_trace)
        stmt_int(s, 1, trace_number(said->trace));
    else
        stmt_text(s, 1, said->reference);
    while (found < most && stmt_step(s))
        n[found++] = stmt_col_int(s, 0);
    return found;
}

bool cache_asked(struct cache *c, int64_t inquiry, struct buf *out)
{
    struct stmt *s = store_sql(c->db, "SELECT asked FROM inquiry WHERE n=?1");
    stmt_int(s, 1, inquiry);
    return stmt_step(s) && unseal(c->keys, stmt_col_bytes(s, 0), number_slice(&inquiry), out);
}

struct place { /* of an answer */
    struct rec_id member, other, person;
    char payer[81], day[9];
};

static void put(char *to, size_t size, phi_str v)
{
    snprintf(to, size, "%.*s", (int)v.n, v.n ? v.p : "");
}

static void place_of(struct cache *c, const struct elig_said *s, int64_t inquiry, struct place *p)
{
    const struct elig_person *who = elig_person(s);
    phi_str id = s->subscriber.id;
    p->member = p->other = member_token(c, id);
    p->person = person_token(c, id, who->first, who->dob);
    put(p->payer, sizeof p->payer, s->payer);
    put(p->day, sizeof p->day, phi_empty(s->from) ? s->day : s->from);
    struct stmt *q = store_sql(c->db, "SELECT payer,member,person,day FROM inquiry WHERE n=?1");
    stmt_int(q, 1, inquiry);
    if (!inquiry || !stmt_step(q))
        return;
    put(p->payer, sizeof p->payer, stmt_col_bytes(q, 0));
    p->member = stmt_col_id(q, 1);
    p->person = stmt_col_id(q, 2);
    put(p->day, sizeof p->day, stmt_col_bytes(q, 3));
}

bool cache_keep(struct cache *c, const struct answer *a, int64_t inquiry, phi_str json)
{
    const struct elig_said *s = a->said;
    struct buf sealed = {0}, said = {0};
    struct place p;
    store_begin(c->db);
    place_of(c, s, inquiry, &p);
    seal(c->keys, json, phi_of((const char *)a->id.b, REC_ID_LEN), &sealed);
    buf_phi(&said, s->day);
    buf_phi(&said, s->time);
    struct stmt *q = store_sql(
        c->db, "INSERT OR IGNORE INTO answer(id,inquiry,payer,member,other,person,day,lo,hi,status,"
               "said,came,file,off,len,json) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,"
               "?15,?16)");
    stmt_id(q, 1, a->id);
    stmt_int(q, 2, inquiry);
    stmt_text(q, 3, phi_lit(p.payer));
    stmt_id(q, 4, p.member);
    stmt_id(q, 5, p.other);
    stmt_id(q, 6, p.person);
    stmt_text(q, 7, phi_lit(p.day));
    stmt_text(q, 8, phi_empty(s->from) ? phi_lit(p.day) : s->from);
    stmt_text(q, 9, !phi_empty(s->ends) ? s->ends : phi_empty(s->from) ? phi_lit(p.day) : s->to);
    stmt_text(q, 10, phi_lit(elig_status_name(elig_status(s))));
    stmt_text(q, 11, buf_view(&said));
    stmt_int(q, 12, a->came_us);
    stmt_blob(q, 13, a->file.b, DIGEST_LEN);
    stmt_int(q, 14, (int64_t)a->off);
    stmt_int(q, 15, (int64_t)a->len);
    stmt_blob(q, 16, sealed.p, sealed.len);
    bool fresh = stmt_run(q) == 1;
    q = store_sql(c->db, "UPDATE inquiry SET answered=1 WHERE n=?1");
    stmt_int(q, 1, inquiry);
    stmt_run(q);
    buf_free(&sealed);
    buf_free(&said);
    return fresh;
}

/* ---- finding ---- */

#define FIND                                                                                       \
    "SELECT n, id, came, json, lo, hi, status, payer, n=(SELECT b.n FROM answer b WHERE"           \
    " b.payer=a.payer AND b.person=a.person AND b.day=a.day ORDER BY b.said DESC, b.n DESC"        \
    " LIMIT 1) FROM answer a "

size_t cache_find(struct cache *c, phi_str key, cache_each *each, void *ctx)
{
    struct buf json = {0};
    int64_t trace = trace_number(key);
    struct rec_id token = member_token(c, key);
    size_t n = 0;
    struct stmt *q = phi_empty(key) ? store_sql(c->db, FIND "ORDER BY n")
                     : trace        ? store_sql(c->db, FIND "WHERE inquiry=?1 ORDER BY n")
                             : store_sql(c->db, FIND "WHERE member=?1 OR other=?1 ORDER BY n");
    if (trace)
        stmt_int(q, 1, trace);
    else if (!phi_empty(key))
        stmt_id(q, 1, token);
    for (; stmt_step(q); n++) {
        struct rec_id id = stmt_col_id(q, 1);
        buf_clear(&json);
        if (!unseal(c->keys, stmt_col_bytes(q, 3), phi_of((const char *)id.b, REC_ID_LEN), &json))
            die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
                "eligibility.db");
        each(ctx, &(struct cached){.n = stmt_col_int(q, 0),
                                   .came_us = stmt_col_int(q, 2),
                                   .json = buf_view(&json),
                                   .from = stmt_col_bytes(q, 4),
                                   .to = stmt_col_bytes(q, 5),
                                   .status = stmt_col_bytes(q, 6),
                                   .payer = stmt_col_bytes(q, 7),
                                   .latest = stmt_col_int(q, 8) == 1});
    }
    buf_free(&json);
    return n;
}

#define WAITING "SELECT n, payer, day, at FROM inquiry WHERE answered=0 "

size_t cache_open_inquiries(struct cache *c, phi_str key, cache_waiting *each, void *ctx)
{
    char text[24];
    int64_t trace = trace_number(key);
    size_t n = 0;
    struct stmt *q = trace ? store_sql(c->db, WAITING "AND n=?1")
                           : store_sql(c->db, WAITING "AND member=?1 ORDER BY n");
    if (trace)
        stmt_int(q, 1, trace);
    else
        stmt_id(q, 1, member_token(c, key));
    for (; stmt_step(q); n++) {
        snprintf(text, sizeof text, "E%09lld", (long long)stmt_col_int(q, 0));
        each(ctx, text, stmt_col_bytes(q, 1), stmt_col_bytes(q, 2), stmt_col_int(q, 3));
    }
    return n;
}
