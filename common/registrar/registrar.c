#include "common/registrar/registrar.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdlib.h>
#include <unistd.h>

struct registrar {
    struct store *db;
    struct seal_keys *keys;
};

static const char *const migrations[] = {
    "CREATE TABLE patient(n INTEGER PRIMARY KEY AUTOINCREMENT, who BLOB NOT NULL UNIQUE);"
    "CREATE TABLE alias(token BLOB NOT NULL, patient INTEGER NOT NULL, payer TEXT NOT NULL,"
    "  PRIMARY KEY(token, patient, payer)) WITHOUT ROWID;"
    "CREATE TABLE value(n INTEGER PRIMARY KEY AUTOINCREMENT, patient INTEGER NOT NULL,"
    "  payer TEXT NOT NULL, field TEXT NOT NULL, token BLOB NOT NULL, since TEXT NOT NULL,"
    "  until TEXT NOT NULL, source TEXT NOT NULL, file BLOB NOT NULL, off INTEGER NOT NULL,"
    "  len INTEGER NOT NULL, at INTEGER NOT NULL, body BLOB NOT NULL, who BLOB NOT NULL,"
    "  why BLOB NOT NULL);"
    "CREATE INDEX value_patient ON value(patient, payer, field, n);",
    NULL};
static const struct store_schema schema = {"registrar", migrations, 0};

struct registrar *registrar_open(const char *run)
{
    struct registrar *r = xcalloc(1, sizeof *r);
    struct buf path = {0};
    buf_printf(&path, "%s/registrar", run);
    if (fs_mkdirs(buf_cstr(&path)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&path));
    buf_puts(&path, "/registrar.db");
    r->db = store_open(buf_cstr(&path), &schema);
    r->keys = seal_open(run);
    buf_free(&path);
    return r;
}

struct registrar *registrar_open_existing(const char *run)
{
    struct buf path = {0};
    buf_printf(&path, "%s/registrar/registrar.db", run);
    bool there = access(buf_cstr(&path), F_OK) == 0;
    buf_free(&path);
    return there ? registrar_open(run) : NULL;
}

void registrar_close(struct registrar *r)
{
    if (!r)
        return;
    store_close(r->db);
    seal_close(r->keys);
    free(r);
}

void registrar_commit(struct registrar *r)
{
    kill_point("registrar.commit.before");
    store_commit(r->db);
    kill_point("registrar.commit.after");
}

/* ---- who ---- */

static void fold(struct buf *b, phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isspace((unsigned char)s.p[i]) && s.p[i] != '-')
            buf_putc(b, (char)toupper((unsigned char)s.p[i]));
    buf_putc(b, '\n');
}

static struct rec_id token(struct registrar *r, const char *what, phi_str one, phi_str two,
                           phi_str three)
{
    struct buf b = {0};
    fold(&b, one);
    fold(&b, two);
    fold(&b, three);
    struct rec_id id = seal_token(r->keys, what, buf_view(&b));
    buf_free(&b);
    return id;
}

static const phi_str none = {"", 0};

static void alias(struct registrar *r, struct rec_id t, int64_t patient, phi_str payer)
{
    struct stmt *q = store_sql(r->db, "INSERT OR IGNORE INTO alias VALUES(?1,?2,?3)");
    stmt_id(q, 1, t);
    stmt_int(q, 2, patient);
    stmt_text(q, 3, payer);
    stmt_run(q);
}

int64_t registrar_patient(struct registrar *r, phi_str last, phi_str first, phi_str dob, bool make)
{
    struct rec_id who = token(r, "patient", last, first, dob);
    struct stmt *q = store_sql(r->db, "SELECT n FROM patient WHERE who=?1");
    if (phi_empty(last) || phi_empty(first) || phi_empty(dob))
        return 0;
    stmt_id(q, 1, who);
    if (stmt_step(q))
        return stmt_col_int(q, 0);
    if (!make)
        return 0;
    store_begin(r->db);
    q = store_sql(r->db, "INSERT INTO patient(who) VALUES(?1)");
    stmt_id(q, 1, who);
    stmt_run(q);
    int64_t n = store_last_id(r->db);
    alias(r, token(r, "find", last, none, none), n, none);
    alias(r, token(r, "find", last, first, none), n, none);
    return n;
}

