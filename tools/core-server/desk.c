#include "tools/core-server/desk.h"
#include "common/store/store.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "common/wire/wire.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MOST = 512 << 20, HEAD = 65536, LOOK_US = 50000, KEY = 32 };

static const char *const MIGRATIONS[] = {
    "CREATE TABLE took(sender TEXT NOT NULL, id TEXT NOT NULL, file BLOB NOT NULL,"
    " receiver TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL,"
    " answer TEXT NOT NULL DEFAULT '', PRIMARY KEY(sender, id)) WITHOUT ROWID;"
    "CREATE TABLE offered(id TEXT PRIMARY KEY, sender TEXT NOT NULL, receiver TEXT NOT NULL,"
    " name TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE asked(n INTEGER PRIMARY KEY, at INTEGER NOT NULL, us INTEGER NOT NULL,"
    " form TEXT NOT NULL, sender TEXT NOT NULL, receiver TEXT NOT NULL, type TEXT NOT NULL,"
    " mode TEXT NOT NULL, id TEXT NOT NULL, isa13 TEXT NOT NULL, code TEXT NOT NULL,"
    " status INTEGER NOT NULL);",
    NULL};
const struct store_schema DESK_SCHEMA = {"core-server", MIGRATIONS, 0};

struct desk {
    const char *root, *home;
    const struct client *clients;
    struct store *db;
    unsigned char key[KEY]; /* of tokens */
    int wait_s;
    bool hurry;
    pthread_mutex_t lock; /* around db and the folders */
};

/* One message at the desk. */
struct visit {
    struct desk *d;
    enum core_form form;
    const struct core_message *m;
    const struct client *who;
    struct core_message *answer;
    struct arena *a;
    struct digest file;
    struct core_kind kind;
    int64_t at_us; /* when it was taken first */
    char name[80];
    struct timespec looked; /* when out/ had changed last, as it was looked through last */
};

/* ---- open, close ---- */

static void read_key(struct desk *d, const char *home)
{
    struct buf path = {0}, b = {0};
    buf_printf(&path, "%s/token.key", home);
    if (fs_read(buf_cstr(&path), KEY, &b) || b.len != KEY) {
        randombytes_buf(d->key, KEY);
        if (fs_replace(buf_cstr(&path), d->key, KEY))
            die(EXIT_TRY_LATER, "cannot write \"%s\": %m", buf_cstr(&path));
    } else {
        memcpy(d->key, b.p, KEY);
    }
    buf_free(&path);
    buf_free(&b);
}

static const char *place(const struct desk *d, phi_str receiver, const char *folder,
                         const char *name, struct buf *b)
{
    buf_clear(b);
    buf_printf(b, "%s/%.*s/%s/%s", d->root, (int)receiver.n, receiver.p, folder, name);
    return buf_cstr(b);
}

/* A file whose row is there gets its name; what has it already was moved on by the payer. */
static void give_name(const struct desk *d, phi_str receiver, const char *name)
{
    struct buf from = {0}, to = {0};
    char part[96];
    snprintf(part, sizeof part, ".%s.part", name);
    place(d, receiver, "in", part, &from);
    place(d, receiver, "in", name, &to);
    if (access(buf_cstr(&from), F_OK) == 0 &&
        (rename(buf_cstr(&from), buf_cstr(&to)) || fs_sync_parent(buf_cstr(&to))))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", buf_cstr(&to));
    buf_free(&from);
    buf_free(&to);
}

/* What a death left without its name. */
static void mend(struct desk *d)
{
    struct stmt *q = store_sql(d->db, "SELECT receiver, name FROM took");
    while (stmt_step(q)) {
        char name[80];
        phi_str n = stmt_col_bytes(q, 1);
        snprintf(name, sizeof name, "%.*s", (int)n.n, n.p);
        give_name(d, stmt_col_bytes(q, 0), name);
    }
}

