/* wsdl: the description of the SOAP form, for toolkits; see wsdl.c. */
#ifndef CLAIMWIRE_CORE_SERVER_WSDL_H
#define CLAIMWIRE_CORE_SERVER_WSDL_H

#include "common/util/buf.h"

/* Appends the service as WSDL. host: as the caller named it, NULL or an odd one: localhost. */
void wsdl_write(struct buf *b, const char *host);

#endif
