/* claimwire up, down, status and scale. */
#include "common/util/clock.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/claimwire/health.h"
#include "tools/claimwire/super.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { READY_LIMIT_MS = 60 * 1000, DOWN_POLL_US = 20 * 1000 };

struct up {
    int tell; /* the waiting parent reads it; -1 in the foreground */
    bool told;
    int health; /* listens for /live and /ready; -1: nobody asked for it */
};

/* One datagram to systemd (sd_notify(3) says the form); silent when nobody listens. */
static void notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (!path || !*path || strlen(path) >= sizeof a.sun_path)
        return;
    size_t n = strlen(path);
    memcpy(a.sun_path, path, n);
    if (*path == '@')
        a.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a,
           (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
    close(fd);
}

static void tell_ready(struct super *s, void *ctx)
{
    struct up *u = ctx;
    super_alarm(s);
    health_serve(s, u->health);
    if (u->told || (s->mode == SUPER_UP && !super_ready(s)))
        return;
    u->told = true;
    if (s->mode == SUPER_UP)
        notify("READY=1\n");
    if (s->mode == SUPER_UP && u->tell >= 0 && write(u->tell, "r", 1) != 1)
        log_warn("CW-RUN-006", "nobody waits for the pipeline to be ready");
    if (u->tell >= 0)
        close(u->tell);
}

static int supervise(struct super *s, int tell, int health)
{
    struct up u = {.tell = tell, .health = health};
    s->turn = tell_ready;
    s->ctx = &u;
    log_info("CW-RUN-010", "pipeline starts", KV("pipeline", s->plan->pipeline.name),
             KV("processes", s->procs_n));
    int rc = super_loop(s);
    notify("STOPPING=1\n");
    log_info("CW-RUN-011", "pipeline has ended", KV("pipeline", s->plan->pipeline.name),
             KV("exit", rc));
    super_close(s);
    return rc;
}

/* In the background: its own session, log in RUN/log/supervisor.log. */
static _Noreturn void daemonise(struct super *s, int tell, int health)
{
    char path[PATH_MAX];
    setsid();
    snprintf(path, sizeof path, "%s/log/supervisor.log", s->run_dir);
    int log = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (log < 0 || null < 0)
        die(EXIT_TRY_LATER, "cannot open \"%s\": %s", path, strerror(errno));
    dup2(null, 0);
    dup2(null, 1);
    dup2(log, 2);
    exit(supervise(s, tell, health));
}

