/*
 * Rules of a partner in Lua, for what a condition cannot say. A rule has nothing but what stands in
 * its `reads` lines and the few functions below: no files, no clock but the record's day, no code
 * from elsewhere, and nothing whose cost does not show. Steps, memory and time of a try are bounded;
 * one that goes beyond is stopped, and told as a fault of the rule.
 */
#include "common/rules/rules_int.h"
#include "common/util/exits.h"
#include "common/util/log.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdlib.h>
#include <time.h>

enum {
    STEPS = 100000,         /* instructions of a try */
    STEPS_ONCE = 100,       /* between two looks at them */
    MEMORY = 1 << 20,       /* bytes at a time */
    ALLOCATED = 32 << 20,   /* bytes in all of a try */
    NANOSECONDS = 500000000 /* of processor time; the last resort */
};

struct lua_rule {
    const struct rule *u;
    int ref;      /* of its chunk */
    bool stopped; /* in this set */
    struct lua_rule *more;
};
struct lua_run {
    lua_State *L;
    struct eval *e; /* of the present try */
    size_t bytes, allocated;
    uint32_t steps;
    bool free;       /* nothing is bounded while we prepare */
    const char *why; /* it was stopped */
    int line;        /* of the text of the rule, where it was; 0: not known */
    int64_t until;
    int base; /* ref of the table of functions */
    struct lua_rule *rules;
};

/* --- bounds --- */

static int64_t processor_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void *allocate(void *ctx, void *p, size_t old, size_t size)
{
    struct lua_run *x = ctx;
    size_t had = p ? old : 0;
    if (!size) {
        free(p);
        x->bytes -= had;
        return NULL;
    }
    if (!x->free && size > had) {
        x->allocated += size - had;
        if (x->bytes + size - had > MEMORY || x->allocated > ALLOCATED)
            return NULL; /* Lua collects its garbage, and tries again once */
    }
    x->bytes += size - had;
    return xrealloc(p, size);
}

static struct lua_run *run_of(lua_State *L)
{
    void *ctx;
    lua_getallocf(L, &ctx);
    return ctx;
}

static void count_steps(lua_State *L, lua_Debug *d)
{
    struct lua_run *x = run_of(L);
    (void)d;
    x->steps += STEPS_ONCE;
    if (x->steps > STEPS)
        x->why = "it goes on for more steps than a rule may";
    else if (processor_ns() > x->until)
        x->why = "it takes longer than a rule may";
    if (x->why)
        luaL_error(L, "stopped");
}

/* --- functions that a rule has --- */

static phi_str argument(lua_State *L, int i)
{
    size_t n = 0;
    const char *p = lua_tolstring(L, i, &n);
    return phi_of(p ? p : "", p ? n : 0);
}

static int whole(lua_State *L, bool known, int64_t n)
{
    if (known)
        lua_pushinteger(L, n);
    else
        lua_pushnil(L);
    return 1;
}

static int l_money(lua_State *L)
{
    int64_t n = 0;
    bool known = money_parse(argument(L, 1), &n);
    return whole(L, known, n);
}

static int l_quantity(lua_State *L)
{
    int64_t n = 0;
    bool known = quantity_parse(argument(L, 1), &n);
    return whole(L, known, n);
}

static int l_date(lua_State *L)
{
    phi_str s = argument(L, 1);
    int32_t d = 0;
    s.n = s.n > 8 ? 8 : s.n;
    bool known = date_parse(s, &d);
    return whole(L, known, d);
}

static int l_today(lua_State *L)
{
    const struct rules_run *r = run_of(L)->e->r;
    return whole(L, r->now_us != 0, r->now_us / 86400000000);
}

static int l_part(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 2);
    phi_str s = argument(L, 1);
    if (n < 1 || n > 99)
        return whole(L, false, 0);
    s = edi_part(s, run_of(L)->e->r->c->d.comp, (uint32_t)n);
    lua_pushlstring(L, s.p ? s.p : "", s.n);
    return 1;
}

static int l_fits(lua_State *L)
{
    struct pattern p;
    if (!pattern_read(argument(L, 2), &p))
        return luaL_error(L, "no pattern");
    lua_pushboolean(L, pattern_fits(&p, argument(L, 1)));
    return 1;
}

static int l_npi(lua_State *L)
{
    lua_pushboolean(L, npi_good(argument(L, 1)));
    return 1;
}

