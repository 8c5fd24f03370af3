#include "common/link/curve.h"
#include "common/util/buf.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

/* --- keys --- */

static bool key_read(const char *path, char key[CURVE_KEY])
{
    struct buf b = {0};
    bool whole = fs_read(path, 4096, &b) == 0 && b.len >= CURVE_KEY - 1;
    if (whole)
        memcpy(key, b.p, CURVE_KEY - 1);
    key[whole ? CURVE_KEY - 1 : 0] = 0;
    if (b.p)
        sodium_memzero(b.p, b.cap);
    buf_free(&b);
    return whole && strcspn(key, " \n\r\t") == CURVE_KEY - 1;
}

/* Makes path hold the key unless it is there already: several processes start at once. */
static void key_write(const char *path, const char *key)
{
    char tmp[4200], line[CURVE_KEY + 1];
    snprintf(tmp, sizeof tmp, "%s.%d", path, (int)getpid());
    snprintf(line, sizeof line, "%s\n", key);
    if (fs_replace(tmp, line, strlen(line)))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", tmp);
    if (link(tmp, path) && errno != EEXIST)
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", path);
    unlink(tmp);
    sodium_memzero(line, sizeof line);
}

void curve_open(struct curve_keys *k, const char *run_dir)
{
    char path[4128];
    snprintf(k->dir, sizeof k->dir, "%s/keys/curve", run_dir);
    snprintf(path, sizeof path, "%s/own.secret", k->dir);
    if (fs_mkdirs(k->dir))
        die(EXIT_TRY_LATER, "cannot make folder \"%s\": %m", k->dir);
    if (access(path, F_OK)) {
        if (zmq_curve_keypair(k->public, k->secret))
            die(EXIT_CONFIG, "this libzmq has no CURVE");
        key_write(path, k->secret);
    }
    if (!key_read(path, k->secret) || zmq_curve_public(k->public, k->secret))
        die(EXIT_CONFIG, "\"%s\" is no CURVE key", path);
    sodium_mlock(k->secret, sizeof k->secret);
    snprintf(path, sizeof path, "%s/own.public", k->dir);
    key_write(path, k->public);
}

static void set(void *socket, int option, const void *value, size_t n)
{
    if (zmq_setsockopt(socket, option, value, n))
        die(EXIT_CONFIG, "cannot set up CURVE: %s", zmq_strerror(errno));
}

void curve_server(void *socket, const struct curve_keys *k)
{
    int yes = 1;
    set(socket, ZMQ_CURVE_SERVER, &yes, sizeof yes);
    set(socket, ZMQ_CURVE_SECRETKEY, k->secret, CURVE_KEY);
    set(socket, ZMQ_ZAP_DOMAIN, "claimwire", 9);
}

bool curve_giver_key(const struct curve_keys *k, const char *endpoint, char key[CURVE_KEY])
{
    char path[4400];
    const char *host = strstr(endpoint, "://");
    host = host ? host + 3 : endpoint;
    if (strchr(host, '/') || strlen(host) > 255)
        return false;
    snprintf(path, sizeof path, "%s/givers/%s.public", k->dir, host);
    return key_read(path, key);
}

void curve_client(void *socket, const struct curve_keys *k, const char *giver_key)
{
    set(socket, ZMQ_CURVE_SERVERKEY, giver_key, CURVE_KEY);
    set(socket, ZMQ_CURVE_PUBLICKEY, k->public, CURVE_KEY);
    set(socket, ZMQ_CURVE_SECRETKEY, k->secret, CURVE_KEY);
}

/* --- who may connect --- */

struct zap {
    void *socket;
    char dir[4096];
};

static bool on_the_list(const struct zap *z, const char *key)
{
    char path[4400], allowed[CURVE_KEY];
    bool found = false;
    DIR *d = opendir(z->dir);
    struct dirent *e;
    while (d && !found && (e = readdir(d))) {
        if (e->d_name[0] == '.' || strlen(e->d_name) > 255)
            continue;
        snprintf(path, sizeof path, "%s/%s", z->dir, e->d_name);
        found = key_read(path, allowed) && strcmp(allowed, key) == 0;
    }
    if (d)
        closedir(d);
    return found;
}

/* Reads one part as a string; false when there is none. */
static bool part(void *socket, char *out, size_t room, size_t *n)
{
    zmq_msg_t m;
    zmq_msg_init(&m);
    bool ok = zmq_msg_recv(&m, socket, 0) >= 0;
    *n = ok && zmq_msg_size(&m) < room ? zmq_msg_size(&m) : 0;
    memcpy(out, zmq_msg_data(&m), *n);
    out[*n] = 0;
    bool more = zmq_msg_more(&m);
    zmq_msg_close(&m);
    return ok && more;
}

static void answer(void *socket, const char *request, const char *status, const char *text)
{
    const char *parts[] = {"1.0", request, status, text, "", ""};
    for (int i = 0; i < 6; i++)
        zmq_send(socket, parts[i], strlen(parts[i]), i < 5 ? ZMQ_SNDMORE : 0);
}

/* version, request id, domain, address, identity, mechanism, key */
static bool serve(struct zap *z)
{
    enum { VERSION, REQUEST, DOMAIN, ADDRESS, IDENTITY, MECHANISM, CREDENTIALS, PARTS };
    char p[PARTS][256], key[CURVE_KEY] = "";
    size_t n = 0;
    bool more = true;
    memset(p, 0, sizeof p);
    for (int i = 0; i < PARTS && more; i++)
        more = part(z->socket, p[i], sizeof p[i], &n);
    if (errno == ETERM)
        return false;
    while (more) { /* nobody sends more */
        char rest[256];
        more = part(z->socket, rest, sizeof rest, &n);
    }
    bool curve = strcmp(p[MECHANISM], "CURVE") == 0 && n == 32;
    if (curve)
        zmq_z85_encode(key, (const uint8_t *)p[CREDENTIALS], 32);
    bool allowed = curve && on_the_list(z, key);
    if (!allowed)
        log_error("CW-LNK-040", "a taker with a key that is not on the list was turned away",
                  KV("address", (const char *)p[ADDRESS]), KV("list", (const char *)z->dir));
    answer(z->socket, p[REQUEST], allowed ? "200" : "400", allowed ? "OK" : "not on the list");
    return true;
}

static void *zap_run(void *arg)
{
    struct zap *z = arg;
    errno = 0;
    while (serve(z))
        errno = 0;
    zmq_close(z->socket);
    free(z);
    return NULL;
}

void zap_start(void *zmq, const struct curve_keys *k)
{
    struct zap *z = xcalloc(1, sizeof *z);
    pthread_t thread;
    sigset_t all, was;
    snprintf(z->dir, sizeof z->dir, "%.4080s/takers", k->dir);
    z->socket = zmq_socket(zmq, ZMQ_REP);
    if (!z->socket || zmq_bind(z->socket, "inproc://zeromq.zap.01"))
        die(EXIT_CONFIG, "cannot ask about keys: %s", zmq_strerror(errno));
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &was);
    if (pthread_create(&thread, NULL, zap_run, z))
        die(EXIT_TRY_LATER, "cannot start a thread");
    pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &was, NULL);
}
