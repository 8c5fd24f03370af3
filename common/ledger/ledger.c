#include "common/ledger/parts.h"
#include "common/ledger/report.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* claim, remit, sent and plb rows have the number of the event that brought them. The unique index
 * of event is on where a record stands in its file and not on its id: the two say the same, and
 * this one grows at its end, where the id's would touch a page a row. */
static const char first[] =
    "CREATE TABLE file(no INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE);"
    "CREATE TABLE event(no INTEGER PRIMARY KEY, file INTEGER NOT NULL, off INTEGER NOT NULL,"
    " pos INTEGER NOT NULL, kind INTEGER NOT NULL, n INTEGER NOT NULL, len INTEGER NOT NULL,"
    " seg INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, id BLOB NOT NULL,"
    " parent BLOB NOT NULL);"
    "CREATE UNIQUE INDEX event_once ON event(file,off,pos,kind,n);"
    "CREATE TABLE claim(no INTEGER PRIMARY KEY, chain INTEGER NOT NULL, pcn TEXT NOT NULL,"
    " key TEXT NOT NULL, billing TEXT NOT NULL, payer TEXT NOT NULL, rank INTEGER NOT NULL,"
    " frequency TEXT NOT NULL, charge INTEGER NOT NULL, service INTEGER NOT NULL,"
    " facts BLOB NOT NULL);"
    "CREATE INDEX claim_key ON claim(key);"
    "CREATE TABLE verdict(no INTEGER PRIMARY KEY, st01 TEXT NOT NULL, accepted INTEGER NOT NULL,"
    " claims INTEGER NOT NULL, refused INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE sent(no INTEGER PRIMARY KEY, digest BLOB NOT NULL, name TEXT NOT NULL,"
    " isa13 TEXT NOT NULL, gs06 TEXT NOT NULL, st02 TEXT NOT NULL, payer TEXT NOT NULL,"
    " claims BLOB NOT NULL);"
    "CREATE TABLE payment(no INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, origin BLOB NOT NULL,"
    " trace TEXT NOT NULL, trace_origin TEXT NOT NULL, payer TEXT NOT NULL,"
    " payer_name TEXT NOT NULL, payee TEXT NOT NULL, method TEXT NOT NULL, date TEXT NOT NULL,"
    " cents INTEGER NOT NULL, head INTEGER, parts INTEGER);"
    "CREATE TABLE copy(no INTEGER PRIMARY KEY, payment INTEGER NOT NULL, origin BLOB NOT NULL);"
    "CREATE TABLE remit(no INTEGER PRIMARY KEY, payment INTEGER NOT NULL, pcn TEXT NOT NULL,"
    " key TEXT NOT NULL, status TEXT NOT NULL, control TEXT NOT NULL, ref TEXT NOT NULL,"
    " charge INTEGER NOT NULL, paid INTEGER NOT NULL, patient INTEGER NOT NULL,"
    " prior INTEGER NOT NULL, shape INTEGER NOT NULL, service INTEGER NOT NULL,"
    " body BLOB NOT NULL, tier INTEGER, chain INTEGER, version INTEGER, later INTEGER,"
    " reverses INTEGER);"
    "CREATE INDEX remit_chain ON remit(chain) WHERE chain IS NOT NULL;"
    "CREATE INDEX remit_waits ON remit(key) WHERE chain IS NULL;"
    "CREATE INDEX remit_control ON remit(control);"
    "CREATE INDEX remit_payment ON remit(payment);"
    "CREATE UNIQUE INDEX remit_reverses ON remit(reverses) WHERE reverses IS NOT NULL;"
    "CREATE TABLE plb(no INTEGER PRIMARY KEY, payment INTEGER NOT NULL, item INTEGER,"
    " provider TEXT NOT NULL, code TEXT NOT NULL, ref TEXT NOT NULL, cents INTEGER NOT NULL);"
    "CREATE INDEX plb_payment ON plb(payment);"
    "CREATE TABLE item(no INTEGER PRIMARY KEY, payer TEXT NOT NULL, provider TEXT NOT NULL,"
    " family TEXT NOT NULL, ref TEXT NOT NULL, UNIQUE(payer,provider,family,ref));"
    "CREATE TABLE journal(subject INTEGER NOT NULL, event INTEGER NOT NULL, k INTEGER NOT NULL,"
    " account INTEGER NOT NULL, cents INTEGER NOT NULL, line INTEGER NOT NULL, code TEXT NOT NULL,"
    " PRIMARY KEY(subject,event,k)) WITHOUT ROWID;"
    "CREATE TABLE exception(no INTEGER PRIMARY KEY, code TEXT NOT NULL, subject INTEGER NOT NULL,"
    " event INTEGER NOT NULL, cents INTEGER NOT NULL, closed INTEGER, UNIQUE(code,subject));"
    "CREATE TABLE setting(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;";
