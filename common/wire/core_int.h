/* Between the files of the CORE envelopes. */
#ifndef CLAIMWIRE_WIRE_CORE_INT_H
#define CLAIMWIRE_WIRE_CORE_INT_H

#include "common/wire/core.h"

/* The fields but the payload, in the order of the rule's table. */
struct core_field {
    const char *name;
    size_t at;
    bool in_soap; /* an element of the body (user and password stand in the header) */
};
enum { CORE_FIELDS_N = 13 };
extern const struct core_field CORE_FIELDS[CORE_FIELDS_N];
static inline phi_str *core_at(const struct core_message *m, const struct core_field *f)
{
    return (phi_str *)(uintptr_t)((const char *)m + f->at);
}

/* ---- multipart ---- */

enum { CORE_PARTS = 64 };
struct core_part {
    phi_str headers, body;
};
struct core_parts {
    struct core_part v[CORE_PARTS];
    size_t n;
};
/* Cuts a multipart body at the boundary that its Content-Type names. */
bool core_parts_read(phi_str content_type, phi_str body, struct core_parts *out, const char **why);
/* Value of a header of a part, without its parameters; empty when absent. */
phi_str core_header(phi_str headers, const char *name);
/* A parameter ("boundary") of a header's value, without quotes; empty when absent. */
phi_str core_param(phi_str value, const char *name);
/* A boundary that stands nowhere in the payload. */
void core_boundary(const struct core_message *m, struct buf *out);
/* True when the header's value begins with this media type. */
bool core_media(phi_str content_type, const char *media);

bool core_mime_read(phi_str content_type, phi_str body, struct arena *a, struct core_message *out,
                    const char **why);
void core_mime_write(const struct core_message *m, struct buf *body, struct buf *content_type);
bool core_soap_read(phi_str content_type, phi_str body, struct arena *a, struct core_message *out,
                    const char **why);
bool core_soap_write(const struct core_message *m, struct buf *body, struct buf *content_type);
bool core_rest_read(phi_str body, struct arena *a, struct core_message *out, const char **why);
void core_rest_write(const struct core_message *m, struct buf *body, struct buf *content_type);
/* Base64 with or without line ends, into the arena. */
bool core_base64(phi_str text, struct arena *a, phi_str *out);

#endif
