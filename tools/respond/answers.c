#include "tools/respond/answers.h"
#include "common/edi/ack_277ca.h"
#include "common/store/seal.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

/* Ranges of control numbers: 999s from 1, 277CAs and TA1s behind these. */
enum { NUMBERS_999 = 249999999, FIRST_277CA = 250000000, FIRST_TA1 = 500000000 };
enum { NUMBERS_TA1 = 499999999 };

struct answers {
    struct store *db;
    struct seal_keys *keys;
    struct answer_opts opts;
    bool unwritten; /* an answer may be complete and not written */
    int64_t written;
};

/* kind: 0 a TA1, 1 a 999. have and need: verdicts that are here and that there must be. */
static const char *const migrations[] = {
    "CREATE TABLE answer(id BLOB PRIMARY KEY, kind INTEGER NOT NULL, number INTEGER NOT NULL "
    "UNIQUE,"
    "  file BLOB NOT NULL, off INTEGER NOT NULL, end INTEGER NOT NULL, at INTEGER NOT NULL,"
    "  have INTEGER NOT NULL, need INTEGER NOT NULL, written INTEGER NOT NULL DEFAULT 0,"
    "  body BLOB NOT NULL);"
    "CREATE INDEX answer_place ON answer(file, off) WHERE kind = 1;"
    "CREATE INDEX answer_due ON answer(number) WHERE written = 0 AND have >= need;"
    "CREATE INDEX answer_open ON answer(number) WHERE have < need;"
    "CREATE TABLE verdict(id BLOB PRIMARY KEY, file BLOB NOT NULL, off INTEGER NOT NULL,"
    "  body BLOB NOT NULL);"
    "CREATE INDEX verdict_place ON verdict(file, off);",
    NULL};
static const struct store_schema schema = {"respond", migrations};

struct answers *answers_open(const char *dir, const char *run_dir, const struct answer_opts *o)
{
    struct answers *a = xcalloc(1, sizeof *a);
    struct buf path = {0};
    a->opts = *o;
    buf_printf(&path, "%s/respond.db", dir);
    a->db = store_open(buf_cstr(&path), &schema);
    a->keys = seal_open(run_dir);
    a->unwritten = true;
    buf_free(&path);
    return a;
}

static phi_str id_slice(const struct rec_id *id)
{
    return phi_of((const char *)id->b, REC_ID_LEN);
}

/* The number that this place in the source's count stands for, or the next free one. */
static int64_t take_number(struct answers *a, bool ta1, uint64_t seq)
{
    int64_t base = ta1 ? FIRST_TA1 : 0, most = ta1 ? NUMBERS_TA1 : NUMBERS_999;
    int64_t number = base + 1 + (int64_t)(seq % (uint64_t)most);
    struct stmt *q = store_sql(a->db, "SELECT 1 FROM answer WHERE number = ?1");
    stmt_int(q, 1, number);
    if (!stmt_step(q))
        return number;
    q = store_sql(a->db, "SELECT coalesce(max(number), 0) + 1 FROM answer"
                         " WHERE number > ?1 AND number <= ?2");
    stmt_int(q, 1, base);
    stmt_int(q, 2, base + most);
    if (!stmt_step(q) || stmt_col_int(q, 0) > base + most)
        die(EXIT_TRY_LATER, "control numbers of \"%s\" are used up", ta1 ? "TA1" : "999");
    return stmt_col_int(q, 0);
}

static bool answer_known(struct answers *a, struct rec_id id)
{
    struct stmt *q = store_sql(a->db, "SELECT 1 FROM answer WHERE id = ?1");
    stmt_id(q, 1, id);
    return stmt_step(q);
}

static int64_t verdicts_in(struct answers *a, const struct record *r)
{
    struct stmt *q =
        store_sql(a->db, "SELECT count(*) FROM verdict WHERE file = ?1 AND off >= ?2 AND off < ?3");
    stmt_blob(q, 1, r->file.b, DIGEST_LEN);
    stmt_int(q, 2, (int64_t)r->off);
    stmt_int(q, 3, (int64_t)(r->off + r->len));
    return stmt_step(q) ? stmt_col_int(q, 0) : 0;
}

