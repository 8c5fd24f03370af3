/* Tools as filters: a source, a stage and a keeper, each in a process of its own, joined by pipes
 * as a shell joins them. */
#include "tests/unit.h"

#include "common/link/stage.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIR "build/tmp/filter"

/* The source gives --count numbers, each a frame. */
static int source_start(struct stage *s, void **state)
{
    long *left = calloc(1, sizeof *left);
    *left = stage_get_int(s, "count", 0, 1000000);
    *state = left;
    return 0;
}

static int source_pull(struct stage *s, void *state)
{
    long *left = state;
    struct digest file = digest_of("numbers", 7);
    char text[16];
    if (*left == 0)
        return stage_get(s, "break") ? EXIT_TRY_LATER : -1;
    struct record r = {.id = id_source(&file, (uint64_t)*left), .schema = 1, .usage = 'T'};
    r.root = r.id;
    strcpy(r.kind, *left % 10 == 7 ? "other" : "number");
    r.body = phi_of(text, (size_t)snprintf(text, sizeof text, "%ld", *left));
    stage_emit(s, "numbers", &r);
    stage_frame(s, (uint64_t)*left);
    --*left;
    return 1;
}

static void source_done(struct stage *s, void *state, uint64_t token)
{
    (void)s, (void)state, (void)token;
    abort(); /* a pipe has no way back */
}

static void free_state(struct stage *s, void *state)
{
    (void)s;
    free(state);
}

static const struct stage_opt source_options[] = {
    {"count", "100", "how many", false}, {"break", NULL, "end ill", true}, {0}};
static const struct stage_def source = {.name = "source",
                                        .kind = STAGE_SOURCE,
                                        .ports = (const char *const[]){"numbers", NULL},
                                        .options = source_options,
                                        .start = source_start,
                                        .pull = source_pull,
                                        .done = source_done,
                                        .stop = free_state};

/* The stage refuses what ends in 3, sends what ends in 5 through `fives`, hands on the others. */
static int middle_record(struct stage *s, void *state, const struct record *r)
{
    char last = r->body.p[r->body.n - 1];
    (void)state;
    if (last == '3')
        stage_refuse(s, r, "THREE", "it ends in three");
    else
        stage_emit(s, last == '5' ? "fives" : "numbers", r);
    return 0;
}

static const struct stage_def middle = {.name = "middle",
                                        .kind = STAGE_PASS,
                                        .record = middle_record,
                                        .kinds = (const char *const[]){"number", NULL},
                                        .ports = (const char *const[]){"numbers", "fives", NULL}};

/* The keeper writes each body (and rule) as a line to --out, at commit. */
static struct buf lines;

static int keeper_record(struct stage *s, void *state, const struct record *r)
{
    (void)s, (void)state;
    buf_puts(&lines, r->kind);
    buf_putc(&lines, ' ');
    buf_phi(&lines, r->body);
    buf_phi(&lines, record_rule(r));
    buf_putc(&lines, '\n');
    return 0;
}

static int keeper_commit(struct stage *s, void *state)
{
    (void)state;
    return fs_replace(stage_get(s, "out"), lines.p, lines.len) ? EXIT_TRY_LATER : 0;
}

static int keeper_finish(struct stage *s, void *state)
{
    (void)s, (void)state;
    buf_puts(&lines, "finished\n");
    return 0;
}

static const struct stage_opt keeper_options[] = {{"out", NULL, "file", false}, {0}};
static const struct stage_def keeper = {.name = "keeper",
                                        .kind = STAGE_KEEPER,
                                        .options = keeper_options,
                                        .record = keeper_record,
                                        .commit = keeper_commit,
                                        .finish = keeper_finish};

/* Starts a tool with these ends; closes them here. */
static pid_t start(const struct stage_def *def, int in, int out, const char *words)
{
    pid_t pid = fork();
    if (pid == 0) {
        char *copy = strdup(words), *argv[16] = {(char *)def->name};
        int argc = 1;
        for (char *w = strtok(copy, " "); w; w = strtok(NULL, " "))
            argv[argc++] = w;
        dup2(in, 0);
        dup2(out, 1);
        dup2(open(DIR "/stderr", O_WRONLY | O_CREAT | O_APPEND, 0600), 2);
        closefrom(3);
        exit(stage_main(argc, argv, def));
    }
    close(in);
    close(out);
    return pid;
}

