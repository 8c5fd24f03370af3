/* The fields of ISA and GS in the JSON bodies, once for who writes them and for who reads them. */
#ifndef CLAIMWIRE_EDI_VERDICT_FIELDS_H
#define CLAIMWIRE_EDI_VERDICT_FIELDS_H

#include "common/edi/envelope.h"
#include <stddef.h>

enum field_kind {
    FIELD_WORD,   /* char[size] */
    FIELD_U32,    /* uint32_t */
    FIELD_U64,    /* uint64_t */
    FIELD_FLAG,   /* bool */
    FIELD_DELIMS, /* struct edi_delims: four numbers */
};
struct verdict_field {
    const char *name;
    size_t at, size;
    enum field_kind kind;
};

#define FIELD(type, kind, field)                                                                   \
    {                                                                                              \
#field, offsetof(type, field), sizeof(((type *)0)->field), kind                            \
    }
#define ISA_FIELD(kind, field) FIELD(struct envelope_isa, kind, field)
#define GS_FIELD(kind, field)  FIELD(struct envelope_gs, kind, field)

static const struct verdict_field ISA_FIELDS[] = {ISA_FIELD(FIELD_WORD, sender_qual),
                                                  ISA_FIELD(FIELD_WORD, sender),
                                                  ISA_FIELD(FIELD_WORD, receiver_qual),
                                                  ISA_FIELD(FIELD_WORD, receiver),
                                                  ISA_FIELD(FIELD_WORD, date),
                                                  ISA_FIELD(FIELD_WORD, time),
                                                  ISA_FIELD(FIELD_WORD, version),
                                                  ISA_FIELD(FIELD_WORD, control),
                                                  ISA_FIELD(FIELD_WORD, ack),
                                                  ISA_FIELD(FIELD_WORD, usage),
                                                  ISA_FIELD(FIELD_DELIMS, delims),
                                                  ISA_FIELD(FIELD_U64, off),
                                                  ISA_FIELD(FIELD_U64, end_off),
                                                  ISA_FIELD(FIELD_U32, groups),
                                                  ISA_FIELD(FIELD_U32, number),
                                                  ISA_FIELD(FIELD_FLAG, closed),
                                                  {0}};
static const struct verdict_field GS_FIELDS[] = {
    GS_FIELD(FIELD_WORD, code),   GS_FIELD(FIELD_WORD, sender),  GS_FIELD(FIELD_WORD, receiver),
    GS_FIELD(FIELD_WORD, date),   GS_FIELD(FIELD_WORD, time),    GS_FIELD(FIELD_WORD, control),
    GS_FIELD(FIELD_WORD, agency), GS_FIELD(FIELD_WORD, version), GS_FIELD(FIELD_U64, off),
    GS_FIELD(FIELD_U64, end_off), GS_FIELD(FIELD_U32, sets),     GS_FIELD(FIELD_U32, claimed),
    GS_FIELD(FIELD_U32, number),  GS_FIELD(FIELD_FLAG, closed),  {0}};

#endif
