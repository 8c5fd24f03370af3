/* Files: whole reads, durable writes. All return 0, or -1 with errno. */
#ifndef CLAIMWIRE_UTIL_FS_H
#define CLAIMWIRE_UTIL_FS_H

#include "common/util/buf.h"

/* Appends the whole file to out. Directories and files over limit bytes are refused (EFBIG). */
int fs_read(const char *path, size_t limit, struct buf *out);
/* Writes all n bytes, going on after short writes. */
int fs_write_all(int fd, const void *p, size_t n);
/* Makes path hold exactly these bytes, or leaves it as it was: write to a temporary name in the
 * same folder, fsync, rename, fsync the folder. Mode 0600. */
int fs_replace(const char *path, const void *p, size_t n);
/* fsyncs the folder that holds path. */
int fs_sync_parent(const char *path);
/* mkdir -p with mode 0700. */
int fs_mkdirs(const char *path);
/* Where a file or folder that comes with the programs is: path itself when it is there, else below
 * ../share/claimwire of the program's folder (`make install`), else path. Static strings in, so that
 * the answer may be kept for the life of the process. */
const char *fs_shared(const char *path);

#endif
