/*
 * What happened, of each kind how often: read out of the files that payers received and sent, not out
 * of the books. So a test can see that what the mix promises is played.
 */
#include "common/edi/scan.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/util/money.h"
#include "tools/simulate/simulate.h"
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* What is open while a file is read. */
struct reading {
    json_t *count, *traces;  /* traces: of the payments that were seen */
    char set[8];             /* ST01 */
    bool of_claims, patient; /* a 277CA; in a patient's HL */
    char rank, last[40];     /* SBR01 above the claim; CLP01 of the claim before */
    int64_t bpr, clps, plbs;
    bool reversal, repeated;
    char reasons[256]; /* of the claim, each once */
};

static void more(struct reading *r, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(r->count, key));
    json_object_set_new(r->count, key, json_integer(n + 1));
}

static int64_t cents(phi_str v)
{
    int64_t n = 0;
    money_parse(v, &n);
    return n;
}

/* ---- 837 ---- */

static phi_str component(const struct edi_seg *s, uint32_t el, uint32_t n, char colon)
{
    phi_str v = seg_el(s, el);
    for (; n > 1; n--) {
        const char *at = memchr(v.p, colon, v.n);
        if (!at)
            return phi_of("", 0);
        v = phi_of(at + 1, v.n - (size_t)(at + 1 - v.p));
    }
    const char *end = v.n ? memchr(v.p, colon, v.n) : NULL;
    return end ? phi_of(v.p, (size_t)(end - v.p)) : v;
}

static void billed(struct reading *r, const struct edi_seg *s)
{
    phi_str rank = seg_el(s, 1);
    if (seg_is(s, "HL"))
        r->rank = 0;
    else if (seg_is(s, "SBR") && !r->rank)
        r->rank = rank.n ? *rank.p : 'P';
    if (!seg_is(s, "CLM"))
        return;
    phi_str frequency = component(s, 5, 3, ':');
    more(r, "claims sent");
    if (r->rank != 'P')
        more(r, "secondary claims");
    if (phi_is(frequency, "7"))
        more(r, "replacements");
    if (phi_is(frequency, "8"))
        more(r, "voids");
}

/* ---- acknowledgments and status ---- */

static void status(struct reading *r, const struct edi_seg *s)
{
    phi_str category = component(s, 1, 1, ':');
    char key[40];
    if (seg_is(s, "HL"))
        r->patient = phi_is(seg_el(s, 3), "PT");
    if (!seg_is(s, "STC") || category.n < 2)
        return;
    if (r->patient) {
        if (category.p[0] == 'A' && memchr("3678", category.p[1], 4))
            more(r, "claims rejected by payer");
        return;
    }
    snprintf(key, sizeof key, "status %.2s", category.p);
    if (!r->of_claims)
        more(r, key);
}

static void acknowledged(struct reading *r, const struct edi_seg *s)
{
    if (seg_is(s, "TA1") && phi_is(seg_el(s, 4), "R"))
        more(r, "files rejected");
    if (seg_is(s, "IK5") && phi_is(seg_el(s, 1), "R"))
        more(r, "sets rejected");
}

/* ---- 835 ---- */

static void claim_ends(struct reading *r)
{
    char *save = NULL;
    for (char *w = strtok_r(r->reasons, " ", &save); w && !r->reversal;
         w = strtok_r(NULL, " ", &save)) {
        char key[48];
        snprintf(key, sizeof key, "denied %s", w);
        more(r, key);
    }
    *r->reasons = 0;
}

static void clp(struct reading *r, const struct edi_seg *s)
{
    static const char *const say[][2] = {{"2", "answers of second payers"},
                                         {"19", "crossovers"},
                                         {"20", "crossovers"},
                                         {"22", "reversals"}};
    phi_str account = seg_el(s, 1), state = seg_el(s, 2);
    claim_ends(r);
    r->clps += cents(seg_el(s, 4));
    r->reversal = phi_is(state, "22");
    for (size_t i = 0; i < sizeof say / sizeof *say; i++)
        if (phi_is(state, say[i][0]) && !r->repeated)
            more(r, say[i][1]);
    if (phi_is(state, "1") && phi_is(account, r->last) && !r->repeated)
        more(r, "split");
    if (account.n > 10 && memcmp(account.p, "ZZ-UNKNOWN", 10) == 0 && !r->repeated)
        more(r, "unknown accounts");
    if (!r->reversal)
        snprintf(r->last, sizeof r->last, "%.*s", (int)account.n, account.p);
}