int64_t registrar_member(struct registrar *r, phi_str member, phi_str first, struct buf *payer)
{
    struct stmt *q = store_sql(r->db, "SELECT patient, payer FROM alias WHERE token=?1");
    if (phi_empty(member) || phi_empty(first))
        return 0;
    stmt_id(q, 1, token(r, "member", member, first, none));
    if (!stmt_step(q))
        return 0;
    int64_t n = stmt_col_int(q, 0);
    if (payer)
        buf_phi(payer, stmt_col_bytes(q, 1));
    return stmt_step(q) && stmt_col_int(q, 0) != n ? 0 : n; /* two people: nobody */
}

/* ---- values ---- */

static const char *const PATIENT_FIELDS[] = {"last",  "first", "middle", "dob", "sex",      "line1",
                                             "line2", "city",  "state",  "zip", "reference"};
static const char *const COVER_FIELDS[] = {
    "member", "group",           "relation",         "rank",          "plan",
    "status", "subscriber_last", "subscriber_first", "subscriber_dob"};

bool registrar_field(const char *field, bool coverage)
{
    const char *const *list = coverage ? COVER_FIELDS : PATIENT_FIELDS;
    size_t n = coverage ? sizeof COVER_FIELDS / sizeof *COVER_FIELDS
                        : sizeof PATIENT_FIELDS / sizeof *PATIENT_FIELDS;
    for (size_t i = 0; i < n; i++)
        if (strcmp(field, list[i]) == 0)
            return true;
    return false;
}

static void sealed_bind(struct registrar *r, struct stmt *q, int i, phi_str v, struct buf *keep)
{
    seal(r->keys, v, phi_lit("registrar"), keep);
    stmt_blob(q, i, keep->p, keep->len);
}

/* What this source last said of the field; of a person: what holds. */
static bool said_already(struct registrar *r, int64_t patient, phi_str payer, const char *field,
                         struct rec_id t, phi_str since, const char *source)
{
    struct stmt *q = store_sql(r->db, "SELECT token, since FROM value WHERE patient=?1 AND payer=?2"
                                      " AND field=?3 AND source=?4 AND (since<=?5 OR token=?6)"
                                      " ORDER BY since DESC, n DESC LIMIT 1");
    stmt_int(q, 1, patient);
    stmt_text(q, 2, payer);
    stmt_text(q, 3, phi_lit(field));
    stmt_text(q, 4, phi_lit(source));
    stmt_text(q, 5, since);
    stmt_id(q, 6, t);
    return stmt_step(q) && rec_id_eq(stmt_col_id(q, 0), t);
}

static void aliases(struct registrar *r, int64_t patient, phi_str payer, const char *field,
                    phi_str value)
{
    static const char *const found[] = {"last", "member", "reference"};
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        if (strcmp(field, found[i]) == 0)
            alias(r, token(r, "find", value, none, none), patient, payer);
}

static void alias_member(struct registrar *r, int64_t patient, phi_str payer, phi_str member)
{
    struct buf first = {0};
    struct stmt *q = store_sql(r->db, "SELECT body FROM value WHERE patient=?1 AND payer='' AND"
                                      " field='first' ORDER BY n DESC LIMIT 1");
    stmt_int(q, 1, patient);
    if (stmt_step(q) && unseal(r->keys, stmt_col_bytes(q, 0), phi_lit("registrar"), &first))
        alias(r, token(r, "member", member, buf_view(&first), none), patient, payer);
    buf_free(&first);
}

bool registrar_say(struct registrar *r, int64_t patient, phi_str payer, const char *field,
                   phi_str value, phi_str from, phi_str to, const struct origin *o)
{
    struct rec_id t = token(r, "value", value, phi_lit(field), none);
    if (phi_empty(value) || said_already(r, patient, payer, field, t, from, o->source))
        return false;
    struct buf keep[3] = {{0}, {0}, {0}};
    store_begin(r->db);
    struct stmt *q =
        store_sql(r->db, "INSERT INTO value(patient,payer,field,token,since,until,source,"
                         "file,off,len,at,body,who,why)"
                         " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14)");
    stmt_int(q, 1, patient);
    stmt_text(q, 2, payer);
    stmt_text(q, 3, phi_lit(field));
    stmt_id(q, 4, t);
    stmt_text(q, 5, from);
    stmt_text(q, 6, to);
    stmt_text(q, 7, phi_lit(o->source));
    stmt_blob(q, 8, o->file.b, DIGEST_LEN);
    stmt_int(q, 9, (int64_t)o->off);
    stmt_int(q, 10, (int64_t)o->len);
    stmt_int(q, 11, o->at_us);
    sealed_bind(r, q, 12, value, &keep[0]);
    sealed_bind(r, q, 13, o->who, &keep[1]);
    sealed_bind(r, q, 14, o->why, &keep[2]);
    stmt_run(q);
    aliases(r, patient, payer, field, value);
    if (strcmp(field, "member") == 0)
        alias_member(r, patient, payer, value);
    for (int i = 0; i < 3; i++)
        buf_free(&keep[i]);
    return true;
}

