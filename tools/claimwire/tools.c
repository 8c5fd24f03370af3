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

/* Runs `claimwire-NAME --describe` and appends what it prints; false when it fails. */
static bool ask(const char *name, struct buf *out)
{
    int fd[2], status = -1;
    ssize_t n;
    if (pipe2(fd, O_CLOEXEC) < 0)
        return false;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(fd[1], 1);
        alarm(DESCRIBE_SECONDS);
        char *argv[] = {(char *)name, "--describe", NULL};
        _exit(tool_exec(name, argv));
    }
    close(fd[1]);
    while (pid > 0 && (n = read(fd[0], buf_room(out, 4096), 4096)) > 0 && out->len < DESCRIBE_LIMIT)
        out->len += (size_t)n;
    close(fd[0]);
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
           WEXITSTATUS(status) == EXIT_DONE;
}

/* What a tool is does not change while we run, and starting it to ask takes longer than all else that
 * opens a pipeline. */
static bool ask_once(const char *name, struct buf *out)
{
    enum { KNOWN = 64, NAME = 64 };
    static struct known {
        char name[NAME];
        struct buf said;
    } known[KNOWN];
    size_t i = 0;
    while (i < KNOWN && *known[i].name && strcmp(known[i].name, name) != 0)
        i++;
    if (i == KNOWN || strlen(name) >= NAME)
        return ask(name, out);
    if (!*known[i].name) {
        buf_clear(&known[i].said);
        if (!ask(name, &known[i].said))
            return false;
        strcpy(known[i].name, name);
    }
    buf_phi(out, buf_view(&known[i].said));
    return true;
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
