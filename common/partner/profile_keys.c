/* What may stand in a profile: one table, from which it is read, checked, shown and compared. */
#include "common/partner/profile_keys.h"

static const char ATTACHMENTS[] = "AA BM EL EM FT FX";

static const struct profile_key KEYS[] = {
    {"", "partner", LINE_NAME, false, 1, 60, NULL, "its name"},
    {"", "payer", LINE_TEXTS, true, 2, 80, NULL, "payer ids that claims name it by"},
    /* who is who on the outside of a file */
    {"envelope", "id", LINE_ISA, false, 0, 0, NULL, "its interchange id"},
    {"envelope", "group", LINE_TEXT, false, 2, 15, NULL, "its group id (GS02, GS03)"},
    {"envelope", "etin", LINE_TEXT, false, 2, 80, NULL, "its id in 1000B"},
    {"envelope", "name", LINE_TEXT, false, 1, 60, NULL, "its name in 1000B"},
    {"envelope", "our-id", LINE_ISA, false, 0, 0, NULL, "the interchange id it knows us by"},
    {"envelope", "our-group", LINE_TEXT, false, 2, 15, NULL, "the group id it knows us by"},
    {"envelope", "our-etin", LINE_TEXT, false, 2, 80, NULL, "the id it knows us by in 1000A"},
    {"envelope", "usage", LINE_CHOICE, false, 0, 0, "T P", "test or production (ISA15)"},
    {"envelope", "isa12", LINE_CHOICES, false, 0, 0, "00401 00501", "interchange versions taken"},
    /* how files for it are written */
    {"write", "version", LINE_TEXT, false, 6, 12, NULL, "version written (GS08)"},
    {"write", "delimiters", LINE_MARKS, false, 0, 0, NULL,
     "element, component, repetition and segment marks"},
    {"write", "newline", LINE_CHOICE, false, 0, 0, "none lf crlf", "line end after a segment"},
    {"write", "case", LINE_CHOICE, false, 0, 0, "as-is upper", "letters"},
    {"write", "refs", LINE_TEXTS, false, 2, 3, NULL, "order of the REF of a claim"},
    {"write", "trace", LINE_CHOICE, false, 0, 0, "yes no", "our number of a claim (REF*D9)"},
    /* how much of it */
    {"limits", "claims-per-file", LINE_NUMBER, false, 1, 1000000, NULL, "claims in a file"},
    {"limits", "claims-per-set", LINE_NUMBER, false, 1, 1000000, NULL, "claims in a set"},
    {"limits", "sets-per-file", LINE_NUMBER, false, 1, 1000000, NULL, "sets in a file"},
    {"limits", "lines-per-claim", LINE_NUMBER, false, 1, 999, NULL, "lines of a claim"},
    {"limits", "bytes-per-file", LINE_NUMBER, false, 1000, INT64_C(1000000000000), NULL,
     "bytes of a file"},
    /* what its claims must be like */
    {"claims", "member-id", LINE_PATTERN, true, 0, 0, NULL, "form of a member id"},
    {"claims", "frequency", LINE_TEXTS, false, 1, 1, NULL, "frequency codes taken electronically"},
    {"claims", "timely-days", LINE_NUMBER, false, 1, 3660, NULL, "days to file a claim"},
    {"claims", "attachments", LINE_CHOICES, false, 0, 0, ATTACHMENTS, "ways an attachment comes"},
    {"claims", "rendering", LINE_TEXTS, false, 2, 40, NULL, "list of NPIs that may render"},
    {"claims", "enrollment", LINE_CHOICE, false, 0, 0, "required free", "enrollment"},
    /* own lists of values */
    {"lists", "", LINE_LIST, false, 0, 0, NULL, "values"},
    /* laid over a guide */
    {"guide", "version", LINE_TEXTS, false, 6, 12, NULL, "versions that stand for the guide's"},
    {"guide", "require", LINE_PATH, true, 0, 0, NULL, "must be sent"},
    {"guide", "forbid", LINE_PATH, true, 0, 0, NULL, "must not be sent"},
    {"guide", "values", LINE_VALUES, true, 0, 0, NULL, "only these values"},
    {"guide", "length", LINE_RANGE, true, 0, 0, NULL, "length"},
    {"guide", "repeat", LINE_TIMES, true, 0, 0, NULL, "at most so many"},
    /* laid over the rules */
    {"rules", "refuse", LINE_RULE, true, 0, 0, NULL, "refuses the claim"},
    {"rules", "warn", LINE_RULE, true, 0, 0, NULL, "is a warning only"},
    /* what it is sent back, and what may be mended in what it sends */
    {"answers", "ta1", LINE_CHOICE, false, 0, 0, "always asked faults", "TA1"},
    {"answers", "999", LINE_CHOICE, false, 0, 0, "yes no", "999"},
    {"answers", "277ca", LINE_CHOICE, false, 0, 0, "yes no", "277CA"},
    {"repair", "trailing-blanks", LINE_CHOICE, false, 0, 0, "yes no",
     "blanks behind a value are taken away"},
    {"repair", "upper-case", LINE_CHOICE, false, 0, 0, "yes no", "small letters become capitals"},
    {"repair", "dates", LINE_CHOICES, false, 0, 0, "MMDDYYYY YYMMDD",
     "dates of this form become CCYYMMDD"},
    {"repair", "leading-zeros", LINE_CHOICE, false, 0, 0, "yes no", "SE02 gets the zeros of ST02"},
    /* its hours and days */
    {"calendar", "zone", LINE_CHOICE, false, 0, 0,
     "utc atlantic eastern central mountain arizona pacific alaska hawaii", "time zone"},
    {"calendar", "work-days", LINE_WEEK, false, 0, 0, NULL, "work days"},
    {"calendar", "holidays", LINE_DAYS, true, 0, 0, NULL, "holidays"},
    {"calendar", "cut-off", LINE_TIME, false, 0, 0, NULL, "hour by which a file counts as today's"},
    {"calendar", "hours", LINE_HOURS, false, 0, 0, NULL, "hours in which it takes files"},
    {"calendar", "999-hours", LINE_NUMBER, false, 1, 1000, NULL, "hours until its 999"},
    {"calendar", "277ca-days", LINE_NUMBER, false, 1, 100, NULL, "work days until its 277CA"},
    {"calendar", "835-days", LINE_NUMBER, false, 1, 400, NULL, "days until its 835"},
    /* when its silence is asked about, and until when something may still be done (docs/work.md) */
    {"follow-up", "status-days", LINE_NUMBERS, false, 1, 400, NULL,
     "days after acceptance on which the status is asked for (276)"},
    {"follow-up", "status-again-days", LINE_NUMBER, false, 1, 400, NULL,
     "days between later inquiries"},
    {"follow-up", "status-most", LINE_NUMBER, false, 1, 100, NULL, "inquiries at most"},
    {"follow-up", "answer-days", LINE_NUMBER, false, 1, 100, NULL, "work days until its 277"},
    {"follow-up", "pended-days", LINE_NUMBER, false, 1, 400, NULL, "days that it may keep a claim"},
    {"follow-up", "final-days", LINE_NUMBER, false, 1, 400, NULL,
     "days from a final 277 to the remittance"},
    {"follow-up", "rest-days", LINE_NUMBER, false, 1, 400, NULL,
     "days until the rest of a claim that it answered in part"},
    {"follow-up", "information-days", LINE_NUMBER, false, 1, 400, NULL,
     "days to send what it asks for"},
    {"follow-up", "appeal-days", LINE_NUMBERS, false, 1, 3660, NULL,
     "days to appeal, one number a level"},
    {"follow-up", "appeal-answer-days", LINE_NUMBER, false, 1, 400, NULL,
     "days until it decides an appeal"},
    {"follow-up", "appeal-to", LINE_TEXTS, false, 1, 60, NULL,
     "street and city that appeals go to"},
    {"follow-up", "crossover-days", LINE_NUMBER, false, 1, 400, NULL,
     "days until the next payer of a claim that it forwarded answers"},
    /* what its remittances say; that modifiers are dropped, and numbers of claims cut, capitals or
     * other ones when an 835 comes again, the matching reckons with of every payer */
    {"quirks", "denies-as-paid", LINE_CHOICE, false, 0, 0, "yes no",
     "CLP02 says 1 for a claim paid nothing"},
};
enum { KEYS_N = sizeof KEYS / sizeof *KEYS };

const struct profile_key *profile_key_find(const char *section, phi_str word)
{
    for (int i = 0; i < KEYS_N; i++)
        if (strcmp(KEYS[i].section, section) == 0 && (!*KEYS[i].word || phi_is(word, KEYS[i].word)))
            return &KEYS[i];
    return NULL;
}

bool profile_knows(const char *section, const char *key)
{
    return profile_key_find(section, phi_lit(key)) != NULL;
}

const char *profile_section_find(phi_str word)
{
    for (int i = 0; i < KEYS_N; i++)
        if (*KEYS[i].section && phi_is(word, KEYS[i].section))
            return KEYS[i].section;
    return NULL;
}

static bool one_of_before(int i)
{
    for (int k = 0; k < i; k++)
        if (strcmp(KEYS[k].section, KEYS[i].section) == 0)
            return true;
    return false;
}

void profile_known(const char *section, struct buf *out)
{
    const char *comma = "";
    for (int i = 0; i < KEYS_N; i++) {
        const char *w = section ? KEYS[i].word : KEYS[i].section;
        if (!*w || (section && strcmp(section, KEYS[i].section)) || (!section && one_of_before(i)))
            continue;
        buf_printf(out, "%s%s", comma, w);
        comma = ", ";
    }
}
