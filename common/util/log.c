#include "common/util/log.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *tool_name = "claimwire";
static enum log_severity least = LOG_INFO;

/* What was printed must have arrived: a report on a full disk is no report. */
static void see_to_stdout(void)
{
    if ((fflush(stdout) || ferror(stdout)) && errno != EPIPE) {
        fprintf(stderr, "%s: cannot write to standard output: %s\n", tool_name, strerror(errno));
        _exit(EXIT_TRY_LATER);
    }
}

void log_open(const char *tool)
{
    static bool once;
    tool_name = tool;
    if (!once)
        atexit(see_to_stdout);
    once = true;
}

void log_level(enum log_severity min)
{
    least = min;
}

static int kv_text(char *out, size_t room, const struct log_kv *kv)
{
    char hex[REC_ID_HEX];
    switch (kv->type) {
    case KV_INT:
        return snprintf(out, room, " %s=%lld", kv->name, (long long)kv->i);
    case KV_WORD:
        return snprintf(out, room, " %s=\"%s\"", kv->name, kv->word ? kv->word : "");
    default:
        return snprintf(out, room, " %s=%s", kv->name, rec_id_hex(kv->id, hex));
    }
}

void log_line(enum log_severity sev, const char *id, const char *text, const struct log_kv *kv,
              size_t n)
{
    static const char *const name[] = {"debug", "info", "warn", "error"};
    char line[2048], when[TIME_TEXT];
    if (sev < least)
        return;
    int len = snprintf(line, sizeof line, "%s %s %s %s %s", time_text(time_wall_us(), when),
                       tool_name, name[sev], id, text);
    for (size_t i = 0; i < n && len < (int)sizeof line - 1; i++)
        len += kv_text(line + len, sizeof line - (size_t)len, &kv[i]);
    if (len > (int)sizeof line - 2)
        len = sizeof line - 2;
    line[len++] = '\n';
    /* one write, so that lines of several processes do not mix */
    if (write(STDERR_FILENO, line, (size_t)len) < 0)
        return;
}

static void (*last_act)(void);

void die_after(void (*act)(void))
{
    last_act = act;
}

void die(int code, const char *fmt, ...)
{
    va_list ap;
    fprintf(stderr, "%s: ", tool_name);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    fflush(NULL);
    if (last_act)
        last_act();
    _exit(code); /* what is allocated goes with the process */
}

void bug_at(const char *file, int line, const char *text)
{
    fprintf(stderr, "%s: BUG at %s:%d: %s\n", tool_name, file, line, text);
    abort();
}

void *xrealloc(void *p, size_t n)
{
    void *q = realloc(p, n ? n : 1);
    if (!q)
        die(EXIT_TRY_LATER, "out of memory");
    return q;
}

void *xcalloc(size_t n, size_t size)
{
    void *q = calloc(n ? n : 1, size ? size : 1);
    if (!q)
        die(EXIT_TRY_LATER, "out of memory");
    return q;
}

char *xstrdup(const char *s)
{
    size_t n = strlen(s) + 1;
    return memcpy(xrealloc(NULL, n), s, n);
}