static void answer_insert(struct answers *a, const struct record *r, bool ta1, int64_t have,
                          int64_t need)
{
    struct buf sealed = {0};
    int64_t number = take_number(a, ta1, r->seq);
    seal(a->keys, r->body, id_slice(&r->id), &sealed);
    struct stmt *q = store_sql(a->db, "INSERT INTO answer(id, kind, number, file, off, end, at,"
                                      " have, need, body) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)");
    stmt_id(q, 1, r->id);
    stmt_int(q, 2, !ta1);
    stmt_int(q, 3, number);
    stmt_blob(q, 4, r->file.b, DIGEST_LEN);
    stmt_int(q, 5, (int64_t)r->off);
    stmt_int(q, 6, (int64_t)(r->off + r->len));
    stmt_int(q, 7, r->at_us);
    stmt_int(q, 8, have);
    stmt_int(q, 9, need);
    stmt_blob(q, 10, sealed.p, sealed.len);
    stmt_run(q);
    buf_free(&sealed);
    a->unwritten = a->unwritten || have >= need;
}

static const struct profile *sender_of(const struct answers *a, const struct envelope_isa *isa)
{
    return profiles_of_id(a->opts.profiles, phi_lit(isa->sender_qual), phi_lit(isa->sender));
}

/* What the sender's profile says of an answer, else what we do by ourselves. */
static bool wanted(const struct answers *a, const struct envelope_isa *isa, const char *key,
                   bool otherwise)
{
    const char *said = profile_word(sender_of(a, isa), "answers", key, otherwise ? "yes" : "no");
    return strcmp(said, "yes") == 0;
}

/* Always, when asked (ISA14) or at fault, or only when at fault: as the sender wants it. A TA1 is
 * not answered with one. */
static bool owes_ta1(const struct answers *a, const struct verdict_isa *i)
{
    const char *said = profile_word(sender_of(a, &i->isa), "answers", "ta1", "asked");
    struct envelope_isa isa = i->isa;
    if (strcmp(said, "faults") == 0)
        isa.ack[0] = '0';
    if (strcmp(said, "always") == 0 && !i->ta1.control[0])
        return true;
    return ack_owes_ta1(&isa, i->findings, i->findings_n);
}

void answers_isa(struct answers *a, const struct record *r, const struct verdict_isa *i)
{
    store_begin(a->db);
    if (owes_ta1(a, i) && !answer_known(a, r->id))
        answer_insert(a, r, true, 0, 0);
}

void answers_group(struct answers *a, const struct record *r, const struct verdict_group *g)
{
    if (strcmp(g->gs.code, "FA") == 0)
        return; /* two houses that answer each other's answers would never end */
    store_begin(a->db);
    if (!answer_known(a, r->id))
        answer_insert(a, r, false, verdicts_in(a, r), g->forwarded);
}

/* Counts a new verdict for its group, when that is here already. */
static void verdict_counts(struct answers *a, const struct record *r)
{
    struct stmt *q = store_sql(a->db, "SELECT id, end, have + 1 >= need FROM answer WHERE kind = 1"
                                      " AND file = ?1 AND off <= ?2 ORDER BY off DESC LIMIT 1");
    stmt_blob(q, 1, r->file.b, DIGEST_LEN);
    stmt_int(q, 2, (int64_t)r->off);
    if (!stmt_step(q) || stmt_col_int(q, 1) <= (int64_t)r->off)
        return;
    struct rec_id group = stmt_col_id(q, 0);
    a->unwritten = a->unwritten || stmt_col_int(q, 2);
    q = store_sql(a->db, "UPDATE answer SET have = have + 1 WHERE id = ?1");
    stmt_id(q, 1, group);
    stmt_run(q);
}

/* A set that was released is judged once more; its answer is the first. */
static bool judged_before(struct answers *a, const struct record *r)
{
    struct stmt *q = store_sql(a->db, "SELECT 1 FROM verdict WHERE file = ?1 AND off = ?2");
    stmt_blob(q, 1, r->file.b, DIGEST_LEN);
    stmt_int(q, 2, (int64_t)r->off);
    return stmt_step(q);
}

