#include "common/outgoing/outgoing.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/killpoint.h"
#include "common/util/log.h"
#include <ctype.h>
#include <stdio.h>

static const int64_t RANGE = 100000000;

bool outgoing_owns(phi_str control)
{
    int64_t n = 0;
    for (size_t i = 0; i < control.n && i < 10; i++) {
        if (!isdigit((unsigned char)control.p[i]))
            return false;
        n = n * 10 + (control.p[i] - '0');
    }
    return control.n <= 9 && n >= OUTGOING_270 && n < OUTGOING_END;
}

/* ---- numbers and files ---- */

static phi_str number_slice(const int64_t *n)
{
    return phi_of((const char *)n, sizeof *n);
}

int64_t outgoing_new(struct store *db)
{
    stmt_run(store_sql(db, "INSERT INTO file(body) VALUES(NULL)"));
    return store_last_id(db);
}

uint32_t outgoing_control(enum outgoing_range range, int64_t file)
{
    if (file <= 0 || file >= RANGE)
        die(EXIT_CONFIG, "the control numbers of this kind of file (%lld of them) are used up",
            (long long)RANGE);
    return (uint32_t)(range + file);
}

void outgoing_keep(struct store *db, struct seal_keys *keys, int64_t file, phi_str payer,
                   phi_str body)
{
    struct buf sealed = {0};
    seal(keys, body, number_slice(&file), &sealed);
    struct stmt *s = store_sql(db, "UPDATE file SET payer=?2, body=?3 WHERE n=?1");
    stmt_int(s, 1, file);
    stmt_text(s, 2, payer);
    stmt_blob(s, 3, sealed.p, sealed.len);
    stmt_run(s);
    buf_free(&sealed);
}

void outgoing_file_name(struct buf *b, phi_str payer, int64_t n, const char *ext)
{
    buf_clear(b);
    for (size_t i = 0; i < payer.n; i++)
        buf_putc(b, isalnum((unsigned char)payer.p[i]) ? payer.p[i] : '_');
    buf_printf(b, "-%09lld.%s", (long long)n, ext);
}

static void written(struct store *db, int64_t n)
{
    store_begin(db);
    struct stmt *s = store_sql(db, "UPDATE file SET done=1, body=NULL WHERE n=?1");
    stmt_int(s, 1, n);
    stmt_run(s);
    store_commit(db);
}

