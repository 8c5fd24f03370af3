#include "common/util/spool.h"
#include "tests/unit.h"
#include <fcntl.h>
#include <unistd.h>

static void fill(struct spool *s, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        spool_add(s, &i, sizeof i);
}

static uint32_t number_at(struct spool_reader *r, uint32_t i)
{
    uint32_t v;
    memcpy(&v, spool_at(r, (uint64_t)i * sizeof v, sizeof v), sizeof v);
    return v;
}

static void what_is_put_in_comes_out(void **state)
{
    (void)state;
    enum { MANY = 5 << 20 }; /* 20 MB: most of it lies in the file */
    struct spool s = {0};
    struct spool_reader r = {.of = &s};
    fill(&s, MANY);
    assert_int_equal(spool_len(&s), (uint64_t)MANY * 4);
    assert_true(s.filed > 0 && s.mem.cap < 10 << 20);
    for (uint32_t i = 0; i < MANY; i += 4099)
        assert_int_equal(number_at(&r, i), i);
    assert_int_equal(number_at(&r, MANY - 1), MANY - 1);
    assert_int_equal(number_at(&r, 0), 0);
    /* across the end of the file */
    uint32_t edge = (uint32_t)(s.filed / 4) - 2, four[4];
    r.window.len = 0;
    memcpy(four, spool_at(&r, (uint64_t)edge * 4, sizeof four), sizeof four);
    assert_int_equal(four[0], edge);
    assert_int_equal(four[3], edge + 3);
    spool_reader_free(&r);
    spool_free(&s);
}

static void what_is_cut_off_is_gone(void **state)
{
    (void)state;
    struct spool s = {0};
    fill(&s, 3 << 20);
    spool_cut(&s, 400);
    assert_int_equal(spool_len(&s), 400);
    spool_add(&s, "end", 3);
    struct spool_reader r = {.of = &s};
    assert_int_equal(number_at(&r, 99), 99);
    assert_memory_equal(spool_at(&r, 400, 3), "end", 3);
    spool_reader_free(&r);
    spool_cut(&s, 1000); /* more than there is */
    assert_int_equal(spool_len(&s), 403);
    spool_cut(&s, 0);
    assert_int_equal(spool_len(&s), 0);
    spool_free(&s);
}

static void all_of_it_is_written(void **state)
{
    (void)state;
    struct spool s = {0};
    fill(&s, 2 << 20);
    int fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    assert_int_equal(spool_write(&s, fd), 0);
    assert_int_equal(lseek(fd, 0, SEEK_END), 8 << 20);
    uint32_t last;
    assert_int_equal(pread(fd, &last, 4, (8 << 20) - 4), 4);
    assert_int_equal(last, (2 << 20) - 1);
    close(fd);
    spool_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_in_comes_out),
        cmocka_unit_test(what_is_cut_off_is_gone),
        cmocka_unit_test(all_of_it_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
