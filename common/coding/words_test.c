#include "common/coding/words.h"
#include "tests/unit.h"

static struct stemmer *stems;
static struct words w;

static void reads_words_with_places_and_sentences(void **state)
{
    (void)state;
    words_read(stems, phi_lit("No fever. Hb 9.5; left-sided pain"), &w);
    assert_int_equal(w.n, 8); /* No fever Hb 9 5 left sided pain */
    assert_int_equal(w.at[1].begin, 3);
    assert_int_equal(w.at[1].end, 8);
    assert_int_equal(w.at[0].sentence, w.at[1].sentence);
    assert_int_not_equal(w.at[1].sentence, w.at[2].sentence);
    assert_int_equal(w.at[3].sentence, w.at[4].sentence); /* a point between digits ends nothing */
    assert_int_not_equal(w.at[4].sentence, w.at[5].sentence);
    words_read(stems, phi_lit("no shortness of\n  breath\nPlan"), &w);
    assert_int_equal(w.at[0].sentence, w.at[3].sentence); /* a wrapped line goes on */
    assert_int_not_equal(w.at[3].sentence, w.at[4].sentence);
}

static uint64_t key(const char *s)
{
    unsigned used;
    words_read(stems, phi_lit(s), &w);
    return words_key(w.at, w.n, &used);
}

static void order_repeats_and_stop_words_do_not_matter(void **state)
{
    (void)state;
    assert_true(key("fracture of the left femur") == key("Left femur fractures, left"));
    assert_true(key("renal failure") == key("Failure of kidney")); /* and words for the same */
    assert_false(key("renal failure") == key("liver failure"));
    assert_false(key("left femur fracture") == key("right femur fracture"));
}

static void one_word_is_matched_by_its_singular_not_its_stem(void **state)
{
    (void)state;
    assert_true(key("headaches") == key("headache"));
    assert_false(key("prostatitis") == key("prostate"));
    assert_true(key("diagnosis") == key("Diagnosis"));
    assert_true(key("of the") == 0);
}

static void a_long_word_keeps_its_whole_length(void **state)
{
    (void)state;
    char text[200];
    memset(text, 'x', sizeof text);
    words_read(stems, phi_of(text, sizeof text), &w);
    assert_int_equal(w.n, 1);
    assert_int_equal(w.at[0].end, sizeof text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_words_with_places_and_sentences),
        cmocka_unit_test(order_repeats_and_stop_words_do_not_matter),
        cmocka_unit_test(one_word_is_matched_by_its_singular_not_its_stem),
        cmocka_unit_test(a_long_word_keeps_its_whole_length),
    };
    stems = stemmer_new();
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    words_free(&w);
    stemmer_free(stems);
    return rc;
}
