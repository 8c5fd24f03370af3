/* Fingers, toes, eyelids and coronary vessels that the note names, as the modifiers that say them. */
#include "common/crule/crule_int.h"
#include <stdio.h>

struct part {
    char mod[3];
    const char *names; /* parted by bars; % is the side */
};

/* FA F1 .. F4 left, F5 .. F9 right; so the toes */
static const struct part digits[] = {
    {"A5", "% thumb|thumb of the % hand"},
    {"16", "% index finger|% index|index finger of the % hand"},
    {"27", "% middle finger|% long finger|middle finger of the % hand"},
    {"38", "% ring finger|ring finger of the % hand"},
    {"49", "% little finger|% small finger|% pinky|% fifth finger|little finger of the % hand"},
    {"A5", "% great toe|% big toe|% hallux|% first toe|% 1st toe|great toe of the % foot"},
    {"16", "% second toe|% 2nd toe|second toe of the % foot"},
    {"27", "% third toe|% 3rd toe|third toe of the % foot"},
    {"38", "% fourth toe|% 4th toe|fourth toe of the % foot"},
    {"49", "% fifth toe|% 5th toe|% little toe|% small toe|fifth toe of the % foot"},
};

static const struct part lids[] = {
    {"13", "% upper eyelid|% upper lid|upper % eyelid|upper % lid|upper eyelid, %|upper lid, %|"
           "upper lid of the % eye|upper eyelid of the % eye"},
    {"24", "% lower eyelid|% lower lid|lower % eyelid|lower % lid|lower eyelid, %|lower lid, %|"
           "lower lid of the % eye|lower eyelid of the % eye"},
};

static const struct part vessels[] = {
    {"LC", "circumflex|lcx"}, {"LD", "anterior descending|lad"},
    {"LM", "left main"},      {"RC", "right coronary|rca"},
    {"RI", "ramus"},
};
static const char *const opened = "stent|stents|stented|stenting|angioplasty|pci|atherectomy|"
                                  "ballooned|dilated|recanalized";

static phi_str with_side(const char *names, const char *side, char *out, size_t cap)
{
    size_t n = 0;
    for (; *names && n + 8 < cap; names++)
        if (*names == '%')
            n += (size_t)snprintf(out + n, cap - n, "%s", side);
        else
            out[n++] = *names;
    return phi_of(out, n);
}

/* Counts the parts of a list that come on two sides; the last one's modifier. */
static int named(struct run *r, const struct part *list, size_t n, char kind, char out[3])
{
    static const char *const sides[] = {"left", "right"};
    char text[256];
    int found = 0;
    for (int side = 0; side < 2; side++)
        for (size_t k = 0; k < n; k++) {
            if (!crule_finds(&r->low, with_side(list[k].names, sides[side], text, sizeof text)))
                continue;
            out[0] = kind ? kind : k < 5 ? 'F' : 'T';
            out[1] = list[k].mod[side];
            out[2] = 0;
            found++;
        }
    return found;
}

static struct value text_of(struct run *r, const char *s)
{
    return value_text(phi_lit(arena_strdup(&r->mem, s)));
}

struct value crule_digit_said(struct run *r, const struct value *a, int n)
{
    char mod[3] = "";
    (void)a, (void)n;
    named(r, digits, 10, 0, mod);
    return text_of(r, mod);
}

struct value crule_count_digits(struct run *r, const struct value *a, int n)
{
    char mod[3] = "";
    (void)a, (void)n;
    return value_num(named(r, digits, 10, 0, mod));
}

struct value crule_lid_said(struct run *r, const struct value *a, int n)
{
    char mod[3] = "";
    (void)a, (void)n;
    return text_of(r, named(r, lids, 2, 'E', mod) == 1 ? mod : "");
}

/* End of the clause that begins at `at`. */
static size_t clause_end(const struct buf *low, size_t at)
{
    while (at < low->len && !strchr(";\n:", low->p[at]) &&
           !(low->p[at] == '.' && (at + 1 == low->len || low->p[at + 1] == ' ')))
        at++;
    return at;
}

struct value crule_vessel_said(struct run *r, const struct value *a, int n)
{
    bool seen[sizeof vessels / sizeof *vessels] = {0};
    const char *mod = "";
    int found = 0;
    (void)a, (void)n;
    for (size_t at = 0, end; at < r->low.len; at = end + 1) {
        end = clause_end(&r->low, at);
        struct buf clause = {.p = r->low.p + at, .len = end - at};
        if (!crule_finds(&clause, phi_lit(opened)))
            continue;
        for (size_t k = 0; k < sizeof vessels / sizeof *vessels; k++)
            if (!seen[k] && crule_finds(&clause, phi_lit(vessels[k].names))) {
                seen[k] = true;
                mod = vessels[k].mod;
                found++;
            }
    }
    return text_of(r, found == 1 ? mod : "");
}
