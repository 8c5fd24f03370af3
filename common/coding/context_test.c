#include "common/coding/context.h"
#include "tests/unit.h"

static struct stemmer *stems;
static struct context_rules *rules;
static struct words w;
static struct context context;

/* Flags of the word that ends the text before the mark '*'. */
static unsigned flags_at(const char *text)
{
    const char *mark = strchr(text, '*');
    words_read(stems, phi_lit(text), &w);
    context_read(rules, phi_lit(text), &w, &context);
    for (size_t i = 0; i < w.n; i++)
        if (w.at[i].end == (uint32_t)(mark - text))
            return context_of(&context, i, i);
    return 255;
}

static void negation_reaches_ahead_and_ends(void **state)
{
    (void)state;
    assert_int_equal(flags_at("She denies chest pain* or cough."), CONTEXT_NEGATED);
    assert_int_equal(flags_at("She denies chest pain or cough*."), CONTEXT_NEGATED);
    assert_int_equal(flags_at("No fever but a cough*."), 0);
    assert_int_equal(flags_at("No fever. Cough*."), 0);
    assert_int_equal(flags_at("There is no change in the nodule*."), 0);
    assert_int_equal(flags_at("Gram negative sepsis*."), 0);
}

static void negation_reaches_behind(void **state)
{
    (void)state;
    assert_int_equal(flags_at("Pulmonary embolism* was ruled out."), CONTEXT_NEGATED);
    assert_int_equal(flags_at("Cough, and embolism is ruled out. Fever*"), 0);
    assert_int_equal(flags_at("Pulmonary embolism* ruled out."), CONTEXT_NEGATED);
    assert_int_equal(flags_at("Appendicitis* excluded."), CONTEXT_NEGATED);
    assert_int_equal(flags_at("Ruled out embolism. Cough*"), 0);
}

static void tells_doubt_past_and_kin(void **state)
{
    (void)state;
    assert_int_equal(flags_at("Probable pneumonia*."), CONTEXT_UNCERTAIN);
    assert_int_equal(flags_at("Pneumonia* cannot be excluded."), CONTEXT_UNCERTAIN);
    assert_int_equal(flags_at("Gout* suspected."), CONTEXT_UNCERTAIN);
    assert_int_equal(flags_at("DDx: asthma*, bronchitis"), CONTEXT_UNCERTAIN);
    assert_int_equal(flags_at("Cough. DDx: asthma, bronchitis*. Fever"), CONTEXT_UNCERTAIN);
    assert_int_equal(flags_at("Cough. DDx: asthma, bronchitis. Fever*"), 0);
    assert_int_equal(flags_at("Differential:\nasthma\n- Bronchitis*\nPlan: rest"),
                     CONTEXT_UNCERTAIN);
    assert_int_equal(flags_at("Differential:\nasthma\nPlan: rest*"), 0);
    assert_int_equal(flags_at("DDx: asthma\nBronchitis*"), 0);
    assert_int_equal(flags_at("Pneumonia vs bronchitis*"), CONTEXT_UNCERTAIN);
    assert_int_equal(flags_at("Status post appendectomy for appendicitis*."), CONTEXT_HISTORY);
    assert_int_equal(flags_at("Her mother had diabetes*."), CONTEXT_FAMILY);
    assert_int_equal(flags_at("Return if she has chest pain*."), CONTEXT_HYPOTHETICAL);
    assert_int_equal(flags_at("Seen by the family physician for diabetes*."), 0);
}

static void marks_and_short_words_are_doubts(void **state)
{
    (void)state;
    static const char *const doubts[] = {"Gout*?",
                                         "?gout*",
                                         "Gout. ? cellulitis*",
                                         "Gout* (?)",
                                         "r/o gout*",
                                         "R/O: gout*",
                                         "c/w gout*",
                                         "Gout* vs. cellulitis",
                                         "Gout vs. cellulitis*",
                                         "Gout*, possible",
                                         "Gout* possible, joint tap tomorrow",
                                         "Gout* (suspected)",
                                         "Gout* is likely.",
                                         "Findings consistent with gout*.",
                                         "Looks like gout*.",
                                         "CT to exclude appendicitis*."};
    for (size_t i = 0; i < sizeof doubts / sizeof *doubts; i++)
        assert_int_equal(flags_at(doubts[i]), CONTEXT_UNCERTAIN);
    assert_int_equal(flags_at("Any pain? Gout*."), 0);
    assert_int_equal(flags_at("Is it gout? No pain. Cellulitis*."), 0);
    assert_int_equal(flags_at("Concern for gout but cellulitis* is there."), 0);
}

static void headings_speak_for_their_section(void **state)
{
    (void)state;
    assert_int_equal(flags_at("FAMILY HISTORY:\nDiabetes*. Gout.\nPLAN:\nRest"), CONTEXT_FAMILY);
    assert_int_equal(flags_at("FAMILY HISTORY:\nDiabetes. Gout*.\nPLAN:\nRest"), CONTEXT_FAMILY);
    assert_int_equal(flags_at("past medical history:\nGout*\nAssessment:\nasthma"),
                     CONTEXT_HISTORY);
    assert_int_equal(flags_at("Past medical history:\nGout\nAssessment:\nAsthma*"), 0);
}

static void survives_texts_without_words(void **state)
{
    (void)state;
    words_read(stems, phi_of(NULL, 0), &w);
    context_read(rules, phi_of(NULL, 0), &w, &context);
    assert_int_equal(w.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negation_reaches_ahead_and_ends),
        cmocka_unit_test(negation_reaches_behind),
        cmocka_unit_test(tells_doubt_past_and_kin),
        cmocka_unit_test(marks_and_short_words_are_doubts),
        cmocka_unit_test(headings_speak_for_their_section),
        cmocka_unit_test(survives_texts_without_words),
    };
    stems = stemmer_new();
    rules = context_rules_new(stems);
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    words_free(&w);
    context_free(&context);
    context_rules_free(rules);
    stemmer_free(stems);
    return rc;
}