struct desk *desk_open(const char *root, const char *home, const struct client *clients, int wait_s)
{
    struct desk *d = xcalloc(1, sizeof *d);
    struct buf path = {0};
    *d = (struct desk){.root = root, .home = home, .clients = clients, .wait_s = wait_s};
    pthread_mutex_init(&d->lock, NULL);
    buf_printf(&path, "%s/answers", home);
    if (fs_mkdirs(buf_cstr(&path)))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&path));
    buf_clear(&path);
    buf_printf(&path, "%s/core-server.db", home);
    d->db = store_open(buf_cstr(&path), &DESK_SCHEMA);
    read_key(d, home);
    mend(d);
    buf_free(&path);
    return d;
}

void desk_hurry(struct desk *d)
{
    __atomic_store_n(&d->hurry, true, __ATOMIC_SEQ_CST);
}

void desk_close(struct desk *d)
{
    store_close(d->db);
    pthread_mutex_destroy(&d->lock);
    sodium_memzero(d->key, KEY);
    free(d);
}

bool desk_token(struct desk *d, const char *id, const char *secret, struct buf *out)
{
    struct buf token = {0};
    bool good = client_token(d->clients, id, secret, d->key, time_wall_us(), &token);
    if (good) {
        buf_puts(out, "{\"access_token\":");
        buf_json(out, buf_view(&token));
        buf_printf(out, ",\"token_type\":\"Bearer\",\"expires_in\":%d}", TOKEN_S);
    }
    buf_free(&token);
    return good;
}

/* ---- answers ---- */

static phi_str kept(struct arena *a, phi_str s)
{
    return s.p ? arena_phi(a, s) : phi_of("", 0);
}

static void head(const struct core_message *m, enum core_form form, const char *code,
                 const char *text, int64_t at_us, struct arena *a, struct core_message *out)
{
    char t[TIME_TEXT];
    *out = (struct core_message){.act = m->act,
                                 .answer = true,
                                 .type = phi_lit("CoreEnvelopeError"),
                                 .mode = kept(a, m->mode),
                                 .id = kept(a, m->id),
                                 .time = arena_phi(a, phi_lit(time_text(at_us, t))),
                                 .sender = kept(a, m->receiver),
                                 .receiver = kept(a, m->sender),
                                 .version = phi_lit(core_version(form)),
                                 .code = phi_lit(code),
                                 .text = phi_lit(text)};
    if (phi_is(m->version, "4.0.0"))
        out->version = phi_lit("4.0.0");
}

void desk_refuse(const struct core_message *m, enum core_form form, const char *code,
                 const char *text, struct arena *a, struct core_message *answer)
{
    head(m, form, code, text, time_wall_us(), a, answer);
}

static const char *refuse(struct visit *v, const char *code, const char *text)
{
    desk_refuse(v->m, v->form, code, text, v->a, v->answer);
    return code;
}

static const char *accept(struct visit *v, const char *type, int64_t at_us)
{
    head(v->m, v->form, "Success", "", at_us, v->a, v->answer);
    v->answer->type = arena_phi(v->a, phi_lit(type));
    return "Success";
}

/* A file as the payload of the answer. In SOAP the real-time form has no sums; batches have. */
static const char *answer_file(struct visit *v, const char *path, int64_t at_us)
{
    struct buf b = {0};
    struct core_kind k;
    char sum[CORE_SUM], length[24];
    if (fs_read(path, FILE_MOST, &b))
        return refuse(v, "Receiver", "the file to be given cannot be read");
    core_kind_of(buf_view(&b), &k);
    accept(v, *k.type ? k.type : "X12_Unknown", at_us);
    v->answer->payload = arena_phi(v->a, buf_view(&b));
    if (v->m->act == CORE_PICK) {
        snprintf(length, sizeof length, "%zu", b.len);
        core_sum(v->form, v->answer->payload, sum);
        v->answer->length = arena_phi(v->a, phi_lit(length));
        v->answer->sum = arena_phi(v->a, phi_lit(sum));
    }
    buf_free(&b);
    return "Success";
}

/* ---- taking ---- */

