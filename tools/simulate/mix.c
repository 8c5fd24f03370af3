/*
 * The load mix of a clearinghouse (DOMAIN.md G-L): how often claims are rejected, denied and for what
 * reason, taken back, split, crossed over; payers that never send a 277CA (one in three) and that send
 * everything twice (one in twelve).
 */
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "tools/simulate/simulate.h"
#include <stdio.h>

const char *mix_payer(long n, char out[8])
{
    snprintf(out, 8, "SIM%02ld", n % 100);
    return out;
}

static void keep(struct sim *s, const char *name, const struct buf *b)
{
    char path[SIM_PATH + 32];
    snprintf(path, sizeof path, "%s/%s", s->home, name);
    if (fs_replace(path, b->p, b->len))
        die(EXIT_TRY_LATER, "cannot write \"%s\": %m", path);
}

/* ---- how payers behave ---- */

/* Days after which a payer pays: 5 to a sixth of the run, by the seed. */
static long pays_after(const struct sim *s, long n)
{
    long most = s->days / 6 < 2 ? 2 : s->days / 6, least = most < 5 ? 1 : 5;
    return least + (long)dice_of(s->seed, "pays", (uint64_t)n, (uint64_t)(most - least + 1));
}

static void payer(const struct sim *s, long n, struct buf *b)
{
    char id[8];
    uint64_t d = (uint64_t)n;
    buf_printf(b,
               "  %s: {name: SIMULATED PAYER %ld, isa: SIMPAYER%02ld, icn: S%02ld, tax: "
               "\"15%08ld\", rate: %llu,"
               " copay: %llu.00, coinsurance: %llu, recoup: %s, cycle: %s%s%s%s,\n"
               "    after: {999: 1h, 277ca: 1d, 835: %ldd, eft: 2d}}\n",
               mix_payer(n, id), n, n, n % 7 ? n : 0, 12345000 + n,
               50 + (unsigned long long)dice_of(s->seed, "rate", d, 30),
               10 + (unsigned long long)dice_of(s->seed, "copay", d, 4) * 5,
               (unsigned long long)dice_of(s->seed, "coinsurance", d, 3) * 10, n % 2 ? "FB" : "WO",
               s->days < 21 ? "1d" : "7d", n % 3 == 2 ? ", never-277ca: true" : "",
               n % 12 == 5 ? ", twice: true" : "",
               n == 1   ? ", reject-set: 1"
               : n == 3 ? ", reject-file: 2"
                        : ", reject-set: 50",
               pays_after(s, n));
}

/* In hundredths of a percent. What is mended has an authorization, what is corrected is a replacement. */
static const struct {
    int chance;
    const char *when, *act;
} CASES[] = {
    {400, ", authorization: false, frequency: \"1\"", "reject: {report: \"A7:562:82\"}"},
    {225, ", authorization: false", "deny: {group: CO, reason: \"197\", remark: N54}"},
    {180, ", frequency: \"1\"", "deny: {group: CO, reason: \"16\", remark: N290}"},
    {108, ", frequency: \"1\"", "deny: {group: CO, reason: \"18\"}"},
    {36, ", frequency: \"1\"", "deny: {group: CO, reason: \"29\"}"},
    {108, ", frequency: \"1\"", "deny: {group: CO, reason: \"96\"}"},
    {90, ", frequency: \"1\"", "deny: {group: CO, reason: \"97\"}"},
    {54, ", frequency: \"1\"", "deny: {group: CO, reason: \"50\"}"},
    {54, ", frequency: \"1\"", "deny: {group: CO, reason: \"22\"}"},
    {45, ", frequency: \"1\"", "deny: {group: CO, reason: B7}"},
    {30, "", "unknown: true"},
    {50, "", "never: true"},
    {70, "", "split: true"},
    {50, "", "bundle: true"},
    {20, "", "twice: true"},
    /* answers to inquiries about claims (276) */
    {300, "", "status: {report: \"A4:35\"}"},
    {300, "", "status: {report: \"D0:35\"}"},
    {800, "", "mute-277: true"},
};

