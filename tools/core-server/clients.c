#include "tools/core-server/clients.h"
#include "common/util/fs.h"
#include "common/wire/wire.h"
#include "common/wire/wire_int.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { HASH = 32 };

/* Only digests of secrets are kept. */
static unsigned char *digest(const char *p, size_t n, struct arena *a)
{
    unsigned char *d = arena_alloc(a, HASH);
    crypto_generichash(d, HASH, (const unsigned char *)p, n, NULL, 0);
    return d;
}

static bool read_secret(const struct conf *map, const char *key, struct arena *a,
                        unsigned char **out, struct buf *error)
{
    const struct conf *c = conf_get(map, key);
    struct buf b = {0};
    struct wire_fault f;
    if (!c)
        return true;
    if (secret_read(c->text, &b, &f) != WIRE_DONE)
        return conf_fault(c, error, "%s", f.why);
    *out = digest(b.p, b.len, a);
    secret_wipe(&b);
    return true;
}

static bool read_client(const struct conf *map, struct client *c, struct arena *a,
                        struct buf *error)
{
    static const char *const keys[] = {"user",   "password", "certificate", "client",
                                       "secret", "isa",      "receivers",   NULL};
    if (!conf_is(map, CONF_MAP, error) || !conf_only(map, keys, error))
        return false;
    c->id = map->key;
    c->user = conf_text(map, "user", NULL);
    c->subject = conf_text(map, "certificate", NULL);
    c->oauth = conf_text(map, "client", NULL);
    c->isa = conf_text(map, "isa", NULL);
    c->receivers = conf_get(map, "receivers");
    if (!read_secret(map, "password", a, &c->password, error) ||
        !read_secret(map, "secret", a, &c->secret, error) ||
        (c->receivers && !conf_is(c->receivers, CONF_LIST, error)))
        return false;
    if (!c->user != !c->password)
        return conf_fault(map, error, "\"user\" and \"password\" (a file) belong together");
    if (!c->oauth != !c->secret)
        return conf_fault(map, error, "\"client\" and \"secret\" (a file) belong together");
    return c->user || c->subject || c->oauth ||
           conf_fault(map, error, "nothing proves who this is: user, certificate or client");
}

struct client *clients_load(const char *path, struct arena *a, struct buf *error)
{
    static const char *const keys[] = {"clients", NULL};
    const struct conf *top = conf_read(path, a, error), *map = conf_get(top, "clients");
    struct client *list = NULL, **end = &list;
    if (!top || !conf_is(top, CONF_MAP, error) || !conf_only(top, keys, error))
        return NULL;
    if (!map || !conf_is(map, CONF_MAP, error) || !map->first) {
        if (!error->len)
            conf_fault(top, error, "\"clients\" is missing or empty");
        return NULL;
    }
    for (const struct conf *c = map->first; c; c = c->next) {
        *end = arena_alloc(a, sizeof **end);
        if (!read_client(c, *end, a, error))
            return NULL;
        end = &(*end)->next;
    }
    return list;
}

const struct client *client_by_id(const struct client *list, phi_str id)
{
    while (list && !phi_is(id, list->id))
        list = list->next;
    return list;
}

static bool same_secret(const unsigned char *kept, const char *p, size_t n)
{
    unsigned char d[HASH];
    crypto_generichash(d, HASH, (const unsigned char *)p, n, NULL, 0);
    return kept && sodium_memcmp(d, kept, HASH) == 0;
}

bool client_may_reach(const struct client *c, phi_str receiver)
{
    if (!c->receivers)
        return true;
    for (const struct conf *r = c->receivers->first; r; r = r->next)
        if (phi_is(receiver, r->text))
            return true;
    return false;
}

/* ---- tokens: "CLIENT.EXPIRY.MAC", so that nothing need be kept ---- */

static void mac_of(const char *id, int64_t expiry_s, const unsigned char key[32],
                   char out[2 * crypto_auth_BYTES + 1])
{
    unsigned char mac[crypto_auth_BYTES];
    struct buf b = {0};
    buf_printf(&b, "%s.%" PRId64, id, expiry_s);
    crypto_auth(mac, (const unsigned char *)b.p, b.len, key);
    sodium_bin2hex(out, 2 * crypto_auth_BYTES + 1, mac, sizeof mac);
    buf_free(&b);
}

bool client_token(const struct client *list, const char *id, const char *secret,
                  const unsigned char key[32], int64_t now_us, struct buf *out)
{
    char mac[2 * crypto_auth_BYTES + 1];
    int64_t expiry = now_us / 1000000 + TOKEN_S;
    while (list && !(list->oauth && strcmp(list->oauth, id) == 0))
        list = list->next;
    if (!list || !same_secret(list->secret, secret, strlen(secret)))
        return false;
    mac_of(id, expiry, key, mac);
    buf_printf(out, "%s.%" PRId64 ".%s", id, expiry, mac);
    return true;
}

static bool token_is(const struct client *c, phi_str token, const unsigned char key[32],
                     int64_t now_us)
{
    char mac[2 * crypto_auth_BYTES + 1];
    size_t n = strlen(c->oauth);
    if (token.n <= n + 1 || memcmp(token.p, c->oauth, n) != 0 || token.p[n] != '.')
        return false;
    phi_str rest = phi_of(token.p + n + 1, token.n - n - 1);
    const char *dot = memchr(rest.p, '.', rest.n);
    int64_t expiry = 0;
    if (!dot || dot - rest.p > 12)
        return false;
    for (const char *p = rest.p; p < dot; p++) {
        if (*p < '0' || *p > '9')
            return false;
        expiry = expiry * 10 + (*p - '0');
    }
    mac_of(c->oauth, expiry, key, mac);
    phi_str given = phi_of(dot + 1, rest.n - (size_t)(dot + 1 - rest.p));
    return given.n == sizeof mac - 1 && sodium_memcmp(given.p, mac, given.n) == 0 &&
           now_us / 1000000 <= expiry;
}

bool client_is(const struct client *c, enum core_form form, const struct proof *p,
               const unsigned char key[32], int64_t now_us)
{
    bool subject = c->subject && phi_is(p->subject, c->subject);
    if (form == CORE_REST)
        return c->oauth && token_is(c, p->bearer, key, now_us) && (!c->subject || subject);
    bool word = c->user && p->password.p && phi_is(p->user, c->user) &&
                same_secret(c->password, p->password.p, p->password.n);
    return word || subject;
}
