/* CORE as SOAP 1.2: the elements of the rule's schema; payloads of batches by MTOM/XOP. */
#include "common/readers/xml_tree.h"
#include "common/wire/core_int.h"
#include <stdio.h>

/* Elements of the body by what is wanted; the first of each act is the one that we write. */
static const struct element {
    const char *name, *action;
    enum core_act act;
    bool answer;
} ELEMENTS[] = {
    {"COREEnvelopeRealTimeRequest", "RealTimeTransaction", CORE_REAL_TIME, false},
    {"COREEnvelopeRealTimeResponse", "RealTimeTransaction", CORE_REAL_TIME, true},
    {"COREEnvelopeBatchSubmission", "GenericBatchSubmissionTransaction", CORE_SUBMIT, false},
    {"COREEnvelopeBatchSubmissionResponse", "GenericBatchSubmissionTransaction", CORE_SUBMIT, true},
    {"COREEnvelopeBatchResultsRetrievalRequest", "GenericBatchRetrievalTransaction", CORE_PICK,
     false},
    {"COREEnvelopeBatchResultsRetrievalResponse", "GenericBatchRetrievalTransaction", CORE_PICK,
     true},
    {"COREEnvelopeBatchSubmissionAckRetrievalRequest", "BatchSubmitAckRetrievalTransaction",
     CORE_PICK, false},
    {"COREEnvelopeBatchSubmissionAckRetrievalResponse", "BatchSubmitAckRetrievalTransaction",
     CORE_PICK, true},
    {"COREEnvelopeBatchResultsAckSubmission", "GenericBatchReceiptConfirmationTransaction",
     CORE_CONFIRM, false},
    {"COREEnvelopeBatchResultsAckSubmissionResponse", "GenericBatchReceiptConfirmationTransaction",
     CORE_CONFIRM, true},
};
enum { ELEMENTS_N = sizeof ELEMENTS / sizeof *ELEMENTS };
static const char SOAP_NS[] = "http://www.w3.org/2003/05/soap-envelope",
                  WSSE_NS[] = "http://docs.oasis-open.org/wss/2004/01/"
                              "oasis-200401-wss-wssecurity-secext-1.0.xsd",
                  XOP_NS[] = "http://www.w3.org/2004/08/xop/include",
                  ROOT_CID[] = "root.message@claimwire", DATA_CID[] = "payload@claimwire";

/* ---- reading ---- */

/* The text right under x, byte for byte. */
static phi_str text_of(const struct xml *x, struct arena *a)
{
    struct buf b = {0};
    for (const struct xml *c = x->first; c; c = c->next)
        if (!c->name)
            buf_phi(&b, c->text);
    phi_str out = arena_phi(a, buf_view(&b));
    buf_free(&b);
    return out.p ? out : phi_of("", 0);
}

static phi_str bare_text(const struct xml *x, struct arena *a)
{
    phi_str s = text_of(x, a);
    while (s.n && strchr(" \t\r\n", s.p[0]) && s.p[0]) {
        s.p++;
        s.n--;
    }
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]) && s.p[s.n - 1])
        s.n--;
    return s;
}

/* A Content-ID stands in angle brackets, a reference behind "cid:". */
static bool same_cid(phi_str id, phi_str ref)
{
    if (id.n >= 2 && id.p[0] == '<')
        id = phi_of(id.p + 1, id.n - 2);
    if (ref.n > 4 && memcmp(ref.p, "cid:", 4) == 0)
        ref = phi_of(ref.p + 4, ref.n - 4);
    return id.n && phi_eq(id, ref);
}

static bool read_payload(const struct xml *x, const struct core_parts *parts, struct arena *a,
                         struct core_message *out, const char **why)
{
    const struct xml *include = xml_child(x, "Include");
    if (!include) {
        out->payload = text_of(x, a);
        *why = "the payload of a batch is neither XOP nor base64";
        bool is_text = out->act == CORE_REAL_TIME || out->payload.n == 0 ||
                       (out->payload.n > 3 && memcmp(out->payload.p, "ISA", 3) == 0);
        return is_text || core_base64(out->payload, a, &out->payload);
    }
    *why = "the payload refers to a part that is not there";
    phi_str ref = xml_attr(include, "href");
    for (size_t i = 0; i < parts->n; i++)
        if (same_cid(core_header(parts->v[i].headers, "Content-ID"), ref)) {
            out->payload = parts->v[i].body.p ? parts->v[i].body : phi_of("", 0);
            return true;
        }
    return false;
}

