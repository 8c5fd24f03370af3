#include "tools/rebill/judge.h"
#include "common/partner/profile.h"
#include "common/rules/rules.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct judge {
    struct guide_set *guides;
    struct profiles *profiles;
    struct codes *codes;
    struct rules *rules;
    struct rules_run *run;
    struct check *check;
    struct buf *said;
    bool bad;
};

static void found(void *ctx, const struct finding *f)
{
    struct judge *j = ctx;
    if (f->severity <= SEV_WARNING)
        return;
    j->bad = true;
    finding_text(j->said, "rebill", f, false);
}

static bool load_rules(struct judge *j, const char *partners, int64_t now_us, struct buf *error)
{
    const char *dir = fs_shared("config/rules");
    bool starter = false;
    if (access(dir, R_OK))
        return true;
    if (strcmp(partners, "none") != 0 && !(j->profiles = profiles_load(partners, j->guides, error)))
        return false;
    j->codes = rules_codes(NULL, &starter, error);
    if (error->len)
        return false;
    j->rules = rules_load_for(dir, fs_shared("config/codes"), j->guides, j->codes, NULL,
                              j->profiles, error);
    if (!j->rules)
        return false;
    rules_starter(j->rules, starter);
    j->run = rules_run_new(j->rules, 0, now_us);
    return true;
}

struct judge *judge_open(const char *guides, const char *partners, int64_t now_us)
{
    struct judge *j = xcalloc(1, sizeof *j);
    struct buf error = {0};
    j->guides = guides_load(guides, &error);
    if (!j->guides || !load_rules(j, partners, now_us, &error))
        die(EXIT_CONFIG, "%s", buf_cstr(&error));
    buf_free(&error);
    struct check_opts o = {.guides = j->guides,
                           .allow_alias = true,
                           .extended_charset = true,
                           .now_us = now_us,
                           .watch = j->run ? rules_run_watch(j->run) : NULL};
    j->check = check_new(&o, (struct finding_sink){found, j});
    return j;
}

bool judge_file(struct judge *j, phi_str file, struct buf *said)
{
    struct scan *sc = scan_memory(file.p, file.n);
    struct edi_seg seg;
    char gs01[8] = "", gs08[16] = "";
    bool in = false;
    j->said = said;
    j->bad = false;
    while (scan_next(sc, &seg) == SCAN_SEG) {
        phi_str one = seg_el(&seg, 1), eight = seg_el(&seg, 8);
        if (seg_is(&seg, "GS")) {
            snprintf(gs01, sizeof gs01, "%.*s", (int)one.n, one.p);
            snprintf(gs08, sizeof gs08, "%.*s", (int)eight.n, eight.p);
        } else if (seg_is(&seg, "ST")) {
            check_begin(j->check, scan_delims(sc), phi_lit(gs01), phi_lit(gs08));
            in = true;
        }
        if (in)
            check_segment(j->check, &seg);
        if (in && seg_is(&seg, "SE")) {
            j->bad |= !check_end(j->check).accepted;
            in = false;
        }
    }
    scan_free(sc);
    return !j->bad;
}

void judge_close(struct judge *j)
{
    check_free(j->check);
    rules_run_free(j->run);
    rules_free(j->rules);
    codes_close(j->codes);
    profiles_free(j->profiles);
    guides_free(j->guides);
    free(j);
}
