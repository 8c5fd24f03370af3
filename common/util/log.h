/*
 * Logging, and the ends that are nobody's fault but ours.
 *
 * The severity is the function's name. Every message has a stable id to search for. Values are
 * passed as KV("name", value) and only program facts are accepted: integers, record ids and C
 * strings (names of files, stages, rules). A phi_str does not compile, which is the point.
 * One line a message on stderr: time, tool, severity, id, text, name=value ...
 */
#ifndef CLAIMWIRE_UTIL_LOG_H
#define CLAIMWIRE_UTIL_LOG_H

#include "common/util/id.h"
#include <stddef.h>
#include <stdint.h>

struct log_kv {
    const char *name;
    enum { KV_INT, KV_WORD, KV_ID } type;
    int64_t i;
    const char *word;
    struct rec_id id;
};

static inline struct log_kv log_kv_int(const char *n, int64_t v)
{
    return (struct log_kv){.name = n, .type = KV_INT, .i = v};
}
static inline struct log_kv log_kv_word(const char *n, const char *v)
{
    return (struct log_kv){.name = n, .type = KV_WORD, .word = v};
}
static inline struct log_kv log_kv_id(const char *n, struct rec_id v)
{
    return (struct log_kv){.name = n, .type = KV_ID, .id = v};
}
#define KV(name, v)                                                                                \
    _Generic((v),                                                                                  \
        char *: log_kv_word,                                                                       \
        const char *: log_kv_word,                                                                 \
        struct rec_id: log_kv_id,                                                                  \
        int: log_kv_int,                                                                           \
        unsigned: log_kv_int,                                                                      \
        long: log_kv_int,                                                                          \
        unsigned long: log_kv_int,                                                                 \
        long long: log_kv_int,                                                                     \
        unsigned long long: log_kv_int,                                                            \
        short: log_kv_int,                                                                         \
        unsigned short: log_kv_int,                                                                \
        unsigned char: log_kv_int,                                                                 \
        _Bool: log_kv_int)(name, v)

enum log_severity { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Names the tool in every line; text is kept, not copied. */
void log_open(const char *tool);
/* Messages below min are dropped (default LOG_INFO). */
void log_level(enum log_severity min);
void log_line(enum log_severity sev, const char *id, const char *text, const struct log_kv *kv,
              size_t n);

/* log_info("CW-BLD-002", "batch closed", KV("claims", n), KV("batch", id)); */
#define LOG_ARGS(...)                                                                              \
    (const struct log_kv[]){{0}, __VA_ARGS__} + 1,                                                 \
        sizeof((const struct log_kv[]){{0}, __VA_ARGS__}) / sizeof(struct log_kv) - 1
#define log_debug(id, text, ...) log_line(LOG_DEBUG, id, text, LOG_ARGS(__VA_ARGS__))
#define log_info(id, text, ...)  log_line(LOG_INFO, id, text, LOG_ARGS(__VA_ARGS__))
#define log_warn(id, text, ...)  log_line(LOG_WARN, id, text, LOG_ARGS(__VA_ARGS__))
#define log_error(id, text, ...) log_line(LOG_ERROR, id, text, LOG_ARGS(__VA_ARGS__))

/* Ends the tool with code for a reason in its environment: says what failed, then the subject in
 * quotes. `die(EXIT_CONFIG, "cannot read guide \"%s\": %s", path, strerror(errno))`.
 * Never pass a value of a record. */
_Noreturn void die(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* What die() does before it ends the tool. */
void die_after(void (*act)(void));
/* Ends the tool for a fault of its own (never for what a peer sent). */
#define BUG(text) bug_at(__FILE__, __LINE__, text)
_Noreturn void bug_at(const char *file, int line, const char *text);

/* realloc that never returns NULL: running out of memory ends the tool, whose death is safe. */
void *xrealloc(void *p, size_t n);
/* n zeroed bytes; never NULL. */
void *xcalloc(size_t n, size_t size);
/* Copy of a C string; never NULL. Caller frees. */
char *xstrdup(const char *s);

#endif
