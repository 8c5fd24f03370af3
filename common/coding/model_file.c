#include "common/coding/model.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <errno.h>
#include <stdlib.h>

enum { MODEL_VERSION = 2, BYTE_ORDER_MARK = 0x01020304, LIMIT = 1 << 30 };

static struct digest digest_without(struct buf *file)
{
    struct model_header *h = (struct model_header *)(void *)file->p;
    struct digest kept = h->digest, d;
    memset(&h->digest, 0, sizeof h->digest);
    d = digest_of(file->p, file->len);
    h->digest = kept;
    return d;
}

/* Sizes add up, and every number stays in its table: nothing read from it can lead outside. */
static bool sound(struct model *m)
{
    const struct model_header *h = m->head;
    uint64_t want = sizeof *h + (uint64_t)h->codes * sizeof *m->codes +
                    ((uint64_t)h->grams + 1) * sizeof *m->grams +
                    (uint64_t)h->pairs * sizeof *m->pairs;
    if (m->file.len != want || m->grams[h->grams].pair != h->pairs)
        return false;
    for (uint32_t i = 0; i < h->grams; i++)
        if (m->grams[i].pair > m->grams[i + 1].pair || m->grams[i].hash >= m->grams[i + 1].hash)
            return false;
    for (uint32_t i = 0; i < h->pairs; i++)
        if (m->pairs[i].code >= h->codes)
            return false;
    return true;
}

static const char *fault_of(struct model *m)
{
    const struct model_header *h = m->head = (const void *)m->file.p;
    if (m->file.len < sizeof *h || memcmp(h->magic, "CWMODEL", 8) != 0)
        return "is no model";
    if (h->version != MODEL_VERSION || h->order != BYTE_ORDER_MARK)
        return "is a model of another version: train it again";
    struct digest d = digest_without(&m->file);
    if (memcmp(&d, &h->digest, sizeof d) != 0)
        return "is damaged: train it again";
    const char *at = m->file.p + sizeof *h;
    m->grams = (const void *)at;
    at += ((uint64_t)h->grams + 1) * sizeof *m->grams;
    m->codes = (const void *)at;
    m->pairs = (const void *)(at + (uint64_t)h->codes * sizeof *m->codes);
    return sound(m) ? NULL : "is damaged: train it again";
}

struct model *model_open(const char *path, struct buf *error)
{
    struct model *m = xcalloc(1, sizeof *m);
    const char *fault = NULL;
    if (fs_read(path, LIMIT, &m->file))
        buf_printf(error, "cannot read model \"%s\": %s", path, strerror(errno));
    else if ((fault = fault_of(m)))
        buf_printf(error, "\"%s\" %s", path, fault);
    if (error->len == 0) {
        model_index(m);
        return m;
    }
    model_free(m);
    return NULL;
}

void model_free(struct model *m)
{
    if (m) {
        model_index_free(m);
        buf_free(&m->file);
    }
    free(m);
}

int model_write(struct model *m, const char *path, struct buf *error)
{
    struct model_header h = *m->head;
    struct buf file = {0};
    memcpy(h.magic, "CWMODEL", 8);
    h.version = MODEL_VERSION;
    h.order = BYTE_ORDER_MARK;
    buf_add(&file, &h, sizeof h);
    buf_add(&file, m->grams, (h.grams + 1) * sizeof *m->grams);
    buf_add(&file, m->codes, h.codes * sizeof *m->codes);
    buf_add(&file, m->pairs, h.pairs * sizeof *m->pairs);
    struct digest d = digest_without(&file);
    memcpy(file.p + offsetof(struct model_header, digest), &d, sizeof d);
    int rc = fs_replace(path, file.p, file.len);
    if (rc)
        buf_printf(error, "cannot write \"%s\": %s", path, strerror(errno));
    buf_free(&file);
    return rc;
}
