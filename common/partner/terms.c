#include "common/partner/terms.h"

const struct profile *profiles_of_isa(const struct profiles *s, const struct envelope_isa *isa)
{
    const struct profile *p = profiles_of_id(s, phi_lit(isa->sender_qual), phi_lit(isa->sender));
    return p ? p : profiles_of_id(s, phi_lit(isa->receiver_qual), phi_lit(isa->receiver));
}

static enum severity severity(const void *ctx, const char *rule, const char *loop,
                              const char *segment, enum severity s)
{
    return profile_severity(ctx, rule, loop, segment, s);
}

static bool judges(const struct profile *p)
{
    return profile_get(p, "rules", "warn") || profile_get(p, "rules", "refuse");
}

struct envelope_terms profile_envelope(const struct profile *p)
{
    if (!p)
        return (struct envelope_terms){0};
    return (struct envelope_terms){
        .guides = profile_guides(p),
        .versions = profile_isa12(p),
        .usage = profile_word(p, "envelope", "usage", NULL),
        .sets = (uint64_t)profile_number(p, "limits", "sets-per-file", 0),
        .bytes = (uint64_t)profile_number(p, "limits", "bytes-per-file", 0),
        .severity = judges(p) ? severity : NULL,
        .ctx = p};
}

struct envelope_terms profiles_agreed(void *ctx, const struct envelope_isa *isa)
{
    return profile_envelope(profiles_of_isa(ctx, isa));
}

struct check_terms profile_terms(const struct profile *p)
{
    if (!p)
        return (struct check_terms){0};
    struct check_terms t = {.guides = profile_guides(p),
                            .ctx = p,
                            .claims = (uint32_t)profile_number(p, "limits", "claims-per-set", 0)};
    if (judges(p))
        t.severity = severity;
    return t;
}
