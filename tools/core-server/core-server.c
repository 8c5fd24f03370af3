/*
 * NAME
 *     core-server - the receiving side of CAQH CORE connectivity
 *
 * SYNOPSIS
 *     claimwire core-server --root DIR --clients FILE [--listen PORT | --socket PATH] [--home DIR]
 *         [--wait SECONDS] [--most BYTES] [--slow SECONDS] [--connections N]
 *     claimwire core-server list --home DIR [--json]
 *
 * DESCRIPTION
 *     Takes messages of CORE vC2.2.0 (MIME multipart and SOAP, MTOM for batches) and vC4.0.0 (REST
 *     with JSON), all at one address, told apart by their Content-Type. It speaks plain HTTP on
 *     loopback or on a socket; nginx stands before it, does TLS and client certificates, and says in
 *     X-Client-Verify and X-Client-Subject whose certificate it was (config/nginx/core-server.conf,
 *     docs/wires.md). Every process of this machine can reach a port: prefer a socket.
 *
 *     ReceiverID names a folder ROOT/RECEIVER with in/, out/ and archive/, as `payersim` and folder
 *     wires have them. A batch is on disk before it is answered. A real-time message (270, 276, 278)
 *     is laid into in/, and the answer that appears in out/ within --wait seconds goes back: a 271, 277
 *     or 278 with its BHT03, or a 999 or TA1 that refuses it. What waits in out/ is given kind by kind,
 *     and put into archive/ when it is confirmed. The same PayloadID with the same bytes gets the same
 *     answer; with other bytes it is refused.
 *
 *     What is wrong has the rule's names: PayloadTypeRequired, UnAuthorized, VersionMismatch,
 *     ChecksumMismatched and so on. POST /token gives OAuth 2.0 tokens (client credentials); GET
 *     /live says that it lives, GET /?wsdl describes the SOAP form for toolkits. Once it listens it prints "listens" and where.
 *
 *     `list` prints each message with its time, control number and code, and for each month how many
 *     real-time messages were answered within 20 seconds.
 *
 * OPTIONS
 *     --root DIR       where the receivers' folders are
 *     --clients FILE   who may call, and how that is proved (docs/wires.md)
 *     --listen PORT    port on 127.0.0.1 (default 0: any that is free)
 *     --socket PATH    a socket of ours instead (mode 0660)
 *     --home DIR       its own store (default ROOT/core-server)
 *     --wait SECONDS   how long a real-time answer is waited for (default 18)
 *     --most BYTES     largest body (default 67108864)
 *     --slow SECONDS   silence after which a caller is dropped (default 30; ten times that for all)
 *     --connections N  callers at once (default 64)
 *     --json           one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 64 usage; 78 the file of clients cannot be used; 111 try again later
 *
 * EXAMPLES
 *     claimwire core-server list --home build/payers/core-server
 */
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/core-server/desk.h"
#include "tools/core-server/door.h"
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct options {
    const char *root, *clients, *home, *socket;
    struct door door;
    long wait;
    bool json;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire core-server --root DIR --clients FILE [--listen PORT | --socket PATH]\n"
          "                             [--home DIR] [--wait SECONDS] [--most BYTES]\n"
          "                             [--slow SECONDS] [--connections N]\n"
          "       claimwire core-server list --home DIR [--json]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static bool number(const char *text, long least, long most, long *out)
{
    char *end;
    *out = strtol(text, &end, 10);
    return end != text && !*end && *out >= least && *out <= most;
}

/* -1 when all is well, else the exit code. */
static int read_options(struct options *o, int argc, char **argv)
{
    static const struct option known[] = {{"root", required_argument, NULL, 'r'},
                                          {"clients", required_argument, NULL, 'c'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"socket", required_argument, NULL, 's'},
                                          {"home", required_argument, NULL, 'd'},
                                          {"wait", required_argument, NULL, 'w'},
                                          {"most", required_argument, NULL, 'm'},
                                          {"slow", required_argument, NULL, 'p'},
                                          {"connections", required_argument, NULL, 'n'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    const char **const words[] = {
        ['r'] = &o->root, ['c'] = &o->clients, ['d'] = &o->home, ['s'] = &o->socket, ['w'] = NULL};
    const struct {
        long least, most, *to;
    } numbers[] = {['l'] = {0, 65535, &o->door.port},
                   ['w'] = {0, 60, &o->wait},
                   ['m'] = {1, 512L << 20, &o->door.most},
                   ['p'] = {1, 600, &o->door.slow},
                   ['n'] = {1, 1000, &o->door.connections}};
    int c;
    while ((c = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (c == 'h')
            return usage(stdout);
        if (c == '?')
            return usage(stderr);
        if (c == 'j')
            o->json = true;
        else if (words[c < 'w' ? c : 'w'])
            *words[c] = optarg;
        else if (!number(optarg, numbers[c].least, numbers[c].most, numbers[c].to))
            return usage(stderr);
    }
    return optind == argc ? -1 : usage(stderr);
}

static int serve(struct options *o)
{
    struct arena mem = {0};
    struct buf error = {0}, home = {0};
    sigset_t ends;
    int which;
    const struct client *clients = clients_load(o->clients, &mem, &error);
    if (!clients)
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    signal(SIGPIPE, SIG_IGN);
    buf_printf(&home, o->home ? "%s" : "%s/core-server", o->home ? o->home : o->root);
    struct desk *d = desk_open(o->root, buf_cstr(&home), clients, (int)o->wait);
    o->door.socket = o->socket;
    door_open(&o->door, d);
    sigwait(&ends, &which);
    desk_hurry(d);
    door_close(&o->door);
    desk_close(d);
    buf_free(&home);
    buf_free(&error);
    arena_free(&mem);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    struct options o = {.wait = 18, .door = {.most = 64L << 20, .slow = 30, .connections = 64}};
    bool list = argc > 1 && strcmp(argv[1], "list") == 0;
    log_open("core-server");
    if (sodium_init() < 0)
        BUG("libsodium does not start");
    int code = read_options(&o, argc - list, argv + list);
    if (code >= 0)
        return code;
    if (list)
        return o.home ? desk_list(o.home, o.json) : usage(stderr);
    return o.root && o.clients ? serve(&o) : usage(stderr);
}