/* Known already? 1: the same bytes; -1: other bytes under the id; 0: no. Fills in name and time. */
static int known(struct visit *v, phi_str *answer)
{
    struct stmt *q = store_sql(
        v->d->db, "SELECT file, at, name, answer FROM took WHERE sender = ?1 AND id = ?2");
    stmt_text(q, 1, v->m->sender);
    stmt_text(q, 2, v->m->id);
    if (!stmt_step(q))
        return 0;
    phi_str file = stmt_col_bytes(q, 0), name = stmt_col_bytes(q, 2);
    if (!phi_eq(file, phi_of((const char *)v->file.b, DIGEST_LEN)))
        return -1;
    v->at_us = stmt_col_int(q, 1);
    snprintf(v->name, sizeof v->name, "%.*s", (int)name.n, name.p);
    *answer = arena_phi(v->a, stmt_col_bytes(q, 3));
    return 1;
}

static void name_it(struct visit *v)
{
    struct buf b = {0};
    char hex[DIGEST_HEX];
    buf_phi(&b, v->m->sender);
    buf_putc(&b, '\n');
    buf_phi(&b, v->m->id);
    struct digest d = digest_of(b.p, b.len);
    snprintf(v->name, sizeof v->name, "core-%.32s.x12", digest_hex(&d, hex));
    buf_free(&b);
}

/* On disk under a hidden name, then the row, then its name. */
static bool keep(struct visit *v)
{
    struct buf path = {0};
    char part[96];
    name_it(v);
    snprintf(part, sizeof part, ".%s.part", v->name);
    place(v->d, v->m->receiver, "in", part, &path);
    kill_point("core-server.keep.before");
    bool good = fs_replace(buf_cstr(&path), v->m->payload.p, v->m->payload.n) == 0;
    buf_free(&path);
    if (!good)
        return false;
    v->at_us = time_wall_us();
    store_begin(v->d->db);
    struct stmt *q = store_sql(v->d->db, "INSERT INTO took(sender, id, file, receiver, name, at)"
                                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
    stmt_text(q, 1, v->m->sender);
    stmt_text(q, 2, v->m->id);
    stmt_blob(q, 3, v->file.b, DIGEST_LEN);
    stmt_text(q, 4, v->m->receiver);
    stmt_text(q, 5, phi_lit(v->name));
    stmt_int(q, 6, v->at_us);
    stmt_run(q);
    store_commit(v->d->db);
    kill_point("core-server.keep.after");
    give_name(v->d, v->m->receiver, v->name);
    kill_point("core-server.name.after");
    return true;
}

/* NULL when it is kept (now or before), with the name of an answer that came before. */
static const char *take(struct visit *v, phi_str *answer)
{
    v->file = digest_of(v->m->payload.p, v->m->payload.n);
    *answer = phi_of("", 0);
    int is = known(v, answer);
    if (is < 0)
        return refuse(v, "PayloadIDIllegal", "other bytes came under this PayloadID before");
    if (!is && !keep(v))
        return refuse(v, "Receiver", "the payload cannot be kept just now");
    return NULL;
}

static const char *check_payload(struct visit *v)
{
    if (!core_kind_of(v->m->payload, &v->kind) || !*v->kind.type)
        return refuse(v, "PayloadIllegal", "the payload is no X12 file");
    if (!phi_is(core_about(v->m->type), v->kind.about))
        return refuse(v, "PayloadTypeIllegal", "the payload is not what PayloadType says");
    if (v->who->isa && !phi_is(v->kind.isa06, v->who->isa))
        return refuse(v, "PayloadIllegal", "ISA06 of the payload is not the sender's");
    return NULL;
}

/* ---- giving ---- */

static int plain(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return wire_name_ok(e->d_name) && !(n > 4 && strcmp(e->d_name + n - 4, ".tmp") == 0) &&
           !(n > 9 && strcmp(e->d_name + n - 9, ".manifest") == 0);
}

/* What the file begins with. */
static bool look_at(const char *path, struct buf *text, struct core_kind *k)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    buf_clear(text);
    ssize_t n = fd < 0 ? -1 : read(fd, buf_room(text, HEAD), HEAD);
    if (fd >= 0)
        close(fd);
    text->len = n > 0 ? (size_t)n : 0;
    return core_kind_of(buf_view(text), k) && *k->about;
}

