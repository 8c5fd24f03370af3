/*
 * NAME
 *     respond - answers senders: TA1 for interchanges, 999 for groups, 277CA for claims
 *
 * SYNOPSIS
 *     claimwire respond [--run DIR] [--out DIR] [--bad-values yes|no] [--warnings]
 *                       [--only-faults] [--277ca [--payer]] [--partners DIR]
 *
 * DESCRIPTION
 *     A keeper. Takes `interchange` and `group` records from ingest and `verdict` records from the
 *     validator. When every set of a group that was handed on has its verdict, one 999
 *     (005010X231A1) is written for the group. A TA1 is written for an interchange that asks for it
 *     (ISA14 is 1) or that cannot be accepted.
 *
 *     Records are committed before they are acknowledged; answers are rendered from committed rows
 *     only, dated with the time at which the file was taken in, and written by rename: after a
 *     crash they are written again with the same bytes under the same name, PARTNER.NUMBER.999,
 *     .ta1 or .277ca. Control numbers follow the source's count of sets, are unique and never used twice.
 *
 *     Groups of 999s (FA) are not answered: nobody acknowledges an acknowledgment.
 *
 *     What is in a 999: IK502 codes of the set, one IK3 for each segment and code, with the claim
 *     (CTX CLM01) where it is known, one IK4 for each element. Findings of claims and exceptions
 *     are not in it. Bodies rest sealed.
 *
 *     With --277ca each group of 837 sets that has accepted sets is also answered with a 277CA
 *     (005010X214): one set for each of them, its claims accepted or rejected, for what, and totals
 *     of both. The validator must name the claims in its verdicts (its --claims-in-verdict).
 *
 * OPTIONS
 *     --run DIR             run directory; the store is DIR/respond/respond.db
 *     --out DIR             folder of the answers (default RUN/respond/out). Without --run the
 *                           store is DIR/.claimwire
 *     --bad-values yes|no   copy values at fault into IK404 (default yes: the sender has them)
 *     --warnings            report warnings too; a set with nothing worse is then E, not A
 *     --only-faults         no AK2 loops for a group that is accepted as a whole
 *     --277ca               answer claims too
 *     --partners DIR        profiles of partners (default config/partners): which answers a sender
 *                           wants (section answers: ta1 always, asked or faults; 999; 277ca). "none":
 *                           no profile
 *     --payer               in the 277CA we are the payer (A2:20), not a clearinghouse (A1:19)
 *
 * EXIT STATUS
 *     0 done; 1 as a filter: a record was refused, or a group still waits for verdicts; 64 wrong
 *     command line; 78 configuration; 100 the input is no frames; 111 try again later
 *
 * EXAMPLES
 *     claimwire ingest claims.837 | claimwire validator | claimwire respond --out answers
 */
#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/respond/answers.h"
#include <stdlib.h>

struct respond {
    struct profiles *profiles; /* NULL: none */
    struct answers *answers;
    struct buf out, dir;
};

static void need_dir(const char *path)
{
    if (fs_mkdirs(path))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", path);
}

static bool yes(struct stage *s, const char *name)
{
    const char *v = stage_get(s, name);
    if (strcmp(v, "yes") && strcmp(v, "no"))
        die(EXIT_USAGE, "option \"--%s\" takes yes or no", name);
    return strcmp(v, "yes") == 0;
}

static struct profiles *load_profiles(struct stage *s)
{
    const char *dir = stage_get(s, "partners");
    struct buf error = {0};
    struct profiles *p = strcmp(dir, "none") ? profiles_load(dir, NULL, &error) : NULL;
    if (error.len)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    return p;
}

