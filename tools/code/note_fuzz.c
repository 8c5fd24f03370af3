/* Notes of any bytes: evidence stays inside the note, in every setting, and so do the marks. */
#include "common/util/log.h"
#include "tools/code/report.h"
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static struct coding coding;

static void begin(void)
{
    static const char *const set[][2] = {
        {"Q1", "Pain of foot"}, {"Q2", "Fever"}, {"Q3", "A b c d"}};
    static const char path[] = "/tmp/note_fuzz.cwt";
    struct codes_build *b = codes_build_new();
    struct lexicon_build *l = lexicon_build_new();
    struct buf error = {0};
    for (int i = 0; i < 3; i++) {
        codes_build_add(b, LEXICON_CODES, phi_lit(set[i][0]), (phi_str){0}, 0, CODES_NO_END,
                        CODE_BILLABLE, 0, phi_lit(set[i][1]));
        lexicon_build_title(l, phi_lit(set[i][0]), CODE_BILLABLE, phi_lit(set[i][1]));
    }
    lexicon_build_add(l, b);
    if (codes_build_write(b, path, &error))
        abort();
    lexicon_build_free(l);
    codes_build_free(b);
    coding.stems = stemmer_new();
    coding.rules = context_rules_new(coding.stems);
    coding.lexicon = lexicon_open(codes_open(path, &error), coding.stems, 0);
    unlink(path);
    if (!coding.lexicon)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static struct proposals out;
    struct buf text = {0};
    phi_str note = phi_of((const char *)p, n);
    if (!coding.stems)
        begin();
    for (int s = SETTING_OUTPATIENT; s <= SETTING_MENTIONS; s++) {
        coding.setting = (enum coding_setting)s;
        propose(&coding, note, &out);
        for (size_t i = 0; i < out.n; i++)
            if (out.at[i].begin >= out.at[i].end || out.at[i].end > n || out.at[i].score > 1000)
                abort();
        report_text(&coding, "f", note, &out, &text);
        report_json(&coding, "f", note, &out, &text);
    }
    buf_free(&text);
    return 0;
}