/* The first file of out/, by name, that fits; its name into name. */
static bool find(struct visit *v, bool (*fits)(const struct visit *, const struct core_kind *),
                 char name[256])
{
    struct buf path = {0}, text = {0};
    struct dirent **list;
    struct core_kind k;
    int n = scandir(place(v->d, v->m->receiver, "out", "", &path), &list, plain, alphasort);
    bool found = false;
    for (int i = 0; i < n; i++) {
        place(v->d, v->m->receiver, "out", list[i]->d_name, &path);
        if (!found && look_at(buf_cstr(&path), &text, &k) &&
            (!v->who->isa || phi_is(k.isa08, v->who->isa)) && fits(v, &k)) {
            snprintf(name, 256, "%s", list[i]->d_name);
            found = true;
        }
        free(list[i]);
    }
    if (n >= 0)
        free(list);
    buf_free(&path);
    buf_free(&text);
    return found;
}

/* Moves a file of out/ to archive/, never over another; its name there into name. */
static bool archive(struct visit *v, char name[256])
{
    struct buf from = {0}, to = {0};
    char as[256] = "";
    bool good = false;
    place(v->d, v->m->receiver, "out", name, &from);
    for (int i = 0; !good && i < 1000; i++) {
        snprintf(as, sizeof as, i ? "%.240s.%d" : "%.240s", name, i);
        place(v->d, v->m->receiver, "archive", as, &to);
        good = renameat2(AT_FDCWD, buf_cstr(&from), AT_FDCWD, buf_cstr(&to), RENAME_NOREPLACE) == 0;
        if (!good && errno != EEXIST)
            break;
    }
    good = good && fs_sync_parent(buf_cstr(&to)) == 0;
    if (good)
        memcpy(name, as, sizeof as);
    buf_free(&from);
    buf_free(&to);
    return good;
}

/* ---- real time ---- */

static bool answers_this(const struct visit *v, const struct core_kind *k)
{
    static const char *const pairs[][2] = {{"270", "271"}, {"276", "277"}, {"278", "278"}};
    bool bad = k->verdict && k->verdict != 'A'; /* a 999 or TA1 that accepts is not yet an answer */
    if (strcmp(k->about, "999") == 0)
        return bad && phi_eq(k->answers, v->kind.gs06);
    if (strcmp(k->about, "TA1") == 0)
        return bad && phi_eq(k->answers, v->kind.isa13);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(v->kind.about, pairs[i][0]) == 0 && strcmp(k->about, pairs[i][1]) == 0)
            return !k->question && k->bht03.n && phi_eq(k->bht03, v->kind.bht03);
    return false;
}

static const char *answer_path(const struct visit *v, struct buf *b)
{
    buf_clear(b);
    buf_printf(b, "%s/answers/%s", v->d->home, v->name);
    return buf_cstr(b);
}

/* A copy that is ours alone, so that the same is answered again; then the row; then it is put aside. */
static bool copy_answer(struct visit *v, char name[256])
{
    struct buf path = {0}, bytes = {0};
    bool good = fs_read(place(v->d, v->m->receiver, "out", name, &path), FILE_MOST, &bytes) == 0 &&
                fs_replace(answer_path(v, &path), bytes.p, bytes.len) == 0;
    buf_free(&path);
    buf_free(&bytes);
    return good;
}

/* False while out/ is as it was when it was looked through last. What changed within the last second
 * may change again under the same time. */
static bool out_changed(struct visit *v)
{
    struct buf path = {0};
    struct stat st;
    bool good = stat(place(v->d, v->m->receiver, "out", "", &path), &st) == 0;
    buf_free(&path);
    if (!good || (st.st_mtim.tv_sec == v->looked.tv_sec && st.st_mtim.tv_nsec == v->looked.tv_nsec))
        return false;
    if (time_wall_us() / 1000000 - st.st_mtim.tv_sec > 1)
        v->looked = st.st_mtim;
    return true;
}

