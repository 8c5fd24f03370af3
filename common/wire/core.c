/* What the three forms of a CORE envelope have in common: fields, types, errors, checks. */
#include "common/wire/core.h"
#include "common/wire/core_int.h"
#include "common/wire/sha1.h"
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <strings.h>

enum { ID_MOST = 64, PARTY_MOST = 50, TYPE_MOST = 128 };

#define AT(member) offsetof(struct core_message, member)
const struct core_field CORE_FIELDS[CORE_FIELDS_N] = {
    {"PayloadType", AT(type), true},    {"ProcessingMode", AT(mode), true},
    {"PayloadID", AT(id), true},        {"PayloadLength", AT(length), true},
    {"TimeStamp", AT(time), true},      {"UserName", AT(user), false},
    {"Password", AT(password), false},  {"SenderID", AT(sender), true},
    {"ReceiverID", AT(receiver), true}, {"CORERuleVersion", AT(version), true},
    {"CheckSum", AT(sum), true},        {"ErrorCode", AT(code), true},
    {"ErrorMessage", AT(text), true},
};

const char *core_form_name(enum core_form form)
{
    static const char *const names[] = {"MIME", "SOAP", "REST"};
    return names[form];
}

const char *core_version(enum core_form form)
{
    return form == CORE_REST ? "4.0.0" : "2.2.0";
}

bool core_same_word(phi_str a, const char *b)
{
    return a.n == strlen(b) && a.n && strncasecmp(a.p, b, a.n) == 0;
}

bool core_media(phi_str content_type, const char *media)
{
    size_t n = strlen(media);
    return content_type.n >= n && strncasecmp(content_type.p, media, n) == 0 &&
           (content_type.n == n || strchr("; \t", content_type.p[n]));
}

bool core_read(phi_str content_type, phi_str body, struct arena *a, enum core_form *form,
               struct core_message *out, const char **why)
{
    static const char *const soap[] = {"application/soap+xml", "text/xml", "application/xop+xml",
                                       "multipart/related"};
    *out = (struct core_message){0};
    if (core_media(content_type, "multipart/form-data")) {
        *form = CORE_MIME;
        return core_mime_read(content_type, body, a, out, why);
    }
    if (core_media(content_type, "application/json")) {
        *form = CORE_REST;
        return core_rest_read(body, a, out, why);
    }
    *form = CORE_SOAP;
    for (size_t i = 0; i < sizeof soap / sizeof *soap; i++)
        if (core_media(content_type, soap[i]))
            return core_soap_read(content_type, body, a, out, why);
    *why = "the Content-Type is none of CORE: multipart/form-data, application/soap+xml, "
           "multipart/related or application/json";
    return false;
}

bool core_write(enum core_form form, const struct core_message *m, struct buf *body,
                struct buf *content_type)
{
    if (form == CORE_SOAP)
        return core_soap_write(m, body, content_type);
    if (form == CORE_MIME)
        core_mime_write(m, body, content_type);
    else
        core_rest_write(m, body, content_type);
    return true;
}

/* ---- types ---- */

/* What is sent to be answered, and what is asked for by its name. */
static const struct about {
    const char *name;
    bool sent; /* a request carries it; the others are answers that are picked up */
} ABOUT[] = {{"837", true},      {"270", true},  {"276", true},  {"278", true},  {"275", true},
             {"834", true},      {"820", true},  {"TA1", false}, {"999", false}, {"277CA", false},
             {"277RFAI", false}, {"271", false}, {"277", false}, {"835", false}};

static const struct about *about_of(phi_str type)
{
    const char *end = type.p + type.n;
    for (const char *p = type.p; type.n && p < end;) {
        const char *stop = memchr(p, '_', (size_t)(end - p));
        phi_str word = phi_of(p, (size_t)((stop ? stop : end) - p));
        for (size_t i = 0; i < sizeof ABOUT / sizeof *ABOUT; i++)
            if (phi_is(word, ABOUT[i].name))
                return &ABOUT[i];
        p = stop ? stop + 1 : end;
    }
    return NULL;
}