static int start(struct stage *s, void **state)
{
    struct respond *r = xcalloc(1, sizeof *r);
    r->profiles = load_profiles(s);
    const char *out = stage_get(s, "out"), *home = stage_home(s), *run = stage_run_dir(s);
    if (!out && !home)
        die(EXIT_USAGE, "option \"--run\" or \"--out\" must be given");
    buf_printf(&r->out, "%s%s", out ? out : home, out ? "" : "/out");
    buf_printf(&r->dir, "%s%s", home ? home : out, home ? "" : "/.claimwire");
    need_dir(buf_cstr(&r->out));
    need_dir(buf_cstr(&r->dir));
    const struct answer_opts opts = {.out = buf_cstr(&r->out),
                                     .bad_values = yes(s, "bad-values"),
                                     .warnings = stage_on(s, "warnings"),
                                     .no_set_list = stage_on(s, "only-faults"),
                                     .claims = stage_on(s, "277ca"),
                                     .payer = stage_on(s, "payer"),
                                     .profiles = r->profiles};
    r->answers = answers_open(buf_cstr(&r->dir), run ? run : buf_cstr(&r->dir), &opts);
    *state = r;
    answers_commit(r->answers);
    return 0;
}

static void refuse(struct stage *s, const struct record *r)
{
    stage_refuse(s, r, "RESPOND_BODY", "the body cannot be read as what its kind says");
}

static void take_interchange(struct stage *s, struct respond *p, const struct record *r)
{
    struct verdict_isa i = {0};
    if (verdict_isa_read(r->body, stage_arena(s), &i))
        answers_isa(p->answers, r, &i);
    else
        refuse(s, r);
}

static void take_group(struct stage *s, struct respond *p, const struct record *r)
{
    struct verdict_group g = {0};
    if (verdict_group_read(r->body, stage_arena(s), &g))
        answers_group(p->answers, r, &g);
    else
        refuse(s, r);
}

static void take_verdict(struct stage *s, struct respond *p, const struct record *r)
{
    struct verdict v;
    if (verdict_read(r->body, stage_arena(s), &v))
        answers_verdict(p->answers, r);
    else
        refuse(s, r);
}

static const struct {
    const char *kind;
    void (*take)(struct stage *s, struct respond *p, const struct record *r);
} takers[] = {{"interchange", take_interchange}, {"group", take_group}, {"verdict", take_verdict}};
static const char *const kinds[] = {"interchange", "group", "verdict", NULL};

static int take(struct stage *s, void *state, const struct record *r)
{
    for (size_t i = 0; i < sizeof takers / sizeof *takers; i++)
        if (record_is(r, takers[i].kind))
            takers[i].take(s, state, r);
    return 0;
}

static int commit(struct stage *s, void *state)
{
    struct respond *p = state;
    answers_commit(p->answers);
    stage_count(s, "answers", answers_written(p->answers));
    return 0;
}

static int finish(struct stage *s, void *state)
{
    struct respond *p = state;
    int64_t open = answers_open_groups(p->answers);
    if (open == 0)
        return EXIT_DONE;
    log_warn("CW-RSP-002", "groups wait for verdicts and have no 999 yet", KV("groups", open));
    return stage_is_filter(s) ? EXIT_FINDINGS : EXIT_DONE;
}

static void stop(struct stage *s, void *state)
{
    struct respond *p = state;
    (void)s;
    answers_close(p->answers);
    profiles_free(p->profiles);
    buf_free(&p->out);
    buf_free(&p->dir);
    free(p);
}

static const struct stage_opt options[] = {
    {"out", NULL, "folder of the answers (default RUN/respond/out)", false},
    {"bad-values", "yes", "copy values at fault into IK404", false, .words = "yes no"},
    {"warnings", NULL, "report warnings too: E instead of A", true},
    {"only-faults", NULL, "no AK2 loops for a group accepted as a whole", true},
    {"277ca", NULL, "answer claims too (the validator needs claims-in-verdict)", true},
    {"partners", "config/partners", "folder of the profiles of partners; none", false},
    {"payer", NULL, "in the 277CA we are the payer, not a clearinghouse", true},
    {0}};

static const struct stage_def respond = {.name = "respond",
                                         .kind = STAGE_KEEPER,
                                         .version = "1",
                                         .options = options,
                                         .kinds = kinds,
                                         .start = start,
                                         .record = take,
                                         .commit = commit,
                                         .finish = finish,
                                         .stop = stop};

int main(int argc, char **argv)
{
    return stage_main(argc, argv, &respond);
}