static bool answer_came(struct visit *v, phi_str *answer)
{
    char name[256];
    if (known(v, answer) == 1 && answer->n)
        return true;
    if (!out_changed(v))
        return false;
    if (!find(v, answers_this, name) || !copy_answer(v, name))
        return false;
    kill_point("core-server.answer.before");
    store_begin(v->d->db);
    struct stmt *q =
        store_sql(v->d->db, "UPDATE took SET answer = ?3 WHERE sender = ?1 AND id = ?2");
    stmt_text(q, 1, v->m->sender);
    stmt_text(q, 2, v->m->id);
    stmt_text(q, 3, phi_lit(name));
    stmt_run(q);
    store_commit(v->d->db);
    kill_point("core-server.answer.after");
    *answer = arena_phi(v->a, phi_lit(name));
    archive(v, name);
    return true;
}

static const char *real_time(struct visit *v)
{
    struct buf path = {0};
    phi_str answer;
    int64_t until = time_mono_us() + v->d->wait_s * 1000000LL;
    const char *code = check_payload(v);
    if (!code)
        code = take(v, &answer);
    if (code)
        return code;
    while (!answer.n && !answer_came(v, &answer) && time_mono_us() < until &&
           !__atomic_load_n(&v->d->hurry, __ATOMIC_SEQ_CST)) {
        pthread_mutex_unlock(&v->d->lock);
        usleep(LOOK_US);
        pthread_mutex_lock(&v->d->lock);
    }
    if (!answer.n)
        return refuse(v, "Receiver", "no answer came in time");
    code = answer_file(v, answer_path(v, &path), v->at_us);
    buf_free(&path);
    return code;
}

/* ---- batches ---- */

static const char *submit(struct visit *v)
{
    phi_str answer;
    const char *code = check_payload(v);
    if (!code)
        code = take(v, &answer);
    return code ? code : accept(v, "X12_BatchReceiptConfirmation", v->at_us);
}

static bool is_asked_for(const struct visit *v, const struct core_kind *k)
{
    return phi_is(core_about(v->m->type), k->about) && !k->question;
}

static const char *pick(struct visit *v)
{
    struct buf path = {0};
    char name[256], id[CORE_ID], receiver[64];
    struct digest file;
    if (!find(v, is_asked_for, name)) {
        accept(v, "X12_BatchReceiptConfirmation", time_wall_us());
        v->answer->text = phi_lit("nothing waits");
        return "Success";
    }
    place(v->d, v->m->receiver, "out", name, &path);
    const char *code = answer_file(v, buf_cstr(&path), time_wall_us());
    buf_free(&path);
    if (strcmp(code, "Success") != 0)
        return code;
    file = digest_of(v->answer->payload.p, v->answer->payload.n);
    snprintf(receiver, sizeof receiver, "%.*s", (int)v->m->receiver.n, v->m->receiver.p);
    core_id(receiver, name, &file, id);
    v->answer->id = arena_phi(v->a, phi_lit(id));
    store_begin(v->d->db);
    struct stmt *q = store_sql(v->d->db, "INSERT OR REPLACE INTO offered VALUES(?1, ?2, ?3, ?4)");
    stmt_text(q, 1, phi_lit(id));
    stmt_text(q, 2, v->m->sender);
    stmt_text(q, 3, v->m->receiver);
    stmt_text(q, 4, phi_lit(name));
    stmt_run(q);
    store_commit(v->d->db);
    return code;
}

