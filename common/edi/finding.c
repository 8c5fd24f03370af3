/* How findings are written, for programs and for people. */
#include "common/edi/finding.h"

static const char *const names[] = {"warning",     "exception", "claim",
                                    "transaction", "group",     "interchange"};

const char *severity_name(enum severity s)
{
    return names[s];
}

bool severity_parse(const char *name, enum severity *out)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (enum severity)i;
            return true;
        }
    return false;
}

/* 0 provider, 1 subscriber, 2 patient; -1 above the levels, 3 elsewhere. */
static int level_of(const char *loop)
{
    if (loop[0] != '2')
        return -1;
    bool level = strncmp(loop, "2000", 4) == 0 || strncmp(loop, "2010", 4) == 0;
    return level && loop[4] >= 'A' && loop[4] <= 'C' ? loop[4] - 'A' : 3;
}

bool finding_hits(const struct finding *f, const struct finding_claim *c)
{
    if (f->severity != SEV_CLAIM)
        return false;
    if (f->claim)
        return f->claim == c->ordinal;
    int level = level_of(f->loop);
    if (level == 3 || f->position >= c->position)
        return false;
    return level < 0 || (c->hl[level] && f->position >= c->hl[level]);
}

void finding_element(struct buf *out, const struct finding *f)
{
    if (!f->element)
        return;
    buf_int(out, f->element);
    if (f->component || f->repetition) {
        buf_putc(out, '.');
        buf_int(out, f->component);
    }
    if (f->repetition) {
        buf_putc(out, '.');
        buf_int(out, f->repetition);
    }
}

static void member(struct buf *out, const char *key, const char *value)
{
    buf_printf(out, ",\"%s\":", key);
    buf_json(out, phi_lit(value));
}

void finding_json(struct buf *out, const char *file, const struct finding *f)
{
    buf_puts(out, "{\"file\":");
    buf_json(out, phi_lit(file));
    buf_printf(out, ",\"offset\":%llu", (unsigned long long)f->offset);
    member(out, "loop", f->loop);
    member(out, "segment", f->segment);
    buf_printf(out, ",\"position\":%u,\"element\":\"", f->position);
    finding_element(out, f);
    buf_printf(out, "\",\"level\":%u", f->level);
    member(out, "rule", f->rule);
    member(out, "severity", severity_name(f->severity));
    member(out, "report", f->report);
    member(out, "text", f->text ? f->text : "");
    buf_puts(out, "}\n");
}

static const char *color_of(enum severity s)
{
    return s == SEV_WARNING ? "\033[33m" : s == SEV_EXCEPTION ? "\033[35m" : "\033[31m";
}

/* "2010AA N4 (12), element 3" */
static void place(struct buf *out, const struct finding *f)
{
    if (f->loop[0])
        buf_printf(out, "%s ", f->loop);
    if (f->segment[0]) {
        buf_puts(out, f->segment);
        if (f->element) {
            buf_printf(out, "%02u", f->element);
            if (f->component)
                buf_printf(out, "-%u", f->component);
            if (f->repetition)
                buf_printf(out, " (repetition %u)", f->repetition);
        }
        buf_putc(out, ' ');
    }
    if (f->position)
        buf_printf(out, "at segment %u ", f->position);
}

void finding_text(struct buf *out, const char *file, const struct finding *f, bool color)
{
    buf_printf(out, "%s:%llu: ", file, (unsigned long long)f->offset);
    if (color)
        buf_puts(out, color_of(f->severity));
    buf_puts(out, severity_name(f->severity));
    if (color)
        buf_puts(out, "\033[0m");
    buf_printf(out, " %s: ", f->rule);
    size_t before = out->len;
    place(out, f);
    if (out->len > before) {
        out->len--; /* the blank behind it */
        buf_puts(out, ": ");
    }
    buf_puts(out, f->text ? f->text : "");
    if (f->report[0])
        buf_printf(out, " [%s]", f->report);
    buf_putc(out, '\n');
}
