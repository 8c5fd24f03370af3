/*
 * NAME
 *     attach - sends documents to claims (275), and keeps the ledger of them
 *
 * SYNOPSIS
 *     claimwire attach ACCOUNT FILE --run DIR [--claim ROW] [--number N] [--again] [--now TIME]
 *                     [--practice DIR] [--json]
 *     claimwire attach list --run DIR [--json]
 *
 * DESCRIPTION
 *     Builds a 275 (005010X210, or 006020X314 for a payer that asked in 006020X313) of a document (PDF, text or C-CDA) to the claim with this account number
 *     (CLM01), and writes it to RUN/attach/out, where `submit` takes it. The number under which the payer
 *     finds it (TRN02) is the one by which it asked (277 request, 005010X213), with what it asked for
 *     (STC); else the one that the claim announces (PWK06); --number says which when there are
 *     several. A document that nobody asked for and no claim announces is not sent.
 *
 *     A request is answered when the payer has acknowledged the file (999): the claim then waits for
 *     the payer again, and the item in the work list ends. The same document to the same claim
 *     under the same number is sent once; --again sends it anew.
 *
 *     list: each document: claim, number, file, when it was made, delivered and acknowledged, its digest.
 *
 *     What is known beforehand is said by the encounter: "attach":[{"type":"OZ","number":"ACN-1"}]; the
 *     coder writes it onto the claim (PWK, EL, AC).
 *
 * OPTIONS
 *     --claim ROW     which, where several have this account number: the row that explain prints
 *     --number N      the number to send it under
 *     --again         although the same was sent
 *     --practice DIR  who we are (default config/practice)
 *     --now TIME      the hour, as 2026-09-01 or 2026-09-01T08:00:00Z (default: the machine's)
 *     --json          one JSON object a line
 *
 * EXIT STATUS
 *     0 done; 1 it cannot be sent, and why; 64 usage; 78 configuration; 111 try again later
 *
 * EXAMPLES
 *     claimwire attach RB-1001 note.pdf --run run
 *     claimwire attach list --run run
 */
#include "common/ledger/life.h"
#include "common/ledger/match.h"
#include "common/ledger/source.h"
#include "common/outgoing/documents.h"
#include "common/util/audit.h"
#include "common/util/clock.h"
#include "common/util/date.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include "common/wire/box.h"
#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* What a request is answered in: the version beside the one that it came in. */
static const char *version_for(bool newer)
{
    return newer ? "006020X314" : "005010X210";
}

enum { DOCUMENT_MOST = 32 << 20, SPOOL_MOST = 1 << 30, NUMBERS = 10 };

struct command {
    const char *run, *number, *practice, *now_text;
    bool again, json;
    char **words;
    int words_n;
    int64_t now, row; /* row: --claim */
    bool newer;       /* 6020: the payer asked in that version */
    struct arena a;
    struct ledger *l;
    struct documents *d;
    struct box *box;
};

static int usage(FILE *to)
{
    fputs("usage: claimwire attach ACCOUNT FILE --run DIR [--claim ROW] [--number N] [--again]\n"
          "           [--now TIME] [--practice DIR] [--json]\n"
          "       claimwire attach list --run DIR [--json]\n",
          to);
    return to == stdout ? EXIT_DONE : EXIT_USAGE;
}

static int refuse(const char *why)
{
    fprintf(stderr, "attach: %s\n", why);
    return EXIT_FINDINGS;
}

/* ---- the document ---- */

/* CAT02: by what its bytes are; NULL: neither. */
static const char *form_of(const struct buf *b)
{
    phi_str s = buf_view(b);
    if (s.n >= 5 && memcmp(s.p, "%PDF-", 5) == 0)
        return "MB";
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f')
            return NULL;
    }
    return memmem(s.p, s.n, "<ClinicalDocument", 17) ? "HL" : "TX";
}

/* ---- what it answers ---- */

struct want {
    phi_str number, codes; /* TRN02; "R4:18842-5::LOI", of a request */
    bool asked;
};

