#include "common/store/seal.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_LEN = crypto_aead_xchacha20poly1305_ietf_KEYBYTES, KEY_ID = 8, KEYS_MAX = 1024 };
enum { NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };
#define MAGIC      "CW1"
#define TOKEN_FILE "token.key"

struct seal_key {
    uint8_t id[KEY_ID], key[KEY_LEN];
    int number; /* the highest seals */
};

/* Lives in one piece of locked memory. */
struct seal_keys {
    char dir[PATH_MAX];
    uint8_t token[KEY_LEN];
    int n, newest;
    struct seal_key key[KEYS_MAX];
};

/* The id is made of the key, so a key file that was mixed up is found out when it is read. */
static void key_id(const uint8_t key[KEY_LEN], uint8_t id[KEY_ID])
{
    static const char label[] = "claimwire key id";
    uint8_t h[crypto_generichash_BYTES_MIN];
    crypto_generichash(h, sizeof h, (const uint8_t *)label, sizeof label, key, KEY_LEN);
    memcpy(id, h, KEY_ID);
}

static void path_in(const struct seal_keys *k, const char *name, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/%s", k->dir, name) >= PATH_MAX)
        die(EXIT_CONFIG, "cannot use the keys folder \"%s\": the path is too long", k->dir);
}

/* Reads a key file into out; false when there is none. */
static bool key_read(const struct seal_keys *k, const char *name, uint8_t out[KEY_LEN])
{
    char path[PATH_MAX];
    path_in(k, name, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return false;
    ssize_t n = fd < 0 ? -1 : read(fd, out, KEY_LEN);
    if (fd >= 0)
        close(fd);
    if (n != KEY_LEN)
        die(EXIT_CONFIG, "cannot read the key \"%s\": it is not %d bytes", path, (int)KEY_LEN);
    return true;
}

static int key_write(const struct seal_keys *k, const char *name, const uint8_t key[KEY_LEN])
{
    char path[PATH_MAX];
    path_in(k, name, path);
    return fs_replace(path, key, KEY_LEN);
}

static void key_name(const struct seal_key *key, char out[64])
{
    char hex[2 * KEY_ID + 1];
    sodium_bin2hex(hex, sizeof hex, key->id, KEY_ID);
    snprintf(out, 64, "seal-%06d-%s.key", key->number, hex);
}

static struct seal_key *find(struct seal_keys *k, const uint8_t id[KEY_ID])
{
    for (int i = 0; i < k->n; i++)
        if (memcmp(k->key[i].id, id, KEY_ID) == 0)
            return &k->key[i];
    return NULL;
}

static void take(struct seal_keys *k, const char *name, int number)
{
    struct seal_key *at = &k->key[k->n];
    char right[64];
    if (k->n == KEYS_MAX || !key_read(k, name, at->key))
        return;
    key_id(at->key, at->id);
    at->number = number;
    key_name(at, right);
    if (strcmp(right, name) != 0)
        die(EXIT_CONFIG, "cannot use the key \"%s/%s\": it was altered or renamed", k->dir, name);
    if (find(k, at->id)) /* known from an earlier look */
        return;
    if (k->n == 0 || number > k->key[k->newest].number)
        k->newest = k->n;
    k->n++;
}

static void load(struct seal_keys *k)
{
    DIR *d = opendir(k->dir);
    if (!d)
        die(EXIT_CONFIG, "cannot read the keys folder \"%s\": %m", k->dir);
    for (struct dirent *e; (e = readdir(d));) {
        int number, end = 0;
        if (sscanf(e->d_name, "seal-%6d-%*16[0-9a-f].key%n", &number, &end) == 1 && end > 0 &&
            e->d_name[end] == 0)
            take(k, e->d_name, number);
    }
    closedir(d);
}

/* Only one process at a time makes keys. */
static int lock_keys(const struct seal_keys *k)
{
    char path[PATH_MAX];
    path_in(k, ".lock", path);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0 && flock(fd, LOCK_EX) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int make_key(struct seal_keys *k)
{
    struct seal_key fresh;
    char name[64];
    crypto_aead_xchacha20poly1305_ietf_keygen(fresh.key);
    key_id(fresh.key, fresh.id);
    fresh.number = k->n ? k->key[k->newest].number + 1 : 1;
    key_name(&fresh, name);
    int rc = k->n == KEYS_MAX ? -1 : key_write(k, name, fresh.key);
    if (rc == 0)
        take(k, name, fresh.number);
    sodium_memzero(&fresh, sizeof fresh);
    return rc;
}

static int make_missing(struct seal_keys *k)
{
    int fd = lock_keys(k), rc = fd < 0 ? -1 : 0;
    load(k); /* another may have made them while we waited */
    if (rc == 0 && k->n == 0)
        rc = make_key(k);
    if (rc == 0 && !key_read(k, TOKEN_FILE, k->token)) {
        randombytes_buf(k->token, KEY_LEN);
        rc = key_write(k, TOKEN_FILE, k->token);
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

static void open_dir(struct seal_keys *k, const char *run_dir)
{
    const char *given = getenv("CLAIMWIRE_KEYS");
    struct stat st;
    int n = given && *given ? snprintf(k->dir, sizeof k->dir, "%s", given)
                            : snprintf(k->dir, sizeof k->dir, "%s/keys", run_dir);
    if (n >= (int)sizeof k->dir)
        die(EXIT_CONFIG, "cannot use the keys folder: the path is too long");
    if (fs_mkdirs(k->dir) || stat(k->dir, &st))
        die(EXIT_CONFIG, "cannot use the keys folder \"%s\": %m", k->dir);
    if (st.st_mode & 077)
        die(EXIT_CONFIG, "cannot use the keys folder \"%s\": others can open it (mode %03o)",
            k->dir, (unsigned)st.st_mode & 0777);
}

struct seal_keys *seal_open(const char *run_dir)
{
    struct seal_keys *k = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *k);
    if (!k)
        die(EXIT_TRY_LATER, "cannot get memory for the sealing keys");
    memset(k, 0, sizeof *k);
    open_dir(k, run_dir);
    load(k);
    if ((k->n == 0 || !key_read(k, TOKEN_FILE, k->token)) && make_missing(k))
        die(EXIT_CONFIG, "cannot make the first key in \"%s\": %m", k->dir);
    return k;
}

void seal(struct seal_keys *k, phi_str plain, phi_str what, struct buf *out)
{
    const struct seal_key *key = &k->key[k->newest];
    unsigned long long n;
    uint8_t *p = (uint8_t *)buf_room(out, plain.n + SEAL_OVERHEAD);
    memcpy(p, MAGIC, 3);
    memcpy(p + 3, key->id, KEY_ID);
    randombytes_buf(p + 3 + KEY_ID, NONCE);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        p + 3 + KEY_ID + NONCE, &n, (const uint8_t *)(plain.n ? plain.p : ""), plain.n,
        (const uint8_t *)(what.n ? what.p : ""), what.n, NULL, p + 3 + KEY_ID, key->key);
    out->len += 3 + KEY_ID + NONCE + n;
}

bool unseal(struct seal_keys *k, phi_str blob, phi_str what, struct buf *out)
{
    const uint8_t *p = (const uint8_t *)blob.p;
    unsigned long long n;
    if (blob.n < SEAL_OVERHEAD || memcmp(p, MAGIC, 3) != 0)
        return false;
    const struct seal_key *key = find(k, p + 3);
    if (!key) { /* rotated by another process since we looked */
        load(k);
        key = find(k, p + 3);
    }
    if (!key)
        return false;
    uint8_t *to = (uint8_t *)buf_room(out, blob.n);
    const uint8_t *nonce = p + 3 + KEY_ID, *cipher = nonce + NONCE;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            to, &n, NULL, cipher, blob.n - (size_t)(cipher - p),
            (const uint8_t *)(what.n ? what.p : ""), what.n, nonce, key->key))
        return false;
    out->len += n;
    return true;
}

struct rec_id seal_token(struct seal_keys *k, const char *what, phi_str value)
{
    crypto_generichash_state st;
    struct rec_id id;
    crypto_generichash_init(&st, k->token, KEY_LEN, sizeof id.b);
    crypto_generichash_update(&st, (const uint8_t *)what, strlen(what) + 1);
    crypto_generichash_update(&st, (const uint8_t *)(value.n ? value.p : ""), value.n);
    crypto_generichash_final(&st, id.b, sizeof id.b);
    return id;
}

int seal_rotate(struct seal_keys *k)
{
    int fd = lock_keys(k);
    if (fd < 0)
        return -1;
    load(k);
    int rc = make_key(k);
    close(fd);
    return rc;
}

void seal_close(struct seal_keys *k)
{
    sodium_free(k); /* wipes; NULL is fine */
}
