/* CORE envelopes: written by hand as other systems write them, damaged, and there and back. */
#include <stdio.h>
#include "common/wire/core.h"
#include "common/wire/sha1.h"
#include "tests/unit.h"

#define X12_270                                                                                    \
    "ISA*00*          *00*          *ZZ*CLINIC         *ZZ*SBX            *260901*0800*^*00501*"   \
    "000000007*0*T*:~GS*HS*CLINIC*SBX*20260901*0800*9*X*005010X279A1~ST*270*0001*005010X279A1~"    \
    "BHT*0022*13*TRACE77*20260901*0800~SE*3*0001~GE*1*9~IEA*1*000000007~"

static struct arena mem;
static int clean(void **state)
{
    (void)state;
    arena_free(&mem);
    return 0;
}

static void sha1_of_the_standard(void **state)
{
    char hex[SHA1_HEX];
    struct buf b = {0};
    (void)state;
    sha1_hex(phi_lit("abc"), hex);
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
    sha1_hex(phi_lit(""), hex);
    assert_string_equal(hex, "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    sha1_hex(phi_lit("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), hex);
    assert_string_equal(hex, "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
    for (int i = 0; i < 1000000; i++)
        buf_putc(&b, 'a');
    sha1_hex(buf_view(&b), hex);
    assert_string_equal(hex, "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
    buf_free(&b);
}

static struct core_message sample(const char *mode, phi_str payload)
{
    return (struct core_message){.act = phi_is(phi_lit(mode), "RealTime") ? CORE_REAL_TIME
                                                                          : CORE_SUBMIT,
                                 .type = phi_lit("X12_270_Request_005010X279A1"),
                                 .mode = phi_lit(mode),
                                 .id = phi_lit("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
                                 .time = phi_lit("2026-09-01T08:00:00Z"),
                                 .user = phi_lit("clinic"),
                                 .password = phi_lit("a<b&c>\"d"),
                                 .sender = phi_lit("CLINIC"),
                                 .receiver = phi_lit("SBX01"),
                                 .payload = payload};
}

static void there_and_back(enum core_form form, const char *mode, phi_str payload)
{
    struct buf body = {0}, type = {0};
    struct core_message m = sample(mode, payload), back;
    enum core_form as;
    const char *why = "";
    char sum[CORE_SUM], length[24];
    m.version = phi_lit(core_version(form));
    core_sum(form, payload, sum);
    snprintf(length, sizeof length, "%zu", payload.n);
    m.sum = phi_lit(sum);
    m.length = phi_lit(length);
    assert_true(core_write(form, &m, &body, &type));
    if (!core_read(buf_view(&type), buf_view(&body), &mem, &as, &back, &why))
        fail_msg("%s %s: %s", core_form_name(form), mode, why);
    assert_int_equal(as, form);
    assert_int_equal(back.act, m.act);
    assert_false(back.answer);
    assert_true(phi_eq(back.payload, payload));
    assert_true(phi_eq(back.type, m.type) && phi_eq(back.id, m.id) && phi_eq(back.sum, m.sum));
    assert_true(phi_eq(back.user, m.user) && phi_eq(back.password, m.password));
    assert_true(phi_eq(back.sender, m.sender) && phi_eq(back.receiver, m.receiver));
    assert_string_equal(core_check(form, &back), "Success");
    buf_free(&body);
    buf_free(&type);
}

static void every_byte_comes_back_from_each_form(void **state)
{
    char all[1024];
    (void)state;
    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)(i * 7);
    const phi_str texts[] = {
        phi_lit(X12_270), phi_lit("ISA\r\nGS\n\n"), phi_lit("ISA]]>&amp;<x>\r"),
        phi_lit("ISA\r\n--claimwire-f81d4fae-7dec-11d0-a765-00a0c91e6bf6-0--\r\n")};
    for (int form = CORE_MIME; form <= CORE_REST; form++) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            there_and_back((enum core_form)form, "RealTime", texts[i]);
            there_and_back((enum core_form)form, "Batch", texts[i]);
        }
        there_and_back((enum core_form)form, "Batch", phi_of(all, sizeof all));
    }
}

