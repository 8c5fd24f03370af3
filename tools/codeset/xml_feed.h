/* What the XML layouts share: a parser that is fed line by line, refuses document type declarations (and so
 * entities of their own), and says why it stopped. */
#ifndef CLAIMWIRE_CODESET_XML_FEED_H
#define CLAIMWIRE_CODESET_XML_FEED_H

#include "tools/codeset/import.h"
#include <expat.h>

/* The first member of what the handlers get. */
struct xml_feed {
    struct import *im;
    XML_Parser parser;
};
void xml_feed_open(struct xml_feed *f, struct import *im, XML_StartElementHandler start,
                   XML_EndElementHandler end, XML_CharacterDataHandler text);
bool xml_feed_line(struct xml_feed *f, phi_str line);
/* Ends the document and frees the parser. */
bool xml_feed_end(struct xml_feed *f);
/* Stops, with the first reason. */
void xml_feed_refuse(struct xml_feed *f, const char *why);

#endif
