/*
 * curve: keys of links over tcp, and who may connect.
 *
 *   RUN/keys/curve/own.secret, own.public      this side's pair (Z85), made at first use
 *   RUN/keys/curve/takers/NAME.public          keys that a giver here lets in, and no others
 *   RUN/keys/curve/givers/HOST:PORT.public     the key that the giver there must have
 */
#ifndef CLAIMWIRE_LINK_CURVE_H
#define CLAIMWIRE_LINK_CURVE_H

#include <stdbool.h>

enum { CURVE_KEY = 41 }; /* 40 characters and a NUL */

struct curve_keys {
    char dir[4096]; /* RUN/keys/curve */
    char secret[CURVE_KEY], public[CURVE_KEY];
};

/* Reads the pair of a run directory, making it first; dies when it cannot. */
void curve_open(struct curve_keys *k, const char *run_dir);
/* Makes the socket a server that lets in whom zap_start()'s list names. */
void curve_server(void *socket, const struct curve_keys *k);
/* Reads the key of the giver at this endpoint ("tcp://HOST:PORT"); false when there is none. */
bool curve_giver_key(const struct curve_keys *k, const char *endpoint, char key[CURVE_KEY]);
/* Makes the socket a client of the giver that has this key. */
void curve_client(void *socket, const struct curve_keys *k, const char *giver_key);
/* Starts the thread that is asked about each connection (ZAP). Once a process; before any server
 * socket is bound. The list is read again for each, so that keys come and go at any time. */
void zap_start(void *zmq, const struct curve_keys *k);

#endif
