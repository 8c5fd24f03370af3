#include "tools/mailbox/box.h"
#include "common/edi/claim.h"
#include "common/ledger/match.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const MIGRATIONS[] = {
    "CREATE TABLE owner(owner INTEGER PRIMARY KEY, qual TEXT NOT NULL, id TEXT NOT NULL,"
    " UNIQUE(qual,id)) STRICT;"
    "CREATE TABLE batch(batch INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, owner INTEGER NOT NULL,"
    " receiver_qual TEXT NOT NULL, receiver TEXT NOT NULL, usage TEXT NOT NULL,"
    " isa13 TEXT NOT NULL, gs_sender TEXT NOT NULL, gs_receiver TEXT NOT NULL, gs06 TEXT NOT NULL,"
    " version TEXT NOT NULL, st02 TEXT NOT NULL, bht03 TEXT NOT NULL, submitter TEXT NOT NULL)"
    " STRICT;"
    "CREATE INDEX batch_owner ON batch(owner);"
    "CREATE TABLE claim(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, batch INTEGER NOT NULL,"
    " key TEXT NOT NULL, seg INTEGER NOT NULL, facts BLOB NOT NULL) STRICT;"
    "CREATE INDEX claim_key ON claim(key);"
    "CREATE TABLE provider(npi TEXT NOT NULL, owner INTEGER NOT NULL, PRIMARY KEY(npi,owner))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE sent(id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;"
    "CREATE TABLE sent_set(no INTEGER PRIMARY KEY, gs06 TEXT NOT NULL, st02 TEXT NOT NULL,"
    " bht03 TEXT NOT NULL) STRICT;"
    "CREATE INDEX sent_group ON sent_set(gs06);"
    "CREATE INDEX sent_bht03 ON sent_set(bht03);"
    "CREATE TABLE member(no INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY(no,id)) STRICT,"
    " WITHOUT ROWID;"
    "CREATE TABLE answer(row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
    " same BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, came INTEGER NOT NULL,"
    " waits INTEGER NOT NULL, body BLOB) STRICT;"
    "CREATE INDEX answer_waits ON answer(row) WHERE waits = 1;"
    "CREATE TABLE put(number INTEGER PRIMARY KEY, answer BLOB NOT NULL, folder TEXT NOT NULL,"
    " kind TEXT NOT NULL, written INTEGER NOT NULL, body BLOB) STRICT;"
    "CREATE INDEX put_open ON put(number) WHERE written = 0;",
    /* where the claim stands in our file: claims come in any order, numbers are given in this one */
    "ALTER TABLE member ADD COLUMN at INTEGER NOT NULL DEFAULT 0;", NULL};
static const struct store_schema SCHEMA = {"mailbox", MIGRATIONS};

struct box {
    struct store *db;
    struct seal_keys *keys;
    struct rec_id batch_id; /* the batch of late */
    int64_t batch, batch_owner;
    struct buf sealed, plain;
    bool unwritten;
};

struct box *box_open(const char *dir, const char *keys_dir)
{
    char path[PATH_MAX];
    struct box *b = xcalloc(1, sizeof *b);
    if (snprintf(path, sizeof path, "%s/mailbox.db", dir) >= (int)sizeof path)
        die(EXIT_USAGE, "cannot use the folder \"%s\": the path is too long", dir);
    b->db = store_open(path, &SCHEMA);
    b->keys = seal_open(keys_dir);
    b->unwritten = true;
    return b;
}

void box_close(struct box *b)
{
    if (!b)
        return;
    store_close(b->db);
    seal_close(b->keys);
    buf_free(&b->sealed);
    buf_free(&b->plain);
    free(b);
}

void box_commit(struct box *b)
{
    kill_point("mailbox.commit.before");
    store_commit(b->db);
    kill_point("mailbox.commit.after");
}

static phi_str id_bytes(const struct rec_id *id)
{
    return phi_of((const char *)id->b, REC_ID_LEN);
}

static phi_str sealed(struct box *b, phi_str plain, phi_str what)
{
    buf_clear(&b->sealed);
    seal(b->keys, plain, what, &b->sealed);
    return buf_view(&b->sealed);
}

