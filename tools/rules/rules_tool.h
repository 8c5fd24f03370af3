/* What the commands of `claimwire rules` share. */
#ifndef CLAIMWIRE_TOOLS_RULES_TOOL_H
#define CLAIMWIRE_TOOLS_RULES_TOOL_H

#include "common/partner/terms.h"
#include "common/rules/rules.h"

struct tool {
    const char *dir, *lists, *fixtures, *code_file, *fact_dirs, *partners;
    const char *run, *to;
    struct guide_set *guides;
    struct codes *codes;
    struct facts *facts;
    struct profiles *profiles;
    struct rules *rules;
    int64_t today_us; /* 0: the clock */
    uint32_t vary;    /* how often fixtures are tried with other values */
    uint8_t level;
    bool show, starter, json;
};

/* Walks all of s with the rules; findings of envelopes and sets go to sink. The exit code of
 * envelope_read(). */
int rules_walk(struct tool *t, struct scan *s, struct finding_sink sink);
int rules_test(struct tool *t, char **ids);
int rules_cover(struct tool *t, char **args);
int rules_export(const struct tool *t);
int rules_why(struct tool *t, char **files);

#endif