/* bht03 and sets of a sent file: one word for each set, blanks between; sets: claims of each. */
static const char answers[] =
    "ALTER TABLE sent ADD COLUMN bht03 TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE sent ADD COLUMN sets TEXT NOT NULL DEFAULT '';"
    "CREATE TABLE ack(no INTEGER PRIMARY KEY, answer TEXT NOT NULL, of TEXT NOT NULL,"
    " code TEXT NOT NULL, gs06 TEXT NOT NULL, st02 TEXT NOT NULL, bht03 TEXT NOT NULL,"
    " pcn TEXT NOT NULL, key TEXT NOT NULL, who TEXT NOT NULL, control TEXT NOT NULL,"
    " codes TEXT NOT NULL, accepted INTEGER NOT NULL, charge INTEGER NOT NULL);"
    "CREATE INDEX ack_group ON ack(gs06) WHERE gs06<>'';"
    "CREATE INDEX ack_claim ON ack(key) WHERE key<>'';";
static const char interchanges[] = "ALTER TABLE ack ADD COLUMN isa13 TEXT NOT NULL DEFAULT '';"
                                   "CREATE INDEX ack_isa ON ack(isa13) WHERE isa13<>'';";
static const char traces[] = "CREATE INDEX payment_trace ON payment(trace,trace_origin,cents);";
/* The latest verdict of each set: one that was released is judged again. */
static const char judged[] =
    "CREATE VIEW judged AS SELECT v.* FROM verdict v JOIN event e ON e.no=v.no WHERE NOT EXISTS("
    "SELECT 1 FROM event f WHERE f.file=e.file AND f.off=e.off AND f.pos=e.pos AND f.kind=e.kind"
    " AND f.n>e.n);";
static const char entries[] =
    "CREATE TABLE post(no INTEGER PRIMARY KEY, what TEXT NOT NULL, account TEXT NOT NULL,"
    " key TEXT NOT NULL, pool TEXT NOT NULL, date TEXT NOT NULL, reference TEXT NOT NULL,"
    " origin TEXT NOT NULL, method TEXT NOT NULL, by TEXT NOT NULL, reason TEXT NOT NULL,"
    " cents INTEGER NOT NULL, body BLOB NOT NULL,"
    " again INTEGER NOT NULL, chain INTEGER);"
    "CREATE INDEX post_reference ON post(reference);"
    "CREATE INDEX post_waits ON post(key) WHERE chain IS NULL;"
    "CREATE INDEX post_chain ON post(chain) WHERE chain IS NOT NULL;"
    "CREATE INDEX payment_cents ON payment(cents);";
/* Which answer gave a payer control number: tier 4. */
static const char controls[] = "CREATE INDEX ack_control ON ack(control) WHERE control<>'';"
                               "CREATE INDEX ack_batch ON ack(bht03) WHERE bht03<>'';";
static const char own_traces[] = "ALTER TABLE ack ADD COLUMN trace TEXT NOT NULL DEFAULT '';";
/* When what a payer asks for is due. */
static const char requests[] = "ALTER TABLE ack ADD COLUMN due TEXT NOT NULL DEFAULT '';";
/* Of a system before this one. */
static const char imports[] = "ALTER TABLE claim ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;"
                              "ALTER TABLE payment ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;";
/* The bodies of what has no row that keeps one: payments, adjustments, answers, sent files, and second
 * copies of payments; and a keyed mark over each event row. What came before this has neither. */
static const char sources[] =
    "CREATE TABLE body(no INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "ALTER TABLE event ADD COLUMN mark INTEGER;"
    "INSERT OR REPLACE INTO setting SELECT 'sealed_from',coalesce(max(no),0)+1 FROM event;";
static const char *const migrations[] = {first,    answers, interchanges, traces,
                                         judged,   entries, controls,     own_traces,
                                         requests, sources, imports,      NULL};
const struct store_schema LEDGER_SCHEMA = {"ledger", migrations};

static const char *const kinds[] = {NULL,    "claim", "verdict", "sent", "payment",
                                    "remit", "plb",   "ack",     "post"};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char *ledger_kind_name(int k)
{
    return k > 0 && k < KINDS ? kinds[k] : NULL;
}

const char *ledger_account_name(enum ledger_account a)
{
    static const char *const name[ACCOUNTS] = {
        "",         "cash",     "clearing",    "unapplied",   "suspense",    "receivable",
        "denial",   "patient",  "charges",     "contractual", "prior payer", "payer ledger",
        "interest", "receipts", "written off", "opening"};
    return a > 0 && a < ACCOUNTS ? name[a] : "";
}

static void ledger_path(const char *run_dir, const char *stage, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/%s/ledger.db", run_dir, stage) >= PATH_MAX)
        die(EXIT_CONFIG, "cannot use the run directory \"%s\": the path is too long", run_dir);
}

static struct ledger *make(struct store *s, struct seal_keys *keys, int threshold)
{
    struct ledger *l = xcalloc(1, sizeof *l);
    l->store = s;
    l->keys = keys;
    l->threshold = threshold;
    l->waiting = store_int(s, "SELECT count(*) FROM remit WHERE chain IS NULL", 0);
    return l;
}

