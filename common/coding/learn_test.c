#include "common/coding/learn.h"
#include "common/util/fs.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[] = "/tmp/learn_test.XXXXXX";
static char table_path[64], model_path[64], other_path[64];
static struct codes *table;
static struct coding c;

static void make_table(void)
{
    static const char *const set[][2] = {
        {"Q1", "Wamble"}, {"Q2", "Grype of foot"}, {"Q3", "Plonk"}};
    struct codes_build *b = codes_build_new();
    struct lexicon_build *l = lexicon_build_new();
    struct buf error = {0};
    for (int i = 0; i < 3; i++) {
        codes_build_add(b, LEXICON_CODES, phi_lit(set[i][0]), (phi_str){0}, 0, CODES_NO_END,
                        CODE_BILLABLE, 0, phi_lit(set[i][1]));
        lexicon_build_title(l, phi_lit(set[i][0]), CODE_BILLABLE, phi_lit(set[i][1]));
    }
    lexicon_build_add(l, b);
    assert_int_equal(codes_build_write(b, table_path, &error), 0);
    lexicon_build_free(l);
    codes_build_free(b);
    table = codes_open(table_path, &error);
    c.lexicon = lexicon_open(table, c.stems, 0);
}

/* In these notes "yellow ears" means Q1, though no term says so; "plonk" never means Q3. */
static const char *const notes[] = {"Yellow ears since monday. A plonk was heard.",
                                    "Grype of the foot; later a plonk.", "Well today. Plonk again.",
                                    "He has yellow ears and a wamble."};
static const char *const coded[] = {"Q1", "Q2", "", "Q1"};

static struct learn_result train(const char *path)
{
    struct learn *x = learn_new(c.lexicon, c.stems, c.rules);
    struct learn_result out = {0};
    struct buf error = {0};
    for (int i = 0; i < 200; i++) {
        phi_str code = phi_lit(coded[i % 4]);
        learn_note(x, phi_lit(notes[i % 4]), &code, code.n > 0);
    }
    assert_int_equal(learn_model(x, path, &out, &error), 0);
    learn_free(x);
    return out;
}

static int score_of(const struct proposals *p, const char *code)
{
    for (size_t i = 0; i < p->n; i++)
        if (strncmp(p->at[i].code->code, code, CODE_LEN) == 0)
            return p->at[i].score;
    return 0;
}

static void learns_what_notes_like_it_had(void **state)
{
    (void)state;
    struct buf error = {0};
    struct proposals p = {0};
    struct learn_result r = train(model_path);
    assert_int_equal(r.notes, 200);
    assert_int_equal(r.codes, 2);
    assert_true(r.f1 > 950);
    struct model *m = model_open(model_path, &error);
    assert_non_null(m);
    c.model = m;
    c.setting = SETTING_MENTIONS;
    propose(&c, phi_lit("Seen for yellow ears."), &p);
    assert_true(score_of(&p, "Q1") >= m->head->threshold);
    assert_null(p.at[0].term); /* no term: learned */
    assert_int_equal(p.at[0].end - p.at[0].begin, strlen("yellow ears"));
    propose(&c, phi_lit("A plonk."), &p); /* the title says Q3, experience does not */
    assert_true(score_of(&p, "Q3") < m->head->threshold);
    c.setting = SETTING_OUTPATIENT;
    propose(&c, phi_lit("Seen for yellow ears."), &p);
    assert_true(p.n == 1 && !p.at[0].assigned); /* what no rule leads to is only suggested */
    propose(&c, phi_lit("Grype of foot."), &p);
    assert_true(p.n >= 1 && p.at[0].assigned);
    c.model = NULL;
    model_work_free(&c.work);
    model_free(m);
    proposals_free(&p);
}

static void the_same_notes_give_the_same_model(void **state)
{
    (void)state;
    struct buf a = {0}, b = {0};
    train(model_path);
    train(other_path);
    assert_int_equal(fs_read(model_path, 1 << 24, &a), 0);
    assert_int_equal(fs_read(other_path, 1 << 24, &b), 0);
    assert_true(phi_eq(buf_view(&a), buf_view(&b)));
    assert_null(memmem(a.p, a.len, "ellow", 5)); /* hashes only */
    buf_free(&a);
    buf_free(&b);
}

static void a_damaged_model_is_refused(void **state)
{
    (void)state;
    struct buf file = {0}, error = {0};
    train(model_path);
    assert_int_equal(fs_read(model_path, 1 << 24, &file), 0);
    for (size_t i = 0; i < 8; i++) {
        size_t at = file.len * i / 8;
        file.p[at] ^= 1;
        fs_replace(other_path, file.p, file.len);
        buf_clear(&error);
        assert_null(model_open(other_path, &error));
        assert_true(error.len > 0);
        file.p[at] ^= 1;
    }
    fs_replace(other_path, file.p, file.len - 4);
    assert_null(model_open(other_path, &error));
    fs_replace(other_path, file.p, 3);
    assert_null(model_open(other_path, &error));
    buf_free(&file);
    buf_free(&error);
}

static void without_codes_nothing_is_learned(void **state)
{
    (void)state;
    struct learn *x = learn_new(c.lexicon, c.stems, c.rules);
    struct learn_result out = {0};
    struct buf error = {0};
    learn_note(x, phi_lit("A note."), NULL, 0);
    assert_int_equal(learn_model(x, other_path, &out, &error), -1);
    assert_true(error.len > 0);
    buf_free(&error);
    learn_free(x);
}

static void the_logistic_function_is_one(void **state)
{
    (void)state;
    assert_int_equal(model_logistic(0), 2048);
    assert_int_equal(model_logistic(MODEL_ONE), 2994); /* 4096 * 0.731059 */
    assert_int_equal(model_logistic(-MODEL_ONE), 4096 - 2994);
    for (int64_t x = -20 * MODEL_ONE; x < 20 * MODEL_ONE; x += 999)
        assert_true(model_logistic(x) <= model_logistic(x + 999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_what_notes_like_it_had),
        cmocka_unit_test(the_same_notes_give_the_same_model),
        cmocka_unit_test(a_damaged_model_is_refused),
        cmocka_unit_test(without_codes_nothing_is_learned),
        cmocka_unit_test(the_logistic_function_is_one),
    };
    if (!mkdtemp(dir))
        return 1;
    snprintf(table_path, sizeof table_path, "%s/t", dir);
    snprintf(model_path, sizeof model_path, "%s/m", dir);
    snprintf(other_path, sizeof other_path, "%s/o", dir);
    c.stems = stemmer_new();
    c.rules = context_rules_new(c.stems);
    make_table();
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(table_path);
    unlink(model_path);
    unlink(other_path);
    rmdir(dir);
    coding_free(&c);
    lexicon_free(c.lexicon);
    context_rules_free(c.rules);
    stemmer_free(c.stems);
    codes_close(table);
    return rc;
}
