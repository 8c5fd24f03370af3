/*
 * Fetching a publisher's file: DIR/fetched/NAME/FILE, unpacked in DIR/fetched/NAME/files.
 * A download that was cut stays as FILE.part and goes on where it stopped, as long as the server
 * says that the file is the same (ETag or Last-Modified in If-Range); else it begins anew. What has
 * another digest than the one stated, or the one recorded with the first download, is refused and
 * what was there before stays.
 */
#ifndef CLAIMWIRE_CODESET_FETCH_H
#define CLAIMWIRE_CODESET_FETCH_H

#include "tools/codeset/sources.h"

struct fetch_options {
    const char *codes; /* the folder of the code tables */
    int tries;         /* connections before it gives up */
    bool renew;        /* download again, and accept another digest than the recorded one */
};
/* Brings one source here and unpacks it. An exit code, with the reason in error. */
int fetch_source(const struct source *s, const struct fetch_options *o, struct buf *error);
/* Fetches NAME... of the sources file ("all": every one; none: lists them) and imports what the
 * file says. An exit code; says on standard output what it did. */
int fetch_command(const char *sources, const struct fetch_options *o, char **name, int n);

/* Parts of the above with a file of their own. */
struct download {
    const char *name, *url, *part, *validator; /* path of the unfinished file and of what its
                                                  server called this version of it */
    bool may_resume;                           /* without a validator too, as a digest will tell */
    int tries;
};
int download_run(const struct download *d, struct buf *error);
/* Unpacks zip, tar or gz (any other file is copied under its name) into a folder that must not
 * exist: plain files only, without the folders they were in. */
int unpack(const char *path, const char *file, const char *into, struct buf *error);

#endif
