/* Coding rules: any bytes are a rule or refused with a place; what is a rule comes to an end on any
 * encounter. The bytes up to a zero byte are the rule, those behind it the encounter. */
#include "common/crule/crule.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static json_t *encounter(phi_str text)
{
    static const char plain[] =
        "{\"dos\":{\"from\":\"2026-03-02\"},\"pt\":{\"dob\":\"1980-01-01\"},\"dx\":[\"J029\","
        "\"I10/Y\"],\"lines\":[\"99213-25@1\",\"20610x2@1,2\"],\"note\":{\"text\":\"right knee\"}}";
    json_error_t where;
    const char *why;
    json_t *e = text.n ? json_loadb(text.p, text.n, 0, &where) : json_loads(plain, 0, &where);
    return e ? crule_draft(e, &why) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct buf error = {0}, out = {0};
    struct remarks found = {0};
    const uint8_t *zero = n ? memchr(p, 0, n) : NULL;
    size_t rule = zero ? (size_t)(zero - p) : n;
    struct crules *r = crules_parse(phi_of((const char *)p, rule), &error);
    if ((r == NULL) != (error.len > 0))
        abort();
    phi_str rest = zero ? phi_of((const char *)zero + 1, n - rule - 1) : phi_of("", 0);
    json_t *draft = encounter(rest);
    if (r && draft) {
        crules_run(r, NULL, draft, NULL, &found);
        crule_short(draft, &out);
    }
    json_decref(draft);
    remarks_free(&found);
    crules_free(r);
    buf_free(&error);
    buf_free(&out);
    return 0;
}
