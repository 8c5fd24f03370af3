#include "common/util/id.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

struct digest digest_of(const void *p, size_t n)
{
    struct digest d;
    crypto_generichash(d.b, sizeof d.b, p, n, NULL, 0);
    return d;
}

bool digest_fd(int fd, struct digest *out)
{
    static char chunk[1 << 16];
    crypto_generichash_state st;
    ssize_t n;
    crypto_generichash_init(&st, NULL, 0, sizeof out->b);
    while ((n = read(fd, chunk, sizeof chunk)) > 0)
        crypto_generichash_update(&st, (unsigned char *)chunk, (size_t)n);
    crypto_generichash_final(&st, out->b, sizeof out->b);
    return n == 0;
}

bool digest_path(const char *path, struct digest *out, int64_t *bytes)
{
    struct stat st = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && fstat(fd, &st) == 0 && (errno = EIO) && digest_fd(fd, out);
    int err = errno;
    if (bytes)
        *bytes = good ? st.st_size : 0;
    if (fd >= 0)
        close(fd);
    errno = err;
    return good;
}

bool digest_range(int fd, uint64_t off, uint64_t len, struct digest *out)
{
    static unsigned char chunk[1 << 16];
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, sizeof out->b);
    while (len) {
        ssize_t n = pread(fd, chunk, len < sizeof chunk ? (size_t)len : sizeof chunk, (off_t)off);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n ? errno : EIO;
            return false;
        }
        crypto_generichash_update(&st, chunk, (size_t)n);
        off += (uint64_t)n;
        len -= (uint64_t)n;
    }
    crypto_generichash_final(&st, out->b, sizeof out->b);
    return true;
}

static void le64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}

struct rec_id id_source(const struct digest *file, uint64_t pos)
{
    uint8_t in[DIGEST_LEN + 8];
    struct rec_id id;
    memcpy(in, file->b, DIGEST_LEN);
    le64(in + DIGEST_LEN, pos);
    crypto_generichash(id.b, sizeof id.b, in, sizeof in, NULL, 0);
    return id;
}

struct rec_id id_child(struct rec_id parent, uint64_t pos)
{
    uint8_t in[REC_ID_LEN + 8];
    struct rec_id id;
    memcpy(in, parent.b, REC_ID_LEN);
    le64(in + REC_ID_LEN, pos);
    crypto_generichash(id.b, sizeof id.b, in, sizeof in, NULL, 0);
    return id;
}

const char *rec_id_hex(struct rec_id id, char out[REC_ID_HEX])
{
    return sodium_bin2hex(out, REC_ID_HEX, id.b, sizeof id.b);
}

const char *rec_id_trace(struct rec_id id, char out[REC_TRACE])
{
    static const char digit[] = "0123456789ABCDEF";
    out[0] = 'C';
    out[1] = 'W';
    for (int i = 0; i < 8; i++) {
        out[2 + 2 * i] = digit[id.b[i] >> 4];
        out[3 + 2 * i] = digit[id.b[i] & 15];
    }
    out[REC_TRACE - 1] = 0;
    return out;
}

bool rec_id_parse(const char *s, size_t n, struct rec_id *out)
{
    size_t got = 0;
    return n == REC_ID_HEX - 1 &&
           sodium_hex2bin(out->b, sizeof out->b, s, n, NULL, &got, NULL) == 0 && got == REC_ID_LEN;
}

const char *digest_hex(const struct digest *d, char out[DIGEST_HEX])
{
    return sodium_bin2hex(out, DIGEST_HEX, d->b, sizeof d->b);
}
