#include "common/util/audit.h"
#include "common/util/buf.h"
#include "common/util/clock.h"
#include "common/util/exits.h"
#include "common/util/fs.h"
#include "common/util/log.h"
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

static void member(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, ",\"%s\":", name);
    buf_json(b, phi_lit(value));
}

void audit(const char *run_dir, const char *tool, const char *action, const char *subject)
{
    struct buf path = {0}, line = {0};
    char at[TIME_TEXT];
    const struct passwd *pw = getpwuid(getuid());
    buf_printf(&path, "%s/audit.log", run_dir);
    buf_printf(&line, "{\"at\":\"%s\",\"uid\":%u", time_text(time_wall_us(), at),
               (unsigned)getuid());
    member(&line, "user", pw ? pw->pw_name : "");
    member(&line, "tool", tool);
    member(&line, "action", action);
    member(&line, "subject", subject);
    buf_puts(&line, "}\n");
    int fd = open(buf_cstr(&path), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fs_write_all(fd, line.p, line.len) || fsync(fd))
        die(EXIT_TRY_LATER, "cannot write the audit log \"%s\": %m", buf_cstr(&path));
    close(fd);
    buf_free(&path);
    buf_free(&line);
}
