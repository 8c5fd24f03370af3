#include "common/letter/sender.h"
#include <stdio.h>
#include <string.h>

/* Ten digits as people write them. */
static phi_str phone_of(const char *s, struct arena *a)
{
    char out[16];
    if (strlen(s) != 10 || strspn(s, "0123456789") != 10)
        return phi_lit(s);
    snprintf(out, sizeof out, "(%.3s) %.3s-%.4s", s, s + 3, s + 6);
    return arena_phi(a, phi_lit(out));
}

struct sender sender_of(const struct conf *office, phi_str npi, struct arena *a)
{
    const struct conf *p = conf_get(office, "providers"), *o = conf_get(office, "office");
    struct buf b = {0};
    for (p = p ? p->first : NULL; p && !phi_is(npi, p->key);)
        p = p->next;
    const struct conf *at = conf_get(p, "address");
    struct sender s = {.name = phi_lit(conf_text(p, "name", conf_text(o, "name", ""))),
                       .street = phi_lit(conf_text(at, "l1", "")),
                       .phone = phone_of(conf_text(o, "phone", ""), a),
                       .tax = phi_lit(conf_text(p, "ein", ""))};
    if (at)
        buf_printf(&b, "%s, %s %.5s", conf_text(at, "city", ""), conf_text(at, "st", ""),
                   conf_text(at, "zip", ""));
    s.city = arena_phi(a, buf_view(&b));
    if (phi_empty(s.name)) {
        buf_clear(&b);
        buf_puts(&b, "Provider ");
        buf_phi(&b, npi);
        s.name = arena_phi(a, buf_view(&b));
    }
    buf_free(&b);
    return s;
}
