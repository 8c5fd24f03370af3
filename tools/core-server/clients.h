/* Who may call: the file --clients, and who a caller is. */
#ifndef CLAIMWIRE_CORE_SERVER_CLIENTS_H
#define CLAIMWIRE_CORE_SERVER_CLIENTS_H

#include "common/util/conf.h"
#include "common/wire/core.h"

struct client {
    const char *id; /* SenderID */
    const char *user, *subject, *oauth;
    unsigned char *password, *secret; /* digests (32 bytes), NULL: none */
    const char *isa;              /* ISA06 of what it sends, ISA08 of what it is given; NULL: any */
    const struct conf *receivers; /* NULL: all */
    struct client *next;
};

/* NULL with "FILE:LINE:COLUMN: what". */
struct client *clients_load(const char *path, struct arena *a, struct buf *error);
const struct client *client_by_id(const struct client *list, phi_str id);

/* What proves who a caller is. */
struct proof {
    phi_str user, password; /* of the envelope */
    phi_str subject; /* of a client certificate that was verified in front of us; empty: none */
    phi_str bearer;  /* OAuth token; empty: none */
};
/* True when the proof is this client's: MIME and SOAP take password or certificate, REST wants the
 * token, and the certificate too when the client has one. now_us: the machine's time. */
bool client_is(const struct client *c, enum core_form form, const struct proof *p,
               const unsigned char key[32], int64_t now_us);
/* A token for who says so rightly, into out; false when nobody is this. Valid for TOKEN_S. */
enum { TOKEN_S = 600 };
bool client_token(const struct client *list, const char *id, const char *secret,
                  const unsigned char key[32], int64_t now_us, struct buf *out);
bool client_may_reach(const struct client *c, phi_str receiver);

#endif
