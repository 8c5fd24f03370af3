#include "tools/code/rules_cmd.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>

static int list(const struct crules *rules, bool json)
{
    for (uint32_t i = 0; i < crules_count(rules); i++) {
        struct crule_info u = crules_at(rules, i);
        struct buf b = {0};
        if (json) {
            buf_printf(&b, "{\"rule\":\"%s\",\"kind\":\"%s\",\"decides\":\"%s\",\"text\":", u.id,
                       u.kind, u.decides ? "rule" : "person");
            buf_json(&b, phi_lit(u.text));
            buf_puts(&b, ",\"source\":");
            buf_json(&b, phi_lit(u.source));
            buf_putc(&b, '}');
        } else {
            buf_printf(&b, "%-8s %-6s %-22s %s", u.id, u.decides ? "rule" : "person", u.kind,
                       u.text);
        }
        puts(buf_cstr(&b));
        buf_free(&b);
    }
    return EXIT_DONE;
}

/* A fixture's encounter, with what it does not say. */
static json_t *fixture_draft(const char *text, const char **why)
{
    static const char base[] =
        "{\"v\":\"enc.v1\",\"enc\":\"FIXTURE\",\"dos\":{\"from\":\"2026-03-02\",\"thru\":"
        "\"2026-03-02\"},\"facility\":{\"pos\":\"11\"},\"pt\":{\"dob\":\"1980-01-01\",\"sex\":"
        "\"U\"},\"prov\":{\"rend\":\"2000000028\"}}";
    json_error_t where;
    json_t *e = json_loads(base, 0, &where), *own = json_loads(text, 0, &where);
    if (!json_is_object(own)) {
        *why = "is no JSON object";
        json_decref(own);
        json_decref(e);
        return NULL;
    }
    json_object_update(e, own);
    json_decref(own);
    return crule_draft(e, why);
}

static bool fired(const struct remarks *f, const char *id)
{
    for (size_t i = 0; i < f->n; i++)
        if (strcmp(f->at[i].rule, id) == 0)
            return true;
    return false;
}

/* One fixture; false with a line on what is wrong. */
static bool test_one(const struct crules *rules, const struct codes *codes,
                     const struct crule_info *u, const struct crule_fixture *x)
{
    struct remarks f = {0};
    struct buf is = {0};
    const char *why = NULL, *wrong = NULL;
    json_t *draft = fixture_draft(x->encounter, &why);
    if (!draft) {
        wrong = why;
    } else {
        crules_run(rules, codes, draft, u->id, &f);
        crule_short(draft, &is);
        if (fired(&f, u->id) != x->fail)
            wrong = x->fail ? "the rule does not fire" : "the rule fires";
        else if (*x->gives && strcmp(x->gives, buf_cstr(&is)) != 0 &&
                 !(buf_cstr(&is)[0] == ' ' && strcmp(x->gives, buf_cstr(&is) + 1) == 0))
            wrong = "the draft is another afterwards";
    }
    if (wrong)
        printf("FAILED %s %s:%d: %s%s%s\n", u->id, u->path, x->line, wrong, draft ? ": " : "",
               draft ? buf_cstr(&is) : "");
    json_decref(draft);
    remarks_free(&f);
    buf_free(&is);
    return !wrong;
}

static int test(const struct crules *rules, const struct codes *codes)
{
    unsigned good = 0, bad = 0, bare = 0;
    for (uint32_t i = 0; i < crules_count(rules); i++) {
        struct crule_info u = crules_at(rules, i);
        bool pass = false, fail = false;
        for (uint32_t k = 0; k < u.fixtures; k++) {
            struct crule_fixture x = crules_fixture(rules, i, k);
            pass |= !x.fail;
            fail |= x.fail;
            test_one(rules, codes, &u, &x) ? good++ : bad++;
        }
        if (!pass || !fail) {
            printf("FAILED %s: a passing and a failing fixture are needed\n", u.id);
            bare++;
        }
    }
    printf("%u rules, %u fixtures: %u passed, %u failed\n", crules_count(rules), good + bad, good,
           bad + bare);
    return bad || bare ? EXIT_FINDINGS : EXIT_DONE;
}

static int why(const struct crules *rules, const char *id)
{
    for (uint32_t i = 0; i < crules_count(rules); i++) {
        struct crule_info u = crules_at(rules, i);
        if (strcmp(u.id, id) != 0)
            continue;
        printf("%s  %s\n%s\nsource: %s\nfile: %s\n%s\n", u.id, u.kind, u.text, u.source, u.path,
               u.decides ? "decides by itself" : "a person decides");
        return EXIT_DONE;
    }
    die(EXIT_USAGE, "no rule \"%s\"", id);
}

int rules_command(const struct crules *rules, const struct codes *codes, char **word, int n,
                  bool json)
{
    if (n == 1 && strcmp(word[0], "list") == 0)
        return list(rules, json);
    if (n == 1 && strcmp(word[0], "test") == 0)
        return test(rules, codes);
    if (n == 2 && strcmp(word[0], "why") == 0)
        return why(rules, word[1]);
    die(EXIT_USAGE, "rules list, rules test or rules why ID");
}
