/* The files of a run against what the ledger says of them. */
#include "common/edi/scan.h"
#include "common/ledger/proof_parts.h"
#include "common/ledger/report.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Digest of RUN/FOLDER/NAME: 0, or an errno. */
static int digest_file(struct proof *p, const char *folder, const char *name, struct digest *out)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s/%s", p->run, folder, name);
    return digest_path(path, out, NULL) ? 0 : errno;
}

static void judge(struct proof *p, const char *id, int rc, const struct digest *want,
                  const struct digest *got, const char *name, int64_t event)
{
    proof_of(p, id)->checked++;
    if (rc)
        proof_broken(p, id, 0, 0, "file %.64s of event %lld cannot be read: %s", name,
                     (long long)event, rc == ENOENT ? "it is not there" : "disk error");
    else if (memcmp(want->b, got->b, DIGEST_LEN) != 0)
        proof_broken(p, id, 0, 0, "file %.64s of event %lld was altered: its digest differs", name,
                     (long long)event);
}

static bool have_folder(struct proof *p, const char *folder)
{
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", p->run, folder);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void absent(struct proof *p, const char *id, const char *why)
{
    struct proof_result *r = proof_of(p, id);
    r->verdict = PROOF_NOT_APPLICABLE;
    snprintf(r->example, sizeof r->example, "%s", why);
}

/* How the bytes of an event begin, by its kind; those of an encounter are a line of JSON. */
static bool begins_as(int64_t kind, const char *b)
{
    static const char *const tag[] = {
        [1] = "CLM", [2] = "ST", [4] = "ST", [5] = "CLP", [6] = "PLB"};
    bool known = kind >= 0 && kind < (int64_t)(sizeof tag / sizeof *tag) && tag[kind];
    return !known || b[0] == '{' || strncmp(b, tag[kind], strlen(tag[kind])) == 0;
}

/* Encounters of other forms than enc.v1 (HL7, XML, tables) begin and end in their own ways. */
static bool is_foreign(int fd)
{
    char b[64];
    ssize_t n = pread(fd, b, sizeof b, 0), i = 0;
    while (i < n && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n'))
        i++;
    return n - i >= 3 && b[i] != '{' && memcmp(b + i, "ISA", 3) != 0;
}

/* The byte range that an event names is in its file, and begins and ends with a segment. */
static void check_ranges(struct proof *p, int64_t file, const char *hex)
{
    char path[PATH_MAX], where[160], head[4];
    struct stat st;
    snprintf(path, sizeof path, "%s/ingest/spool/%s", p->run, hex);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        st.st_size = 0;
    bool foreign = fd >= 0 && is_foreign(fd);
    struct stmt *q =
        store_sql(p->l->store, "SELECT no,off,len,kind FROM event WHERE file=?1 AND kind<>3");
    stmt_int(q, 1, file);
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), off = stmt_col_int(q, 1), len = stmt_col_int(q, 2);
        char last = 'x';
        if (proof_tainted(p, no))
            continue;
        bool in = off >= 0 && len >= 4 && off <= st.st_size - len;
        if (!in || pread(fd, head, 4, off) != 4 || pread(fd, &last, 1, off + len - 1) != 1 ||
            (!foreign && (isalnum((unsigned char)last) || !begins_as(stmt_col_int(q, 3), head))))
            proof_broken(p, "originals", no, 0,
                         "the bytes of %s are not what it says that they are",
                         proof_place(p, no, where));
    }
    if (fd >= 0)
        close(fd);
}

/* 4: what a row came from can be found. */
static void check_sources(struct proof *p)
{
    struct stmt *q = store_sql(p->l->store, "SELECT no,file FROM event WHERE file IS NOT NULL AND"
                                            " file NOT IN (SELECT no FROM file)");
    while (stmt_step(q))
        if (!proof_tainted(p, stmt_col_int(q, 0)))
            proof_broken(p, "4", stmt_col_int(q, 0), 0, "event %lld has no file it came from",
                         (long long)stmt_col_int(q, 0));
}

static void check_originals(struct proof *p)
{
    struct digest want, got;
    char hex[DIGEST_HEX];
    if (!have_folder(p, "ingest/spool")) {
        absent(p, "originals", "this run has no ingest/spool");
        return;
    }
    struct stmt *q =
        store_sql(p->l->store,
                  "SELECT digest,min(event.no),file.no FROM file JOIN event ON event.file=file.no"
                  " WHERE kind<>3 GROUP BY file.no");
    while (stmt_step(q)) {
        phi_str d = stmt_col_bytes(q, 0);
        if (d.n != DIGEST_LEN)
            continue;
        memcpy(want.b, d.p, DIGEST_LEN);
        digest_hex(&want, hex);
        int rc = digest_file(p, "ingest/spool", hex, &got);
        judge(p, "originals", rc, &want, &got, hex, stmt_col_int(q, 1));
        if (rc == 0 && memcmp(want.b, got.b, DIGEST_LEN) == 0)
            check_ranges(p, stmt_col_int(q, 2), hex);
    }
}

/* Files in the folder that no row names: sealed, and their record on its way; or planted. */
static void count_unknown(struct proof *p)
{
    char path[PATH_MAX];
    int64_t unknown = 0;
    struct proof_result *r = proof_of(p, "files");
    snprintf(path, sizeof path, "%s/build837/out", p->run);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t n = strlen(e->d_name);
        if (e->d_name[0] == '.' || (n > 4 && strcmp(e->d_name + n - 4, ".tmp") == 0))
            continue;
        struct stmt *q = store_sql(p->l->store, "SELECT EXISTS(SELECT 1 FROM sent WHERE name=?1)");
        stmt_text(q, 1, phi_lit(e->d_name));
        unknown += !(stmt_step(q) && stmt_col_int(q, 0));
    }
    if (d)
        closedir(d);
    if (unknown && !r->broken)
        snprintf(r->example, sizeof r->example, "%lld files are not in the ledger yet",
                 (long long)unknown);
}

