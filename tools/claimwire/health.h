/* health: /live and /ready of a house that is up, on loopback alone. */
#ifndef CLAIMWIRE_TOOLS_HEALTH_H
#define CLAIMWIRE_TOOLS_HEALTH_H

#include "tools/claimwire/super.h"

/* Listens at 127.0.0.1:port; -1 with errno. */
int health_listen(int port);
/* Answers who asks, without waiting for anybody. /live: 200 while the supervisor turns. /ready: 200 when
 * every process runs and nothing holds the house, else 503 with the reasons, a line each. */
void health_serve(const struct super *s, int listener);

#endif