static void bytes_that_are_no_text_cannot_stand_in_xml(void **state)
{
    struct buf body = {0}, type = {0};
    (void)state;
    const char *const bad[] = {"ISA\x1c", "ISA\xff", "ISA\xc0\x80", "ISA\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct core_message m = sample("RealTime", phi_lit(bad[i]));
        assert_false(core_write(CORE_SOAP, &m, &body, &type));
    }
    buf_free(&body);
    buf_free(&type);
}

static bool reads(const char *type, const char *body, struct core_message *m, const char **why)
{
    enum core_form form;
    *why = "";
    return core_read(phi_lit(type), phi_lit(body), &mem, &form, m, why);
}

static void envelopes_of_other_systems_are_read(void **state)
{
    struct core_message m;
    const char *why;
    (void)state;
    /* other prefixes, CDATA, a field of their own, line feeds alone */
    assert_true(
        reads("text/xml; charset=utf-8",
              "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' xmlns:c='x'>\n"
              "<s:Header><w:Security xmlns:w='y'><w:UsernameToken><w:Username>u</w:Username>"
              "<w:Password>p</w:Password></w:UsernameToken></w:Security></s:Header>\n"
              "<s:Body>\n<c:COREEnvelopeRealTimeRequest>\n<PayloadType>\n"
              "X12_270_Request_005010X279A1</PayloadType><Theirs>1</Theirs>"
              "<Payload><![CDATA[ISA*<&>~]]></Payload></c:COREEnvelopeRealTimeRequest>"
              "</s:Body></s:Envelope>",
              &m, &why));
    assert_true(m.act == CORE_REAL_TIME && phi_is(m.type, "X12_270_Request_005010X279A1"));
    assert_true(phi_is(m.payload, "ISA*<&>~") && phi_is(m.user, "u") && phi_is(m.password, "p"));
    /* MTOM with the payload first and the root named by start */
    assert_true(
        reads("Multipart/Related; start=rootpart; boundary=\"b 1\"; type=\"a;b\"",
              "preamble\n--b 1\nContent-ID: <data>\n\nISA\n~\n--b 1\ncontent-id: rootpart\n\n"
              "<e:Envelope xmlns:e='z'><e:Body><q:COREEnvelopeBatchSubmission xmlns:q='r'>"
              "<Payload><i:Include xmlns:i='s' href='cid:data'/></Payload>"
              "</q:COREEnvelopeBatchSubmission></e:Body></e:Envelope>\n--b 1--\n",
              &m, &why));
    assert_true(m.act == CORE_SUBMIT && phi_is(m.payload, "ISA\n~"));
    /* a batch whose payload stands in the element, as base64 with line ends */
    assert_true(reads("application/soap+xml",
                      "<e:Envelope xmlns:e='z'><e:Body><COREEnvelopeBatchResultsRetrievalResponse>"
                      "<ErrorCode>Success</ErrorCode><Payload>SVNB\n Kg==\n</Payload>"
                      "</COREEnvelopeBatchResultsRetrievalResponse></e:Body></e:Envelope>",
                      &m, &why));
    assert_true(m.answer && m.act == CORE_PICK && phi_is(m.payload, "ISA*"));
    assert_true(
        reads("application/soap+xml",
              "<e:Envelope xmlns:e='z'><e:Body><e:Fault><e:Code><e:Value>e:Receiver</e:Value>"
              "</e:Code></e:Fault></e:Body></e:Envelope>",
              &m, &why));
    assert_true(m.answer && phi_is(m.code, "Receiver"));
    assert_true(reads("application/json; charset=utf-8",
                      "{\"PayloadType\":\"X12_837_Request_005010X222A1\",\"ProcessingMode\":"
                      "\"Batch\",\"PayloadLength\":4,\"Payload\":\"SVNBKg==\",\"own\":[1]}",
                      &m, &why));
    assert_true(m.act == CORE_SUBMIT && phi_is(m.length, "4") && phi_is(m.payload, "ISA*"));
    assert_true(reads("application/json", "{\"Payload\":\"ISA*00~\"}", &m, &why));
    assert_true(phi_is(m.payload, "ISA*00~"));
}