/* GS08 of the group that byte `off` of an interchange stands in. */
static phi_str version_at(phi_str file, size_t off)
{
    phi_str version = {"", 0};
    if (file.n < 106)
        return version;
    char element = file.p[3], end = file.p[105];
    for (size_t i = 0, from = 0; i < file.n && from <= off; i++) {
        if (file.p[i] != end)
            continue;
        while (from < i && (file.p[from] == '\n' || file.p[from] == '\r'))
            from++;
        phi_str seg = phi_of(file.p + from, i - from);
        if (phi_is(edi_part(seg, element, 1), "GS"))
            version = edi_part(seg, element, 9);
        from = i + 1;
    }
    return version;
}

static bool asked_in_6020(struct command *c, int64_t ack)
{
    char hex[DIGEST_HEX];
    struct digest d;
    struct buf path = {0}, file = {0};
    struct stmt *q = store_sql(ledger_store(c->l),
                               "SELECT f.digest, e.off FROM event e JOIN file f ON f.no=e.file"
                               " WHERE e.no=?1");
    stmt_int(q, 1, ack);
    if (!stmt_step(q) || stmt_col_bytes(q, 0).n != DIGEST_LEN)
        return false;
    memcpy(d.b, stmt_col_bytes(q, 0).p, DIGEST_LEN);
    buf_printf(&path, "%s/ingest/spool/%s", c->run, digest_hex(&d, hex));
    bool newer = fs_read(buf_cstr(&path), SPOOL_MOST, &file) == 0 &&
                 phi_is(version_at(buf_view(&file), (size_t)stmt_col_int(q, 1)), "006020X313");
    buf_free(&path);
    buf_free(&file);
    return newer;
}

/* The latest request of the payer about this claim that no document has answered. */
static bool requested(struct command *c, phi_str account, struct want *out)
{
    char key[MATCH_KEY];
    struct stmt *q = store_sql(ledger_store(c->l),
                               "SELECT trace, codes, no FROM ack WHERE of='status' AND key=?1 AND"
                               " pcn=?2 AND code LIKE 'R%' AND trace<>'' ORDER BY no DESC");
    stmt_text(q, 1, phi_of(key, match_key(account, key)));
    stmt_text(q, 2, account);
    while (stmt_step(q)) {
        phi_str number = stmt_col_bytes(q, 0);
        if (c->number && !phi_is(number, c->number))
            continue;
        if (!c->number && !c->again && documents_count(c->d, account, number))
            continue;
        c->newer = asked_in_6020(c, stmt_col_int(q, 2));
        *out =
            (struct want){arena_phi(&c->a, number), arena_phi(&c->a, stmt_col_bytes(q, 1)), true};
        return true;
    }
    return false;
}

/* PWK06 of the claim, those that are sent as a 275. */
static uint32_t announced(const struct claim *k, phi_str out[NUMBERS])
{
    uint32_t n = 0;
    struct edi_seg seg;
    struct buf text = {0};
    buf_phi(&text, k->parts.envelope);
    buf_phi(&text, k->parts.claim);
    struct scan *s = scan_fragment(text.p, text.len);
    while (scan_next(s, &seg) == SCAN_SEG)
        if (seg_is(&seg, "PWK") && phi_is(seg_el(&seg, 2), "EL") && n < NUMBERS) {
            phi_str v = seg_el(&seg, 6);
            const char *at = memmem(k->parts.claim.p, k->parts.claim.n, v.p, v.n);
            if (v.n && at)
                out[n++] = phi_of(at, v.n);
        }
    scan_free(s);
    buf_free(&text);
    return n;
}

static const char *choose(struct command *c, const struct claim *k, struct want *out)
{
    phi_str numbers[NUMBERS];
    uint32_t n = announced(k, numbers);
    if (requested(c, k->pcn, out))
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        if (c->number ? phi_is(numbers[i], c->number)
                      : c->again || !documents_count(c->d, k->pcn, numbers[i])) {
            *out = (struct want){.number = numbers[i]};
            return NULL;
        }
    if (c->number)
        return "the payer has not asked under this number, and the claim does not announce it "
               "(PWK)";
    return n ? "what the claim announces (PWK) was sent; --again sends it anew"
             : "the payer has asked for nothing that was not sent, and the claim announces no "
               "document "
               "(PWK)";
}

/* ---- 275 ---- */

static phi_str day(int32_t d, char out[9])
{
    return d == CLAIM_NO_DATE ? phi_of("", 0) : phi_lit(date_ccyymmdd(d, out));
}

