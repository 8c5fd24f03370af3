#include "common/edi/ack_parts.h"
#include "common/util/clock.h"
#include <stdio.h>

const char *ack_code(const struct finding *f, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(f->report, prefix, n) == 0 && f->report[n] ? f->report + n : NULL;
}

/* X12 basic character set without the delimiters of EDI_CANONICAL. */
static bool may_stand(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("!\"&'()+,-./;?= ", c));
}

bool ack_writable(phi_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!may_stand(s.p[i]))
            return false;
    return true;
}

static void clean(char *s)
{
    for (; *s; s++)
        if (!may_stand(*s))
            *s = '.';
}

void ack_echo(struct edi_writer *w, const char *s, const char *fallback)
{
    char copy[64];
    snprintf(copy, sizeof copy, "%s", *s ? s : fallback);
    clean(copy);
    ew_lit(w, copy);
}

/* The qualifier of who is answered. One that nobody knows cannot stand in an ISA: the answer would be
 * refused for what it refuses (TA105 005, 007), so it is then ZZ, agreed between the two. */
static const char *qualifier(const char *s)
{
    static const char known[] = "01 14 20 27 28 29 30 33 ZZ";
    return strlen(s) == 2 && strstr(known, s) && !strchr(s, ' ') ? s : "ZZ";
}

void ack_isa(struct edi_writer *w, const struct envelope_isa *to, const struct ack_opts *o)
{
    struct envelope_isa t = *to;
    clean(t.sender);
    clean(t.receiver);
    ew_write_isa(w, &(struct ew_isa){
                        .sender_qual = qualifier(t.receiver_qual),
                        .sender = t.receiver,
                        .receiver_qual = qualifier(t.sender_qual),
                        .receiver = t.sender,
                        .usage = t.usage[0] == 'P' ? "P" : "T",
                        .ack = "0",
                        .at_us = o->at_us,
                        .control = o->control,
                    });
}

void ack_gs(struct edi_writer *w, const struct envelope_gs *gs, const char *code,
            const char *version, const struct ack_opts *o)
{
    char date[9], time[5];
    ew_begin(w, "GS");
    ew_lit(w, code);
    ack_echo(w, gs->receiver, "UNKNOWN");
    ack_echo(w, gs->sender, "UNKNOWN");
    ew_lit(w, time_ccyymmdd(o->at_us, date));
    ew_lit(w, time_hhmm(o->at_us, time));
    ew_int(w, o->control);
    ew_lit(w, "X");
    ew_lit(w, version);
    ew_end(w);
}

void ack_ge(struct edi_writer *w, uint32_t sets, const struct ack_opts *o)
{
    ew_begin(w, "GE");
    ew_int(w, sets);
    ew_int(w, o->control);
    ew_end(w);
}

void ack_iea(struct edi_writer *w, uint32_t groups, const struct ack_opts *o)
{
    char control[16];
    snprintf(control, sizeof control, "%09u", o->control);
    ew_begin(w, "IEA");
    ew_int(w, groups);
    ew_lit(w, control);
    ew_end(w);
}

bool ack_owes_ta1(const struct envelope_isa *isa, const struct finding *findings, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (findings[i].severity == SEV_INTERCHANGE)
            return true;
    return isa->ack[0] == '1';
}

/* The finding that the TA1 names: the first grave one, else the first warning if they are told. */
static const struct finding *ta1_finding(const struct finding *f, uint32_t n, bool warnings)
{
    const struct finding *grave = NULL, *warned = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (f[i].severity == SEV_INTERCHANGE && (!grave || !ack_code(grave, "TA1:")))
            grave = &f[i];
        if (f[i].severity == SEV_WARNING && ack_code(&f[i], "TA1:") && !warned)
            warned = &f[i];
    }
    return grave ? grave : warnings ? warned : NULL;
}

struct ack_result ack_write_ta1(struct buf *out, const struct envelope_isa *to,
                                const struct finding *findings, uint32_t n,
                                const struct ack_opts *o)
{
    struct edi_writer w = {.out = out, .d = EDI_CANONICAL, .newline = "\n"};
    const struct finding *f = ta1_finding(findings, n, o->warnings);
    const char *code = f ? ack_code(f, "TA1:") : "000";
    struct ack_result r = {.code = !f ? 'A' : f->severity == SEV_INTERCHANGE ? 'R' : 'E'};
    ack_isa(&w, to, o);
    ew_begin(&w, "TA1");
    ack_echo(&w, to->control, "000000000");
    ack_echo(&w, to->date, "000000");
    ack_echo(&w, to->time, "0000");
    ew_lit(&w, (const char[]){r.code, 0});
    ew_lit(&w, code ? code : "024"); /* no code of its own: content of the interchange invalid */
    ew_end(&w);
    ack_iea(&w, 0, o);
    return r;
}