static int l_listed(lua_State *L)
{
    const struct rules *r = run_of(L)->e->r->rules;
    const struct code_list *l = list_find(r, argument(L, 1));
    if (!l)
        return luaL_error(L, "no such list");
    int32_t day = lua_isinteger(L, 3) ? (int32_t)lua_tointeger(L, 3) : INT32_MIN;
    lua_pushboolean(L, list_has(l, argument(L, 2), day));
    return 1;
}

static const luaL_Reg functions[] = {{"money", l_money}, {"quantity", l_quantity}, {"date", l_date},
                                     {"today", l_today}, {"part", l_part},         {"fits", l_fits},
                                     {"npi", l_npi},     {"listed", l_listed},     {NULL, NULL}};
static const char *const basics[] = {"ipairs", "select", "tonumber", "tostring", "type", NULL};
/* Of strings, as in s:sub(1, 3): what takes no longer than the string is long. */
static const char *const of_strings[] = {"len", "sub", "upper", "lower", "byte", NULL};

static int prepare(lua_State *L)
{
    lua_newtable(L); /* what a rule sees */
    luaL_setfuncs(L, functions, 0);
    luaL_requiref(L, "_G", luaopen_base, 0);
    for (int i = 0; basics[i]; i++) {
        lua_getfield(L, -1, basics[i]);
        lua_setfield(L, -3, basics[i]);
    }
    lua_pop(L, 1);
    luaL_requiref(L, "string", luaopen_string, 0);
    lua_newtable(L);
    for (int i = 0; of_strings[i]; i++) {
        lua_getfield(L, -2, of_strings[i]);
        lua_setfield(L, -2, of_strings[i]);
    }
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 4);
    return 1;
}

/* --- life --- */

static struct lua_run *run_new(void)
{
    struct lua_run *x = xcalloc(1, sizeof *x);
    x->free = true;
    x->L = lua_newstate(allocate, x);
    lua_pushcfunction(x->L, prepare);
    if (lua_pcall(x->L, 0, 1, 0))
        die(EXIT_TRY_LATER, "Lua cannot be set up");
    x->base = luaL_ref(x->L, LUA_REGISTRYINDEX);
    x->free = false;
    return x;
}

void lua_run_free(struct lua_run *x)
{
    if (!x)
        return;
    lua_close(x->L);
    while (x->rules) {
        struct lua_rule *l = x->rules;
        x->rules = l->more;
        free(l);
    }
    free(x);
}

void lua_run_set(struct lua_run *x)
{
    for (struct lua_rule *l = x ? x->rules : NULL; l; l = l->more)
        l->stopped = false;
}

/* Reads the text of a rule; false with the number of the line within it. */
static bool text_loads(lua_State *L, phi_str text, int *line, char *why, size_t room)
{
    if (luaL_loadbufferx(L, text.p, text.n, "=rule", "t") == LUA_OK)
        return true;
    const char *m = lua_tostring(L, -1);
    *line = m && strncmp(m, "rule:", 5) == 0 ? atoi(m + 5) : 1;
    const char *colon = m && strncmp(m, "rule:", 5) == 0 ? strchr(m + 5, ':') : NULL;
    snprintf(why, room, "Lua: %s", colon ? colon + 2 : m ? m : "it is too large");
    return false;
}

bool lua_check(phi_str text, int *line, char *why, size_t room)
{
    struct lua_run *x = run_new();
    bool good = text_loads(x->L, text, line, why, room);
    lua_run_free(x);
    return good;
}

/* --- trying --- */

/* A value, or the elements of a segment. */
static void push_hit(lua_State *L, struct eval *e, const struct hit *h, bool segment)
{
    if (!segment) {
        phi_str v = hit_value(e->r, h);
        lua_pushlstring(L, v.p, v.n);
        return;
    }
    const struct row *w = &e->r->row[h->row];
    lua_createtable(L, w->n, 0);
    for (uint32_t i = 1; i < w->n; i++) {
        phi_str v = row_el(e->r, w, i);
        lua_pushlstring(L, v.p, v.n);
        lua_rawseti(L, -2, (lua_Integer)i);
    }
}

static void push_read(lua_State *L, struct eval *e, uint16_t path)
{
    struct cursor k;
    struct hit h;
    lua_Integer n = 0;
    bool segment = !e->u->path[e->u->expr[path].n].el;
    lua_newtable(L);
    for (cursor_open(&k, e, path); cursor_next(&k, &h);) {
        push_hit(L, e, &h, segment);
        lua_rawseti(L, -2, ++n);
    }
}

