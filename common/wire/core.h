/*
 * core: envelopes of CAQH CORE connectivity as data, both ways: vC2.2.0 as MIME multipart/form-data or
 * as SOAP 1.2 (payloads of batches by MTOM), vC4.0.0 as REST with JSON (DOMAIN.md D.1). Bytes in,
 * fields out; no network and no disk here. The names of fields and errors are those of the rule.
 *
 * Payloads come back byte for byte from each form: in SOAP a carriage return is written as a
 * character reference, since XML would make a line feed of it.
 */
#ifndef CLAIMWIRE_WIRE_CORE_H
#define CLAIMWIRE_WIRE_CORE_H

#include "common/util/arena.h"
#include "common/util/buf.h"
#include "common/util/id.h"
#include <stdint.h>

enum core_form { CORE_MIME, CORE_SOAP, CORE_REST };
/* What is wanted. Confirming is the acknowledgment that what was picked up has arrived. */
enum core_act { CORE_REAL_TIME, CORE_SUBMIT, CORE_PICK, CORE_CONFIRM };

/* A message, request or answer. What is absent has p NULL; all is borrowed from the message or its
 * arena. */
struct core_message {
    enum core_act act;
    bool answer;
    phi_str type, mode, id, length, time, user, password, sender, receiver, version, sum;
    phi_str code, text; /* of an answer: ErrorCode, ErrorMessage */
    phi_str payload;
};

/* Reads a body as what its Content-Type says: multipart/form-data, application/soap+xml, text/xml,
 * multipart/related (MTOM), application/json. False with why: a sentence without any value.
 * SOAP says what is wanted by its element; the other forms by PayloadType and ProcessingMode. A fault
 * of SOAP reads as an answer with code Sender or Receiver. */
bool core_read(phi_str content_type, phi_str body, struct arena *a, enum core_form *form,
               struct core_message *out, const char **why);
/* Writes a message; content_type is appended to as well. False when the payload cannot stand in this
 * form (bytes that are no UTF-8 text in a real-time SOAP message). */
bool core_write(enum core_form form, const struct core_message *m, struct buf *body,
                struct buf *content_type);

/* The act that PayloadType and ProcessingMode ask for; false when the type is not known. */
bool core_act_of(phi_str type, phi_str mode, enum core_act *act);
/* Which transaction a type is about: "837", "999", "TA1", "277CA" ...; empty when it is not known. */
phi_str core_about(phi_str type);

/* What is wrong with a request, by the rule's name: "PayloadTypeRequired", "ProcessingModeIllegal",
 * "VersionMismatch", "ChecksumMismatched" ...; "Success" when nothing is. Who may do what is not
 * asked here. */
const char *core_check(enum core_form form, const struct core_message *m);

/* What an error of an answer means to the one who asked. */
struct core_meaning {
    const char *rule; /* stable: CORE_UNAUTHORIZED ... (docs/wires.md); NULL: Success */
    const char *why;
    bool later; /* may go by itself */
};
/* ErrorCode to meaning; an unknown code is CORE_ERROR. The field that the code names, if it is one of
 * the rule's, goes to field ("PayloadType"), else "". */
struct core_meaning core_meaning(phi_str code, const char **field);

/* What an X12 file is, by its first envelope. */
struct core_kind {
    char type[64];        /* "X12_837_Request_005010X222A1"; of an answer "X12_271_Response_..." */
    char about[8];        /* "837", "277CA" */
    bool question;        /* 270, 276, 278 request: they may be asked in real time */
    size_t sets;          /* ST segments */
    phi_str isa06, isa08; /* of the first, without the blanks at their ends */
    phi_str answers;      /* AK102 of a 999, TA101 of a TA1 */
    char verdict;         /* AK901, TA104: 'A', 'E', 'P', 'R'; 0: none */
    phi_str isa13, gs06, bht03; /* of the first; empty when absent */
};
/* False when it does not begin with an ISA. */
bool core_kind_of(phi_str x12, struct core_kind *out);

/* CheckSum of a payload: SHA-1 in hex with 2.2.0, SHA-256 with 4.0.0. */
enum { CORE_SUM = 65, CORE_ID = 37 };
void core_sum(enum core_form form, phi_str payload, char out[CORE_SUM]);
/* A PayloadID (a UUID, form 8 of RFC 9562) that follows from what is sent to whom: the same again after
 * a crash. */
void core_id(const char *partner, const char *name, const struct digest *file, char out[CORE_ID]);
/* "2.2.0" or "4.0.0". */
const char *core_version(enum core_form form);
const char *core_form_name(enum core_form form);
/* True when both are the same letters, without regard to case. */
bool core_same_word(phi_str a, const char *b);

#endif