static phi_str opened(struct box *b, phi_str blob, phi_str what, struct arena *a)
{
    buf_clear(&b->plain);
    if (!unseal(b->keys, blob, what, &b->plain))
        die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
            "mailbox.db");
    return arena_phi(a, buf_view(&b->plain));
}

/* ---- claims ---- */

static int64_t owner_of(struct box *b, const struct envelope_isa *isa)
{
    struct stmt *q = store_sql(b->db, "INSERT INTO owner(qual,id) VALUES(?1,?2)"
                                      " ON CONFLICT DO UPDATE SET id=id RETURNING owner");
    stmt_text(q, 1, phi_lit(isa->sender_qual));
    stmt_text(q, 2, phi_lit(isa->sender));
    int64_t no = stmt_step(q) ? stmt_col_int(q, 0) : 0;
    while (stmt_step(q))
        ;
    return no;
}

static void copy_to(char *to, size_t size, phi_str v)
{
    while (v.n && v.p[v.n - 1] == ' ')
        v.n--;
    snprintf(to, size, "%.*s", (int)v.n, v.p);
}
#define COPY(field, v) copy_to(field, sizeof(field), v)

/* What stands above the claims: ISA, GS, ST, BHT, NM1*41. */
static void read_batch(phi_str body, struct box_batch *out)
{
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    *out = (struct box_batch){.bht03 = {"", 0}, .submitter = {"", 0}};
    for (int i = 0; i < 8 && scan_next(s, &seg) == SCAN_SEG && !seg_is(&seg, "HL"); i++) {
        if (seg_is(&seg, "ISA")) {
            COPY(out->isa.sender_qual, seg_el(&seg, 5));
            COPY(out->isa.sender, seg_el(&seg, 6));
            COPY(out->isa.receiver_qual, seg_el(&seg, 7));
            COPY(out->isa.receiver, seg_el(&seg, 8));
            COPY(out->isa.control, seg_el(&seg, 13));
            COPY(out->isa.usage, seg_el(&seg, 15));
        } else if (seg_is(&seg, "GS")) {
            COPY(out->gs.sender, seg_el(&seg, 2));
            COPY(out->gs.receiver, seg_el(&seg, 3));
            COPY(out->gs.control, seg_el(&seg, 6));
            COPY(out->gs.version, seg_el(&seg, 8));
        } else if (seg_is(&seg, "ST")) {
            COPY(out->st02, seg_el(&seg, 2));
        } else if (seg_is(&seg, "BHT")) {
            out->bht03 = seg_el(&seg, 3);
        } else if (seg_is(&seg, "NM1") && phi_is(seg_el(&seg, 1), "41")) {
            out->submitter = phi_of(body.p + seg.off, seg_bytes(&seg).n + 1);
        }
    }
    scan_free(s);
}

static int64_t batch_insert(struct box *b, const struct record *r)
{
    struct box_batch k;
    read_batch(r->body, &k);
    b->batch_owner = owner_of(b, &k.isa);
    struct stmt *q =
        store_sql(b->db, "INSERT INTO batch(id,owner,receiver_qual,receiver,usage,isa13,gs_sender,"
                         "gs_receiver,gs06,version,st02,bht03,submitter)"
                         " VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)"
                         " ON CONFLICT DO UPDATE SET owner=owner RETURNING batch");
    const phi_str texts[] = {phi_lit(k.isa.receiver_qual),
                             phi_lit(k.isa.receiver),
                             phi_lit(r->usage == 'T' ? "T" : k.isa.usage),
                             phi_lit(k.isa.control),
                             phi_lit(k.gs.sender),
                             phi_lit(k.gs.receiver),
                             phi_lit(k.gs.control),
                             phi_lit(k.gs.version),
                             phi_lit(k.st02),
                             k.bht03,
                             k.submitter};
    stmt_id(q, 1, r->parent);
    stmt_int(q, 2, b->batch_owner);
    for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++)
        stmt_text(q, 3 + i, texts[i]);
    int64_t no = stmt_step(q) ? stmt_col_int(q, 0) : 0;
    while (stmt_step(q))
        ;
    return no;
}

static int64_t batch_of(struct box *b, const struct record *r)
{
    if (b->batch && rec_id_eq(b->batch_id, r->parent))
        return b->batch;
    b->batch_id = r->parent;
    return b->batch = batch_insert(b, r);
}

