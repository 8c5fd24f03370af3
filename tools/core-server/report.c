/* core-server list: what was asked, how fast it was answered. */
#include "common/store/store.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "tools/core-server/desk.h"
#include <stdio.h>

enum { STATUS = 10 };

static void json_row(struct stmt *q, struct buf *b)
{
    static const char *const names[] = {"form", "sender", "receiver", "type",
                                        "mode", "id",     "isa13",    "code"};
    char t[TIME_TEXT];
    buf_printf(b, "{\"at\":\"%s\",\"ms\":%lld", time_text(stmt_col_int(q, 0), t),
               (long long)stmt_col_int(q, 1) / 1000);
    for (int i = 0; i < 8; i++) {
        buf_printf(b, ",\"%s\":", names[i]);
        buf_json(b, stmt_col_bytes(q, 2 + i));
    }
    buf_printf(b, ",\"status\":%lld}", (long long)stmt_col_int(q, STATUS));
}

static void text_row(struct stmt *q, struct buf *b)
{
    static const int widths[] = {4, 10, 10, 32, 8};
    char t[TIME_TEXT];
    time_text(stmt_col_int(q, 0), t);
    buf_printf(b, "%.19sZ %7lld ms ", t, (long long)stmt_col_int(q, 1) / 1000);
    for (int i = 0; i < 5; i++) {
        phi_str v = stmt_col_bytes(q, 2 + i);
        buf_printf(b, " %-*.*s", widths[i], (int)v.n, v.p);
    }
    phi_str isa = stmt_col_bytes(q, 8), code = stmt_col_bytes(q, 9);
    buf_printf(b, " %9.*s  %.*s", (int)isa.n, isa.p, (int)code.n, code.p);
}

/* CORE wants 90 of 100 real-time messages of a month answered within 20 seconds. */
static void months(struct store *db, bool json)
{
    struct stmt *q = store_sql(db, "SELECT strftime('%Y-%m', at / 1000000, 'unixepoch'), count(*),"
                                   " sum(us <= 20000000 AND code <> 'Receiver') FROM asked"
                                   " WHERE mode = 'RealTime' GROUP BY 1 ORDER BY 1");
    while (stmt_step(q)) {
        phi_str month = stmt_col_bytes(q, 0);
        printf(json ? "{\"month\":\"%.*s\",\"real_time\":%lld,\"in_time\":%lld}\n"
                    : "%.*s: %lld real-time messages, %lld answered within 20 s\n",
               (int)month.n, month.p, (long long)stmt_col_int(q, 1), (long long)stmt_col_int(q, 2));
    }
}

int desk_list(const char *home, bool json)
{
    struct buf b = {0};
    buf_printf(&b, "%s/core-server.db", home);
    struct store *db = store_open_ro(buf_cstr(&b), &DESK_SCHEMA);
    if (!db) {
        fprintf(stderr, "core-server: \"%s\" has answered nothing yet\n", home);
        buf_free(&b);
        return EXIT_DONE;
    }
    struct stmt *q = store_sql(db, "SELECT at, us, form, sender, receiver, type, mode, id, isa13,"
                                   " code, status FROM asked ORDER BY n");
    while (stmt_step(q)) {
        buf_clear(&b);
        if (json)
            json_row(q, &b);
        else
            text_row(q, &b);
        puts(buf_cstr(&b));
    }
    months(db, json);
    store_close(db);
    buf_free(&b);
    return EXIT_DONE;
}