static void damaged_bodies_are_refused_with_a_reason(void **state)
{
    static const char *const bad[][3] = {
        {"multipart/form-data", "--b\r\n", "boundary"},
        {"multipart/form-data; boundary=b", "", "boundary"},
        {"multipart/form-data; boundary=b", "--b\r\n\r\nx\r\n", "cut off"},
        {"multipart/form-data; boundary=b", "--b\r\nno blank line\r\n--b--\r\n", "blank line"},
        {"multipart/form-data; boundary=b",
         "--b\r\nContent-Disposition: form-data; name=\"PayloadID\"\r\n\r\n1\r\n"
         "--b\r\nContent-Disposition: form-data; name=\"PayloadID\"\r\n\r\n1\r\n--b--",
         "twice"},
        {"application/json", "{", "JSON"},
        {"application/json", "[]", "JSON"},
        {"application/json", "{\"Payload\":\"*\"}", "base64"},
        {"application/json", "{\"Payload\":[]}", "neither text"},
        {"application/soap+xml", "", "envelope"},
        {"application/soap+xml", "<a/>", "body"},
        {"application/soap+xml", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"},
        {"application/soap+xml", "<Envelope><Body><other/></Body></Envelope>", "no message"},
        {"multipart/related; boundary=b",
         "--b\n\n<Envelope><Body><COREEnvelopeBatchSubmission><Payload><Include href='cid:q'/>"
         "</Payload></COREEnvelopeBatchSubmission></Body></Envelope>\n--b--",
         "not there"},
        {"text/plain", "x", "Content-Type"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct core_message m;
        const char *why;
        if (reads(bad[i][0], bad[i][1], &m, &why) || !strstr(why, bad[i][2]))
            fail_msg("%zu: wanted \"%s\", said \"%s\"", i, bad[i][2], why);
    }
}

#define NAMED(member, value, code)                                                                 \
    {                                                                                              \
        offsetof(struct core_message, member), value, code                                         \
    }
static void each_fault_of_an_envelope_has_its_name(void **state)
{
    static const struct {
        size_t at;
        const char *value, *code;
    } all[] = {NAMED(type, NULL, "PayloadTypeRequired"),
               NAMED(type, "X12_999999_Request", "PayloadTypeIllegal"),
               NAMED(type, "../x", "PayloadTypeIllegal"),
               NAMED(mode, NULL, "ProcessingModeRequired"),
               NAMED(mode, "realtime", "ProcessingModeIllegal"),
               NAMED(id, NULL, "PayloadIDRequired"),
               NAMED(id, "a/../b", "PayloadIDIllegal"),
               NAMED(time, NULL, "TimeStampRequired"),
               NAMED(time, "yesterday", "TimeStampIllegal"),
               NAMED(sender, "", "SenderIDRequired"),
               NAMED(sender, "a/b", "SenderIDIllegal"),
               NAMED(receiver, NULL, "ReceiverIDRequired"),
               NAMED(receiver, "a\nb", "ReceiverIDIllegal"),
               NAMED(version, NULL, "CORERuleVersionRequired"),
               NAMED(version, "1.1.0", "VersionMismatch"),
               NAMED(length, NULL, "PayloadLengthRequired"),
               NAMED(length, "-1", "PayloadLengthIllegal"),
               NAMED(length, "5", "PayloadLengthIllegal"),
               NAMED(sum, NULL, "CheckSumRequired"),
               NAMED(sum, "a9993e364706816aba3e25717850c26c9cd0d89d", "ChecksumMismatched"),
               NAMED(payload, NULL, "PayloadRequired"),
               NAMED(time, "2026-09-01T08:00:00.123-05:00", "Success")};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct core_message m = sample("Batch", phi_lit("ISA*"));
        char sum[CORE_SUM];
        core_sum(CORE_MIME, m.payload, sum);
        m.sum = phi_lit(sum);
        m.length = phi_lit("4");
        m.version = phi_lit("2.2.0");
        phi_str to = all[i].value ? phi_lit(all[i].value) : (phi_str){0};
        memcpy((char *)&m + all[i].at, &to, sizeof to);
        if (strcmp(core_check(CORE_MIME, &m), all[i].code) != 0)
            fail_msg("%zu: wanted %s, got %s", i, all[i].code, core_check(CORE_MIME, &m));
    }
}

static void each_error_says_whether_it_may_pass(void **state)
{
    static const struct {
        const char *code, *rule, *field;
        bool later;
    } all[] = {{"Success", NULL, "", false},
               {"UnAuthorized", "CORE_UNAUTHORIZED", "", false},
               {"Unauthorized", "CORE_UNAUTHORIZED", "", false},
               {"VersionMismatch", "CORE_VERSION", "", false},
               {"ChecksumMismatched", "CORE_CHECKSUM", "", true},
               {"CheckSumMismatched", "CORE_CHECKSUM", "", true},
               {"PayloadTypeRequired", "CORE_REQUIRED", "PayloadType", false},
               {"SenderIDIllegal", "CORE_ILLEGAL", "SenderID", false},
               {"payloadIllegal", "CORE_ILLEGAL", "Payload", false},
               {"TimeStampNotUnderstood", "CORE_NOT_UNDERSTOOD", "TimeStamp", false},
               {"JOHN DOE Illegal", "CORE_ILLEGAL", "", false},
               {"Sender", "CORE_SENDER", "", false},
               {"Receiver", "CORE_RECEIVER", "", true},
               {"Oops", "CORE_ERROR", "", false}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *field;
        struct core_meaning m = core_meaning(phi_lit(all[i].code), &field);
        assert_string_equal(m.rule ? m.rule : "-", all[i].rule ? all[i].rule : "-");
        assert_string_equal(field, all[i].field);
        assert_int_equal(m.later, all[i].later);
    }
}

static void types_say_what_is_wanted(void **state)
{
    static const struct {
        const char *type, *mode, *about;
        int act; /* -1: not known */
    } all[] = {{"X12_270_Request_005010X279A1", "RealTime", "270", CORE_REAL_TIME},
               {"X12_837_Request_005010X222A1", "Batch", "837", CORE_SUBMIT},
               {"X12_005010_Request_Batch_Results_271", "Batch", "271", CORE_PICK},
               {"X12_999_RetrievalRequest_005010X231A1", "Batch", "999", CORE_PICK},
               {"X12_835_Request_005010X221A1", "Batch", "835", CORE_PICK},
               {"X12_277CA_Request_005010X214", "Batch", "277CA", CORE_PICK},
               {"X12_999_SubmissionRequest_005010X231A1", "Batch", "999", CORE_CONFIRM},
               {"X12_BatchReceiptConfirmation", "Batch", "", CORE_CONFIRM},
               {"X12_123_Request", "Batch", "", -1},
               {"", "Batch", "", -1}};
    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        enum core_act act;
        bool known = core_act_of(phi_lit(all[i].type), phi_lit(all[i].mode), &act);
        assert_int_equal(known ? (int)act : -1, all[i].act);
        assert_true(phi_is(core_about(phi_lit(all[i].type)), all[i].about));
    }
}

