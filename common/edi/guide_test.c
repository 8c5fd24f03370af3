/* Tests of the guide texts: what is understood, and where each fault is said to be. */
#include "common/edi/guide_data.h"
#include "tests/unit.h"

#define DICT                                                                                       \
    "143 ID 3/3\n329 AN 4/9\n96 N0 1/10\n98 ID 2/3 = 41 40 85 87\n1035 AN 1/60\n"                  \
    "782 R 1/18 money\n1331 AN 1/2\n1332 ID 1/2 = A B\n1325 ID 1/1\n"                              \
    "composite C023 1331 1332 1325 note P0102\nsegments XYZ N2\n"
#define SHAPES "shape NM1\n  01 R 98\n  02 S 1035 len 1/30\n  note P0102\n"
#define HEAD                                                                                       \
    "guide TST\ntransaction 837\ngroup HC\nversion 1\nalias 2 3\nsegment ST M 1\n  01 M 143\n"
#define TAIL "segment SE M 1\n  01 M 96\n  02 M 329\n"

static struct guide_set *load(const char *guide, struct buf *error)
{
    phi_str g = phi_lit(guide);
    return guides_parse(phi_lit(DICT), phi_lit(SHAPES), &g, 1, error);
}

static void a_guide_is_found_by_version_and_alias(void **state)
{
    (void)state;
    struct buf e = {0};
    struct guide_set *s = load(HEAD TAIL, &e);
    assert_non_null(s);
    assert_non_null(guides_find(s, phi_lit("837"), phi_lit("1"), false));
    assert_null(guides_find(s, phi_lit("837"), phi_lit("2"), false));
    assert_non_null(guides_find(s, phi_lit("837"), phi_lit("3"), true));
    assert_null(guides_find(s, phi_lit("835"), phi_lit("1"), true));
    assert_string_equal(guide_name(guides_find(s, phi_lit("837"), phi_lit("1"), false)), "TST");
    guides_versions(s, phi_lit("837"), &e);
    assert_string_equal(buf_cstr(&e), "1");
    buf_free(&e);
    guides_free(s);
}

static void what_is_noted(void **state)
{
    (void)state;
    struct buf e = {0};
    struct guide_set *s = load(HEAD "noted unused\nsegment NM1 R 1 like NM1 noted when 01=41\n"
                                    "  01 R noted = 41\n  02 R\n" TAIL,
                               &e);
    assert_string_equal(buf_cstr(&e), "");
    const struct guide *g = s->guide[0];
    assert_true(g->noted_unused && g->node[2].noted && !g->node[1].noted);
    assert_true(g->node[2].elems[0].noted && !g->node[2].elems[1].noted);
    guides_free(s);
    buf_clear(&e);
    assert_null(load(HEAD "noted used\n" TAIL, &e));
    assert_non_null(strstr(buf_cstr(&e), ":8:7: "));
    buf_free(&e);
}

static void what_of_it_is_noted(void **state)
{
    (void)state;
    struct buf e = {0};
    struct guide_set *s = load(HEAD "segment NM1 R 1 like NM1 noted missing when 01=41\n"
                                    "  01 R = 41 noted 40 XX\n  02 R noted short\n" TAIL,
                               &e);
    assert_string_equal(buf_cstr(&e), "");
    const struct g_node *n = &s->guide[0]->node[2];
    assert_true(n->missing_noted && !n->noted);
    assert_true(g_has(n->elems[0].noted_codes, phi_lit("XX")) && !n->elems[0].noted);
    assert_true(!g_has(n->elems[0].codes, phi_lit("XX")) && n->elems[1].noted_short);
    guides_free(s);
    buf_free(&e);
}

static const char full[] = HEAD "loop 1000A R 1 \"submitter\"\n"
                                "  segment NM1 R 1 like NM1 when 01=41\n"
                                "    01 R = 41\n"
                                "    02 R\n"
                                "loop 2300 S 100  # a comment\n"
                                "  segment CLM M 1\n"
                                "    01 R 1035 len 1/20\n"
                                "    02..03 R 782\n"
                                "    04 R C023 repeat 3\n"
                                "    04-2 R = B\n"
                                "    05 N\n"
                                "    note P0203\n"
                                "  segment NM1 S 2 like NM1 when 01=85|87\n"
                                "  segment NM1 S 2 like NM1 when 01=40\n"
                                "loop 2400 S >1 as 2300\n" TAIL;