void answers_verdict(struct answers *a, const struct record *r)
{
    struct buf sealed = {0};
    store_begin(a->db);
    if (judged_before(a, r))
        return;
    seal(a->keys, r->body, id_slice(&r->id), &sealed);
    struct stmt *q = store_sql(
        a->db, "INSERT OR IGNORE INTO verdict(id, file, off, body) VALUES(?1, ?2, ?3, ?4)");
    stmt_id(q, 1, r->id);
    stmt_blob(q, 2, r->file.b, DIGEST_LEN);
    stmt_int(q, 3, (int64_t)r->off);
    stmt_blob(q, 4, sealed.p, sealed.len);
    if (stmt_run(q) == 1)
        verdict_counts(a, r);
    buf_free(&sealed);
}

/* --- Rendering: a pure function of committed rows --------------------------------------------- */

/* An answer that is due. */
struct due {
    struct rec_id id;
    bool is_999;
    int64_t number, at, off, end;
    struct digest file;
    phi_str body; /* in the arena */
};

static phi_str opened(struct answers *a, struct arena *mem, phi_str blob, struct rec_id id)
{
    struct buf plain = {0};
    if (!unseal(a->keys, blob, id_slice(&id), &plain))
        die(EXIT_CONFIG, "a sealed row of \"%s\" does not open: altered, or its key is missing",
            "respond.db");
    phi_str copy = arena_phi(mem, buf_view(&plain));
    buf_free(&plain);
    return copy;
}

static bool next_due(struct answers *a, struct arena *mem, struct due *d)
{
    struct stmt *q =
        store_sql(a->db, "SELECT id, kind, number, at, off, end, file, body FROM answer"
                         " WHERE written = 0 AND have >= need ORDER BY number LIMIT 1");
    if (!stmt_step(q))
        return false;
    *d = (struct due){.id = stmt_col_id(q, 0),
                      .is_999 = stmt_col_int(q, 1),
                      .number = stmt_col_int(q, 2),
                      .at = stmt_col_int(q, 3),
                      .off = stmt_col_int(q, 4),
                      .end = stmt_col_int(q, 5)};
    memcpy(d->file.b, stmt_col_bytes(q, 6).p, DIGEST_LEN);
    d->body = opened(a, mem, stmt_col_bytes(q, 7), d->id);
    return true;
}

/* What a group came to, set by set, in the order of the file. */
struct judged {
    const struct ack_set *sets;
    const struct ack_batch *batches; /* the claims, of those sets that carry them */
    uint32_t sets_n, batches_n, without;
};

static struct judged sets_of(struct answers *a, struct arena *mem, const struct due *d)
{
    struct stmt *q = store_sql(a->db, "SELECT id, body FROM verdict WHERE file = ?1 AND off >= ?2"
                                      " AND off < ?3 ORDER BY off");
    struct verdict v;
    struct judged j = {0};
    struct buf sets = {0}, batches = {0};
    stmt_blob(q, 1, d->file.b, DIGEST_LEN);
    stmt_int(q, 2, d->off);
    stmt_int(q, 3, d->end);
    for (; stmt_step(q); j.sets_n++) {
        if (!verdict_read(opened(a, mem, stmt_col_bytes(q, 1), stmt_col_id(q, 0)), mem, &v))
            BUG("a verdict that was read once cannot be read again");
        buf_add(&sets, &v.set, sizeof v.set);
        j.without += v.accepted && v.claims && !v.batch;
        if (v.batch) {
            buf_add(&batches, v.batch, sizeof *v.batch);
            j.batches_n++;
        }
    }
    j.sets = (const void *)arena_phi(mem, buf_view(&sets)).p;
    j.batches = (const void *)arena_phi(mem, buf_view(&batches)).p;
    buf_free(&sets);
    buf_free(&batches);
    return j;
}

static struct ack_opts opts_of(const struct answers *a, const struct due *d)
{
    return (struct ack_opts){.at_us = d->at,
                             .control = (uint32_t)d->number,
                             .bad_values = a->opts.bad_values,
                             .warnings = a->opts.warnings,
                             .no_set_list = a->opts.no_set_list};
}

/* The 277CA of a group: nothing when no claim of it is answered. */
static void render_claims(struct answers *a, const struct due *d, const struct verdict_group *g,
                          const struct judged *j, struct buf *out)
{
    struct ack_277ca_opts o = {
        .at_us = d->at, .control = (uint32_t)(FIRST_277CA + d->number), .payer = a->opts.payer};
    if (!wanted(a, &g->isa, "277ca", a->opts.claims))
        return;
    ack_write_277ca(out, &g->isa, &g->gs, j->batches, j->batches_n, &o);
    if (j->without && strcmp(g->gs.code, "HC") == 0)
        log_warn("CW-RSP-003", "verdicts name no claims: the validator's claims-in-verdict is off",
                 KV("control", d->number), KV("sets", j->without));
}