static int end_of(pid_t pid)
{
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

struct ends {
    int source, middle, keeper;
};

/* source WORDS | middle WORDS | keeper --out DIR/out */
static struct ends chain(const char *source_words, const char *middle_words)
{
    int a[2], b[2];
    unlink(DIR "/out");
    unlink(DIR "/stderr");
    assert_int_equal(pipe2(a, O_CLOEXEC) | pipe2(b, O_CLOEXEC), 0);
    pid_t p = start(&source, open("/dev/null", O_RDONLY), a[1], source_words);
    pid_t q = start(&middle, a[0], b[1], middle_words);
    pid_t r = start(&keeper, b[0], open("/dev/null", O_WRONLY), "--out " DIR "/out");
    return (struct ends){end_of(p), end_of(q), end_of(r)};
}

static const char *content(const char *path, struct buf *b)
{
    buf_clear(b);
    if (fs_read(path, 1 << 20, b))
        return "";
    return buf_cstr(b);
}

static void assert_file(const char *path, const char *expected)
{
    struct buf b = {0};
    assert_string_equal(content(path, &b), expected);
    buf_free(&b);
}

static void assert_said(const char *expected)
{
    struct buf b = {0};
    if (!strstr(content(DIR "/stderr", &b), expected))
        fail_msg("stderr lacks \"%s\": %s", expected, content(DIR "/stderr", &b));
    buf_free(&b);
}

static void a_chain_hands_on_to_the_end(void **state)
{
    struct ends e = chain("--count 7", "--rejects " DIR "/rejects");
    (void)state;
    assert_int_equal(e.source, 0);
    assert_int_equal(e.middle, 0);
    assert_int_equal(e.keeper, 0);
    /* 7 is of a kind that the stage does not take and is passed on; 3 was refused */
    assert_file(DIR "/out",
                "other 7\nnumber 6\nnumber 5\nnumber 4\nnumber 2\nnumber 1\nfinished\n");
    int end = end_of(start(&keeper, open(DIR "/rejects", O_RDONLY), open("/dev/null", O_WRONLY),
                           "--out " DIR "/out"));
    assert_int_equal(end, 0);
    assert_file(DIR "/out", "number 3THREE\nfinished\n");
}

static void a_refusal_without_rejects_is_exit_1(void **state)
{
    struct ends e = chain("--count=4", "");
    (void)state;
    assert_int_equal(e.middle, 1);
    assert_int_equal(e.keeper, 0); /* the stream is complete; the pipe says what it was worth */
    assert_said("it ends in three");
}

static void a_stream_without_its_end_mark_is_exit_100(void **state)
{
    struct ends e = chain("--count 5 --break", "--rejects " DIR "/rejects");
    struct buf b = {0};
    (void)state;
    assert_int_equal(e.source, EXIT_TRY_LATER);
    assert_int_equal(e.middle, EXIT_UNREADABLE);
    assert_int_equal(e.keeper, EXIT_UNREADABLE);
    assert_said("ends without its end mark");
    assert_null(strstr(content(DIR "/out", &b), "finished"));
    buf_free(&b);
}

static void a_port_goes_to_its_file(void **state)
{
    struct ends e = chain("--count 16", "--rejects=" DIR "/rejects --port fives=" DIR "/fives");
    (void)state;
    assert_int_equal(e.middle, 0);
    int end = end_of(start(&keeper, open(DIR "/fives", O_RDONLY), open("/dev/null", O_WRONLY),
                           "--out " DIR "/out"));
    assert_int_equal(end, 0);
    assert_file(DIR "/out", "number 15\nnumber 5\nfinished\n");
}

static int middle_alone(const char *words, const char *input, size_t n)
{
    int a[2];
    unlink(DIR "/stderr");
    assert_int_equal(pipe2(a, O_CLOEXEC), 0);
    assert_int_equal(write(a[1], input, n), n);
    pid_t p = start(&middle, a[0], open("/dev/null", O_WRONLY), words);
    close(a[1]);
    return end_of(p);
}

static void bad_use_is_said(void **state)
{
    static const struct {
        const char *words, *said;
    } cases[] = {{"--nonsense 1", "unknown option \"--nonsense\""},
                 {"-x", "unknown option \"-x\""},
                 {"word", "unexpected word: it takes none"},
                 {"--rejects", "option \"--rejects\" needs a value"},
                 {"--port nope=x", "has no port \"nope\""},
                 {"--port fives", "option \"--port\" is NAME=PATH"},
                 {"--rejects /nonexistent/x", "cannot write \"/nonexistent/x\""},
                 {"--stage a", "needs \"--run\""},
                 {"--clock yesterday", "is a time like"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(middle_alone(cases[i].words, "", 0), EXIT_USAGE);
        assert_said(cases[i].said);
    }
}

static void bytes_that_are_no_frames_are_exit_100(void **state)
{
    (void)state;
    assert_int_equal(middle_alone("", "", 0), EXIT_UNREADABLE);
    assert_int_equal(middle_alone("", "ISA*00*", 7), EXIT_UNREADABLE);
    assert_said("a length that no command has");
    assert_int_equal(middle_alone("",
                                  "\x20\0\0\0"
                                  "\3\1\1\0",
                                  8),
                     EXIT_UNREADABLE);
}

static int make_dir(void **state)
{
    (void)state;
    return fs_mkdirs(DIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_hands_on_to_the_end),
        cmocka_unit_test(a_refusal_without_rejects_is_exit_1),
        cmocka_unit_test(a_stream_without_its_end_mark_is_exit_100),
        cmocka_unit_test(a_port_goes_to_its_file),
        cmocka_unit_test(bad_use_is_said),
        cmocka_unit_test(bytes_that_are_no_frames_are_exit_100),
    };
    return cmocka_run_group_tests_name("filter", tests, make_dir, NULL);
}