static void shapes_components_and_as_are_understood(void **state)
{
    (void)state;
    struct buf e = {0};
    struct guide_set *s = load(full, &e);
    assert_string_equal(buf_cstr(&e), "");
    assert_non_null(s);
    const struct guide *g = s->guide[0];
    const struct g_node *nm1 = &g->node[3], *clm = &g->node[5];
    assert_string_equal(nm1->id, "NM1");
    assert_int_equal(nm1->elems_n, 2);
    assert_int_equal(nm1->elems[0].de, 98);
    assert_int_equal(nm1->elems[0].codes->n, 1);
    assert_int_equal(nm1->elems[1].usage, 'R');
    assert_int_equal(nm1->elems[1].max, 30);
    assert_int_equal(nm1->notes_n, 1);
    assert_int_equal(clm->elems_n, 5);
    assert_int_equal(clm->elems[0].max, 20);
    assert_true(clm->elems[1].money && clm->elems[2].money);
    assert_int_equal(clm->elems[3].repeat, 3);
    assert_int_equal(clm->elems[3].comps, 3);
    assert_int_equal(clm->elems[3].comp[0].usage, 'N');
    assert_int_equal(clm->elems[3].comp[1].usage, 'R');
    assert_int_equal(clm->elems[3].comp[1].de, 1332);
    /* 2400 has a copy of the three segments of 2300. */
    assert_string_equal(g->node[8].id, "2400");
    assert_string_equal(g->node[9].id, "CLM");
    assert_int_equal(g->node[9].parent, 8);
    assert_int_equal(g->node[8].end, 12);
    /* The two NM1 of a loop share a place. */
    assert_int_equal(g->node[6].group, g->node[7].group);
    guides_free(s);
    buf_free(&e);
}

static void moves_are_listed_for_every_place(void **state)
{
    (void)state;
    struct buf e = {0};
    struct guide_set *s = load(full, &e);
    const struct guide *g = s->guide[0];
    int nm1 = g_sid(g, phi_lit("NM1"));
    /* From CLM of 2300: its two NM1, nothing of 1000A behind. */
    g_guide_ready(g);
    uint32_t a = g->first[5 * g->ids + (uint32_t)nm1], b = g->first[5 * g->ids + (uint32_t)nm1 + 1];
    assert_int_equal(b - a, 2);
    assert_int_equal(g->move[a].node, 7); /* fewer values: tried first */
    assert_int_equal(g->move[a + 1].node, 6);
    assert_int_equal(g->move[a].common, 4);
    assert_int_equal(g_sid(g, phi_lit("XYZ")), -1);
    assert_true(g_knows_segment(s, phi_lit("XYZ")));
    assert_false(g_knows_segment(s, phi_lit("QQ")));
    assert_true(g_knows_code(s, 98, phi_lit("40")));
    assert_false(g_knows_code(s, 98, phi_lit("4Z")));
    guides_free(s);
    buf_free(&e);
}

static void faults_are_said_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } t[] = {
        {HEAD "loop 1000A X 1\n", "text.guide:8:12: usage is one of M R S N"},
        {HEAD "loop 1000A R 0\n", "text.guide:8:14: the repeat is a number or >1"},
        {HEAD "segment NM1 R 1 like N9\n", "text.guide:8:22: shape \"N9\" is not in shapes.dict"},
        {HEAD "segment NM1 R 1\n  01 R 4444\n",
         "text.guide:9:8: data element \"4444\" is not in elements.dict"},
        {HEAD "segment NM1 R 1\n  01 R 98\n  03 R 98\n" TAIL,
         "text.guide:8:1: element 02 is left out; elements are listed without gaps"},
        {HEAD "segment NM1 R 1\n   01 R 98\n", "text.guide:9:4: indentation is in steps of two "
                                               "blanks"},
        {HEAD "  segment NM1 R 1\n", "text.guide:8:3: indented, but the line above is no loop"},
        {HEAD "loop 2000A R 1 as\n", "text.guide:8:16: \"as\" needs the id of a loop"},
        {HEAD "segment NM1 R 1 when 1\n", "text.guide:8:22: \"when\" looks like 01=41 or "
                                          "01-1=ABK|BK"},
        {HEAD "loop A S 1 as B\n", "text.guide:8:15: loop \"B\" is not written above"},
        {HEAD "loop A S 1\n" TAIL, "text.guide:11:1: loop \"A\" is empty"},
        {HEAD "segment NM1 R 1 \"x\n", "text.guide:8:17: a label without its closing quote"},
        {HEAD "segment NM1 R 1\n  note Q01\n", "text.guide:9:8: not a syntax note; it looks like "
                                               "P0304"},
        {HEAD, "text.guide:7:1: a guide begins with segment ST and ends with segment SE"},
        {HEAD "segment NM1 R 1\n  01 R 98 = 1 1\n", "text.guide:9:15: the value is listed twice"},
        {HEAD "segment NM1 R 1\n  01 R 98 = 1 2 1\n", "text.guide:9:17: the value is listed twice"},
        {"guide A\nguide B\n", "text.guide:2:7: the line stands twice"},
    };
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        struct buf e = {0};
        assert_null(load(t[i].text, &e));
        assert_string_equal(buf_cstr(&e), t[i].error);
        buf_free(&e);
    }
}

static void a_loop_in_itself_is_refused(void **state)
{
    (void)state;
    struct buf e = {0};
    assert_null(load(HEAD "loop A S 1\n  segment NM1 R 1\n  loop B S 1 as A\n" TAIL, &e));
    assert_non_null(strstr(buf_cstr(&e), "a loop around it"));
    buf_free(&e);
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(a_guide_is_found_by_version_and_alias),
        cmocka_unit_test(what_is_noted),
        cmocka_unit_test(what_of_it_is_noted),
        cmocka_unit_test(shapes_components_and_as_are_understood),
        cmocka_unit_test(moves_are_listed_for_every_place),
        cmocka_unit_test(faults_are_said_with_their_place),
        cmocka_unit_test(a_loop_in_itself_is_refused),
    };
    return cmocka_run_group_tests(t, NULL, NULL);
}