/* ---- reading ---- */

size_t registrar_find(struct registrar *r, phi_str words, int64_t *patients, size_t most)
{
    size_t n = 0;
    const char *blank = memchr(words.p, ' ', words.n);
    size_t cut = blank ? (size_t)(blank - words.p) : words.n;
    struct rec_id whole = token(r, "find", words, none, none);
    struct rec_id parts =
        token(r, "find", phi_of(words.p, cut), phi_of(words.p + cut, words.n - cut), none);
    struct stmt *q = store_sql(
        r->db, "SELECT DISTINCT patient FROM alias WHERE token=?1 OR token=?2 ORDER BY patient");
    stmt_id(q, 1, whole);
    stmt_id(q, 2, parts);
    while (n < most && stmt_step(q))
        patients[n++] = stmt_col_int(q, 0);
    return n;
}

bool registrar_known(struct registrar *r, int64_t patient)
{
    struct stmt *q = store_sql(r->db, "SELECT 1 FROM patient WHERE n=?1");
    stmt_int(q, 1, patient);
    return stmt_step(q);
}

static phi_str opened(struct registrar *r, phi_str blob, struct buf *to)
{
    buf_clear(to);
    if (!unseal(r->keys, blob, phi_lit("registrar"), to))
        die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
            "registrar.db");
    return buf_view(to);
}

/* A person's word holds until a person changes it; else the latest day, else what came last. */
#define VALUES                                                                                     \
    "SELECT n,payer,field,since,until,source,file,off,len,at,body,who,why,n=(SELECT b.n FROM"      \
    " value b WHERE b.patient=a.patient AND b.payer=a.payer AND b.field=a.field ORDER BY"          \
    " b.source='person' DESC, CASE b.source WHEN 'person' THEN '' ELSE b.since END DESC,"          \
    " b.n DESC LIMIT 1) FROM value a WHERE patient=?1 ORDER BY n"

void registrar_values(struct registrar *r, int64_t patient,
                      void (*each)(void *ctx, const struct registrar_value *v), void *ctx)
{
    struct buf b[3] = {{0}, {0}, {0}};
    struct digest d;
    char hex[DIGEST_HEX];
    struct stmt *q = store_sql(r->db, VALUES);
    stmt_int(q, 1, patient);
    while (stmt_step(q)) {
        phi_str file = stmt_col_bytes(q, 6);
        memcpy(d.b, file.p, file.n == DIGEST_LEN ? DIGEST_LEN : 0);
        struct registrar_value v = {.n = stmt_col_int(q, 0),
                                    .payer = stmt_col_bytes(q, 1),
                                    .field = stmt_col_bytes(q, 2),
                                    .from = stmt_col_bytes(q, 3),
                                    .to = stmt_col_bytes(q, 4),
                                    .source = stmt_col_bytes(q, 5),
                                    .file_hex = phi_lit(digest_hex(&d, hex)),
                                    .off = stmt_col_int(q, 7),
                                    .len = stmt_col_int(q, 8),
                                    .at_us = stmt_col_int(q, 9),
                                    .value = opened(r, stmt_col_bytes(q, 10), &b[0]),
                                    .who = opened(r, stmt_col_bytes(q, 11), &b[1]),
                                    .why = opened(r, stmt_col_bytes(q, 12), &b[2]),
                                    .present = stmt_col_int(q, 13) == 1};
        each(ctx, &v);
    }
    for (int i = 0; i < 3; i++)
        buf_free(&b[i]);
}
