/*
 * Preloaded into the processes of a pipeline (poison_test.sh): POISON_IN names one of them, as
 * /proc/self/comm has it, which dies by SIGKILL whenever it handles the bytes POISON: a validator where it
 * copies a segment of theirs, a keeper where it seals them.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char POISON[] = "POISON333";
enum { SEGMENTS = 2000 }; /* bytes: a longer copy is a frame on its way */

static int here;

__attribute__((constructor)) static void look(void)
{
    char comm[32] = "";
    const char *in = getenv("POISON_IN");
    FILE *f = fopen("/proc/self/comm", "re");
    if (f && fgets(comm, sizeof comm, f))
        comm[strcspn(comm, "\n")] = 0;
    if (f)
        fclose(f);
    here = in && strncmp(comm, in, 15) == 0;
}

static void die_of(const void *p, size_t n)
{
    if (here && n >= sizeof POISON && memmem(p, n, POISON, sizeof POISON - 1))
        kill(getpid(), SIGKILL);
}

#undef memcpy
void *memcpy(void *to, const void *from, size_t n)
{
    if (n < SEGMENTS)
        die_of(from, n);
    return memmove(to, from, n);
}

typedef int seal_fn(unsigned char *, unsigned long long *, const unsigned char *,
                    unsigned long long, const unsigned char *, unsigned long long,
                    const unsigned char *, const unsigned char *, const unsigned char *);

int crypto_aead_xchacha20poly1305_ietf_encrypt(unsigned char *c, unsigned long long *c_len,
                                               const unsigned char *m, unsigned long long m_len,
                                               const unsigned char *ad, unsigned long long ad_len,
                                               const unsigned char *secret,
                                               const unsigned char *nonce, const unsigned char *key)
{
    seal_fn *real;
    void *found = dlsym(RTLD_NEXT, "crypto_aead_xchacha20poly1305_ietf_encrypt");
    die_of(m, m_len);
    memmove(&real, &found, sizeof real);
    return real(c, c_len, m, m_len, ad, ad_len, secret, nonce, key);
}