phi_str core_about(phi_str type)
{
    const struct about *a = about_of(type);
    return a ? phi_lit(a->name) : phi_of("", 0);
}

static bool has(phi_str s, const char *word)
{
    return s.n && memmem(s.p, s.n, word, strlen(word));
}

bool core_act_of(phi_str type, phi_str mode, enum core_act *act)
{
    const struct about *a = about_of(type);
    *act = CORE_SUBMIT;
    if (has(type, "ReceiptConfirmation") || has(type, "_SubmissionRequest"))
        *act = CORE_CONFIRM;
    else if (has(type, "RetrievalRequest") || has(type, "Request_Batch_Results"))
        *act = CORE_PICK;
    else if (!a)
        return false;
    else if (phi_is(mode, "RealTime"))
        *act = CORE_REAL_TIME;
    else if (!a->sent)
        *act = CORE_PICK;
    return true;
}

/* ---- checks ---- */

static bool plain(phi_str s, const char *also, size_t most)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && (!s.p[i] || !strchr(also, s.p[i])))
            return false;
    return s.n && s.n <= most;
}

/* "2026-09-01T08:00:00Z", with a fraction or another zone if they like. */
static bool is_time(phi_str s)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    if (s.n < sizeof form - 1 || s.n > 40)
        return false;
    for (size_t i = 0; i < sizeof form - 1; i++)
        if (form[i] == 'd' ? !isdigit((unsigned char)s.p[i]) : s.p[i] != form[i])
            return false;
    for (size_t i = sizeof form - 1; i < s.n; i++)
        if (!isdigit((unsigned char)s.p[i]) && !strchr(".:+-Z", s.p[i]))
            return false;
    return true;
}

static bool is_number(phi_str s, size_t *out)
{
    *out = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!isdigit((unsigned char)s.p[i]))
            return false;
        *out = *out * 10 + (size_t)(s.p[i] - '0');
    }
    return s.n && s.n < 12;
}

static const char *missing(const struct core_message *m, bool carries)
{
    const struct {
        phi_str value;
        bool wanted;
        const char *code;
    } all[] = {{m->type, true, "PayloadTypeRequired"},
               {m->mode, true, "ProcessingModeRequired"},
               {m->id, true, "PayloadIDRequired"},
               {m->time, true, "TimeStampRequired"},
               {m->sender, true, "SenderIDRequired"},
               {m->receiver, true, "ReceiverIDRequired"},
               {m->version, true, "CORERuleVersionRequired"},
               {m->payload, carries, "PayloadRequired"},
               {m->length, carries && m->act == CORE_SUBMIT, "PayloadLengthRequired"},
               {m->sum, carries && m->act == CORE_SUBMIT, "CheckSumRequired"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].wanted && !all[i].value.n)
            return all[i].code;
    return NULL;
}

static const char *illegal(enum core_form form, const struct core_message *m)
{
    enum core_act act;
    if (!phi_is(m->mode, "RealTime") && !phi_is(m->mode, "Batch"))
        return "ProcessingModeIllegal";
    if (!plain(m->type, "_.", TYPE_MOST) || !core_act_of(m->type, m->mode, &act) ||
        (m->act == CORE_REAL_TIME) != phi_is(m->mode, "RealTime") || act != m->act)
        return "PayloadTypeIllegal";
    if (!plain(m->id, "-_.:", ID_MOST))
        return "PayloadIDIllegal";
    if (!is_time(m->time))
        return "TimeStampIllegal";
    if (!plain(m->sender, "-_.:@ ", PARTY_MOST))
        return "SenderIDIllegal";
    if (!plain(m->receiver, "-_.:@ ", PARTY_MOST))
        return "ReceiverIDIllegal";
    bool soap4 = form == CORE_SOAP && phi_is(m->version, "4.0.0");
    return soap4 || phi_is(m->version, core_version(form)) ? NULL : "VersionMismatch";
}

