#define _XOPEN_SOURCE 700
#include "tools/codeset/billed.h"
#include "common/codes/codes.h"
#include "common/edi/scan.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

struct slot {
    char code[CODE_LEN];
    uint8_t kind, used;
    uint32_t claim; /* the latest that was counted */
    struct billed_code count;
};
struct billed {
    struct slot *slots;
    size_t mask, n;
    uint32_t claims;
    int64_t charge; /* of the claim under way */
    struct buf *error;
    bool bad;
};

static struct slot *slot_of(const struct billed *b, enum billed_kind kind,
                            const char code[CODE_LEN])
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)kind;
    for (int i = 0; i < CODE_LEN; i++)
        h = (h ^ (unsigned char)code[i]) * UINT64_C(0x100000001b3);
    size_t i = (h ^ h >> 32) & b->mask;
    while (b->slots[i].used &&
           (b->slots[i].kind != kind || memcmp(b->slots[i].code, code, CODE_LEN) != 0))
        i = (i + 1) & b->mask;
    return &b->slots[i];
}

static void grow(struct billed *b)
{
    struct billed bigger = *b;
    bigger.mask = b->mask * 2 + 1;
    bigger.slots = xcalloc(bigger.mask + 1, sizeof *bigger.slots);
    for (size_t i = 0; i <= b->mask; i++)
        if (b->slots[i].used)
            *slot_of(&bigger, (enum billed_kind)b->slots[i].kind, b->slots[i].code) = b->slots[i];
    free(b->slots);
    *b = bigger;
}

/* Counts a code for the claim under way; points in codes are left out. */
static void count(struct billed *b, enum billed_kind kind, phi_str code, int64_t cents)
{
    char key[CODE_LEN] = {0};
    size_t n = 0;
    for (size_t i = 0; i < code.n && n < CODE_LEN; i++)
        if (code.p[i] != '.')
            key[n++] = code.p[i];
    if (n == 0 || b->claims == 0)
        return;
    if (b->n * 2 > b->mask)
        grow(b);
    struct slot *s = slot_of(b, kind, key);
    if (!s->used) {
        memcpy(s->code, key, CODE_LEN);
        s->kind = (uint8_t)kind;
        s->used = 1;
        b->n++;
    }
    if (s->claim != b->claims)
        s->count.claims++;
    if (s->claim != b->claims || kind == BILLED_SERVICE)
        s->count.cents += cents;
    s->claim = b->claims;
}

static bool one_of(phi_str s, const char *const *list)
{
    for (; *list; list++)
        if (phi_is(s, *list))
            return true;
    return false;
}

static void take_hi(struct billed *b, const struct edi_seg *g, const struct edi_delims *d)
{
    static const char *const dx[] = {"ABK", "ABF", "ABJ", "APR", "ABN", "BK",
                                     "BF",  "BJ",  "PR",  "BN",  NULL};
    static const char *const procedure[] = {"BBR", "BBQ", NULL};
    for (uint32_t e = 1; e < g->n; e++) {
        phi_str kind = seg_comp(g, d, e, 1), code = seg_comp(g, d, e, 2);
        if (one_of(kind, dx))
            count(b, BILLED_DIAGNOSIS, code, b->charge);
        else if (one_of(kind, procedure))
            count(b, BILLED_INPATIENT, code, b->charge);
    }
}

/* SV1 and SV3 have the procedure in 01 and the charge in 02, SV2 one behind. */
static void take_service(struct billed *b, const struct edi_seg *g, const struct edi_delims *d,
                         uint32_t at)
{
    int64_t cents = 0;
    money_parse(seg_el(g, at + 1), &cents);
    for (uint32_t c = 2; c <= 6; c++) /* the code, then modifiers */
        count(b, BILLED_SERVICE, seg_comp(g, d, at, c), cents);
    if (at == 2)
        count(b, BILLED_SERVICE, seg_el(g, 1), cents); /* revenue code */
}

static void take_segment(struct billed *b, const struct edi_seg *g, const struct edi_delims *d)
{
    if (seg_is(g, "CLM")) {
        b->claims++;
        b->charge = 0;
        money_parse(seg_el(g, 2), &b->charge);
    } else if (seg_is(g, "HI")) {
        take_hi(b, g, d);
    } else if (seg_is(g, "SV1") || seg_is(g, "SV3")) {
        take_service(b, g, d, 1);
    } else if (seg_is(g, "SV2")) {
        take_service(b, g, d, 2);
    }
}

static bool take_file(struct billed *b, const char *path, bool must)
{
    char mark[3];
    struct edi_seg g;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool x12 = fd >= 0 && pread(fd, mark, 3, 0) == 3 && memcmp(mark, "ISA", 3) == 0;
    if (!x12 && must)
        buf_printf(b->error, "\"%s\": %s", path, fd < 0 ? strerror(errno) : "no X12 file");
    if (!x12) {
        if (fd >= 0)
            close(fd);
        return !must;
    }
    struct scan *s = scan_fd(fd, 0);
    enum scan_event e;
    while ((e = scan_next(s, &g)) == SCAN_SEG)
        take_segment(b, &g, scan_delims(s));
    if (e == SCAN_FAULT)
        buf_printf(b->error, "\"%s\": at byte %llu: %s", path,
                   (unsigned long long)scan_fault(s)->off, scan_fault(s)->text);
    scan_free(s);
    close(fd);
    return e == SCAN_END;
}

static struct billed *walked; /* nftw hands no context on */

static int on_file(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st, (void)where;
    walked->bad = kind == FTW_F && !take_file(walked, path, false);
    return walked->bad;
}

struct billed *billed_read(const char *path, struct buf *error)
{
    struct billed *b = xcalloc(1, sizeof *b);
    struct stat st;
    b->mask = 1023;
    b->slots = xcalloc(b->mask + 1, sizeof *b->slots);
    b->error = error;
    walked = b;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        nftw(path, on_file, 16, FTW_PHYS);
    else
        b->bad = !take_file(b, path, true);
    if (!b->bad && b->claims == 0) {
        buf_printf(error, "\"%s\": there is no claim in it", path);
        b->bad = true;
    }
    if (b->bad) {
        billed_free(b);
        return NULL;
    }
    return b;
}

void billed_free(struct billed *b)
{
    if (b)
        free(b->slots);
    free(b);
}

const struct billed_code *billed_find(const struct billed *b, enum billed_kind kind, phi_str code)
{
    char key[CODE_LEN] = {0};
    if (code.n == 0 || code.n > CODE_LEN)
        return NULL;
    memcpy(key, code.p, code.n);
    const struct slot *s = slot_of(b, kind, key);
    return s->used ? &s->count : NULL;
}

uint32_t billed_claims(const struct billed *b)
{
    return b->claims;
}