static void write_one(const char *path, const struct buf *body)
{
    if (fs_replace(path, body->p, body->len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", path);
}

int outgoing_write(struct store *db, struct seal_keys *keys, const struct outgoing_to *to)
{
    struct buf name = {0}, path = {0}, body = {0};
    int count = 0;
    if (fs_mkdirs(to->dir))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", to->dir);
    for (;; count++) {
        struct stmt *s = store_sql(db, "SELECT n, payer, body FROM file WHERE done=0 AND body IS"
                                       " NOT NULL ORDER BY n LIMIT 1");
        if (!stmt_step(s))
            break;
        int64_t n = stmt_col_int(s, 0);
        buf_clear(&path);
        buf_clear(&body);
        outgoing_file_name(&name, stmt_col_bytes(s, 1), n, to->ext);
        if (!unseal(keys, stmt_col_bytes(s, 2), number_slice(&n), &body))
            die(EXIT_CONFIG, "a sealed row does not open: altered, or its key is missing (%s)",
                to->dir);
        buf_printf(&path, "%s/%s", to->dir, buf_cstr(&name));
        write_one(buf_cstr(&path), &body);
        kill_point(to->point);
        written(db, n);
        if (to->say)
            to->say(to->ctx, buf_cstr(&name));
    }
    buf_free(&name);
    buf_free(&path);
    buf_free(&body);
    return count;
}

/* ---- whose ---- */

enum { ISA_BYTES = 106 };

static const char *isa_word(const char *isa, size_t at, size_t n, struct arena *a)
{
    while (n && isa[at + n - 1] == ' ')
        n--;
    return arena_strndup(a, isa + at, n);
}

void outgoing_as_sent(struct office *o, const char *run, phi_str name, struct arena *a)
{
    struct buf path = {0};
    char isa[ISA_BYTES] = "";
    if (phi_empty(name) || memchr(name.p, '/', name.n))
        return;
    buf_printf(&path, "%s/build837/out/%.*s", run, (int)name.n, name.p);
    FILE *f = fopen(buf_cstr(&path), "re");
    buf_free(&path);
    bool whole = f && fread(isa, 1, sizeof isa, f) == sizeof isa && memcmp(isa, "ISA", 3) == 0;
    if (f)
        fclose(f);
    if (!whole)
        return;
    o->qualifier = isa_word(isa, 32, 2, a); /* every element of an ISA has its width */
    o->id = isa_word(isa, 35, 15, a);
    o->to_qualifier = isa_word(isa, 51, 2, a);
    o->to = isa_word(isa, 54, 15, a);
}

/* ---- segments ---- */

void outgoing_begin(struct edi_writer *w, const struct office *o, const char *code,
                    const char *version, char usage, int64_t at_us, uint32_t control)
{
    char day[9], hour[5], number[12];
    const char use[2] = {usage, 0};
    snprintf(number, sizeof number, "%u", control);
    ew_write_isa(
        w, &(struct ew_isa){o->qualifier, o->id, o->to_qualifier, o->to, use, "0", at_us, control});
    ew_seg(w, "GS", code, o->id, o->to, time_ccyymmdd(at_us, day), time_hhmm(at_us, hour), number,
           "X", version);
}

void outgoing_end(struct edi_writer *w, int sets, uint32_t control)
{
    char count[12], number[12], nine[12];
    snprintf(count, sizeof count, "%d", sets);
    snprintf(number, sizeof number, "%u", control);
    snprintf(nine, sizeof nine, "%09u", control);
    ew_seg(w, "GE", count, number);
    ew_seg(w, "IEA", "1", nine);
}

void outgoing_hl(struct edi_writer *w, int *hl, int parent, const char *code, const char *child)
{
    ew_begin(w, "HL");
    ew_int(w, ++*hl);
    if (parent)
        ew_int(w, parent);
    else
        ew_lit(w, "");
    ew_lit(w, code);
    ew_lit(w, child);
    ew_end(w);
}

void outgoing_name(struct edi_writer *w, const char *who, const char *type, phi_str last,
                   phi_str first, const char *kind, phi_str id)
{
    ew_begin(w, "NM1");
    ew_lit(w, who);
    ew_lit(w, type);
    ew_el(w, last);
    ew_el(w, first);
    for (int i = 5; i < 8; i++)
        ew_lit(w, "");
    ew_lit(w, phi_empty(id) ? "" : kind);
    ew_el(w, id);
    ew_end(w);
}

void outgoing_dtp(struct edi_writer *w, const char *code, phi_str from, phi_str to)
{
    if (phi_empty(from))
        return;
    bool range = !phi_empty(to) && !phi_eq(from, to);
    ew_begin(w, "DTP");
    ew_lit(w, code);
    ew_lit(w, range ? "RD8" : "D8");
    char days[24];
    snprintf(days, sizeof days, "%.8s-%.8s", from.p, range ? to.p : "");
    ew_el(w, phi_of(days, range ? 17 : 8));
    ew_end(w);
}

void outgoing_pair(struct edi_writer *w, const char *id, const char *qualifier, phi_str v)
{
    if (phi_empty(v))
        return;
    ew_begin(w, id);
    ew_lit(w, qualifier);
    ew_el(w, v);
    ew_end(w);
}

void outgoing_se(struct edi_writer *w, int set)
{
    char number[12], count[12];
    snprintf(number, sizeof number, "%04d", set);
    snprintf(count, sizeof count, "%u", w->segments + 1);
    ew_seg(w, "SE", count, number);
}