static void provider_add(struct box *b, phi_str npi)
{
    struct stmt *q = store_sql(b->db, "INSERT OR IGNORE INTO provider VALUES(?1,?2)");
    if (phi_empty(npi))
        return;
    stmt_text(q, 1, npi);
    stmt_int(q, 2, b->batch_owner);
    stmt_run(q);
}

bool box_add_claim(struct box *b, const struct record *r, struct arena *a, const char **why)
{
    struct claim c;
    struct facts f;
    char k[MATCH_KEY];
    if (!claim_read(r->body, &c, a)) {
        *why = c.fault.why;
        return false;
    }
    facts_of_claim(&c, a, &f);
    f.lines_n = f.others_n = 0; /* who and how much; what was done is the ledger's */
    store_begin(b->db);
    int64_t batch = batch_of(b, r);
    buf_clear(&b->plain);
    facts_write(&b->plain, &f);
    struct stmt *q = store_sql(b->db, "INSERT OR IGNORE INTO claim(id,batch,key,seg,facts)"
                                      " VALUES(?1,?2,?3,?4,?5)");
    phi_str blob = sealed(b, buf_view(&b->plain), id_bytes(&r->id));
    stmt_id(q, 1, r->id);
    stmt_int(q, 2, batch);
    stmt_text(q, 3, phi_of(k, match_key(c.pcn, k)));
    stmt_int(q, 4, r->seg);
    stmt_blob(q, 5, blob.p, blob.n);
    if (stmt_run(q))
        provider_add(b, c.billing.npi);
    return true;
}

/* ---- sent files ---- */

static phi_str word_at(const json_t *list, size_t i)
{
    const json_t *v = json_array_get(list, i);
    return json_is_string(v) ? phi_of(json_string_value(v), json_string_length(v))
                             : (phi_str){"", 0};
}

static int64_t set_insert(struct box *b, phi_str gs06, phi_str st02, phi_str bht03)
{
    struct stmt *q = store_sql(b->db, "INSERT INTO sent_set(gs06,st02,bht03) VALUES(?1,?2,?3)");
    stmt_text(q, 1, gs06);
    stmt_text(q, 2, st02);
    stmt_text(q, 3, bht03);
    stmt_run(q);
    return store_last_id(b->db);
}

static bool member_insert(struct box *b, int64_t set, phi_str hex, size_t at)
{
    struct rec_id id;
    struct stmt *q = store_sql(b->db, "INSERT OR IGNORE INTO member(no,id,at) VALUES(?1,?2,?3)");
    if (!rec_id_parse(hex.p, hex.n, &id))
        return false;
    stmt_int(q, 1, set);
    stmt_id(q, 2, id);
    stmt_int(q, 3, (int64_t)at);
    stmt_run(q);
    return true;
}

static bool sets_insert(struct box *b, const json_t *o)
{
    const json_t *st02 = json_object_get(o, "st02"), *bht03 = json_object_get(o, "bht03"),
                 *count = json_object_get(o, "set_claims"), *ids = json_object_get(o, "claims");
    const char *gs06 = json_string_value(json_object_get(o, "gs06"));
    size_t at = 0;
    if (!gs06 || !json_is_array(st02) || !json_is_array(ids))
        return false;
    for (size_t i = 0; i < json_array_size(st02); i++) {
        int64_t set = set_insert(b, phi_lit(gs06), word_at(st02, i), word_at(bht03, i));
        json_int_t n = json_integer_value(json_array_get(count, i));
        for (; n > 0 && at < json_array_size(ids); n--, at++)
            if (!member_insert(b, set, word_at(ids, at), at))
                return false;
    }
    return true;
}