/* The files of an answer: a TA1, or a 999 with the 277CA that goes with it. */
struct rendered {
    struct envelope_isa isa;
    struct buf first, claims;
};

static void render(struct answers *a, struct arena *mem, const struct due *d, struct rendered *r)
{
    struct ack_opts o = opts_of(a, d);
    struct verdict_group g = {0};
    struct verdict_isa i = {0};
    if (!d->is_999) {
        if (!verdict_isa_read(d->body, mem, &i))
            BUG("an interchange that was read once cannot be read again");
        ack_write_ta1(&r->first, &i.isa, i.findings, i.findings_n, &o);
        r->isa = i.isa;
        return;
    }
    if (!verdict_group_read(d->body, mem, &g))
        BUG("a group that was read once cannot be read again");
    struct judged j = sets_of(a, mem, d);
    struct ack_group answer = {.gs = g.gs, .findings = g.findings, .findings_n = g.findings_n};
    answer.sets = j.sets;
    answer.sets_n = j.sets_n;
    if (wanted(a, &g.isa, "999", true))
        ack_write_999(&r->first, &g.isa, &answer, &o);
    render_claims(a, d, &g, &j, &r->claims);
    r->isa = g.isa;
}

/* OUT/PARTNER.NUMBER.KIND: letters, digits and - of the partner's id, nothing else of it. */
static void path_of(const struct answers *a, const char *sender, int64_t number, const char *kind,
                    struct buf *path)
{
    buf_printf(path, "%s/", a->opts.out);
    size_t start = path->len;
    for (const char *c = sender; *c; c++)
        if ((*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
            *c == '-')
            buf_putc(path, *c);
    if (path->len == start)
        buf_puts(path, "unknown");
    buf_printf(path, ".%09lld.%s", (long long)number, kind);
}

static void write_file(const struct answers *a, const char *sender, int64_t number,
                       const char *kind, const struct buf *text)
{
    struct buf path = {0};
    path_of(a, sender, number, kind, &path);
    kill_point("respond.write.before");
    if (fs_replace(buf_cstr(&path), text->p, text->len))
        die(EXIT_TRY_LATER, "cannot write the answer \"%s\": %m", buf_cstr(&path));
    kill_point("respond.write.after");
    buf_free(&path);
}

static void write_due(struct answers *a, struct arena *mem, const struct due *d)
{
    struct rendered r = {0};
    render(a, mem, d, &r);
    if (r.first.len)
        write_file(a, r.isa.sender, d->number, d->is_999 ? "999" : "ta1", &r.first);
    if (r.claims.len)
        write_file(a, r.isa.sender, FIRST_277CA + d->number, "277ca", &r.claims);
    struct stmt *q = store_sql(a->db, "UPDATE answer SET written = 1 WHERE id = ?1");
    stmt_id(q, 1, d->id);
    stmt_run(q);
    a->written += (r.first.len > 0) + (r.claims.len > 0);
    log_debug("CW-RSP-001", "answer written", KV("control", d->number), KV("record", d->id));
    buf_free(&r.first);
    buf_free(&r.claims);
}

void answers_commit(struct answers *a)
{
    struct arena mem = {0};
    struct due d;
    kill_point("respond.commit.before");
    store_commit(a->db);
    kill_point("respond.commit.after");
    if (!a->unwritten)
        return;
    store_begin(a->db);
    while (next_due(a, &mem, &d)) {
        write_due(a, &mem, &d);
        arena_clear(&mem);
    }
    kill_point("respond.mark.before");
    store_commit(a->db);
    kill_point("respond.mark.after");
    a->unwritten = false;
    arena_free(&mem);
}

int64_t answers_open_groups(struct answers *a)
{
    return store_int(a->db, "SELECT count(*) FROM answer WHERE have < need", 0);
}

int64_t answers_written(struct answers *a)
{
    int64_t n = a->written;
    a->written = 0;
    return n;
}

void answers_close(struct answers *a)
{
    if (!a)
        return;
    store_close(a->db);
    seal_close(a->keys);
    free(a);
}
