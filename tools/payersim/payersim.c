/*
 * NAME
 *     payersim - plays the payers: answers claims as a script says
 *
 * SYNOPSIS
 *     claimwire payersim --root DIR --script FILE [--taken TIME] [--now TIME] [--state FILE]
 *                    [--guides DIR] [--json]
 *     claimwire payersim --root DIR --script FILE --watch [--state FILE] [--guides DIR]
 *
 * DESCRIPTION
 *     The other side, for tests and for training. Each payer of the script has a folder
 *     ROOT/PAYER with in/, out/ and archive/, to be reached as a folder or by SFTP (config/wires).
 *     A step takes the 837 files that lie in in/, moves them to archive/, and writes to out/ what is
 *     due by --now: TA1, 999, 277CA (with the payer's control number of each claim), 835, and a
 *     NACHA file with a CCD+ entry for each payment. What each claim gets is said by the script: paid
 *     by fees with copay, deductible and coinsurance, denied, rejected, split, bundled, taken back
 *     later (forward balance, delayed recoupment, refund by cheque), paid late with interest, never
 *     answered, answered twice, under an unknown account, out of balance, crossed over to another
 *     payer. A replacement or void takes back what was said before.
 *
 *     The same files at the same times under the same script give the same bytes: chance falls by
 *     the seed of the script and the claim. Time is what --now says, so that months pass in seconds;
 *     several steps or one long one write the same files. A death loses nothing and answers nothing
 *     twice.
 *
 * OPTIONS
 *     --root DIR     where the payers' folders are (made when missing)
 *     --script FILE  how they behave (docs/payersim.md)
 *     --now TIME     the hour, as 2026-09-01 or 2026-09-01T08:00:00Z (default: the machine's)
 *     --taken TIME   the hour at which what lies in in/ was taken (default: that of --now); then what
 *                    is answered to it until --now is written in the same step
 *     --watch        steps for ever, by the machine's clock
 *     --state FILE   what the payers know (default ROOT/payersim.db)
 *     --guides DIR   guides (default config/guides)
 *     --json         one JSON object a file that was taken or written
 *
 * EXIT STATUS
 *     0 done; 64 usage; 78 script or guides cannot be used; 111 try again later
 *
 * EXAMPLES
 *     claimwire payersim --root /tmp/payers --script fixtures/payers/demo.yaml --now 2026-09-02
 */
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include "tools/payersim/run.h"
#include "tools/payersim/take.h"
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FILE_MOST = 1 << 30 };

struct sim {
    const char *root, *script_path, *state_path, *guides_path, *now_text, *taken_text;
    bool json, watch;
    struct arena mem;
    struct script *script;
    struct state *state;
    struct guide_set *guides;
    struct taker *taker;
};

static void say(const struct sim *s, const char *what, const char *payer, const char *name)
{
    if (s->json)
        printf("{\"%s\":\"%s\",\"payer\":\"%s\"}\n", what, name, payer);
    else
        printf("%-6s %-12s %s\n", what, payer, name);
    fflush(stdout);
}

static const char *path_of(const struct sim *s, const char *payer, const char *folder,
                           const char *name, struct buf *b)
{
    buf_clear(b);
    buf_printf(b, "%s/%s/%s%s%s", s->root, payer, folder, *name ? "/" : "", name);
    return buf_cstr(b);
}

/* ---- taking ---- */

static int plain(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return e->d_name[0] != '.' && !(n > 4 && strcmp(e->d_name + n - 4, ".tmp") == 0);
}

static bool is_manifest(const char *name)
{
    size_t n = strlen(name);
    return n > 9 && strcmp(name + n - 9, ".manifest") == 0;
}

static void take_one(struct sim *s, const struct script_payer *p, const char *name, int64_t now)
{
    struct buf from = {0}, to = {0}, bytes = {0};
    path_of(s, p->id, "in", name, &from);
    if (!is_manifest(name)) {
        if (fs_read(buf_cstr(&from), FILE_MOST, &bytes))
            die(EXIT_TRY_LATER, "cannot read \"%s\": %m", buf_cstr(&from));
        kill_point("payersim.take.before");
        if (taker_file(s->taker, p, name, buf_view(&bytes), now))
            say(s, "took", p->id, name);
        kill_point("payersim.take.after");
    }
    path_of(s, p->id, "archive", name, &to);
    if (rename(buf_cstr(&from), buf_cstr(&to)))
        die(EXIT_TRY_LATER, "cannot move \"%s\": %m", buf_cstr(&from));
    buf_free(&from);
    buf_free(&to);
    buf_free(&bytes);
}

static void take_all(struct sim *s, const struct script_payer *p, int64_t now)
{
    struct buf dir = {0};
    struct dirent **list;
    int n = scandir(path_of(s, p->id, "in", "", &dir), &list, plain, alphasort);
    if (n < 0)
        die(EXIT_TRY_LATER, "cannot read the folder \"%s\": %m", buf_cstr(&dir));
    for (int i = 0; i < n; i++) {
        take_one(s, p, list[i]->d_name, now);
        free(list[i]);
    }
    free(list);
    buf_free(&dir);
}

/* ---- writing ---- */

