/* Whether a rule of ours had found what a payer then said. A biller calls a rejection foreseen when
 * somebody who had read our findings would have mended just that: another warning about the same claim
 * is no excuse. */
#include "tools/report/report.h"
#include <string.h>

/* Reasons of denials (CARC) beside the claim status codes that our rules name for the same fault, and
 * their own words where an answer has none, or a rule whose status says less than it does. A reason that says nothing in particular (16) is foreseen
 * by nobody. Sources: the texts of both code lists, X12 external lists 139 and 508. */
static const struct {
    const char *reason, *found;
} SAME[] = {{"4", "453"},       {"5", "249"},       {"6", "475"},        {"7", "474"},
            {"8", "145"},       {"9", "255"},       {"10", "255"},       {"11", "254 255 477"},
            {"14", "187 158"},  {"15", "252"},      {"18", "54 78 478"}, {"22", "171 286"},
            {"29", "TIMELY"},   {"31", "33 164"},   {"97", "S6-011"},    {"236", "S6-011"},
            {"109", "116"},     {"110", "187 188"}, {"129", "286"},      {"140", "164"},
            {"146", "254 255"}, {"151", "258 476"}, {"170", "145"},      {"172", "145"},
            {"181", "454 507"}, {"182", "453"},     {"197", "48 252"},   {"198", "48 252"},
            {"199", "455"},     {"206", "562"},     {"207", "562"},      {"208", "562"},
            {"222", "258 476"}, {"119", "S6-012"}};

/* Part i of "A7:562:82"; empty when it has none. */
static phi_str part(phi_str code, int i)
{
    for (; i > 0; i--) {
        const char *colon = code.n ? memchr(code.p, ':', code.n) : NULL;
        if (!colon)
            return phi_of("", 0);
        code = phi_of(colon + 1, (size_t)(code.p + code.n - colon - 1));
    }
    const char *colon = code.n ? memchr(code.p, ':', code.n) : NULL;
    return colon ? phi_of(code.p, (size_t)(colon - code.p)) : code;
}

/* The next word of a text, parted by blanks, commas or |; false at its end. */
static bool next_word(phi_str *text, phi_str *word)
{
    size_t i = 0, n;
    while (i < text->n && strchr(" ,|", text->p[i]))
        i++;
    for (n = i; n < text->n && !strchr(" ,|", text->p[n]);)
        n++;
    *word = phi_of(text->p + i, n - i);
    *text = phi_of(text->p + n, text->n - n);
    return word->n > 0;
}

/* The status is the same; whom it is about as well, where both say so. The category says how grave a
 * payer takes it, and payers differ. */
static bool same_status(phi_str said, phi_str found)
{
    phi_str a = part(said, 2), b = part(found, 2);
    return !phi_empty(part(said, 1)) && phi_eq(part(said, 1), part(found, 1)) &&
           (phi_empty(a) || phi_empty(b) || phi_eq(a, b));
}

static bool same_reason(phi_str reason, phi_str found, const char *rule)
{
    phi_str status = part(found, 1), word;
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++)
        for (phi_str list = phi_lit(phi_is(reason, SAME[i].reason) ? SAME[i].found : "");
             next_word(&list, &word);)
            if (phi_eq(word, phi_empty(status) ? found : status) || phi_is(word, rule))
                return true;
    return false;
}

static bool same(phi_str answer, phi_str said, phi_str found, const char *rule)
{
    if (phi_eq(answer, phi_lit("835"))) {
        const char *dash = said.n ? memchr(said.p, '-', said.n) : NULL;
        return dash &&
               same_reason(phi_of(dash + 1, (size_t)(said.p + said.n - dash - 1)), found, rule);
    }
    return same_status(said, found);
}

bool report_foresaw(phi_str answer, phi_str codes, const char *rule, phi_str report)
{
    for (phi_str all = codes, said; next_word(&all, &said);)
        for (phi_str reports = report, found; next_word(&reports, &found);) {
            if (found.n > 6 && memcmp(found.p, "277CA:", 6) == 0)
                found = phi_of(found.p + 6, found.n - 6);
            if (same(answer, said, found, rule))
                return true;
        }
    return false;
}