static void cases(const struct sim *s, struct buf *b)
{
    long later = s->days / 6 < 1 ? 1 : s->days / 6;
    char id[8], account[16];
    for (long n = 40; n < s->claims; n += 1000) /* by number, so that small houses see it as well */
        buf_printf(b, "  - {when: {pcn: %s}, unbalanced: true}\n", claims_account(n, account));
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        buf_printf(b, "  - {when: {chance: %d.%02d%s}, %s}\n", CASES[i].chance / 100,
                   CASES[i].chance % 100, CASES[i].when, CASES[i].act);
    buf_printf(b, "  - {when: {chance: 0.75}, take-back: {after: %ldd, percent: 60}}\n", later);
    buf_printf(b, "  - {when: {chance: 0.75}, refund: {after: %ldd, percent: 60}}\n", later);
    buf_printf(b, "  - {when: {chance: 1}, late: {after: %ldd, percent: 1}}\n", later);
    for (long n = 0; n < s->payers && s->payers > 1; n++) {
        buf_printf(b, "  - {when: {payer: %s, chance: 3}, ", mix_payer(n, id));
        buf_printf(b, "cross: {to: %s}}\n", mix_payer((n + 1) % s->payers, id));
    }
}

static void script(struct sim *s)
{
    struct buf b = {0};
    buf_printf(&b, "seed: %llu\npayers:\n", (unsigned long long)s->seed);
    for (long n = 0; n < s->payers; n++)
        payer(s, n, &b);
    buf_puts(&b, "cases:\n");
    cases(s, &b);
    keep(s, "script.yaml", &b);
    buf_free(&b);
}

/* ---- how files travel ---- */

static void wires(struct sim *s)
{
    struct buf b = {0};
    char id[8];
    buf_puts(&b, "submit:\n");
    for (long n = 0; n < s->payers; n++)
        buf_printf(&b, "  %s: {by: folder, usage: T, dir: \"%s/payers/%s/in\", retry-first: 1}\n",
                   mix_payer(n, id), s->home, id);
    buf_puts(&b, "fetch:\n");
    for (long n = 0; n < s->payers; n++)
        buf_printf(&b,
                   "  %s: {by: folder, usage: T, dir: \"%s/payers/%s/out\","
                   " archive: \"%s/payers/%s/archive\"}\n",
                   mix_payer(n, id), s->home, id, s->home, id);
    keep(s, "wires/wires.yaml", &b);
    buf_free(&b);
}

/* The pipeline as it was shipped, with our wires. */
static void plan(struct sim *s)
{
    struct buf in = {0}, out = {0};
    static const char mark[] = "\n  submit:\n";
    if (fs_read(s->pipeline, 1 << 20, &in))
        die(EXIT_UNREADABLE, "cannot read \"%s\": %m", s->pipeline);
    const char *text = buf_cstr(&in), *at = strstr(text, mark);
    if (!at)
        die(EXIT_CONFIG, "\"%s\" has no stage submit: its files would reach nobody", s->pipeline);
    buf_add(&out, text, (size_t)(at - text) + sizeof mark - 1);
    buf_printf(&out, "    settings: {wires: \"%s/wires\"}\n", s->home);
    buf_puts(&out, at + sizeof mark - 1);
    keep(s, "plan.yaml", &out);
    buf_free(&in);
    buf_free(&out);
}

static void folder(const struct sim *s, const char *name)
{
    char path[SIM_PATH + 64];
    snprintf(path, sizeof path, "%s/%s", s->home, name);
    if (fs_mkdirs(path))
        die(EXIT_TRY_LATER, "cannot make the folder \"%s\": %m", path);
}

void mix_write(struct sim *s)
{
    char name[32], id[8];
    folder(s, "wires");
    folder(s, "in");
    folder(s, "taken");
    for (long n = 0; n < s->payers; n++) { /* payersim makes the others when it first looks */
        snprintf(name, sizeof name, "payers/%s/in", mix_payer(n, id));
        folder(s, name);
    }
    script(s);
    wires(s);
    plan(s);
}
