#include "common/readers/reader.h"
#include "common/util/buf.h"
#include <stdarg.h>
#include <stdio.h>

static bool tell_hl7(phi_str s)
{
    while (s.n && strchr("\v\r\n", s.p[0]) && s.p[0])
        s = phi_of(s.p + 1, s.n - 1);
    return s.n > 3 &&
           (memcmp(s.p, "MSH", 3) == 0 || memcmp(s.p, "FHS", 3) == 0 || memcmp(s.p, "BHS", 3) == 0);
}

static phi_str skip_blank(phi_str s)
{
    if (s.n > 3 && memcmp(s.p, "\xEF\xBB\xBF", 3) == 0)
        s = phi_of(s.p + 3, s.n - 3);
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' || s.p[0] == '\n'))
        s = phi_of(s.p + 1, s.n - 1);
    return s;
}

/* Those bytes with both quotes cannot stand inside of a JSON text. */
static bool tell_fhir(phi_str s)
{
    static const char key[] = "\"resourceType\"";
    s = skip_blank(s);
    return s.n && s.p[0] == '{' && memmem(s.p, s.n, key, sizeof key - 1);
}

/* XML, also in two bytes a character: that is refused, but as what it is. */
static bool tell_ccda(phi_str s)
{
    static const char *const marks[] = {"\xFF\xFE", "\xFE\xFF"};
    for (size_t i = 0; i < 2; i++)
        if (s.n > 4 && memcmp(s.p, marks[i], 2) == 0)
            return s.p[2] == '<' || s.p[3] == '<';
    if (s.n > 4 && (memcmp(s.p, "\0<", 2) == 0 || memcmp(s.p, "<\0", 2) == 0))
        return true;
    s = skip_blank(s);
    return s.n && s.p[0] == '<';
}

static void cut_whole(phi_str file, struct arena *a, struct reader_units *out)
{
    reader_unit_add(out, a)->len = file.n;
}

static const struct {
    const char *name;
    bool (*tell)(phi_str head);
    void (*cut)(phi_str file, struct arena *a, struct reader_units *out);
    void (*read)(phi_str unit, struct arena *a, struct reader_items *out);
} READERS[] = {
    [READER_HL7] = {"hl7", tell_hl7, hl7_cut, hl7_read},
    [READER_FHIR] = {"fhir", tell_fhir, cut_whole, fhir_read},
    [READER_CCDA] = {"ccda", tell_ccda, cut_whole, ccda_read},
    [READER_CSV] = {"csv", csv_tell, cut_whole, csv_read},
    [READER_BANK] = {"bank", bank_tell, cut_whole, bank_read},
};

enum reader_form reader_tell(phi_str head)
{
    for (size_t i = READER_HL7; i <= READER_BANK; i++)
        if (READERS[i].tell(head))
            return (enum reader_form)i;
    return READER_NONE;
}

enum reader_form reader_by_name(const char *name)
{
    for (size_t i = READER_HL7; i <= READER_BANK; i++)
        if (strcmp(READERS[i].name, name) == 0)
            return (enum reader_form)i;
    return READER_NONE;
}

void reader_cut(enum reader_form form, phi_str file, struct arena *a, struct reader_units *out)
{
    READERS[form].cut(file, a, out);
}

void reader_read(enum reader_form form, phi_str unit, struct arena *a, struct reader_items *out)
{
    static const char *const rules[] = {[READER_HL7] = "HL7_FORM",
                                        [READER_FHIR] = "FHIR_FORM",
                                        [READER_CCDA] = "CCDA_FORM",
                                        [READER_CSV] = "CSV_FORM",
                                        [READER_BANK] = "BANK_FORM"};
    size_t before = out->n;
    const char *bad = unit.n > READER_UNIT_MAX ? "is larger than 16 MB" : reader_not_text(unit);
    if (bad)
        reader_refuse(out, a, rules[form], "%s", bad);
    else
        READERS[form].read(unit, a, out);
    if (out->n == before && form != READER_BANK) /* a bank has days on which nothing comes in */
        reader_refuse(out, a, rules[form], "there is no encounter in it");
}

/* ---- for the readers ---- */

static struct reader_item *add(struct reader_items *out, struct arena *a)
{
    if (out->n == out->cap) {
        size_t cap = out->cap ? out->cap * 2 : 8;
        struct reader_item *v = arena_alloc(a, cap * sizeof *v);
        if (out->n)
            memcpy(v, out->v, out->n * sizeof *v);
        out->v = v;
        out->cap = cap;
    }
    return &out->v[out->n++];
}

void reader_give(struct reader_items *out, struct arena *a, phi_str json, bool test)
{
    *add(out, a) = (struct reader_item){.json = arena_phi(a, json), .test = test};
}

void reader_refuse(struct reader_items *out, struct arena *a, const char *rule, const char *fmt,
                   ...)
{
    char why[240];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    *add(out, a) = (struct reader_item){.rule = rule, .why = arena_strdup(a, why)};
}

struct reader_unit *reader_unit_add(struct reader_units *out, struct arena *a)
{
    if (out->n == out->cap) {
        size_t cap = out->cap ? out->cap * 2 : 8;
        struct reader_unit *v = arena_alloc(a, cap * sizeof *v);
        if (out->n)
            memcpy(v, out->v, out->n * sizeof *v);
        out->v = v;
        out->cap = cap;
    }
    out->v[out->n] = (struct reader_unit){0};
    return &out->v[out->n++];
}

/* Bytes of the character at p, 0 when it is none (RFC 3629: no surrogates, no longer forms). */
static size_t utf8_length(const unsigned char *p, size_t n)
{
    size_t more = p[0] < 0x80 ? 0 : p[0] < 0xC2 ? 9 : p[0] < 0xE0 ? 1 : p[0] < 0xF0 ? 2 : 3;
    if (more > 3 || p[0] > 0xF4 || more >= n)
        return 0;
    for (size_t i = 1; i <= more; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return more + 1;
}

const char *reader_not_text(phi_str s)
{
    const unsigned char *p = (const unsigned char *)s.p;
    if (s.n >= 2 && ((p[0] == 0xFF && p[1] == 0xFE) || (p[0] == 0xFE && p[1] == 0xFF)))
        return "is UTF-16; send UTF-8";
    for (size_t i = 0; i < s.n;) {
        if (p[i] == 0)
            return "has bytes of 0 (UTF-16, or no text); send UTF-8";
        size_t n = utf8_length(p + i, s.n - i);
        if (n == 0)
            return "is not UTF-8 (Latin-1, or damaged); send UTF-8";
        i += n;
    }
    return NULL;
}