/* What the answers to a file will name: each as in its row, words parted by blanks. */
enum { SAID_ISA13, SAID_GS06, SAID_ST02, SAID_BHT03, SAID };
static const struct {
    const char *segment, *name;
    uint32_t element;
} said_in[SAID] = {{"ISA", "ISA13", 13}, {"GS", "GS06", 6}, {"ST", "ST02", 2}, {"BHT", "BHT03", 3}};

static void numbers_of(int fd, struct buf out[SAID])
{
    struct scan *s = scan_fd(fd, 0);
    struct edi_seg seg;
    for (enum scan_event e; (e = scan_next(s, &seg)) != SCAN_END;)
        for (int i = 0; e == SCAN_SEG && i < SAID; i++)
            if (seg_is(&seg, said_in[i].segment)) {
                if (out[i].len)
                    buf_putc(&out[i], ' ');
                buf_phi(&out[i], seg_el(&seg, said_in[i].element));
            }
    scan_free(s);
}

/* The row of a file that is whole says the numbers that stand in it. */
static void check_numbers(struct proof *p, int64_t no, const char *name, struct stmt *row)
{
    char path[PATH_MAX];
    struct buf in_file[SAID] = {{0}};
    snprintf(path, sizeof path, "%s/build837/out/%s", p->run, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    numbers_of(fd, in_file);
    close(fd);
    for (int i = 0; i < SAID; i++) {
        if (!phi_eq(stmt_col_bytes(row, 3 + i), buf_view(&in_file[i])))
            proof_broken(p, "files", no, 0, "row %lld of file %.64s has another %s than the file",
                         (long long)no, name, said_in[i].name);
        buf_free(&in_file[i]);
    }
}

static void check_sent(struct proof *p)
{
    struct digest want, got;
    char name[256];
    if (!have_folder(p, "build837/out")) {
        absent(p, "files", "this run has no build837/out");
        return;
    }
    struct stmt *q =
        store_sql(p->l->store, "SELECT name,digest,no,isa13,gs06,st02,bht03 FROM sent");
    while (stmt_step(q)) {
        phi_str n = stmt_col_bytes(q, 0), d = stmt_col_bytes(q, 1);
        if (d.n != DIGEST_LEN || n.n >= sizeof name || memchr(n.p, '/', n.n)) {
            proof_broken(p, "files", stmt_col_int(q, 2), 0, "sent row %lld names no file",
                         (long long)stmt_col_int(q, 2));
            continue;
        }
        memcpy(want.b, d.p, DIGEST_LEN);
        memcpy(name, n.p, n.n);
        name[n.n] = 0;
        int rc = digest_file(p, "build837/out", name, &got);
        judge(p, "files", rc, &want, &got, name, stmt_col_int(q, 2));
        if (rc == 0 && memcmp(want.b, got.b, DIGEST_LEN) == 0)
            check_numbers(p, stmt_col_int(q, 2), name, q);
    }
    count_unknown(p);
}

static void check_once(struct proof *p)
{
    struct sent_index x;
    char hex[REC_ID_HEX];
    sent_index_load(p->l, &x);
    proof_of(p, "once")->checked = (int64_t)x.n;
    for (size_t i = 1; i < x.n; i++)
        if (rec_id_eq(x.entry[i].claim, x.entry[i - 1].claim))
            proof_broken(p, "once", x.entry[i].sent, x.entry[i - 1].sent,
                         "claim record %s is in the files of rows %lld and %lld",
                         rec_id_hex(x.entry[i].claim, hex), (long long)x.entry[i - 1].sent,
                         (long long)x.entry[i].sent);
    sent_index_free(&x);
}

/* A set's verdict says how many of its claims stand; they have its file and stand in its bytes.
 * Fewer may be here: the rest is on its way while the pipeline runs. More only if a claim that was
 * refused alone was released. */
static void check_arrived(struct proof *p)
{
    char where[160];
    int64_t to_come = 0;
    struct proof_result *r = proof_of(p, "arrived");
    struct stmt *q = store_sql(
        p->l->store, "SELECT v.no,CASE accepted WHEN 1 THEN claims-refused ELSE 0 END,(SELECT"
                     " count(*) FROM event c WHERE c.file=e.file AND c.off>=e.off AND"
                     " c.off<e.off+e.len AND c.kind=1 AND c.no IN (SELECT no FROM claim)),"
                     "CASE accepted WHEN 1 THEN claims ELSE 0 END FROM "
                     "judged v JOIN event e ON e.no=v.no"
                     " WHERE st01='837'");
    while (stmt_step(q)) {
        int64_t no = stmt_col_int(q, 0), want = stmt_col_int(q, 1), have = stmt_col_int(q, 2);
        r->checked += want;
        to_come += want > have ? want - have : 0;
        if (have > stmt_col_int(q, 3))
            proof_broken(p, "arrived", no, 0,
                         "of the set of %s %lld claims stand and %lld are here",
                         proof_place(p, no, where), (long long)want, (long long)have);
    }
    if (to_come && !r->broken)
        snprintf(r->example, sizeof r->example, "%lld claims are still to come",
                 (long long)to_come);
}

void proof_files(struct proof *p)
{
    check_arrived(p);
    check_sources(p);
    check_originals(p);
    check_sent(p);
    check_once(p);
}
