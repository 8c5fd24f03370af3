/* What a SOAP toolkit wants to read before it calls: the service as WSDL 1.1 with SOAP 1.2, document/literal.
 * Names of messages and operations are those of CAQH CORE Connectivity (vC2.2.0), as common/wire has them;
 * the fields are those of the envelope, all text. */
#include "tools/core-server/wsdl.h"

static const struct {
    const char *operation, *request, *response;
} OPERATIONS[] = {
    {"RealTimeTransaction", "COREEnvelopeRealTimeRequest", "COREEnvelopeRealTimeResponse"},
    {"GenericBatchSubmissionTransaction", "COREEnvelopeBatchSubmission",
     "COREEnvelopeBatchSubmissionResponse"},
    {"GenericBatchRetrievalTransaction", "COREEnvelopeBatchResultsRetrievalRequest",
     "COREEnvelopeBatchResultsRetrievalResponse"},
    {"BatchSubmitAckRetrievalTransaction", "COREEnvelopeBatchSubmissionAckRetrievalRequest",
     "COREEnvelopeBatchSubmissionAckRetrievalResponse"},
    {"GenericBatchReceiptConfirmationTransaction", "COREEnvelopeBatchResultsAckSubmission",
     "COREEnvelopeBatchResultsAckSubmissionResponse"}};
enum { OPERATIONS_N = sizeof OPERATIONS / sizeof *OPERATIONS };

#define SPACE "http://www.caqh.org/SOAP/WSDL/"

static void head(struct buf *b)
{
    buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\"\n"
                " xmlns:soap12=\"http://schemas.xmlsoap.org/wsdl/soap12/\"\n"
                " xmlns:xs=\"http://www.w3.org/2001/XMLSchema\"\n"
                " xmlns:tns=\"" SPACE "\" xmlns:core=\"" SPACE "CORERule2.2.0.xsd\"\n"
                " name=\"CORE\" targetNamespace=\"" SPACE "\">\n");
}

static void one_element(struct buf *b, const char *name, bool response)
{
    static const char *const fields[] = {
        "PayloadType", "ProcessingMode", "PayloadID",  "PayloadLength",   "TimeStamp", "UserName",
        "Password",    "SenderID",       "ReceiverID", "CORERuleVersion", "CheckSum",  "Payload"};
    buf_printf(b, "<xs:element name=\"%s\"><xs:complexType><xs:all>\n", name);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        buf_printf(b, " <xs:element name=\"%s\" type=\"xs:%s\" minOccurs=\"0\"/>\n", fields[i],
                   i + 1 == sizeof fields / sizeof *fields ? "anyType" : "string");
    if (response)
        buf_puts(b, " <xs:element name=\"ErrorCode\" type=\"xs:string\" minOccurs=\"0\"/>\n"
                    " <xs:element name=\"ErrorMessage\" type=\"xs:string\" minOccurs=\"0\"/>\n");
    buf_puts(b, "</xs:all></xs:complexType></xs:element>\n");
}

static void types(struct buf *b)
{
    buf_puts(b, "<wsdl:types><xs:schema targetNamespace=\"" SPACE "CORERule2.2.0.xsd\""
                " elementFormDefault=\"unqualified\">\n");
    for (int i = 0; i < OPERATIONS_N; i++) {
        one_element(b, OPERATIONS[i].request, false);
        one_element(b, OPERATIONS[i].response, true);
    }
    buf_puts(b, "</xs:schema></wsdl:types>\n");
}

static void messages(struct buf *b)
{
    for (int i = 0; i < 2 * OPERATIONS_N; i++) {
        const char *name = i % 2 ? OPERATIONS[i / 2].response : OPERATIONS[i / 2].request;
        buf_printf(b,
                   "<wsdl:message name=\"%sMessage\"><wsdl:part name=\"body\""
                   " element=\"core:%s\"/></wsdl:message>\n",
                   name, name);
    }
}

static void port(struct buf *b)
{
    buf_puts(b, "<wsdl:portType name=\"CORETransactions\">\n");
    for (int i = 0; i < OPERATIONS_N; i++)
        buf_printf(b,
                   "<wsdl:operation name=\"%s\"><wsdl:input message=\"tns:%sMessage\"/>"
                   "<wsdl:output message=\"tns:%sMessage\"/></wsdl:operation>\n",
                   OPERATIONS[i].operation, OPERATIONS[i].request, OPERATIONS[i].response);
    buf_puts(b, "</wsdl:portType>\n");
}

static void binding(struct buf *b)
{
    buf_puts(b, "<wsdl:binding name=\"CoreSoapBinding\" type=\"tns:CORETransactions\">\n"
                "<soap12:binding style=\"document\""
                " transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n");
    for (int i = 0; i < OPERATIONS_N; i++)
        buf_printf(b,
                   "<wsdl:operation name=\"%s\"><soap12:operation soapAction=\"%s\"/>"
                   "<wsdl:input><soap12:body use=\"literal\"/></wsdl:input>"
                   "<wsdl:output><soap12:body use=\"literal\"/></wsdl:output>"
                   "</wsdl:operation>\n",
                   OPERATIONS[i].operation, OPERATIONS[i].operation);
    buf_puts(b, "</wsdl:binding>\n");
}

/* A host as callers name it, port and all; whatever else stands there is not said again. */
static bool plain_host(const char *host)
{
    size_t n = strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:[]");
    return n && !host[n] && n < 256;
}

void wsdl_write(struct buf *b, const char *host)
{
    head(b);
    types(b);
    messages(b);
    port(b);
    binding(b);
    buf_printf(b,
               "<wsdl:service name=\"Core\"><wsdl:port name=\"CoreSoapPort\""
               " binding=\"tns:CoreSoapBinding\"><soap12:address location=\"https://%s/\"/>"
               "</wsdl:port></wsdl:service>\n</wsdl:definitions>\n",
               host && plain_host(host) ? host : "localhost");
}
