/* What an X12 file is: only as much as an envelope must say of it. */
#include "common/wire/core.h"
#include <stdio.h>

enum { ISA_LEN = 106, ELEMENTS = 17 };

struct walk {
    phi_str rest;
    char element, end;
    phi_str e[ELEMENTS]; /* of the present segment; e[0] is its name */
    int n;
};

static bool next_segment(struct walk *w)
{
    while (w->rest.n && (w->rest.p[0] == '\r' || w->rest.p[0] == '\n' || w->rest.p[0] == ' ')) {
        w->rest.p++;
        w->rest.n--;
    }
    const char *end = w->rest.n ? memchr(w->rest.p, w->end, w->rest.n) : NULL;
    if (!end)
        return false;
    const char *p = w->rest.p;
    for (w->n = 0; w->n < ELEMENTS; w->n++) {
        const char *stop = memchr(p, w->element, (size_t)(end - p));
        w->e[w->n] = phi_of(p, (size_t)((stop ? stop : end) - p));
        if (!stop) {
            w->n++;
            break;
        }
        p = stop + 1;
    }
    w->rest.n -= (size_t)(end + 1 - w->rest.p);
    w->rest.p = end + 1;
    return true;
}

static phi_str element(const struct walk *w, int i)
{
    return i < w->n ? w->e[i] : phi_of("", 0);
}

/* Names of what travels to be answered, and of its answers. A 278 is both: BHT02 tells. */
static const struct kind {
    const char *st, *version, *about, *word;
    bool question;
} KINDS[] = {
    {"837", "", "837", "Request", false},          {"270", "", "270", "Request", true},
    {"276", "", "276", "Request", true},           {"275", "", "275", "Request", false},
    {"820", "", "820", "Request", false},          {"834", "", "834", "Request", false},
    {"271", "", "271", "Response", false},         {"277", "X214", "277CA", "Response", false},
    {"277", "X213", "277RFAI", "Response", false}, {"277", "", "277", "Response", false},
    {"835", "", "835", "Response", false},         {"999", "", "999", "Response", false},
    {"997", "", "997", "Response", false},
};

static void name_it(struct core_kind *k, phi_str st, phi_str version, phi_str bht02)
{
    const char *about = "", *word = "Request";
    int n = (int)(version.n < 20 ? version.n : 20);
    for (size_t i = 0; !*about && i < sizeof KINDS / sizeof *KINDS; i++) {
        const struct kind *d = &KINDS[i];
        if (!phi_is(st, d->st) ||
            (*d->version && !(n && memmem(version.p, version.n, d->version, strlen(d->version)))))
            continue;
        about = d->about;
        word = d->word;
        k->question = d->question;
    }
    if (phi_is(st, "278")) {
        about = "278";
        k->question = !phi_is(bht02, "11") && !phi_is(bht02, "18");
        word = k->question ? "Request" : "Response";
    }
    snprintf(k->about, sizeof k->about, "%s", about);
    if (*about)
        snprintf(k->type, sizeof k->type, "X12_%s_%s_%.*s", about, word, n, version.p);
}

static phi_str trimmed(phi_str s)
{
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static char first_of(phi_str s)
{
    return s.n ? s.p[0] : '\0';
}

/* The segments that say who and what is answered. */
static void take_heads(const struct walk *w, struct core_kind *out)
{
    if (phi_is(w->e[0], "ISA") && !out->isa13.n) {
        out->isa06 = trimmed(element(w, 6));
        out->isa08 = trimmed(element(w, 8));
        out->isa13 = element(w, 13);
    } else if (phi_is(w->e[0], "AK1") && !out->answers.n) {
        out->answers = element(w, 2);
    } else if (phi_is(w->e[0], "AK9") && !out->verdict) {
        out->verdict = first_of(element(w, 1));
    }
}

bool core_kind_of(phi_str x12, struct core_kind *out)
{
    struct walk w = {.rest = x12};
    phi_str version = {"", 0}, st = {"", 0}, bht02 = {"", 0};
    bool ta1 = false;
    *out = (struct core_kind){.isa13 = {"", 0},
                              .gs06 = {"", 0},
                              .bht03 = {"", 0},
                              .isa06 = {"", 0},
                              .isa08 = {"", 0},
                              .answers = {"", 0}};
    if (x12.n < ISA_LEN || memcmp(x12.p, "ISA", 3) != 0)
        return false;
    w.element = x12.p[3];
    w.end = x12.p[ISA_LEN - 1];
    while (next_segment(&w)) {
        take_heads(&w, out);
        if (phi_is(w.e[0], "TA1") && !ta1) {
            ta1 = true;
            out->answers = element(&w, 1);
            out->verdict = first_of(element(&w, 4));
        } else if (phi_is(w.e[0], "GS") && !out->gs06.n) {
            out->gs06 = element(&w, 6);
            version = element(&w, 8);
        } else if (phi_is(w.e[0], "ST") && out->sets++ == 0)
            st = element(&w, 1);
        else if (phi_is(w.e[0], "BHT") && !out->bht03.n) {
            bht02 = element(&w, 2);
            out->bht03 = element(&w, 3);
        }
    }
    if (out->sets)
        name_it(out, st, version, bht02);
    else if (ta1) {
        snprintf(out->about, sizeof out->about, "TA1");
        snprintf(out->type, sizeof out->type, "X12_TA1_Response_00501X231A1");
    }
    return true;
}
