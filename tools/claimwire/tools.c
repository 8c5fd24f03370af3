/* The executables beside this one: found, listed, asked what they are, started. */
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/claimwire/parts.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DESCRIBE_LIMIT = 1 << 20, DESCRIBE_SECONDS = 10 };

/* Folder of the tools; static, found once. */
static const char *tool_dir(void)
{
    static char dir[PATH_MAX];
    const char *env = getenv("CLAIMWIRE_BIN");
    if (env && *env)
        return env;
    if (!*dir) {
        ssize_t n = readlink("/proc/self/exe", dir, sizeof dir - 1);
        if (n <= 0)
            die(EXIT_TRY_LATER, "cannot find the folder of this program: %s", strerror(errno));
        dir[n] = 0;
        *strrchr(dir, '/') = 0;
    }
    return dir;
}

void tool_path(struct buf *out, const char *name)
{
    buf_printf(out, "%s/claimwire-%s", tool_dir(), name);
}

bool tool_exists(const char *name)
{
    struct buf path = {0};
    tool_path(&path, name);
    bool yes = !strchr(name, '/') && access(buf_cstr(&path), X_OK) == 0;
    buf_free(&path);
    return yes;
}

static int is_tool(const struct dirent *d)
{
    return strncmp(d->d_name, "claimwire-", 10) == 0;
}

void tool_list(struct buf *out)
{
    struct dirent **list;
    int n = scandir(tool_dir(), &list, is_tool, alphasort);
    for (int i = 0; i < n; i++) {
        buf_printf(out, "  %s\n", list[i]->d_name + 10);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

int tool_exec(const char *name, char **argv)
{
    struct buf path = {0};
    tool_path(&path, name);
    argv[0] = (char *)buf_cstr(&path); /* who lists processes sees which tool it is */
    execv(argv[0], argv);
    fprintf(stderr, "claimwire: cannot start \"%s\": %s\n", buf_cstr(&path), strerror(errno));
    return EXIT_TRY_LATER;
}

/* `claimwire-NAME --describe`, on its way or answered. */
struct asked {
    char name[64];
    pid_t pid; /* 0: it has ended */
    int fd;
    struct buf said;
};

static void ask(struct asked *a)
{
    int fd[2];
    a->pid = -1;
    if (pipe2(fd, O_CLOEXEC) < 0)
        return;
    a->pid = fork();
    if (a->pid == 0) {
        int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(fd[1], 1);
        alarm(DESCRIBE_SECONDS);
        char *argv[] = {a->name, "--describe", NULL};
        _exit(tool_exec(a->name, argv));
    }
    close(fd[1]);
    a->fd = fd[0];
    if (a->pid < 0)
        close(a->fd);
}

/* Waits for the whole answer; false when the tool fails. */
static bool answered(struct asked *a)
{
    int status = -1;
    ssize_t n;
    pid_t pid = a->pid;
    a->pid = 0;
    if (pid < 0)
        return false;
    while ((n = read(a->fd, buf_room(&a->said, 4096), 4096)) > 0 && a->said.len < DESCRIBE_LIMIT)
        a->said.len += (size_t)n;
    close(a->fd);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE;
}

/* What a tool is does not change while we run, and starting it to ask takes longer than all else that
 * opens a pipeline. NULL when so many are known that it is not kept. */
static struct asked *known(const char *name)
{
    enum { KNOWN = 64 };
    static struct asked all[KNOWN];
    struct asked *free_one = NULL;
    for (size_t i = KNOWN; i-- > 0;) {
        if (strcmp(all[i].name, name) == 0)
            return &all[i];
        free_one = *all[i].name ? free_one : &all[i];
    }
    if (!free_one || strlen(name) >= sizeof free_one->name)
        return NULL;
    strcpy(free_one->name, name);
    buf_clear(&free_one->said);
    ask(free_one);
    return free_one;
}

void tool_ask(const char *name)
{
    if (tool_exists(name))
        known(name);
}

static bool ask_once(const char *name, struct buf *out)
{
    struct asked *a = known(name), once = {0};
    if (!a) {
        snprintf(once.name, sizeof once.name, "%s", name);
        ask(&once);
        a = &once;
    }
    bool ok = !a->pid || answered(a);
    if (ok)
        buf_phi(out, buf_view(&a->said));
    else
        *a->name = 0; /* asked again */
    buf_free(&once.said);
    return ok;
}

static bool take_kind(const json_t *o, struct tool_info *out)
{
    static const char *const names[] = {"source", "stage", "keeper"};
    const char *kind = json_string_value(json_object_get(o, "kind"));
    for (int i = 0; kind && i < 3; i++)
        if (strcmp(kind, names[i]) == 0) {
            out->kind = (enum tool_kind)i;
            return true;
        }
    return false;
}

static const char **words_of(const json_t *list, struct arena *a)
{
    const char **words = arena_alloc(a, (json_array_size(list) + 1) * sizeof *words);
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (json_is_string(json_array_get(list, i)))
            words[n++] = arena_strdup(a, json_string_value(json_array_get(list, i)));
    return words;
}

static void take_lists(const json_t *o, struct arena *a, struct tool_info *out)
{
    const json_t *options = json_object_get(o, "options"), *e;
    size_t i;
    out->open = json_is_true(json_object_get(o, "open_ports"));
    out->ports = words_of(json_object_get(o, "ports"), a);
    out->may_ports = words_of(json_object_get(o, "may_ports"), a);
    out->options = arena_alloc(a, (json_array_size(options) + 1) * sizeof *out->options);
    json_array_foreach(options, i, e)
    {
        const char *name = json_string_value(json_object_get(e, "name"));
        const char *words = json_string_value(json_object_get(e, "words"));
        if (name)
            out->options[out->options_n++] = (struct tool_option){
                arena_strdup(a, name),
                {.flag = json_is_true(json_object_get(e, "flag")),
                 .least = (long)json_integer_value(json_object_get(e, "least")),
                 .most = (long)json_integer_value(json_object_get(e, "most")),
                 .words = words ? arena_strdup(a, words) : NULL}};
    }
}

bool tool_describe(const char *name, struct arena *a, struct tool_info *out, struct buf *error)
{
    struct buf text = {0};
    json_t *o = NULL;
    *out = (struct tool_info){.name = arena_strdup(a, name)};
    if (!tool_exists(name)) {
        buf_printf(error, "there is no tool \"%s\"", name);
        return false;
    }
    bool ok = ask_once(name, &text) && (o = json_loadb(text.p ? text.p : "", text.len, 0, NULL)) &&
              take_kind(o, out);
    if (ok) {
        take_lists(o, a, out);
        out->open_ports = json_is_true(json_object_get(o, "open_ports"));
    } else
        buf_printf(error, "\"claimwire-%s --describe\" does not say what the tool is", name);
    json_decref(o);
    buf_free(&text);
    return ok;
}