/* (chunk, functions): its environment is made anew each time, so that nothing stays. */
static int attempt(lua_State *L)
{
    struct lua_run *x = run_of(L);
    struct eval *e = x->e;
    lua_newtable(L);
    lua_newtable(L);
    lua_pushvalue(L, 2);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, 3);
    for (uint32_t i = 0; i < e->u->reads; i++) {
        push_read(L, e, e->u->read[i].path);
        lua_setfield(L, 3, e->u->read[i].name);
    }
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 3);
    if (!lua_setupvalue(L, -2, 1))
        lua_pop(L, 1); /* it uses no name at all */
    lua_call(L, 0, 1);
    if (!lua_isboolean(L, -1))
        x->why = "it returns neither true nor false";
    return 1;
}

static struct lua_rule *rule_in(struct lua_run *x, const struct rule *u)
{
    struct lua_rule *l = x->rules;
    while (l && l->u != u)
        l = l->more;
    if (l)
        return l;
    char why[8];
    int line;
    l = xcalloc(1, sizeof *l);
    *l = (struct lua_rule){.u = u, .more = x->rules};
    x->free = true;
    l->stopped = !text_loads(x->L, u->lua, &line, why, sizeof why);
    l->ref = luaL_ref(x->L, LUA_REGISTRYINDEX);
    x->free = false;
    return x->rules = l;
}

/* Handler of an error: notes the line and nothing of the message, which may hold a value. */
static int note_line(lua_State *L)
{
    lua_Debug d;
    for (int i = 0; lua_getstack(L, i, &d); i++)
        if (lua_getinfo(L, "Sl", &d) && strcmp(d.short_src, "rule") == 0 && d.currentline > 0) {
            run_of(L)->line = d.currentline;
            break;
        }
    return 1;
}

/* " (FILE:LINE)", the line of the file that the rule stands in. */
static void put_place(const struct rule *u, int line, char *out, size_t room)
{
    *out = 0;
    if (!line)
        return;
    for (const char *p = u->src.text.p; p < u->lua.p; p++)
        line += *p == '\n';
    snprintf(out, room, " (%s:%d)", u->src.file, line);
}

/* Something about the rule and not about the claim: a person has to look at it. */
static void tell_stop(struct eval *e, const char *why, int line)
{
    char place[200];
    put_place(e->u, line, place, sizeof place);
    struct check *c = e->r->c;
    uint64_t faulted = c->faulted;
    const struct row *w = &e->r->row[0];
    struct finding *f = check_find(c, e->u->id, SEV_EXCEPTION, "RULE_STOPPED",
                                   "the rule %s was stopped: %s%s; it was not tried any further in "
                                   "this set",
                                   e->u->id, why, place);
    c->faulted = faulted;
    if (!f)
        return;
    f->level = e->u->level;
    f->claim = 0;
    check_move(c, f, 1, w->off, "ST", NULL);
    f->loop[0] = 0;
}

struct value f_lua(struct eval *e, const struct expr *expr)
{
    struct rules_run *r = e->r;
    (void)expr;
    if (!r->lua)
        r->lua = run_new();
    struct lua_run *x = r->lua;
    struct lua_rule *l = rule_in(x, e->u);
    struct value v = {0};
    if (l->stopped)
        return v;
    lua_State *L = x->L;
    x->e = e;
    x->steps = 0;
    x->allocated = 0;
    x->why = NULL;
    x->line = 0;
    x->until = processor_ns() + NANOSECONDS;
    lua_settop(L, 0);
    x->free = true;
    lua_pushcfunction(L, note_line);
    lua_pushcfunction(L, attempt);
    lua_rawgeti(L, LUA_REGISTRYINDEX, l->ref);
    lua_rawgeti(L, LUA_REGISTRYINDEX, x->base);
    x->free = false;
    lua_sethook(L, count_steps, LUA_MASKCOUNT, STEPS_ONCE);
    int bad = lua_pcall(L, 2, 1, 1);
    lua_sethook(L, NULL, 0, 0);
    if (bad == LUA_ERRMEM)
        x->why = "it takes more memory than a rule may";
    if (bad || x->why) {
        tell_stop(e, x->why ? x->why : "it has an error", x->line);
        l->stopped = true;
    } else {
        v = (struct value){.known = true, .n = lua_toboolean(L, -1)};
    }
    lua_settop(L, 0);
    return v;
}