static bool read_fault(const struct xml *fault, struct arena *a, struct core_message *out)
{
    const struct xml *value = xml_at(fault, "Code/Value"), *old = xml_child(fault, "faultcode");
    phi_str v = value ? bare_text(value, a) : old ? bare_text(old, a) : phi_of("", 0);
    bool ours = v.n && (memmem(v.p, v.n, "Sender", 6) || memmem(v.p, v.n, "Client", 6) ||
                        memmem(v.p, v.n, "MustUnderstand", 14));
    out->answer = true;
    out->code = phi_lit(ours ? "Sender" : "Receiver");
    return true;
}

static void read_user(const struct xml *envelope, struct arena *a, struct core_message *out)
{
    const struct xml *token = xml_at(envelope, "Header/Security/UsernameToken");
    const struct xml *user = xml_child(token, "Username"), *word = xml_child(token, "Password");
    if (user)
        out->user = bare_text(user, a);
    if (word)
        out->password = bare_text(word, a);
}

static const struct element *element_named(const char *name)
{
    for (int i = 0; i < ELEMENTS_N; i++)
        if (strcmp(ELEMENTS[i].name, name) == 0)
            return &ELEMENTS[i];
    return NULL;
}

static bool read_body(const struct xml *envelope, const struct core_parts *parts, struct arena *a,
                      struct core_message *out, const char **why)
{
    const struct xml *body = xml_child(envelope, "Body"), *x = body ? body->first : NULL;
    while (x && !x->name)
        x = x->next;
    *why = "the SOAP envelope has no body";
    if (!x || strcmp(envelope->name, "Envelope") != 0)
        return false;
    if (strcmp(x->name, "Fault") == 0)
        return read_fault(x, a, out);
    const struct element *e = element_named(x->name);
    *why = "the SOAP body is no message of CORE";
    if (!e)
        return false;
    out->act = e->act;
    out->answer = e->answer;
    for (int i = 0; i < CORE_FIELDS_N; i++) {
        const struct xml *f = CORE_FIELDS[i].in_soap ? xml_child(x, CORE_FIELDS[i].name) : NULL;
        *why = "a field stands there twice";
        if (f && xml_again(f))
            return false;
        if (f)
            *core_at(out, &CORE_FIELDS[i]) = bare_text(f, a);
    }
    const struct xml *payload = xml_child(x, "Payload");
    return !payload || read_payload(payload, parts, a, out, why);
}

/* The part that holds the envelope: the one that start= names, else the first. */
static phi_str root_part(phi_str content_type, const struct core_parts *parts)
{
    phi_str start = core_param(content_type, "start");
    if (start.n >= 2 && start.p[0] == '<')
        start = phi_of(start.p + 1, start.n - 2);
    for (size_t i = 0; i < parts->n; i++)
        if (same_cid(core_header(parts->v[i].headers, "Content-ID"), start))
            return parts->v[i].body;
    return parts->n ? parts->v[0].body : phi_of("", 0);
}

bool core_soap_read(phi_str content_type, phi_str body, struct arena *a, struct core_message *out,
                    const char **why)
{
    struct core_parts parts = {.n = 0};
    unsigned long line;
    if (core_media(content_type, "multipart/related")) {
        if (!core_parts_read(content_type, body, &parts, why))
            return false;
        body = root_part(content_type, &parts);
    }
    const struct xml *envelope = body.n ? xml_read(body, a, &line, why) : NULL;
    if (!body.n)
        *why = "there is no SOAP envelope";
    if (!envelope)
        return false;
    read_user(envelope, a, out);
    return read_body(envelope, &parts, a, out, why);
}

/* ---- writing ---- */

/* True when the bytes are UTF-8 text that XML 1.0 may hold. */
static bool is_xml_text(phi_str s)
{
    for (size_t i = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        size_t n = c < 0x80                ? 1
                   : c >= 0xC2 && c < 0xE0 ? 2
                   : c >= 0xE0 && c < 0xF0 ? 3
                   : c >= 0xF0 && c < 0xF5 ? 4
                                           : 0;
        if (!n || i + n > s.n || (n == 1 && c < 0x20 && c != '\t' && c != '\n' && c != '\r'))
            return false;
        unsigned long v = n == 1 ? c : c & (0x7Fu >> n);
        for (size_t k = 1; k < n; k++) {
            unsigned char d = (unsigned char)s.p[i + k];
            if ((d & 0xC0) != 0x80)
                return false;
            v = v << 6 | (d & 0x3F);
        }
        if ((n == 3 && (v < 0x800 || (v >= 0xD800 && v < 0xE000) || v >= 0xFFFE)) ||
            (n == 4 && (v < 0x10000 || v > 0x10FFFF)))
            return false;
        i += n;
    }
    return true;
}

