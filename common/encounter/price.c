#include "common/encounter/price.h"
#include "common/util/date.h"

enum { MODS = 16 };

bool price_of(const struct practice *p, phi_str code, const json_t *mods, phi_str payer,
              phi_str day, int64_t *cents)
{
    phi_str mod[MODS];
    uint32_t n = 0;
    const json_t *m;
    size_t i;
    int32_t on;
    if (!p || day.n < 10 || !date_parse_iso(phi_of(day.p, 10), &on))
        return false;
    json_array_foreach(mods, i, m)
    {
        if (json_is_string(m) && n < MODS)
            mod[n++] = phi_of(json_string_value(m), json_string_length(m));
    }
    return practice_price(p, code, mod, n, practice_payer(p, payer), on, cents);
}
