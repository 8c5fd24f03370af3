/*
 * Floor for the clearinghouse pipeline: what five processes cost that do the least any such chain
 * must do. Each scans every claim and stores its id and status in SQLite (WAL, synchronous=FULL,
 * 1,000 rows a commit); the second and the last store the body as well. Frames of 64 claims over
 * ipc, PUSH to PULL: nothing is acknowledged, sealed, checked or built.
 *
 * usage: clearinghouse_floor DIR CLAIMS     prints {"claims_s": ...}
 */
#include "common/edi/scan.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { BODY = 1500, FRAME = 64, STEPS = 5, COMMIT = 1000 };

struct step {
    int number;
    bool keeps_body;
    void *in, *out;
    sqlite3 *db;
    sqlite3_stmt *put;
    long claims, stored;
};

static void sql(sqlite3 *db, const char *text)
{
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        die(EXIT_TRY_LATER, "floor: %s", sqlite3_errmsg(db));
}

static void open_store(struct step *s, const char *dir)
{
    char path[512];
    snprintf(path, sizeof path, "%s/floor%d.db", dir, s->number);
    unlink(path);
    if (sqlite3_open(path, &s->db) != SQLITE_OK)
        die(EXIT_TRY_LATER, "floor: cannot open \"%s\"", path);
    sql(s->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL");
    sql(s->db, "CREATE TABLE claim(id INTEGER PRIMARY KEY, status INTEGER, body BLOB); BEGIN");
    sqlite3_prepare_v2(s->db, "INSERT INTO claim VALUES(?,1,?)", -1, &s->put, NULL);
}

static void open_links(struct step *s, void *ctx, const char *dir)
{
    char end[512];
    int hwm = 64;
    if (s->number > 0) {
        s->in = zmq_socket(ctx, ZMQ_PULL);
        zmq_setsockopt(s->in, ZMQ_RCVHWM, &hwm, sizeof hwm);
        snprintf(end, sizeof end, "ipc://%s/floor%d", dir, s->number);
        zmq_bind(s->in, end);
    }
    if (s->number < STEPS - 1) {
        s->out = zmq_socket(ctx, ZMQ_PUSH);
        zmq_setsockopt(s->out, ZMQ_SNDHWM, &hwm, sizeof hwm);
        snprintf(end, sizeof end, "ipc://%s/floor%d", dir, s->number + 1);
        zmq_connect(s->out, end);
    }
}

static void store_claim(struct step *s, const char *body)
{
    static uint32_t at[BODY + 64];
    if (scan_index(body, BODY, '*', '~', at) == 0)
        BUG("a body without delimiters");
    sqlite3_bind_int64(s->put, 1, ++s->stored);
    if (s->keeps_body)
        sqlite3_bind_blob(s->put, 2, body, BODY, SQLITE_STATIC);
    sqlite3_step(s->put);
    sqlite3_reset(s->put);
    if (s->stored % COMMIT == 0)
        sql(s->db, "COMMIT; BEGIN");
}

static void run_step(struct step *s, const char *dir)
{
    static char frame[FRAME * BODY];
    void *ctx = zmq_ctx_new();
    open_store(s, dir);
    open_links(s, ctx, dir);
    for (int i = 0; i < FRAME * BODY; i++)
        frame[i] = i % 31 == 0 ? '~' : i % 6 == 0 ? '*' : 'A';
    while (s->stored < s->claims) {
        if (s->in)
            zmq_recv(s->in, frame, sizeof frame, 0);
        for (int i = 0; i < FRAME; i++)
            store_claim(s, frame + (size_t)i * BODY);
        if (s->out)
            zmq_send(s->out, frame, sizeof frame, 0);
    }
    sql(s->db, "COMMIT");
    sqlite3_finalize(s->put);
    sqlite3_close(s->db);
    if (s->in)
        zmq_close(s->in);
    if (s->out)
        zmq_close(s->out);
    zmq_ctx_term(ctx);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        die(EXIT_USAGE, "usage: clearinghouse_floor DIR CLAIMS");
    long claims = atol(argv[2]) / FRAME * FRAME;
    int64_t start = time_mono_us();
    for (int i = 0; i < STEPS; i++) {
        struct step s = {.number = i, .keeps_body = i == 1 || i == STEPS - 1, .claims = claims};
        if (fork() == 0) {
            run_step(&s, argv[1]);
            _exit(0);
        }
    }
    int status, worst = 0;
    while (wait(&status) > 0)
        worst |= status;
    int64_t us = time_mono_us() - start;
    printf("{\"claims\": %ld, \"seconds\": %lld.%06lld, \"claims_s\": %lld}\n", claims,
           (long long)(us / 1000000), (long long)(us % 1000000),
           (long long)(claims * 1000000 / us));
    return worst ? EXIT_TRY_LATER : EXIT_DONE;
}
