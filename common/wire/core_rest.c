/* CORE vC4.0.0 as REST: one JSON object, the payload in base64. */
#include "common/wire/core_int.h"
#include <jansson.h>
#include <sodium.h>

bool core_base64(phi_str text, struct arena *a, phi_str *out)
{
    unsigned char *to = arena_alloc(a, text.n / 4 * 3 + 4);
    size_t n;
    if (sodium_base642bin(to, text.n / 4 * 3 + 4, text.p ? text.p : "", text.n, " \t\r\n", &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return false;
    *out = phi_of((const char *)to, n);
    return true;
}

static bool take(const json_t *o, const char *name, struct arena *a, phi_str *to, const char **why)
{
    const json_t *v = json_object_get(o, name);
    if (json_is_integer(v)) { /* PayloadLength as a number */
        struct buf b = {0};
        buf_int(&b, json_integer_value(v));
        *to = arena_phi(a, buf_view(&b));
        buf_free(&b);
        return true;
    }
    *why = "a field is neither text nor a whole number";
    if (!v || json_is_null(v))
        return true;
    if (!json_is_string(v))
        return false;
    *to = arena_phi(a, phi_of(json_string_value(v), json_string_length(v)));
    return true;
}

bool core_rest_read(phi_str body, struct arena *a, struct core_message *out, const char **why)
{
    phi_str text = {0};
    json_t *o = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(o);
    *why = "the body is no JSON object";
    for (int i = 0; good && i < CORE_FIELDS_N; i++)
        good = take(o, CORE_FIELDS[i].name, a, core_at(out, &CORE_FIELDS[i]), why);
    good = good && take(o, "Payload", a, &text, why);
    if (good && text.p) {
        *why = "the payload is no base64";
        good = core_base64(text, a, &out->payload);
        if (!good && text.n > 3 && memcmp(text.p, "ISA", 3) == 0) { /* as some write it: plain */
            out->payload = text;
            good = true;
        }
    }
    json_decref(o);
    out->answer = out->code.p != NULL;
    core_act_of(out->type, out->mode, &out->act);
    return good;
}

static void write_payload(phi_str payload, struct buf *b)
{
    size_t room = sodium_base64_ENCODED_LEN(payload.n, sodium_base64_VARIANT_ORIGINAL);
    buf_puts(b, "\"Payload\":\"");
    sodium_bin2base64(buf_room(b, room), room, (const unsigned char *)payload.p, payload.n,
                      sodium_base64_VARIANT_ORIGINAL);
    b->len += room - 1; /* without its NUL */
    buf_putc(b, '"');
}

void core_rest_write(const struct core_message *m, struct buf *body, struct buf *content_type)
{
    buf_puts(content_type, "application/json");
    char parted = '{';
    for (int i = 0; i < CORE_FIELDS_N; i++) {
        phi_str v = *core_at(m, &CORE_FIELDS[i]);
        if (!v.p)
            continue;
        buf_putc(body, parted);
        buf_printf(body, "\"%s\":", CORE_FIELDS[i].name);
        buf_json(body, v);
        parted = ',';
    }
    if (m->payload.p) {
        buf_putc(body, parted);
        write_payload(m->payload, body);
        parted = ',';
    }
    buf_puts(body, parted == '{' ? "{}" : "}");
}