/* The next file that is due; its row number, 0 when there is none. */
static int64_t due_file(struct sim *s, int64_t now, struct buf *payer, struct buf *name,
                        struct buf *body)
{
    struct stmt *q = store_sql(state_store(s->state),
                               "SELECT n, payer, name, body FROM out WHERE done = 0 AND due <= ?1"
                               " ORDER BY due, n LIMIT 1");
    stmt_int(q, 1, now);
    if (!stmt_step(q))
        return 0;
    struct buf *const to[] = {payer, name, body};
    for (int i = 0; i < 3; i++) {
        buf_clear(to[i]);
        buf_phi(to[i], stmt_col_bytes(q, 1 + i));
    }
    return stmt_col_int(q, 0);
}

/* Committed with the others of its turn: after a death in between the same bytes are written again. */
static void mark_written(struct sim *s, int64_t n)
{
    struct store *db = state_store(s->state);
    store_begin(db);
    struct stmt *q = store_sql(db, "UPDATE out SET done = 1, body = x'' WHERE n = ?1");
    stmt_int(q, 1, n);
    stmt_run(q);
}

static void write_due(struct sim *s, int64_t now)
{
    struct buf payer = {0}, name = {0}, body = {0}, path = {0};
    int64_t n;
    while ((n = due_file(s, now, &payer, &name, &body))) {
        const char *to = path_of(s, buf_cstr(&payer), "out", buf_cstr(&name), &path);
        kill_point("payersim.write.before");
        if (fs_replace(to, body.p, body.len))
            die(EXIT_TRY_LATER, "cannot write \"%s\": %m", to);
        kill_point("payersim.write.after");
        mark_written(s, n);
        say(s, "wrote", buf_cstr(&payer), buf_cstr(&name));
    }
    store_commit(state_store(s->state));
    struct buf *const all[] = {&payer, &name, &body, &path};
    for (int i = 0; i < 4; i++)
        buf_free(all[i]);
}

static void step(struct sim *s, int64_t taken, int64_t now)
{
    for (const struct script_payer *p = s->script->payers; p; p = p->next)
        take_all(s, p, taken);
    run_cheques(s->state, s->script, now);
    write_due(s, now);
}

/* ---- start ---- */

static void make_folders(struct sim *s)
{
    static const char *const folders[] = {"in", "out", "archive"};
    struct buf b = {0};
    for (const struct script_payer *p = s->script->payers; p; p = p->next)
        for (int i = 0; i < 3; i++)
            if (fs_mkdirs(path_of(s, p->id, folders[i], "", &b)))
                die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", buf_cstr(&b));
    buf_free(&b);
}

static void open_all(struct sim *s)
{
    struct buf error = {0}, path = {0};
    s->script = script_load(s->script_path, &s->mem, &error);
    if (s->script)
        s->guides = guides_load(s->guides_path, &error);
    if (!s->guides)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    make_folders(s);
    buf_printf(&path, "%s/payersim.db", s->root);
    s->state = state_open(s->state_path ? s->state_path : buf_cstr(&path));
    s->taker = taker_new(s->script, s->state, s->guides);
    buf_free(&error);
    buf_free(&path);
}

static void close_all(struct sim *s)
{
    taker_free(s->taker);
    state_close(s->state);
    guides_free(s->guides);
    arena_free(&s->mem);
}

static int usage(FILE *to)
{
    fputs(
        "usage: claimwire payersim --root DIR --script FILE [--taken TIME] [--now TIME | --watch]\n"
        "                          [--state FILE] [--guides DIR] [--json]\n",
        to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

/* -1 when all is well, else the exit code. */
static int options(struct sim *s, int argc, char **argv)
{
    static const struct option known[] = {
        {"root", required_argument, NULL, 'r'},   {"script", required_argument, NULL, 's'},
        {"now", required_argument, NULL, 'n'},    {"taken", required_argument, NULL, 't'},
        {"watch", no_argument, NULL, 'w'},        {"state", required_argument, NULL, 'd'},
        {"guides", required_argument, NULL, 'g'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {0}};
    const char **const word[] = {
        ['r'] = &s->root,       ['s'] = &s->script_path, ['n'] = &s->now_text,
        ['t'] = &s->taken_text, ['d'] = &s->state_path,  ['g'] = &s->guides_path};
    int c;
    while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (c == 'h')
            return usage(stdout);
        if (c == '?')
            return usage(stderr);
        if (c == 'w')
            s->watch = true;
        else if (c == 'j')
            s->json = true;
        else
            *word[c] = optarg;
    }
    return s->root && s->script_path && optind == argc ? -1 : usage(stderr);
}

int main(int argc, char **argv)
{
    struct sim s = {.guides_path = fs_shared("config/guides")};
    int64_t now = time_wall_us(), taken = 0;
    log_open("payersim");
    int code = options(&s, argc, argv);
    if (code >= 0)
        return code;
    if (s.now_text && !time_parse(s.now_text, &now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    taken = now;
    if (s.taken_text && (s.watch || !time_parse(s.taken_text, &taken) || taken > now))
        die(EXIT_USAGE, "--taken is a time not after --now, and not for --watch");
    open_all(&s);
    do {
        step(&s, s.watch ? time_wall_us() : taken, s.watch ? time_wall_us() : now);
        if (s.watch)
            usleep(500000);
    } while (s.watch);
    close_all(&s);
    return EXIT_DONE;
}
