#include "common/edi/scan_state.h"
#include "common/util/log.h"
#include <errno.h>
#include <unistd.h>

void window_reindex(struct scan *s)
{
    s->next = s->next_end = s->list.n = s->list.ends_n = 0;
    s->indexed = s->pos;
}

void window_skip(struct scan *s, uint32_t at)
{
    s->pos = at;
    if (s->indexed <= at) {
        window_reindex(s);
        return;
    }
    while (s->next < s->list.n && s->list.at[s->next] < at)
        s->next++;
    while (s->next_end < s->list.ends_n && s->list.ends[s->next_end] < s->next)
        s->next_end++;
}

/* Moves the entries not handed out to the front of the list, less d. */
static void list_shift(struct scan *s, uint32_t d)
{
    struct scan_list *l = &s->list;
    size_t left = l->n - s->next, ends = l->ends_n - s->next_end;
    uint32_t from = (uint32_t)s->next;
    if (from == 0 && d == 0)
        return;
    for (size_t i = 0; i < left; i++)
        l->at[i] = l->at[from + i] - d;
    for (size_t i = 0; i < ends; i++)
        l->ends[i] = l->ends[s->next_end + i] - from;
    s->next = s->next_end = 0;
    l->n = left;
    l->ends_n = ends;
}

/* Lets base begin at pos. */
static void rebase(struct scan *s)
{
    uint32_t d = s->pos;
    window_skip(s, d);
    list_shift(s, d);
    s->base += d;
    s->base_off += d;
    s->avail -= d;
    s->indexed -= d;
    s->pos = 0;
}

static bool more_memory(struct scan *s)
{
    rebase(s);
    uint64_t left = s->mem_n - s->base_off;
    uint32_t avail = left < SCAN_PAYLOAD_MAX ? (uint32_t)left : SCAN_PAYLOAD_MAX;
    if (avail == s->avail)
        return false;
    s->avail = avail;
    return true;
}

static bool more_file(struct scan *s)
{
    rebase(s);
    if (s->avail == s->win_cap && s->win_cap > SCAN_PAYLOAD_MAX)
        return false;
    if (s->base != s->win)
        memmove(s->win, s->base, s->avail);
    if (s->avail == s->win_cap)
        s->win = xrealloc(s->win, s->win_cap *= 2);
    s->base = s->win;
    ssize_t n;
    do
        n = read(s->fd, s->win + s->avail, s->win_cap - s->avail);
    while (n < 0 && errno == EINTR);
    if (n <= 0) {
        s->eof = true;
        s->error = n < 0 ? errno : 0;
        return false;
    }
    s->avail += (uint32_t)n;
    return true;
}

bool window_more(struct scan *s)
{
    if (s->eof)
        return false;
    return s->fd < 0 ? more_memory(s) : more_file(s);
}

bool window_need(struct scan *s, size_t n)
{
    while (s->avail - s->pos < n)
        if (!window_more(s))
            return false;
    return true;
}

static void list_room(struct scan *s, size_t more)
{
    size_t want = s->list.n + more + 64;
    if (want <= s->list_cap)
        return;
    s->list_cap = want * 2;
    s->list.at = xrealloc(s->list.at, s->list_cap * sizeof *s->list.at);
    s->list.ends = xrealloc(s->list.ends, s->list_cap * sizeof *s->list.ends);
}

static void index_block(struct scan *s)
{
    list_shift(s, 0);
    uint32_t n = s->avail - s->indexed;
    if (n > SCAN_BLOCK)
        n = SCAN_BLOCK;
    list_room(s, n);
    s->kernel(s->base + s->indexed, n, s->d.elem, s->d.term, s->indexed, &s->list);
    s->indexed += n;
}

bool window_find_end(struct scan *s)
{
    if (s->indexed < s->pos) /* line ends were passed over */
        window_reindex(s);
    while (s->next_end == s->list.ends_n) {
        if (s->indexed - s->pos > SCAN_SEGMENT_MAX)
            return false;
        if (s->indexed < s->avail)
            index_block(s);
        else if (!window_more(s))
            return false;
    }
    return true;
}
