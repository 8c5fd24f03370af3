/* Notes and who signed them: Composition with its sections, DocumentReference with text. */
#include "common/readers/enc_out.h"
#include "common/readers/fhir.h"
#include "common/readers/markup.h"
#include "common/util/buf.h"
#include <sodium.h>

static bool is_done(phi_str status)
{
    return phi_is(status, "final") || phi_is(status, "amended");
}

static void sign(struct fhir *f, struct fhir_res r, json_t *e, const json_t *who, phi_str when,
                 const char *path)
{
    char at[40];
    phi_str by = fhir_npi(f, r, who);
    if (!by.n || !enc_out_time(when, at)) {
        fhir_fault(f, r, path, "has no NPI or no time of whoever signed");
        return;
    }
    json_t *s = json_object();
    enc_out_put(s, "by", by);
    json_object_set_new(s, "at", json_string(at));
    json_object_set_new(e, "signed", s);
}

/* Titles, and the words of the narrative without their marks. */
static void add_sections(const json_t *list, struct buf *text, int depth)
{
    size_t i;
    json_t *s;
    json_array_foreach(list, i, s)
    {
        const json_t *title = json_object_get(s, "title"), *div = fhir_at(s, "text.div");
        if (json_is_string(title)) {
            buf_puts(text, json_string_value(title));
            buf_puts(text, ":\n");
        }
        if (json_is_string(div)) {
            markup_text(phi_of(json_string_value(div), json_string_length(div)), text);
            if (text->len && text->p[text->len - 1] != '\n')
                buf_putc(text, '\n');
        }
        if (depth < 8)
            add_sections(json_object_get(s, "section"), text, depth + 1);
    }
}

static void read_composition(struct fhir *f, struct fhir_res r, json_t *e, struct buf *text)
{
    size_t i;
    json_t *by;
    add_sections(json_object_get(r.r, "section"), text, 0);
    if (!is_done(fhir_text(f, r.r, "status")))
        return;
    json_array_foreach(json_object_get(r.r, "attester"), i, by)
    {
        phi_str mode = fhir_text(f, by, "mode");
        if (phi_is(mode, "legal") || phi_is(mode, "professional") || phi_is(mode, "official"))
            sign(f, r, e, json_object_get(by, "party"), fhir_text(f, by, "time"), "attester");
    }
}

static void add_attachment(struct fhir *f, struct fhir_res r, const json_t *a, struct buf *text)
{
    phi_str type = fhir_text(f, a, "contentType");
    const json_t *data = json_object_get(a, "data");
    size_t n, room = json_string_length(data);
    if (!data && fhir_text(f, a, "url").n) {
        fhir_fault(f, r, "content.attachment.url",
                   "is an address; the text itself is wanted (data)");
        return;
    }
    if (type.n < 10 || memcmp(type.p, "text/plain", 10) != 0 || !json_is_string(data))
        return;
    char *to = buf_room(text, room + 1);
    if (sodium_base642bin((unsigned char *)to, room, json_string_value(data), room, " \r\n", &n,
                          NULL, sodium_base64_VARIANT_ORIGINAL)) {
        fhir_fault(f, r, "content.attachment.data", "is no base 64");
        return;
    }
    if (reader_not_text(phi_of(to, n))) {
        fhir_fault(f, r, "content.attachment.data", "is no UTF-8 text");
        return;
    }
    text->len += n;
    if (n && to[n - 1] != '\n')
        buf_putc(text, '\n');
}

static void read_document(struct fhir *f, struct fhir_res r, json_t *e, struct buf *text)
{
    const json_t *list = json_object_get(r.r, "content");
    phi_str status = fhir_text(f, r.r, "docStatus");
    for (size_t i = 0; i < json_array_size(list); i++)
        add_attachment(f, r, fhir_at(json_array_get(list, i), "attachment"), text);
    const json_t *who = json_object_get(r.r, "authenticator");
    if (is_done(status) && who)
        sign(f, r, e, who, fhir_text(f, r.r, "date"), "authenticator");
}

static bool is_of(struct fhir *f, struct fhir_res r, struct fhir_res encounter)
{
    if (phi_is(fhir_text(f, r.r, "status"), "entered-in-error"))
        return false;
    if (fhir_is(r, "Composition"))
        return fhir_follow(f, r, fhir_at(r.r, "encounter")).r == encounter.r;
    return fhir_is(r, "DocumentReference") &&
           fhir_follow(f, r, fhir_at(r.r, "context.encounter.0")).r == encounter.r;
}

void fhir_note(struct fhir *f, struct fhir_res encounter, json_t *e)
{
    struct buf text = {0};
    phi_str type = phi_of("", 0);
    for (size_t i = 0; i < json_array_size(f->entries); i++) {
        struct fhir_res r = fhir_entry(f, i);
        if (!is_of(f, r, encounter))
            continue;
        if (!type.n)
            type = fhir_words(f, json_object_get(r.r, "type"));
        if (fhir_is(r, "Composition"))
            read_composition(f, r, e, &text);
        else
            read_document(f, r, e, &text);
    }
    if (text.len > READER_NOTE_MAX)
        fhir_fault(f, encounter, "", "its notes are longer than 1 MB");
    else if (text.len) {
        json_t *note = json_object();
        enc_out_put(note, "type", type);
        enc_out_put(note, "text", buf_view(&text));
        json_object_set_new(e, "note", note);
    }
    buf_free(&text);
}
