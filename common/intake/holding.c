#include "common/intake/holding.h"
#include "common/partner/terms.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 24 bits of a token are the file's number, the rest is the frame. */
enum { TOKEN_FRAME_BITS = 40 };

static struct guide_set *load_guides(const char *dir)
{
    struct buf error = {0};
    if (strcmp(dir, "none") == 0)
        return NULL;
    struct guide_set *g = guides_load(dir, &error);
    if (!g)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    return g;
}

static struct profiles *load_profiles(const char *dir, const struct guide_set *guides)
{
    struct buf error = {0};
    struct profiles *p = strcmp(dir, "none") ? profiles_load(dir, guides, &error) : NULL;
    if (error.len)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    return p;
}

void holding_open(struct holding *h, struct stage *s, char forced)
{
    const char *home = stage_home(s);
    *h = (struct holding){.guides = load_guides(stage_get(s, "guides"))};
    h->profiles = load_profiles(stage_get(s, "partners"), h->guides);
    h->o.envelope = (struct envelope_opts){.versions = stage_get(s, "versions"),
                                           .guides = h->guides,
                                           .allow_alias = stage_on(s, "alias"),
                                           .agreed = profiles_agreed,
                                           .agreed_ctx = h->profiles};
    h->giver = (struct giver){.s = s, .o = &h->o, .forced = forced};
    h->k = home ? intake_open(home) : NULL;
}

void holding_add(struct holding *h, const struct in_hand *file)
{
    h->hands = xrealloc(h->hands, (h->hands_n + 1) * sizeof *h->hands);
    h->giving = h->hands[h->hands_n++] = xcalloc(1, sizeof *file);
    *h->giving = *file;
    h->bytes_total += file->bytes;
    if (file->number > h->resumed)
        h->resumed = file->number;
}

static struct in_hand *by_number(const struct holding *h, uint64_t number)
{
    for (size_t i = 0; i < h->hands_n; i++)
        if (h->hands[i]->number == number)
            return h->hands[i];
    return NULL;
}

bool holding_has(const struct holding *h, uint64_t number)
{
    return by_number(h, number) != NULL;
}

static void drop(struct holding *h, struct in_hand *file)
{
    size_t i = 0;
    while (h->hands[i] != file)
        i++;
    h->hands[i] = h->hands[--h->hands_n];
    in_hand_free(file);
    free(file);
}

static void finished(struct holding *h, struct in_hand *file)
{
    if (h->k)
        intake_finish(h->k, file);
    h->bytes_done += file->bytes;
    drop(h, file);
}

/* Everything of the file was handed on: what remains in memory is its progress. */
static void given(struct holding *h)
{
    struct in_hand *file = h->giving;
    h->giving = NULL;
    close(file->fd);
    file->fd = -1;
    plan_free(&file->plan);
    if (file->done == file->frames)
        finished(h, file);
}

int holding_give(struct holding *h)
{
    struct in_hand *file = h->giving;
    while (file->next < file->frames && file->progress && file->progress[file->next])
        file->next++;
    if (file->next == file->frames) {
        given(h);
        return 0;
    }
    if (give_frame(&h->giver, file, file->next))
        return -1;
    const struct plan_frame *f = &file->plan.frames[file->next];
    h->records += f[1].item - f[0].item;
    stage_frame(h->giver.s, file->number << TOKEN_FRAME_BITS | file->next);
    file->next++;
    return 1;
}

void holding_done(struct holding *h, uint64_t token)
{
    struct in_hand *file = by_number(h, token >> TOKEN_FRAME_BITS);
    uint64_t frame = token & ((UINT64_C(1) << TOKEN_FRAME_BITS) - 1);
    if (file && intake_done(file, frame) && file != h->giving)
        finished(h, file);
}

uint64_t holding_progress(const struct holding *h)
{
    uint64_t done = h->bytes_done;
    for (size_t i = 0; i < h->hands_n; i++) {
        const struct in_hand *file = h->hands[i];
        if (file->frames)
            done += file->bytes * file->done / file->frames;
    }
    return done;
}

void holding_finish(struct holding *h)
{
    while (h->hands_n)
        finished(h, h->hands[0]);
}

void holding_close(struct holding *h)
{
    while (h->hands_n)
        drop(h, h->hands[0]);
    free(h->hands);
    giver_free(&h->giver);
    intake_close(h->k);
    profiles_free(h->profiles);
    guides_free(h->guides);
}

const char *holding_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}