static void heads(struct edi_writer *w, const struct office *o, const struct claim *k,
                  const char *reference, const char *version, int64_t at_us)
{
    char on[9], hour[5], from[9], thru[9];
    ew_seg(w, "ST", "275", "0001", version);
    ew_seg(w, "BGN", "11", reference, time_ccyymmdd(at_us, on), time_hhmm(at_us, hour));
    outgoing_name(w, "PR", "2", k->payer, phi_of("", 0), "PI", k->payer_id);
    outgoing_name(w, "41", "2", k->submitter, phi_of("", 0), "46", phi_lit(o->id));
    outgoing_name(w, "1P", phi_empty(k->billing.first) ? "2" : "1", k->billing.last,
                  k->billing.first, phi_empty(k->billing.npi) ? "FI" : "XX",
                  phi_empty(k->billing.npi) ? k->tax_id : k->billing.npi);
    outgoing_name(w, "QC", "1", k->patient.last, k->patient.first, "MI", k->subscriber.id);
    outgoing_pair(w, "REF", "EJ", k->pcn);
    outgoing_pair(w, "REF", "D9", k->trace);
    outgoing_dtp(w, "472", day(k->from, from), day(k->thru, thru));
}

/* The first code that was asked for, "R4:18842-5::LOI". */
static void asked_for(struct edi_writer *w, phi_str codes)
{
    phi_str one = edi_part(codes, ' ', 1);
    if (phi_empty(one))
        return;
    ew_begin(w, "STC");
    ew_el(w, edi_part(one, ':', 1));
    for (uint32_t i = 2; i <= edi_parts(one, ':'); i++)
        ew_comp(w, edi_part(one, ':', i));
    ew_end(w);
}

/* A segment whose last element is counted: any byte may stand in it. */
static void counted(struct edi_writer *w, const char *before, const struct buf *bytes)
{
    buf_printf(w->out, "%s%zu*", before, bytes->len);
    buf_add(w->out, bytes->p, bytes->len);
    buf_putc(w->out, '~');
    w->segments++;
}

/* BDS says how the document is written: text as it is, all else in Base64. */
static void bytes_6020(struct edi_writer *w, const char *form, const struct buf *bytes)
{
    struct buf coded = {0};
    if (strcmp(form, "MB") != 0) {
        counted(w, "BDS*ASC*", bytes);
        return;
    }
    size_t n = sodium_base64_encoded_len(bytes->len, sodium_base64_VARIANT_ORIGINAL);
    sodium_bin2base64(buf_room(&coded, n), n, (const unsigned char *)bytes->p, bytes->len,
                      sodium_base64_VARIANT_ORIGINAL);
    coded.len = n - 1;
    counted(w, "BDS*B64*", &coded);
    buf_free(&coded);
}

static void attachment(struct edi_writer *w, const struct want *x, const char *form,
                       const struct buf *bytes, const struct command *c)
{
    char on[9];
    ew_seg(w, "LX", "1");
    ew_begin(w, "TRN");
    ew_lit(w, x->asked ? "2" : "1");
    ew_el(w, x->number);
    ew_end(w);
    if (x->asked)
        asked_for(w, x->codes);
    ew_seg(w, "DTP", "368", "D8", time_ccyymmdd(c->now, on));
    ew_seg(w, "CAT", "AE", form);
    ew_seg(w, "EFI", "05");
    if (c->newer)
        bytes_6020(w, form, bytes);
    else
        counted(w, "BIN*", bytes);
}

static void build(struct command *c, const struct office *o, const struct claim *k,
                  const struct want *x, const char *form, const struct buf *bytes,
                  struct document *doc, struct buf *out)
{
    char reference[24];
    struct edi_writer w = {.out = out, .d = EDI_CANONICAL};
    doc->file = documents_begin(c->d);
    uint32_t control = outgoing_control(OUTGOING_275, doc->file);
    snprintf(reference, sizeof reference, "D%09lld", (long long)doc->file);
    outgoing_begin(&w, o, "PI", version_for(c->newer), k->usage, c->now, control);
    w.segments = 0;
    heads(&w, o, k, reference, version_for(c->newer), c->now);
    attachment(&w, x, form, bytes, c);
    outgoing_se(&w, 1);
    outgoing_end(&w, 1, control);
}

/* ---- sending ---- */

static void say_file(void *ctx, const char *name)
{
    const struct command *c = ctx;
    printf(c->json ? "{\"wrote\":\"%s/attach/out/%s\"}\n" : "wrote    %s/attach/out/%s\n", c->run,
           name);
}