static bool write_text(phi_str s, struct buf *b)
{
    if (!is_xml_text(s))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '&':
            buf_puts(b, "&amp;");
            break;
        case '<':
            buf_puts(b, "&lt;");
            break;
        case '>':
            buf_puts(b, "&gt;");
            break;
        case '\r':
            buf_puts(b, "&#13;");
            break;
        default:
            buf_putc(b, s.p[i]);
        }
    }
    return true;
}

static bool write_field(const char *name, phi_str v, struct buf *b)
{
    buf_printf(b, "<%s>", name);
    bool good = write_text(v, b);
    buf_printf(b, "</%s>", name);
    return good;
}

static bool write_header(const struct core_message *m, struct buf *b)
{
    bool good = true;
    if (!m->user.p)
        return true;
    buf_printf(b,
               "<soap:Header><wsse:Security xmlns:wsse=\"%s\" soap:mustUnderstand=\"true\">"
               "<wsse:UsernameToken>",
               WSSE_NS);
    good = write_field("wsse:Username", m->user, b);
    if (m->password.p)
        good = write_field("wsse:Password", m->password, b) && good;
    buf_puts(b, "</wsse:UsernameToken></wsse:Security></soap:Header>");
    return good;
}

static const struct element *element_for(const struct core_message *m)
{
    for (int i = 0; i < ELEMENTS_N; i++)
        if (ELEMENTS[i].act == m->act && ELEMENTS[i].answer == m->answer)
            return &ELEMENTS[i];
    return &ELEMENTS[0];
}

/* Eligibility and claim status have operations of their own in vC2.2.0, all else the generic ones. */
static const char *action_of(const struct core_message *m)
{
    phi_str about = core_about(m->type);
    bool own = phi_is(about, "270") || phi_is(about, "276");
    return m->act == CORE_SUBMIT && own ? "BatchSubmitTransaction" : element_for(m)->action;
}

static bool write_envelope(const struct core_message *m, bool xop, struct buf *b)
{
    const char *element = element_for(m)->name;
    const char *version = phi_is(m->version, "4.0.0") ? "4.0.0" : "2.2.0";
    buf_printf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<soap:Envelope xmlns:soap=\"%s\">",
               SOAP_NS);
    bool good = write_header(m, b);
    buf_printf(b,
               "<soap:Body><core:%s xmlns:core=\"http://www.caqh.org/SOAP/WSDL/CORERule%s.xsd\">",
               element, version);
    for (int i = 0; i < CORE_FIELDS_N; i++) {
        phi_str v = *core_at(m, &CORE_FIELDS[i]);
        if (v.p && CORE_FIELDS[i].in_soap)
            good = write_field(CORE_FIELDS[i].name, v, b) && good;
    }
    if (xop)
        buf_printf(b, "<Payload><xop:Include xmlns:xop=\"%s\" href=\"cid:%s\"/></Payload>", XOP_NS,
                   DATA_CID);
    else if (m->payload.p)
        good = write_field("Payload", m->payload, b) && good;
    buf_printf(b, "</core:%s></soap:Body></soap:Envelope>\n", element);
    return good;
}

static void part_head(struct buf *b, const struct buf *boundary, const char *type, const char *cid)
{
    buf_puts(b, "--");
    buf_phi(b, buf_view(boundary));
    buf_printf(b,
               "\r\nContent-Type: %s\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <%s>"
               "\r\n\r\n",
               type, cid);
}

static bool write_mtom(const struct core_message *m, struct buf *body, struct buf *content_type)
{
    struct buf boundary = {0};
    core_boundary(m, &boundary);
    part_head(body, &boundary, "application/xop+xml; charset=UTF-8; type=\"application/soap+xml\"",
              ROOT_CID);
    bool good = write_envelope(m, true, body);
    buf_puts(body, "\r\n");
    part_head(body, &boundary, "application/octet-stream", DATA_CID);
    buf_phi(body, m->payload);
    buf_puts(body, "\r\n--");
    buf_phi(body, buf_view(&boundary));
    buf_puts(body, "--\r\n");
    buf_puts(content_type, "multipart/related; boundary=");
    buf_phi(content_type, buf_view(&boundary));
    buf_printf(content_type,
               "; type=\"application/xop+xml\"; start=\"<%s>\"; "
               "start-info=\"application/soap+xml\"; action=\"%s\"",
               ROOT_CID, action_of(m));
    buf_free(&boundary);
    return good;
}

bool core_soap_write(const struct core_message *m, struct buf *body, struct buf *content_type)
{
    if (m->payload.p && m->act != CORE_REAL_TIME)
        return write_mtom(m, body, content_type);
    buf_printf(content_type, "application/soap+xml; charset=UTF-8; action=\"%s\"", action_of(m));
    return write_envelope(m, false, body);
}