static const char *damaged(const struct core_message *m)
{
    char sum[CORE_SUM];
    size_t n;
    if (m->length.n && (!is_number(m->length, &n) || (m->payload.p && n != m->payload.n)))
        return "PayloadLengthIllegal";
    if (!m->sum.n || !m->payload.p)
        return NULL;
    core_sum(m->sum.n == SHA1_HEX - 1 ? CORE_MIME : CORE_REST, m->payload, sum);
    return core_same_word(m->sum, sum) ? NULL : "ChecksumMismatched";
}

const char *core_check(enum core_form form, const struct core_message *m)
{
    bool carries = m->act == CORE_REAL_TIME || m->act == CORE_SUBMIT;
    const char *code = missing(m, carries);
    if (!code)
        code = illegal(form, m);
    if (!code)
        code = damaged(m);
    return code ? code : "Success";
}

/* ---- what an error means to who asked ---- */

static const struct known_code {
    const char *code;
    struct core_meaning meaning;
} CODES[] = {
    {"Success", {NULL, "", false}},
    {"UnAuthorized", {"CORE_UNAUTHORIZED", "the partner does not take who we say we are", false}},
    {"VersionMismatch", {"CORE_VERSION", "the partner does not speak this version of CORE", false}},
    {"ChecksumMismatched",
     {"CORE_CHECKSUM", "what came there was not what was sent: the checksum differs", true}},
    {"Sender", {"CORE_SENDER", "the partner says that the fault is ours", false}},
    {"Receiver", {"CORE_RECEIVER", "the partner says that the fault is its own", true}},
};
static const struct known_end {
    const char *end;
    struct core_meaning meaning;
} ENDS[] = {
    {"Required", {"CORE_REQUIRED", "the partner misses a field of the envelope", false}},
    {"Illegal", {"CORE_ILLEGAL", "the partner does not allow the value of a field", false}},
    {"NotUnderstood", {"CORE_NOT_UNDERSTOOD", "the partner does not understand a field", false}},
};

/* Is code the name of a field (any letters' case) with this end? */
static bool ends(phi_str code, const char *end, const char **field)
{
    size_t n = strlen(end);
    if (code.n <= n || strncasecmp(code.p + code.n - n, end, n) != 0)
        return false;
    phi_str name = phi_of(code.p, code.n - n);
    *field = core_same_word(name, "Payload") ? "Payload" : "";
    for (int i = 0; i < CORE_FIELDS_N; i++)
        if (core_same_word(name, CORE_FIELDS[i].name))
            *field = CORE_FIELDS[i].name;
    return true;
}

struct core_meaning core_meaning(phi_str code, const char **field)
{
    *field = "";
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (core_same_word(code, CODES[i].code))
            return CODES[i].meaning;
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; i++)
        if (ends(code, ENDS[i].end, field))
            return ENDS[i].meaning;
    return (struct core_meaning){"CORE_ERROR", "the partner names an error that the rule has not",
                                 false};
}

/* ---- sums and ids ---- */

void core_sum(enum core_form form, phi_str payload, char out[CORE_SUM])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    if (form != CORE_REST) {
        sha1_hex(payload, out);
        return;
    }
    crypto_hash_sha256(hash, (const unsigned char *)payload.p, payload.n);
    sodium_bin2hex(out, CORE_SUM, hash, sizeof hash);
}

void core_id(const char *partner, const char *name, const struct digest *file, char out[CORE_ID])
{
    struct buf b = {0};
    buf_printf(&b, "core %s %s ", partner, name);
    buf_add(&b, file->b, DIGEST_LEN);
    struct digest d = digest_of(b.p, b.len);
    const unsigned char *p = d.b;
    snprintf(out, CORE_ID, "%02x%02x%02x%02x-%02x%02x-8%x%02x-%x%x%02x-%02x%02x%02x%02x%02x%02x",
             p[0], p[1], p[2], p[3], p[4], p[5], p[6] & 15, p[7], 8 + (p[8] & 3), p[8] >> 4, p[9],
             p[10], p[11], p[12], p[13], p[14], p[15]);
    buf_free(&b);
}
