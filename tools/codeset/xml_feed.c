#include "tools/codeset/xml_feed.h"
#include "common/util/log.h"

void xml_feed_refuse(struct xml_feed *f, const char *why)
{
    if (!f->im->why)
        f->im->why = why;
    XML_StopParser(f->parser, XML_FALSE);
}

static void on_doctype(void *ctx, const char *name, const char *system_id, const char *public_id,
                       int subset)
{
    (void)name, (void)system_id, (void)public_id, (void)subset;
    xml_feed_refuse(ctx, "a document type declaration (<!DOCTYPE) is not accepted");
}

void xml_feed_open(struct xml_feed *f, struct import *im, XML_StartElementHandler start,
                   XML_EndElementHandler end, XML_CharacterDataHandler text)
{
    f->im = im;
    f->parser = XML_ParserCreate(NULL);
    if (!f->parser)
        BUG("no memory for an XML parser");
    XML_SetUserData(f->parser, f);
    XML_SetElementHandler(f->parser, start, end);
    XML_SetCharacterDataHandler(f->parser, text);
    XML_SetStartDoctypeDeclHandler(f->parser, on_doctype);
}

static bool feed(struct xml_feed *f, const char *p, size_t n, bool last)
{
    if (XML_Parse(f->parser, p, (int)n, last) != XML_STATUS_ERROR)
        return true;
    if (!f->im->why)
        f->im->why = XML_ErrorString(XML_GetErrorCode(f->parser));
    return false;
}

bool xml_feed_line(struct xml_feed *f, phi_str line)
{
    return feed(f, line.p, line.n, false) && feed(f, "\n", 1, false);
}

bool xml_feed_end(struct xml_feed *f)
{
    bool ok = f->im->why || feed(f, "", 0, true);
    XML_ParserFree(f->parser);
    return ok;
}