/* The claim as it was sent last, and the file that it left in. */
static const char *claim_of(struct command *c, struct claim *k, phi_str *sent)
{
    struct life life;
    struct buf body = {0};
    const struct life_version *v = NULL;
    const char *why = NULL;
    int64_t chain = life_choose(c->l, phi_lit(c->words[0]), c->row, &why);
    if (!chain)
        return why;
    if (!life_read(c->l, chain, &c->a, &life))
        return "the ledger's rows of this claim cannot be read";
    for (size_t i = 0; i < life.versions_n; i++)
        if (!phi_empty(life.versions[i].sent))
            v = &life.versions[i];
    if (!v)
        return "it was not sent to anybody yet";
    bool there = source_body(c->run, v, &body);
    phi_str text = arena_phi(&c->a, buf_view(&body));
    buf_free(&body);
    *sent = v->sent;
    return there && claim_read(text, k, &c->a) ? NULL
                                               : "the bytes of this claim are not in this run";
}

static int put(struct command *c, const struct claim *k, phi_str sent, const char *form,
               const struct buf *bytes)
{
    struct office o = {0};
    struct buf error = {0}, out = {0};
    struct want x;
    const char *why = choose(c, k, &x);
    if (why)
        return refuse(why);
    if (!office_read(&o, c->practice ? c->practice : fs_shared("config/practice"), &c->a, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    outgoing_as_sent(&o, c->run, sent, &c->a);
    struct document doc = {.account = k->pcn,
                           .payer = k->payer_id,
                           .number = x.number,
                           .form = phi_lit(form),
                           .asked = x.asked,
                           .bytes = (int64_t)bytes->len,
                           .at_us = c->now,
                           .digest = digest_of(bytes->p, bytes->len)};
    if (!c->again && documents_known(c->d, &doc)) {
        fprintf(stderr, "attach: this document was sent to this claim under this number\n");
    } else {
        build(c, &o, k, &x, form, bytes, &doc, &out);
        audit(c->run, "attach", "send", c->words[0]);
        documents_keep(c->d, &doc, buf_view(&out));
        documents_commit(c->d);
    }
    documents_write(c->d, c->run, say_file, c);
    buf_free(&out);
    return EXIT_DONE;
}

static int attach(struct command *c)
{
    struct buf bytes = {0};
    struct claim k;
    phi_str sent = {"", 0};
    if (c->words_n != 2)
        return usage(stderr);
    if (fs_read(c->words[1], DOCUMENT_MOST, &bytes))
        die(EXIT_USAGE, "cannot read \"%s\" (at most 32 MB): %m", c->words[1]);
    const char *form = bytes.len ? form_of(&bytes) : NULL;
    if (!form)
        return refuse(bytes.len ? "the file is neither a PDF nor text" : "the file is empty");
    c->l = ledger_open_ro(c->run, NULL);
    const char *why = claim_of(c, &k, &sent);
    if (why)
        return refuse(why);
    c->d = documents_open(c->run);
    int code = put(c, &k, sent, form, &bytes);
    buf_free(&bytes);
    return code;
}

/* ---- list ---- */

/* When the payer acknowledged the file; 0: not yet, -1: it refused it. */
static int64_t acknowledged(struct command *c, int64_t file)
{
    char gs06[16];
    struct stmt *q = c->l ? store_sql(ledger_store(c->l),
                                      "SELECT a.accepted,e.at FROM ack a JOIN event e USING(no)"
                                      " WHERE a.of='outgoing' AND a.gs06=?1 ORDER BY a.no DESC")
                          : NULL;
    if (!q)
        return 0;
    snprintf(gs06, sizeof gs06, "%u", outgoing_control(OUTGOING_275, file));
    stmt_text(q, 1, phi_lit(gs06));
    return !stmt_step(q) ? 0 : stmt_col_int(q, 0) ? stmt_col_int(q, 1) : -1;
}

static int64_t delivered(struct command *c, const struct document *x)
{
    struct box_row row;
    return c->box && box_named(c->box, x->payer, x->name, &c->a, &row) ? row.delivered_us : 0;
}

static void row(void *ctx, const struct document *x)
{
    struct command *c = ctx;
    struct buf b = {0};
    char made[TIME_TEXT], gone[TIME_TEXT] = "", got[TIME_TEXT] = "", hex[DIGEST_HEX];
    int64_t at = delivered(c, x), ack = acknowledged(c, x->file);
    time_text(x->at_us, made);
    if (at)
        time_text(at, gone);
    if (ack > 0)
        time_text(ack, got);
    digest_hex(&x->digest, hex);
    if (c->json) {
        buf_printf(&b, "{\"document\":%" PRId64 ",\"claim\":", x->n);
        buf_json(&b, x->account);
        buf_puts(&b, ",\"payer\":");
        buf_json(&b, x->payer);
        buf_puts(&b, ",\"number\":");
        buf_json(&b, x->number);
        buf_printf(&b,
                   ",\"asked\":%s,\"form\":\"%.*s\",\"bytes\":%" PRId64
                   ",\"digest\":\"%s\",\"file\":\"%.*s\",\"made\":\"%s\",\"delivered\":\"%s\","
                   "\"acknowledged\":\"%s\",\"refused\":%s}",
                   x->asked ? "true" : "false", (int)x->form.n, x->form.p, x->bytes, hex,
                   (int)x->name.n, x->name.p, made, gone, got, ack < 0 ? "true" : "false");
    } else {
        buf_printf(
            &b, "%4" PRId64 "  %-20.*s %-16.*s %-9s made %.10s  delivered %.10s  %s %.10s  %.12s",
            x->n, (int)x->account.n, x->account.p, (int)x->number.n, x->number.p,
            x->asked ? "asked" : "announced", made, *gone ? gone : "-",
            ack < 0 ? "refused" : "acknowledged", *got ? got : "-", hex);
    }
    puts(buf_cstr(&b));
    buf_free(&b);
}

static int list(struct command *c)
{
    struct buf dir = {0};
    if (c->words_n != 1)
        return usage(stderr);
    buf_printf(&dir, "%s/submit", c->run);
    c->d = documents_open_ro(c->run);
    c->l = ledger_open_ro(c->run, NULL);
    c->box = box_open_existing(buf_cstr(&dir));
    buf_free(&dir);
    if (c->d)
        documents_each(c->d, 0, row, c);
    return EXIT_DONE;
}

/* ---- main ---- */

static int options(struct command *c, int argc, char **argv)
{
    enum { AGAIN = 1, JSON };
    static const struct option known[] = {{"run", required_argument, NULL, 'r'},
                                          {"number", required_argument, NULL, 'n'},
                                          {"practice", required_argument, NULL, 'p'},
                                          {"now", required_argument, NULL, 'N'},
                                          {"again", no_argument, NULL, AGAIN},
                                          {"json", no_argument, NULL, JSON},
                                          {"claim", required_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    const char *row = NULL;
    const char **const word[] = {['c'] = &row,
                                 ['r'] = &c->run,
                                 ['n'] = &c->number,
                                 ['p'] = &c->practice,
                                 ['N'] = &c->now_text};
    struct stat st;
    int k;
    while ((k = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (k == 'h' || k == '?')
            return usage(k == 'h' ? stdout : stderr);
        if (k == AGAIN)
            c->again = true;
        else if (k == JSON)
            c->json = true;
        else
            *word[k] = optarg;
    }
    c->words = argv + optind;
    c->words_n = argc - optind;
    if (c->now_text && !time_parse(c->now_text, &c->now))
        die(EXIT_USAGE, "--now is a time like 2026-09-01 or 2026-09-01T08:00:00Z");
    if (!c->run || !*c->run || !c->words_n || (row && !(c->row = life_row(row))))
        return usage(stderr);
    if (stat(c->run, &st) || !S_ISDIR(st.st_mode))
        die(EXIT_CONFIG, "there is no run directory \"%s\"", c->run);
    return -1;
}

int main(int argc, char **argv)
{
    struct command c = {.run = getenv("CLAIMWIRE_RUN"), .now = time_wall_us()};
    log_open("attach");
    int code = options(&c, argc, argv);
    if (code >= 0)
        return code;
    code = strcmp(c.words[0], "list") == 0 ? list(&c) : attach(&c);
    if (c.l)
        ledger_close(c.l);
    if (c.box)
        box_close(c.box);
    documents_close(c.d);
    arena_free(&c.a);
    if (fflush(stdout) || ferror(stdout))
        die(EXIT_TRY_LATER, "cannot write the report: %m");
    return code;
}