/* CO but 45, which is the contract. */
static void cas(struct reading *r, const struct edi_seg *s)
{
    phi_str reason = seg_el(s, 2);
    char word[16];
    size_t n = strlen(r->reasons);
    if (!phi_is(seg_el(s, 1), "CO") || phi_is(reason, "45") || r->repeated || reason.n > 8)
        return;
    snprintf(word, sizeof word, "%.*s ", (int)reason.n, reason.p);
    if (!strstr(r->reasons, word) && n + strlen(word) < sizeof r->reasons)
        strcat(r->reasons, word);
}

static void plb(struct reading *r, const struct edi_seg *s)
{
    for (uint32_t e = 3; e < 15 && !phi_empty(seg_el(s, e)); e += 2) {
        phi_str code = component(s, e, 1, ':');
        int64_t n = cents(seg_el(s, e + 1));
        char key[40];
        r->plbs += n;
        snprintf(key, sizeof key, "PLB %.*s %s", (int)(code.n < 3 ? code.n : 3), code.p,
                 n < 0 ? "given" : "taken");
        if (!r->repeated)
            more(r, key);
    }
}

static void payment(struct reading *r, const struct edi_seg *s)
{
    char trace[64];
    phi_str t = seg_el(s, 2);
    if (seg_is(s, "BPR"))
        r->bpr = cents(t);
    if (seg_is(s, "TRN")) {
        snprintf(trace, sizeof trace, "%.*s %lld", (int)(t.n < 40 ? t.n : 40), t.p,
                 (long long)r->bpr);
        r->repeated = json_object_get(r->traces, trace) != NULL;
        json_object_set_new(r->traces, trace, json_true());
        more(r, r->repeated ? "remittances twice" : "remittances");
        if (r->bpr == 0 && !r->repeated)
            more(r, "remittances of nothing");
    }
    if (seg_is(s, "CLP"))
        clp(r, s);
    if (seg_is(s, "CAS"))
        cas(r, s);
    if (seg_is(s, "PLB"))
        plb(r, s);
    if (seg_is(s, "SE")) {
        claim_ends(r);
        if (r->bpr != r->clps - r->plbs)
            more(r, "remittances out of balance");
    }
}

/* ---- files ---- */

static void segment(struct reading *r, const struct edi_seg *s)
{
    if (seg_is(s, "ST")) {
        snprintf(r->set, sizeof r->set, "%.*s", (int)seg_el(s, 1).n, seg_el(s, 1).p);
        r->bpr = r->clps = r->plbs = 0;
        r->patient = false;
        r->of_claims = phi_is(seg_el(s, 3), "005010X214");
        r->rank = *r->last = 0;
        r->repeated = false;
    }
    if (strcmp(r->set, "837") == 0)
        billed(r, s);
    else if (strcmp(r->set, "277") == 0)
        status(r, s);
    else if (strcmp(r->set, "835") == 0)
        payment(r, s);
    else if (strcmp(r->set, "276") == 0 && seg_is(s, "TRN"))
        more(r, "status inquiries");
    acknowledged(r, s);
}

static void file(struct reading *r, const char *path)
{
    struct buf b = {0};
    struct edi_seg seg;
    if (fs_read(path, INT_MAX, &b))
        die(EXIT_TRY_LATER, "cannot read \"%s\": %m", path);
    *r->set = 0;
    struct scan *s = scan_memory(b.p, b.len);
    while (b.len && *b.p == 'I' && scan_next(s, &seg) == SCAN_SEG)
        segment(r, &seg);
    scan_free(s);
    buf_free(&b);
}

static int plain(const struct dirent *e)
{
    size_t n = strlen(e->d_name);
    return e->d_name[0] != '.' && (n < 9 || strcmp(e->d_name + n - 9, ".manifest") != 0);
}

static void folder(struct reading *r, const char *path)
{
    char name[SIM_PATH + 400];
    struct dirent **list;
    int n = scandir(path, &list, plain, alphasort);
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s/%s", path, list[i]->d_name);
        file(r, name);
        free(list[i]);
    }
    if (n >= 0)
        free(list);
}

json_t *kinds(const struct sim *s)
{
    struct reading r = {.count = json_object(), .traces = json_object()};
    char path[SIM_PATH + 64], id[8];
    for (long n = 0; n < s->payers; n++) {
        snprintf(path, sizeof path, "%s/payers/%s/archive", s->home, mix_payer(n, id));
        folder(&r, path);
    }
    json_object_set_new(r.count, "files held back", json_integer(s->held_back));
    json_object_set_new(r.count, "receipts of patients", json_integer(s->receipts));
    json_decref(r.traces);
    return r.count;
}
