/*
 * A table of charges and the text files that it names (column note_file) are taken in as one piece,
 * so that the notes are stored with it, and the same table with the same notes is the same bytes:
 *
 *   claimwire-csv 1 LF
 *   LENGTH LF table                 bytes of the table, then the table
 *   LENGTH NAME LF text             the same for each note, once, in the order of the names
 *
 * A table that names no notes is taken as it is.
 */
#ifndef CLAIMWIRE_READERS_CSV_H
#define CLAIMWIRE_READERS_CSV_H

#include "common/readers/reader.h"
#include "common/util/buf.h"

#define CSV_MAGIC "claimwire-csv 1\n"
enum { CSV_MAGIC_LEN = sizeof CSV_MAGIC - 1 };

struct csv_notes {
    phi_str rest; /* of the container, behind the table */
};

/* Opens a container, or a bare table. False when a container is damaged. */
bool csv_open(phi_str unit, phi_str *table, struct csv_notes *notes);
/* The text of a note; false when it is not there. */
bool csv_note(const struct csv_notes *notes, phi_str name, phi_str *text);
/* Names in the column note_file, each once, in order. 0 when there are none. */
size_t csv_note_names(phi_str table, struct arena *a, phi_str **names);
/* Makes the container of a table in the folder `dir` (a descriptor). False
 * when the table names no notes, or is itself no table: then it is taken as it is. A note whose name
 * is not that of a file right there is left out, and the table refused when it is read. */
bool csv_pack(phi_str table, int dir, struct buf *out);

#endif
