/* door: HTTP in front of the desk, by libmicrohttpd; a thread a caller. */
#ifndef CLAIMWIRE_CORE_SERVER_DOOR_H
#define CLAIMWIRE_CORE_SERVER_DOOR_H

#include "tools/core-server/desk.h"

struct door {
    const char *socket; /* NULL: a port on 127.0.0.1 */
    long port, most, slow, connections;
    struct desk *desk;
    void *daemon;
};

/* Listens and says where on standard output; dies with EXIT_TRY_LATER when it cannot. */
void door_open(struct door *d, struct desk *desk);
void door_close(struct door *d);

#endif
