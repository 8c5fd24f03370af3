/* LOOP/SEGMENT[01=V|V]-EE-C */
#include "common/partner/profile_int.h"

static bool word_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool take_name(const char **p, const char *end, char *to, size_t room)
{
    size_t n = 0;
    while (*p + n < end && word_char((*p)[n]))
        n++;
    if (n >= room)
        return false;
    memcpy(to, *p, n);
    to[n] = 0;
    *p += n;
    return true;
}

static bool take_number(const char **p, const char *end, uint8_t most, uint8_t *out)
{
    unsigned v = 0;
    const char *from = *p;
    while (*p < end && **p >= '0' && **p <= '9' && v < 1000)
        v = v * 10 + (unsigned)(*(*p)++ - '0');
    *out = (uint8_t)v;
    return *p > from && v >= 1 && v <= most;
}

static bool take_preds(const char **p, const char *end, struct arena *mem, struct profile_path *out)
{
    (*p)++;
    if (!take_number(p, end, GUIDE_ELEMENTS, &out->pred_el))
        return false;
    if (*p < end && **p == '-' && ((*p)++, !take_number(p, end, 24, &out->pred_comp)))
        return false;
    if (*p == end || **p != '=')
        return false;
    do {
        const char *from = ++*p;
        while (*p < end && **p != '|' && **p != ']')
            (*p)++;
        if (*p == end || *p == from || out->preds == PROFILE_PREDS)
            return false;
        out->pred[out->preds++] = arena_phi(mem, phi_of(from, (size_t)(*p - from)));
    } while (**p == '|');
    (*p)++;
    return true;
}

bool profile_path_read(phi_str text, struct arena *mem, struct profile_path *out)
{
    const char *p = text.p, *end = text.p + text.n;
    memset(out, 0, sizeof *out);
    if (!take_name(&p, end, out->loop, sizeof out->loop))
        return false;
    if (p == end)
        return *out->loop != 0;
    if (*p++ != '/' || !take_name(&p, end, out->seg, sizeof out->seg) || strlen(out->seg) < 2)
        return false;
    if (!*out->loop)
        memcpy(out->loop, "/", 2);
    if (p < end && *p == '[' && !take_preds(&p, end, mem, out))
        return false;
    if (p < end && *p == '-' && (p++, !take_number(&p, end, GUIDE_ELEMENTS, &out->el)))
        return false;
    if (p < end && *p == '-' && (p++, !take_number(&p, end, 24, &out->comp)))
        return false;
    return p == end;
}