/* What arrived is put aside. Said twice, it is well. */
static const char *confirm(struct visit *v)
{
    struct buf path = {0};
    char name[256];
    struct stmt *q = store_sql(
        v->d->db, "SELECT name FROM offered WHERE id = ?1 AND sender = ?2 AND receiver = ?3");
    stmt_text(q, 1, v->m->id);
    stmt_text(q, 2, v->m->sender);
    stmt_text(q, 3, v->m->receiver);
    if (!stmt_step(q))
        return refuse(v, "PayloadIDIllegal", "no batch was given under this PayloadID");
    phi_str n = stmt_col_bytes(q, 0);
    snprintf(name, sizeof name, "%.*s", (int)n.n, n.p);
    place(v->d, v->m->receiver, "out", name, &path);
    bool there = access(buf_cstr(&path), F_OK) == 0;
    buf_free(&path);
    if (there && !archive(v, name))
        return refuse(v, "Receiver", "the batch cannot be put aside just now");
    return accept(v, "X12_BatchReceiptConfirmation", time_wall_us());
}

/* ---- the desk ---- */

/* NULL when the caller is who it says and may reach the receiver. */
static const char *check_caller(struct visit *v, const struct proof *proof)
{
    struct buf path = {0};
    if (!v->m->sender.n)
        return refuse(v, "SenderIDRequired", "the envelope says not who sends");
    v->who = client_by_id(v->d->clients, v->m->sender);
    if (!v->who || !client_is(v->who, v->form, proof, v->d->key, time_wall_us()))
        return refuse(v, "UnAuthorized", "who sends is not proved");
    const char *code = core_check(v->form, v->m);
    if (strcmp(code, "Success") != 0)
        return refuse(v, code, "the envelope is not in order");
    char *receiver = arena_strndup(v->a, v->m->receiver.p, v->m->receiver.n);
    bool there = wire_name_ok(receiver) && client_may_reach(v->who, v->m->receiver) &&
                 access(place(v->d, v->m->receiver, "in", "", &path), W_OK) == 0;
    buf_free(&path);
    return there ? NULL : refuse(v, "ReceiverIDIllegal", "nobody of this name can be reached here");
}

static int status_of(const struct visit *v, const char *code)
{
    bool rest = v->form == CORE_REST;
    if (strcmp(code, "Success") == 0)
        return v->m->act == CORE_SUBMIT && v->form != CORE_SOAP ? 202 : 200;
    if (strcmp(code, "UnAuthorized") == 0)
        return rest ? 401 : 403;
    return !rest ? 200 : strcmp(code, "Receiver") == 0 ? 503 : 400;
}

static void note(const struct visit *v, const char *code, int status, int64_t begun, int64_t us)
{
    store_begin(v->d->db);
    struct stmt *q =
        store_sql(v->d->db, "INSERT INTO asked(at, us, form, sender, receiver, type, mode, id,"
                            " isa13, code, status)"
                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    const phi_str none = phi_of("", 0), *texts[] = {&v->m->sender, &v->m->receiver, &v->m->type,
                                                    &v->m->mode,   &v->m->id,       &v->kind.isa13};
    stmt_int(q, 1, begun);
    stmt_int(q, 2, us);
    stmt_text(q, 3, phi_lit(core_form_name(v->form)));
    for (int i = 0; i < 6; i++)
        stmt_text(q, 4 + i, texts[i]->p && texts[i]->n <= 128 ? *texts[i] : none);
    stmt_text(q, 10, phi_lit(code));
    stmt_int(q, 11, status);
    stmt_run(q);
    store_commit(v->d->db);
}

int desk_answer(struct desk *d, enum core_form form, const struct core_message *m,
                const struct proof *proof, struct arena *a, struct core_message *answer)
{
    static const char *(*const acts[])(struct visit *) = {[CORE_REAL_TIME] = real_time,
                                                          [CORE_SUBMIT] = submit,
                                                          [CORE_PICK] = pick,
                                                          [CORE_CONFIRM] = confirm};
    struct visit v = {.d = d, .form = form, .m = m, .answer = answer, .a = a};
    int64_t begun = time_wall_us(), from = time_mono_us();
    pthread_mutex_lock(&d->lock);
    const char *code = check_caller(&v, proof);
    if (!code)
        code = acts[m->act](&v);
    int status = status_of(&v, code);
    note(&v, code, status, begun, time_mono_us() - from);
    pthread_mutex_unlock(&d->lock);
    return status;
}