static struct ledger *open_rw(const char *run_dir, const char *stage, struct seal_keys *keys,
                              int threshold)
{
    char path[PATH_MAX];
    ledger_path(run_dir, stage, path);
    char *slash = strrchr(path, '/');
    *slash = 0;
    if (fs_mkdirs(path))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", path);
    *slash = '/';
    struct ledger *l = make(store_open(path, &LEDGER_SCHEMA), keys, threshold);
    if (threshold <= 80) /* only then does a remit find its claim by service; costs each claim */
        stmt_run(store_sql(l->store, "CREATE INDEX IF NOT EXISTS claim_service ON claim(service)"));
    return l;
}

struct ledger *ledger_open(const char *run_dir, const char *stage, int threshold)
{
    struct seal_keys *keys = seal_open(run_dir);
    struct ledger *l = open_rw(run_dir, stage, keys, threshold);
    store_begin(l->store); /* a proof posts again by the same threshold */
    struct stmt *q = store_sql(l->store, "INSERT OR REPLACE INTO setting VALUES('threshold',?1)");
    stmt_int(q, 1, threshold);
    stmt_run(q);
    store_commit(l->store);
    return l;
}

struct ledger *ledger_open_with(const char *dir, const struct ledger *model)
{
    struct ledger *l = open_rw(dir, "reconciler", model->keys, model->threshold);
    l->borrowed_keys = true;
    return l;
}

/* The stage under run_dir that keeps a ledger. */
static bool find_stage(const char *run_dir, char path[PATH_MAX])
{
    DIR *d = opendir(run_dir);
    bool found = false;
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        ledger_path(run_dir, e->d_name, path);
        found = access(path, F_OK) == 0;
    }
    if (d)
        closedir(d);
    return found;
}

struct ledger *ledger_open_ro(const char *run_dir, const char *stage)
{
    char path[PATH_MAX];
    if (stage)
        ledger_path(run_dir, stage, path);
    else if (!find_stage(run_dir, path))
        return NULL;
    struct store *s = store_open_ro(path, &LEDGER_SCHEMA);
    if (!s)
        return NULL;
    struct ledger *l = make(s, seal_open(run_dir), 100);
    l->threshold =
        (int)store_int(s, "SELECT value FROM setting WHERE name='threshold'", l->threshold);
    return l;
}

enum ledger_result ledger_take(struct ledger *l, const struct record *r, struct ledger_refusal *why)
{
    static enum ledger_result (*const take[KINDS])(struct ledger *, const struct record *,
                                                   struct ledger_refusal *) = {
        NULL,       take_claim, take_verdict, take_sent, take_payment,
        take_remit, take_plb,   take_ack,     take_post};
    for (int k = 1; k < KINDS; k++) {
        if (!record_is(r, kinds[k]))
            continue;
        store_begin(l->store);
        enum ledger_result rc = take[k](l, r, why);
        arena_clear(&l->arena);
        return rc;
    }
    why->rule = "LEDGER_KIND";
    snprintf(why->why, sizeof why->why, "the ledger has no use for a record of this kind");
    return LEDGER_REFUSED;
}

void ledger_importing(struct ledger *l, bool on)
{
    l->importing = on;
}

void ledger_commit(struct ledger *l)
{
    kill_point("reconciler.commit.before");
    store_commit(l->store);
    kill_point("reconciler.commit.after");
}

void ledger_close(struct ledger *l)
{
    if (!l)
        return;
    report_free(l->lives);
    json_decref(l->findings.list);
    store_close(l->store);
    if (!l->borrowed_keys)
        seal_close(l->keys);
    arena_free(&l->arena);
    buf_free(&l->buf);
    free(l);
}

struct store *ledger_store(struct ledger *l)
{
    return l->store;
}

struct seal_keys *ledger_keys(struct ledger *l)
{
    return l->keys;
}

static phi_str place_name(char table, int64_t no, char out[24])
{
    return phi_of(out, (size_t)snprintf(out, 24, "ledger.%c%lld", table, (long long)no));
}

void seal_value(struct ledger *l, char table, int64_t no, phi_str plain, struct buf *out)
{
    char what[24];
    seal(l->keys, plain, place_name(table, no, what), out);
}

bool unseal_value(struct ledger *l, char table, int64_t no, phi_str sealed, struct buf *out)
{
    char what[24];
    return unseal(l->keys, sealed, place_name(table, no, what), out);
}

phi_str open_value(struct ledger *l, char table, int64_t no, phi_str sealed)
{
    buf_clear(&l->buf);
    if (!unseal_value(l, table, no, sealed, &l->buf))
        die(EXIT_CONFIG, "cannot open row %lld of the ledger: altered, moved, or its key is gone",
            (long long)no);
    return arena_phi(&l->arena, buf_view(&l->buf));
}
