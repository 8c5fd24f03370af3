#include "common/coding/terms.h"
#include "tests/unit.h"

static void note_variant(void *ctx, phi_str words, bool alone)
{
    struct buf *b = ctx;
    while (words.n && words.p[words.n - 1] == ' ')
        words.n--;
    buf_phi(b, words);
    buf_puts(b, alone ? "!|" : "|");
}

static void expands(const char *stored, uint32_t value, const char *want)
{
    struct buf b = {0};
    terms_expand(phi_lit(stored), value, note_variant, &b);
    assert_string_equal(buf_cstr(&b), want);
    buf_free(&b);
}

static void index_paths_give_alternatives_and_modifiers(void **state)
{
    (void)state;
    expands("Ache(s), aching > ear (middle)", TERM_INDEX, "Aches ear|aching ear|Aches ear middle|");
    expands("Abscess, boil", TERM_INDEX, "Abscess!|boil|"); /* only the first may stand alone */
}

static void titles_lose_what_no_note_says(void **state)
{
    (void)state;
    expands("Sprain of toe, unspecified, initial encounter", TERM_TITLE, "Sprain of toe, ,!|");
    expands("Other made-up disorders", TERM_TITLE, "");
    expands("Other name", TERM_INCLUSION, "Other name!|");
}

static void the_neoplasm_table_gets_words_for_its_column(void **state)
{
    (void)state;
    expands("Neoplasm, neoplastic > toe", term_value(TERM_NEOPLASM, 5),
            "toe benign neoplasm!|toe benign tumor!|");
    expands("Neoplasm > toe", term_value(TERM_NEOPLASM, 6), "");
}

static void the_drug_table_gets_words_for_what_the_drug_did(void **state)
{
    (void)state;
    expands("Fumplocin", term_value(TERM_DRUG, 6),
            "Fumplocin adverse effect!|Fumplocin adverse reaction!|Fumplocin side effect|");
    expands("Fumplocin", term_value(TERM_DRUG, 7), "Fumplocin underdosing!|Fumplocin underdose!|");
    expands("Fumplocin", term_value(TERM_DRUG, 3),
            "Fumplocin intentional poisoning!|Fumplocin intentional overdose!|Fumplocin suicidal "
            "overdose|");
    expands("Fumplocin", term_value(TERM_DRUG, 4), ""); /* assault is for a person */
}

static void hostile_terms_stay_bounded(void **state)
{
    (void)state;
    struct buf big = {0}, out = {0};
    for (int i = 0; i < 200; i++)
        buf_puts(&big, "a, b, c, d, e, f, g (m) (n) ( > ");
    terms_expand(buf_view(&big), TERM_INDEX, note_variant, &out);
    size_t variants = 0;
    for (size_t i = 0; i < out.len; i++)
        variants += out.p[i] == '|';
    assert_int_equal(variants, 24 + 12);
    buf_free(&big);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_paths_give_alternatives_and_modifiers),
        cmocka_unit_test(titles_lose_what_no_note_says),
        cmocka_unit_test(the_neoplasm_table_gets_words_for_its_column),
        cmocka_unit_test(the_drug_table_gets_words_for_what_the_drug_did),
        cmocka_unit_test(hostile_terms_stay_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
