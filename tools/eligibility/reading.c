#include "tools/eligibility/reading.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <stdio.h>

enum { INQUIRIES = 10000 };

void reading_words(struct words *w, const char *dir, struct arena *a)
{
    struct buf error = {0};
    if (!words_load(w, dir ? dir : fs_shared("config/eligibility"), a, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
}

/* By its content, however it came. */
static struct rec_id id_of(const struct reading *r, const struct elig_said *s)
{
    struct buf b = {0};
    const phi_str all[] = {s->reference, s->day, s->time,
                           s->payer,     s->npi, phi_of(r->bytes.p + s->off, s->len)};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        buf_phi(&b, all[i]);
        buf_putc(&b, '\n');
    }
    struct digest d = digest_of(b.p, b.len);
    struct rec_id id = id_source(&d, s->number);
    buf_free(&b);
    return id;
}

static void one_answer(struct reading *r, const struct elig_said *s, int64_t inquiry)
{
    struct buf json = {0}, asked = {0};
    char trace[24];
    phi_str name = s->trace;
    if (inquiry) {
        cache_asked(r->cache, inquiry, &asked);
        snprintf(trace, sizeof trace, "E%09lld", (long long)inquiry);
        name = phi_lit(trace);
    }
    words_json(r->words, s, name, buf_view(&asked), &json);
    if (r->cache) {
        struct answer a = {.id = id_of(r, s),
                           .said = s,
                           .came_us = r->now_us,
                           .file = r->file,
                           .off = r->off + s->off,
                           .len = s->len};
        cache_keep(r->cache, &a, inquiry, buf_view(&json));
    }
    if (r->out && r->json) {
        buf_phi(r->out, buf_view(&json));
        buf_putc(r->out, '\n');
    } else if (r->out) {
        words_text(buf_view(&json), "", r->out);
    }
    buf_free(&json);
    buf_free(&asked);
}

void reading_take(void *ctx, const struct elig_said *s)
{
    struct reading *r = ctx;
    static int64_t inquiries[INQUIRIES];
    if (s->asks)
        return;
    size_t n = r->cache ? cache_inquiries(r->cache, s, inquiries, INQUIRIES) : 0;
    if (!n)
        one_answer(r, s, 0);
    for (size_t i = 0; i < n; i++)
        one_answer(r, s, inquiries[i]);
    r->answers++;
    r->refused += elig_status(s) == ELIG_REFUSED;
}