static int up_in_background(struct super *s, int health)
{
    int fd[2];
    char c;
    if (pipe2(fd, O_CLOEXEC) < 0)
        die(EXIT_TRY_LATER, "cannot make a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0)
        die(EXIT_TRY_LATER, "cannot start the supervisor: %s", strerror(errno));
    if (pid == 0)
        daemonise(s, fd[1], health);
    close(fd[1]);
    struct pollfd ready = {.fd = fd[0], .events = POLLIN};
    if (poll(&ready, 1, READY_LIMIT_MS) == 0)
        fprintf(stderr, "claimwire: not every process runs yet; `claimwire status` says which\n");
    else if (read(fd[0], &c, 1) == 1)
        return EXIT_DONE;
    else
        rundir_show_log(s->run_dir, "supervisor");
    return EXIT_TRY_LATER;
}

/* -1: no port was given. */
static int listen_at(const char *port, const char *synopsis)
{
    char *end;
    long n = port ? strtol(port, &end, 10) : 0;
    if (!port)
        return -1;
    if (end == port || *end || n < 1 || n > 65535)
        words_wrong(synopsis, "--health takes a port from 1 to 65535");
    int fd = health_listen((int)n);
    if (fd < 0)
        die(EXIT_TRY_LATER, "cannot listen at 127.0.0.1:%ld: %s", n, strerror(errno));
    return fd;
}

int cmd_up(int argc, char **argv)
{
    static const char synopsis[] =
        "claimwire up PIPELINE --run DIR [--clock TIME] [--foreground] [--health PORT]";
    const char *run = NULL, *clock = NULL, *port = NULL;
    bool foreground = false;
    struct super s = {0};
    const struct word_option options[] = {{"run", &run, NULL},
                                          {"clock", &clock, NULL},
                                          {"health", &port, NULL},
                                          {"foreground", NULL, &foreground},
                                          {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc != 2)
        words_wrong(synopsis, "which pipeline file?");
    int health = listen_at(port, synopsis);
    int rc = super_open(&s, argv[1], rundir_named(run, synopsis), clock);
    if (rc != EXIT_DONE)
        return rc;
    rc = foreground ? supervise(&s, -1, health) : up_in_background(&s, health);
    super_close(&s);
    return rc;
}

static int say(int rc, const struct buf *text)
{
    size_t n = text->len;
    while (n && text->p[n - 1] == '\n')
        n--;
    fprintf(stderr, "claimwire: %.*s\n", (int)n, n ? text->p : "");
    return rc;
}

/* Waits until the supervisor's lock is free, which is when it has gone. */
static void wait_gone(const char *run_dir)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/supervisor.lock", run_dir);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
        usleep(DOWN_POLL_US);
    if (fd >= 0)
        close(fd);
}

int cmd_down(int argc, char **argv)
{
    static const char synopsis[] = "claimwire down --run DIR [--finish]";
    const char *run = NULL;
    bool finish = false;
    struct buf text = {0};
    const struct word_option options[] = {{"run", &run, NULL}, {"finish", NULL, &finish}, {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc != 1)
        words_wrong(synopsis, "unexpected word \"%s\"", argv[1]);
    run = rundir_named(run, synopsis);
    int rc = control_ask(run, finish ? "finish" : "down", &text);
    if (rc != EXIT_DONE)
        say(rc, &text);
    else
        wait_gone(run);
    buf_free(&text);
    return rc;
}

int cmd_scale(int argc, char **argv)
{
    static const char synopsis[] = "claimwire scale --run DIR STAGE=N...";
    const char *run = NULL;
    int worst = EXIT_DONE;
    const struct word_option options[] = {{"run", &run, NULL}, {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc < 2)
        words_wrong(synopsis, "which stage?");
    run = rundir_named(run, synopsis);
    for (int i = 1; i < argc; i++) {
        struct buf line = {0}, text = {0};
        const char *equals = strchr(argv[i], '=');
        if (!equals || equals == argv[i] || !equals[1] ||
            strspn(equals + 1, "0123456789") != strlen(equals + 1) || strlen(equals + 1) > 3)
            words_wrong(synopsis, "expected STAGE=N, found \"%s\"", argv[i]);
        buf_printf(&line, "scale %.*s %s", (int)(equals - argv[i]), argv[i], equals + 1);
        int rc = control_ask(run, buf_cstr(&line), &text);
        if (rc != EXIT_DONE)
            say(rc, &text);
        worst = exit_worse(worst, rc);
        buf_free(&line);
        buf_free(&text);
    }
    return worst;
}

static long long number(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static void print_table(const json_t *all)
{
    const json_t *p;
    size_t i;
    struct buf alarms = {0};
    printf("%-20s %8s %-10s %8s %10s %10s %8s %6s %8s\n", "PROCESS", "PID", "STATE", "SECONDS",
           "IN", "OUT", "REFUSED", "OPEN", "RESTARTS");
    json_array_foreach(json_object_get(all, "processes"), i, p)
    {
        char name[64];
        snprintf(name, sizeof name, "%s.%lld", text_of(p, "stage"), number(p, "replica"));
        printf("%-20s %8lld %-10s %8lld %10lld %10lld %8lld %6lld %8lld\n", name, number(p, "pid"),
               text_of(p, "state"), number(p, "seconds"), number(p, "in"), number(p, "out"),
               number(p, "refused"), number(p, "open"), number(p, "restarts"));
        alarms_of(json_object_get(p, "status"), &alarms);
    }
    fputs(buf_cstr(&alarms), stdout);
    buf_free(&alarms);
    if (json_is_true(json_object_get(all, "disk_full")))
        puts("no space is left on the disk of the run directory: nothing is taken in");
}

/* EXIT_FINDINGS when the pipeline or a process of it does not run, or a link has stopped. */
static int state_of(const json_t *all)
{
    const json_t *p;
    size_t i;
    struct buf alarms = {0};
    bool up = strcmp(text_of(all, "state"), "up") == 0;
    json_array_foreach(json_object_get(all, "processes"), i, p)
    {
        alarms_of(json_object_get(p, "status"), &alarms);
        up &= (strcmp(text_of(p, "state"), "running") == 0 ||
               strcmp(text_of(p, "state"), "ended") == 0) &&
              !alarms.len;
    }
    buf_free(&alarms);
    return up ? EXIT_DONE : EXIT_FINDINGS;
}

int cmd_status(int argc, char **argv)
{
    static const char synopsis[] = "claimwire status --run DIR [--json]";
    const char *run = NULL;
    bool as_json = false;
    struct buf text = {0};
    const struct word_option options[] = {{"run", &run, NULL}, {"json", NULL, &as_json}, {0}};
    words_take(&argc, argv, options, synopsis);
    if (argc != 1)
        words_wrong(synopsis, "unexpected word \"%s\"", argv[1]);
    int rc = control_ask(rundir_named(run, synopsis), "status", &text);
    json_t *all = rc == EXIT_DONE ? json_loadb(text.p, text.len, 0, NULL) : NULL;
    if (rc == EXIT_DONE && !all)
        rc = EXIT_TRY_LATER;
    if (rc == EXIT_FINDINGS && as_json)
        puts("{\"pipeline\":null,\"state\":\"down\",\"processes\":[]}");
    if (!all)
        say(rc, &text);
    else if (as_json)
        fwrite(text.p, 1, text.len, stdout), rc = state_of(all);
    else
        print_table(all), rc = state_of(all);
    json_decref(all);
    buf_free(&text);
    return rc;
}
