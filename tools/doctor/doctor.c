/*
 * NAME
 *     doctor - looks over a run directory: what is damaged, half-written or belongs to nobody
 *
 * SYNOPSIS
 *     claimwire doctor --run DIR [--mend] [--json]
 *
 * DESCRIPTION
 *     Looks at each store (is it whole?), the spool (is each original there, and are its bytes those
 *     of its name?), the outbox (is a file what was sealed?), the files on their way to partners, half-
 *     written files, and who may look into the folders. It says of each what is wrong and who puts it
 *     right: the next start by itself, --mend, or a person.
 *
 *     --mend does only what is safe, and only while the house is down: half-written files are moved to
 *     RUN/lost+found under their names, folders are closed to others. Nothing is cured by deletion.
 *     Whether the money is right is `claimwire prove`'s to say.
 *
 * OPTIONS
 *     --run DIR   run directory (or CLAIMWIRE_RUN)
 *     --mend      put right what is safe to put right
 *     --json      one JSON object a line
 *
 * EXIT STATUS
 *     0 all is well, or will be by itself; 1 something is left to mend; 64 wrong command line; 78 no
 *     such run directory
 *
 * EXAMPLES
 *     claimwire doctor --run run
 */
#include "tools/doctor/doctor.h"
#include "common/util/audit.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const WORDS[] = {"mended", "mendable", "by itself", "person"};

void doctor_say(struct doctor *d, enum ill ill, const char *path, const char *why)
{
    d->found[ill]++;
    if (!d->json) {
        printf("%-9s  %s: %s\n", WORDS[ill], path, why);
        return;
    }
    struct buf b = {0};
    buf_printf(&b, "{\"state\":\"%s\",\"path\":", WORDS[ill]);
    buf_json(&b, phi_lit(path));
    buf_puts(&b, ",\"why\":");
    buf_json(&b, phi_lit(why));
    puts((buf_putc(&b, '}'), buf_cstr(&b)));
    buf_free(&b);
}

/* Slashes of the path become dots, so that two folders' files do not collide. */
static bool move_aside(const struct doctor *d, const char *path)
{
    struct buf from = {0}, to = {0};
    buf_printf(&from, "%s/%s", d->run, path);
    buf_printf(&to, "%s/lost+found", d->run);
    bool good = fs_mkdirs(buf_cstr(&to)) == 0;
    buf_putc(&to, '/');
    for (const char *p = path; *p; p++)
        buf_putc(&to, *p == '/' ? '.' : *p);
    good = good &&
           renameat2(AT_FDCWD, buf_cstr(&from), AT_FDCWD, buf_cstr(&to), RENAME_NOREPLACE) == 0;
    buf_free(&from);
    buf_free(&to);
    return good;
}

void doctor_put_aside(struct doctor *d, const char *path, const char *why)
{
    bool now = d->mend && !d->up && move_aside(d, path);
    if (now)
        audit(d->run, "doctor", "put aside", path);
    doctor_say(d, now ? ILL_MENDED : ILL_MENDABLE, path, why);
}

/* A supervisor holds its lock as long as the house is up. */
static bool is_up(const char *run)
{
    struct buf path = {0};
    buf_printf(&path, "%s/supervisor.lock", run);
    int fd = open(buf_cstr(&path), O_RDWR | O_CLOEXEC);
    bool held = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0;
    if (fd >= 0)
        close(fd);
    buf_free(&path);
    return held;
}

static int is_stage(const struct dirent *e)
{
    return e->d_name[0] != '.' && strcmp(e->d_name, "lost+found") != 0;
}

static void look(struct doctor *d)
{
    static void (*const checks[])(struct doctor *, const char *) = {
        check_modes, check_stores, check_spool, check_outbox, check_submit, check_leftovers};
    struct dirent **list;
    int n = scandir(d->run, &list, is_stage, alphasort);
    check_modes(d, "");
    for (int i = 0; i < n; i++) {
        struct stat st;
        struct buf path = {0};
        buf_printf(&path, "%s/%s", d->run, list[i]->d_name);
        bool folder = lstat(buf_cstr(&path), &st) == 0 && S_ISDIR(st.st_mode);
        for (size_t k = 0; folder && k < sizeof checks / sizeof *checks; k++)
            checks[k](d, list[i]->d_name);
        buf_free(&path);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

static void total(const struct doctor *d)
{
    int left = d->found[ILL_MENDABLE] + d->found[ILL_PERSON];
    if (d->json) {
        printf("{\"total\":{\"looked\":%d,\"mended\":%d,\"mendable\":%d,\"by_itself\":%d,"
               "\"person\":%d,\"up\":%s}}\n",
               d->looked, d->found[0], d->found[1], d->found[2], d->found[3],
               d->up ? "true" : "false");
        return;
    }
    if (d->up && d->mend)
        puts("the house is up: nothing was mended");
    printf("%d files looked at: %s\n", d->looked,
           left ? "something is left to mend" : "all is well");
}

static int usage(FILE *to)
{
    fputs("usage: claimwire doctor --run DIR [--mend] [--json]\n", to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"mend", no_argument, NULL, 'm'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    struct doctor d = {.run = getenv("CLAIMWIRE_RUN")};
    struct stat st;
    int c;
    log_open("doctor");
    while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (c == 'h')
            return usage(stdout);
        if (c == '?')
            return usage(stderr);
        if (c == 'r')
            d.run = optarg;
        d.mend |= c == 'm';
        d.json |= c == 'j';
    }
    if (!d.run || optind != argc)
        return usage(stderr);
    if (stat(d.run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "cannot read the run directory \"%s\": there is none", d.run);
    d.up = is_up(d.run);
    look(&d);
    total(&d);
    return d.found[ILL_MENDABLE] + d.found[ILL_PERSON] ? EXIT_FINDINGS : EXIT_DONE;
}