static void files_say_what_they_are(void **state)
{
    struct core_kind k;
    (void)state;
    assert_true(core_kind_of(phi_lit(X12_270), &k));
    assert_string_equal(k.type, "X12_270_Request_005010X279A1");
    assert_true(k.question && k.sets == 1 && phi_is(k.isa13, "000000007") && phi_is(k.gs06, "9") &&
                phi_is(k.bht03, "TRACE77"));
    assert_false(core_kind_of(phi_lit("GS*HS~"), &k));
    assert_false(core_kind_of(phi_lit(""), &k));
}

static void ids_follow_from_what_is_sent(void **state)
{
    struct digest d = digest_of("x", 1), e = digest_of("y", 1);
    char a[CORE_ID], b[CORE_ID];
    (void)state;
    core_id("SBX01", "n.837", &d, a);
    core_id("SBX01", "n.837", &d, b);
    assert_string_equal(a, b);
    assert_true(strlen(a) == 36 && a[8] == '-' && a[14] == '8' && strchr("89ab", a[19]));
    core_id("SBX01", "n.837", &e, b);
    assert_string_not_equal(a, b);
    core_id("SBX02", "n.837", &d, b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha1_of_the_standard),
        cmocka_unit_test_teardown(every_byte_comes_back_from_each_form, clean),
        cmocka_unit_test(bytes_that_are_no_text_cannot_stand_in_xml),
        cmocka_unit_test_teardown(envelopes_of_other_systems_are_read, clean),
        cmocka_unit_test_teardown(damaged_bodies_are_refused_with_a_reason, clean),
        cmocka_unit_test(each_fault_of_an_envelope_has_its_name),
        cmocka_unit_test(each_error_says_whether_it_may_pass),
        cmocka_unit_test(types_say_what_is_wanted),
        cmocka_unit_test(files_say_what_they_are),
        cmocka_unit_test(ids_follow_from_what_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