bool box_add_sent(struct box *b, const struct record *r)
{
    json_t *o = json_loadb(r->body.p ? r->body.p : "", r->body.n, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(o) && json_is_array(json_object_get(o, "claims"));
    store_begin(b->db);
    struct stmt *q = store_sql(b->db, "INSERT OR IGNORE INTO sent VALUES(?1)");
    stmt_id(q, 1, r->id);
    if (good && stmt_run(q))
        good = sets_insert(b, o);
    json_decref(o);
    return good;
}

/* ---- answers ---- */

/* From ST on: the same words in another envelope are the same answer. */
static struct digest words_of(phi_str body)
{
    struct scan *s = scan_fragment(body.p, body.n);
    struct edi_seg seg;
    uint64_t from = 0;
    while (scan_next(s, &seg) == SCAN_SEG)
        if (seg_is(&seg, "ST")) {
            from = seg.off;
            break;
        }
    scan_free(s);
    return digest_of(body.p + from, body.n - from);
}

bool box_add_answer(struct box *b, const struct record *r, int64_t now_us)
{
    struct digest same = words_of(r->body);
    store_begin(b->db);
    struct stmt *q = store_sql(b->db, "INSERT OR IGNORE INTO answer(id,same,at,came,waits,body)"
                                      " VALUES(?1,?2,?3,?4,1,?5)");
    phi_str blob = sealed(b, r->body, id_bytes(&r->id));
    stmt_id(q, 1, r->id);
    stmt_blob(q, 2, same.b, DIGEST_LEN);
    stmt_int(q, 3, r->at_us);
    stmt_int(q, 4, now_us);
    stmt_blob(q, 5, blob.p, blob.n);
    return stmt_run(q) == 1;
}

bool box_waiting(struct box *b, int64_t *after, struct arena *a, struct box_answer *out)
{
    struct stmt *q = store_sql(b->db, "SELECT row,id,at,came,body FROM answer WHERE waits=1 AND"
                                      " row>?1 ORDER BY row LIMIT 1");
    stmt_int(q, 1, *after);
    if (!stmt_step(q))
        return false;
    *after = stmt_col_int(q, 0);
    *out = (struct box_answer){
        .id = stmt_col_id(q, 1), .at = stmt_col_int(q, 2), .came = stmt_col_int(q, 3)};
    out->body = opened(b, stmt_col_bytes(q, 4), id_bytes(&out->id), a);
    while (stmt_step(q))
        ;
    return true;
}

int64_t box_waiting_count(struct box *b)
{
    return store_int(b->db, "SELECT count(*) FROM answer WHERE waits=1", 0);
}

/* ---- questions ---- */

/* Room for one more entry of a list in the arena; full when its length is a power of two. */
static void *more(struct arena *a, void *list, uint32_t n, size_t size)
{
    if (n & (n - 1))
        return list;
    void *q = arena_alloc(a, (n ? 2 * n : 1) * size);
    if (n)
        memcpy(q, list, n * size);
    return q;
}

const struct box_set *box_sets_of_group(struct box *b, phi_str gs06, struct arena *a, uint32_t *n)
{
    struct box_set *list = NULL;
    struct stmt *q = store_sql(b->db, "SELECT no,st02,bht03 FROM sent_set WHERE gs06=?1"
                                      " ORDER BY no");
    stmt_text(q, 1, gs06);
    for (*n = 0; stmt_step(q); ++*n) {
        list = more(a, list, *n, sizeof *list);
        list[*n] = (struct box_set){stmt_col_int(q, 0), arena_phi(a, stmt_col_bytes(q, 1)),
                                    arena_phi(a, stmt_col_bytes(q, 2))};
    }
    return list;
}

int64_t box_set_of_bht03(struct box *b, phi_str bht03)
{
    struct stmt *q = store_sql(b->db, "SELECT no FROM sent_set WHERE bht03=?1 LIMIT 1");
    stmt_text(q, 1, bht03);
    int64_t no = stmt_step(q) ? stmt_col_int(q, 0) : 0;
    while (stmt_step(q))
        ;
    return no;
}

static struct box_claim *claims_of(struct box *b, struct stmt *q, bool facts, struct arena *a,
                                   uint32_t *n)
{
    struct box_claim *list = NULL;
    for (*n = 0; stmt_step(q); ++*n) {
        list = more(a, list, *n, sizeof *list);
        struct box_claim *c = &list[*n];
        struct rec_id id = stmt_col_id(q, 3);
        *c = (struct box_claim){.no = stmt_col_int(q, 0),
                                .id = id,
                                .batch = stmt_col_int(q, 1),
                                .seg = (uint32_t)stmt_col_int(q, 2)};
        if (facts && !facts_read(opened(b, stmt_col_bytes(q, 4), id_bytes(&id), a), a, &c->facts))
            die(EXIT_CONFIG, "a row of \"%s\" cannot be read", "mailbox.db");
    }
    return list;
}

struct box_claim *box_claims_of_set(struct box *b, int64_t set, bool facts, struct arena *a,
                                    uint32_t *n)
{
    struct stmt *q = store_sql(b->db, "SELECT claim.no,batch,seg,claim.id,facts FROM member"
                                      " JOIN claim USING(id) WHERE member.no=?1 ORDER BY"
                                      " min(at) OVER (PARTITION BY batch),seg,at");
    stmt_int(q, 1, set);
    return claims_of(b, q, facts, a, n);
}

bool box_set_whole(struct box *b, int64_t set)
{
    struct stmt *q = store_sql(b->db, "SELECT 1 FROM member WHERE no=?1 AND NOT EXISTS"
                                      " (SELECT 1 FROM claim WHERE claim.id=member.id) LIMIT 1");
    stmt_int(q, 1, set);
    bool lacks = stmt_step(q);
    while (lacks && stmt_step(q))
        ;
    return !lacks;
}

struct box_claim *box_claims_of_key(struct box *b, phi_str key, struct arena *a, uint32_t *n)
{
    struct stmt *q = store_sql(b->db, "SELECT no,batch,seg,id,facts FROM claim WHERE key=?1"
                                      " ORDER BY no");
    stmt_text(q, 1, key);
    return claims_of(b, q, true, a, n);
}

void box_batch_of(struct box *b, int64_t batch, struct arena *a, struct box_batch *out)
{
    struct stmt *q = store_sql(
        b->db, "SELECT qual,owner.id,receiver_qual,receiver,usage,isa13,gs_sender,gs_receiver,"
               "gs06,version,st02,bht03,submitter FROM batch JOIN owner USING(owner)"
               " WHERE batch=?1");
    *out = (struct box_batch){.no = batch, .bht03 = {"", 0}, .submitter = {"", 0}};
    stmt_int(q, 1, batch);
    if (!stmt_step(q))
        BUG("a batch of claims is missing");
    COPY(out->isa.sender_qual, stmt_col_bytes(q, 0));
    COPY(out->isa.sender, stmt_col_bytes(q, 1));
    COPY(out->isa.receiver_qual, stmt_col_bytes(q, 2));
    COPY(out->isa.receiver, stmt_col_bytes(q, 3));
    COPY(out->isa.usage, stmt_col_bytes(q, 4));
    COPY(out->isa.control, stmt_col_bytes(q, 5));
    COPY(out->gs.code, phi_lit("HC"));
    COPY(out->gs.sender, stmt_col_bytes(q, 6));
    COPY(out->gs.receiver, stmt_col_bytes(q, 7));
    COPY(out->gs.control, stmt_col_bytes(q, 8));
    COPY(out->gs.version, stmt_col_bytes(q, 9));
    COPY(out->st02, stmt_col_bytes(q, 10));
    out->bht03 = arena_phi(a, stmt_col_bytes(q, 11));
    out->submitter = arena_phi(a, stmt_col_bytes(q, 12));
    while (stmt_step(q))
        ;
}

static int64_t one(struct box *b, const char *sql, int64_t v)
{
    struct stmt *q = store_sql(b->db, sql);
    stmt_int(q, 1, v);
    int64_t r = stmt_step(q) ? stmt_col_int(q, 0) : 0;
    while (stmt_step(q))
        ;
    return r;
}

int64_t box_owner(struct box *b, int64_t batch)
{
    return one(b, "SELECT owner FROM batch WHERE batch=?1", batch);
}

int64_t box_latest(struct box *b, int64_t owner)
{
    return one(b, "SELECT max(batch) FROM batch WHERE owner=?1", owner);
}

int box_owners_of_provider(struct box *b, phi_str npi, int64_t *owner)
{
    int n = 0;
    struct stmt *q = store_sql(b->db, "SELECT owner FROM provider WHERE npi=?1 LIMIT 2");
    stmt_text(q, 1, npi);
    for (*owner = 0; !phi_empty(npi) && stmt_step(q); n++)
        *owner = stmt_col_int(q, 0);
    return n;
}

static void safe(struct buf *out, const char *s)
{
    for (; *s; s++) {
        bool plain = (*s >= '0' && *s <= '9') || (*s >= 'A' && *s <= 'Z') ||
                     (*s >= 'a' && *s <= 'z') || *s == '-';
        if (plain)
            buf_putc(out, *s);
        else
            buf_printf(out, "_%02x", (unsigned char)*s);
    }
}

void box_folder(const struct envelope_isa *isa, struct buf *out)
{
    buf_clear(out);
    safe(out, isa->sender);
    if (strcmp(isa->sender_qual, "ZZ") != 0 || out->len == 0 ||
        strcmp(isa->sender, BOX_UNPLACED) == 0) {
        buf_putc(out, '.');
        safe(out, isa->sender_qual);
    }
}

/* ---- decisions ---- */

uint32_t box_number(struct box *b)
{
    store_begin(b->db);
    int64_t n = store_int(b->db, "SELECT max(number) FROM put", 0);
    n = n < BOX_FIRST ? BOX_FIRST : n;
    if (n >= BOX_LAST)
        die(EXIT_CONFIG, "control numbers of \"%s\" are used up", "mailbox");
    return (uint32_t)n + 1;
}

static phi_str put_name(uint32_t number, char out[24])
{
    return phi_of(out, (size_t)snprintf(out, 24, "mailbox.put.%u", number));
}

void box_put(struct box *b, struct rec_id answer, uint32_t number, phi_str folder, const char *kind,
             phi_str bytes)
{
    char what[24];
    store_begin(b->db);
    struct stmt *q = store_sql(b->db, "INSERT INTO put VALUES(?1,?2,?3,?4,0,?5)");
    phi_str blob = sealed(b, bytes, put_name(number, what));
    stmt_int(q, 1, number);
    stmt_id(q, 2, answer);
    stmt_text(q, 3, folder);
    stmt_text(q, 4, phi_lit(kind));
    stmt_blob(q, 5, blob.p, blob.n);
    stmt_run(q);
}

void box_decide(struct box *b, struct rec_id answer)
{
    store_begin(b->db);
    struct stmt *q = store_sql(b->db, "UPDATE answer SET waits=0, body=NULL WHERE id=?1");
    stmt_id(q, 1, answer);
    stmt_run(q);
    kill_point("mailbox.decide.before");
    store_commit(b->db);
    kill_point("mailbox.decide.after");
    b->unwritten = true;
}

/* One file that is decided and not written; false when there is none. */
static bool write_next(struct box *b, const char *dir, int64_t *after)
{
    struct arena a = {0};
    struct buf path = {0};
    char what[24];
    struct stmt *q = store_sql(b->db, "SELECT number,folder,kind,body FROM put WHERE written=0 AND"
                                      " number>?1 ORDER BY number LIMIT 1");
    stmt_int(q, 1, *after);
    if (!stmt_step(q))
        return false;
    *after = stmt_col_int(q, 0);
    phi_str folder = stmt_col_bytes(q, 1), kind = stmt_col_bytes(q, 2);
    buf_printf(&path, "%s/%.*s", dir, (int)folder.n, folder.p);
    if (fs_mkdirs(buf_cstr(&path)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&path));
    buf_printf(&path, "/%09lld.%.*s", (long long)*after, (int)kind.n, kind.p);
    phi_str bytes = opened(b, stmt_col_bytes(q, 3), put_name((uint32_t)*after, what), &a);
    while (stmt_step(q))
        ;
    kill_point("mailbox.write.before");
    if (fs_replace(buf_cstr(&path), bytes.p, bytes.n))
        die(EXIT_TRY_LATER, "cannot write the answer \"%s\": %m", buf_cstr(&path));
    kill_point("mailbox.write.after");
    q = store_sql(b->db, "UPDATE put SET written=1, body=NULL WHERE number=?1");
    store_begin(b->db);
    stmt_int(q, 1, *after);
    stmt_run(q);
    arena_free(&a);
    buf_free(&path);
    return true;
}

int64_t box_write(struct box *b, const char *dir)
{
    int64_t n = 0, after = 0;
    if (!b->unwritten)
        return 0;
    while (write_next(b, dir, &after))
        n++;
    kill_point("mailbox.mark.before");
    store_commit(b->db);
    kill_point("mailbox.mark.after");
    b->unwritten = false;
    return n;
}
