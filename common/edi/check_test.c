/*
 * Planted faults: each case changes one thing in a good set and names the one finding that must
 * come of it. To add a case, add a line: "OP POSITION TEXT" and what is to be found.
 *
 * Operations: "= N seg" replaces segment N, "+ N seg" puts one before it, "- N M" takes N to M
 * out, "x N" swaps N and N + 1, "2 N M" doubles N to M, "" leaves all as it is; several are parted
 * by ';' and all positions are those of the good set. SE01 is mended unless the case is about it.
 */
#include "common/edi/check.h"
#include "tests/unit.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const claims[] = {"ST*837*0001*005010X222A1",                  /* 1 */
                                     "BHT*0019*00*B1*20260115*0930*CH",           /* 2 */
                                     "NM1*41*2*TEST BILLING*****46*SUB1",         /* 3 */
                                     "PER*IC*ANN TESTER*TE*3055550100",           /* 4 */
                                     "NM1*40*2*TEST RECEIVER*****46*RCV1",        /* 5 */
                                     "HL*1**20*1",                                /* 6 */
                                     "PRV*BI*PXC*207Q00000X",                     /* 7 */
                                     "NM1*85*2*TEST PRACTICE*****XX*2000000010",  /* 8 */
                                     "N3*1 TEST ST",                              /* 9 */
                                     "N4*MIAMI*FL*331010001",                     /* 10 */
                                     "REF*EI*123456789",                          /* 11 */
                                     "HL*2*1*22*0",                               /* 12 */
                                     "SBR*P*18*GRP1******CI",                     /* 13 */
                                     "NM1*IL*1*TESTONE*ALFA*B***MI*TST000000001", /* 14 */
                                     "N3*2 TEST ST",                              /* 15 */
                                     "N4*MIAMI*FL*33101",                         /* 16 */
                                     "DMG*D8*19700101*F",                         /* 17 */
                                     "NM1*PR*2*TEST PAYER*****PI*12345",          /* 18 */
                                     "CLM*TST0001*150***11:B:1*Y*A*Y*Y",          /* 19 */
                                     "DTP*431*D8*20251201",                       /* 20 */
                                     "REF*G1*AUTH1",                              /* 21 */
                                     "REF*D9*TRACE1",                             /* 22 */
                                     "HI*ABK:J069*ABF:I10",                       /* 23 */
                                     "NM1*82*1*TESTDOC*DORA****XX*2000000028",    /* 24 */
                                     "PRV*PE*PXC*207Q00000X",                     /* 25 */
                                     "NM1*77*2*TEST CENTER*****XX*2000000036",    /* 26 */
                                     "N3*3 TEST ST",                              /* 27 */
                                     "N4*MIAMI*FL*331010002",                     /* 28 */
                                     "LX*1",                                      /* 29 */
                                     "SV1*HC:99213:25*100*UN*1***1:2",            /* 30 */
                                     "DTP*472*D8*20251202",                       /* 31 */
                                     "REF*6R*L1",                                 /* 32 */
                                     "LX*2",                                      /* 33 */
                                     "SV1*HC:85025*50*UN*1***1",                  /* 34 */
                                     "DTP*472*RD8*20251202-20251203",             /* 35 */
                                     "REF*6R*L2",                                 /* 36 */
                                     "HL*3*1*22*1",                               /* 37 */
                                     "SBR*S**GRP2******CI",                       /* 38 */
                                     "NM1*IL*1*TESTTWO*BETA****MI*TST000000002",  /* 39 */
                                     "NM1*PR*2*TEST PAYER*****PI*12345",          /* 40 */
                                     "HL*4*3*23*0",                               /* 41 */
                                     "PAT*19",                                    /* 42 */
                                     "NM1*QC*1*TESTTWO*GAMMA",                    /* 43 */
                                     "N3*4 TEST ST",                              /* 44 */
                                     "N4*MIAMI*FL*33101",                         /* 45 */
                                     "DMG*D8*20150101*M",                         /* 46 */
                                     "CLM*TST0002*80***11:B:1*Y*A*Y*Y",           /* 47 */
                                     "HI*ABK:Z0000",                              /* 48 */
                                     "SBR*P*18*GRP9******MB",                     /* 49 */
                                     "CAS*PR*1*10",                               /* 50 */
                                     "AMT*D*60",                                  /* 51 */
                                     "OI***Y***Y",                                /* 52 */
                                     "NM1*IL*1*TESTTWO*BETA****MI*TST000000003",  /* 53 */
                                     "NM1*PR*2*OTHER PAYER*****PI*54321",         /* 54 */
                                     "LX*1",                                      /* 55 */
                                     "SV1*HC:97110*80*UN*2***1",                  /* 56 */
                                     "DTP*472*D8*20251204",                       /* 57 */
                                     "SVD*54321*70*HC:97110**2",                  /* 58 */
                                     "CAS*CO*45*10",                              /* 59 */
                                     "DTP*573*D8*20251220",                       /* 60 */
                                     "SE*61*0001"};                               /* 61 */

static const char *const remit[] = {
    "ST*835*0001",                                                                        /* 1 */
    "BPR*I*200*C*ACH*CCP*01*011900445*DA*0123*1512345678**01*021000021*DA*9876*20260201", /* 2 */
    "TRN*1*EFT0001*1512345678",                                                           /* 3 */
    "REF*EV*RECEIVER1",                                                                   /* 4 */
    "DTM*405*20260131",                                                                   /* 5 */
    "N1*PR*TEST PAYER",                                                                   /* 6 */
    "N3*PO BOX 1",                                                                        /* 7 */
    "N4*HARTFORD*CT*06101",                                                               /* 8 */
    "REF*2U*12345",                                                                       /* 9 */
    "PER*BL*EDI SUPPORT*TE*8005550101",                                                   /* 10 */
    "N1*PE*TEST PRACTICE*XX*2000000010",                                                  /* 11 */
    "REF*TJ*123456789",                                                                   /* 12 */
    "LX*1",                                                                               /* 13 */
    "CLP*TST0001*1*150*110*20*12*990001*11*1",                                            /* 14 */
    "NM1*QC*1*TESTONE*ALFA****MI*TST000000001",                                           /* 15 */
    "NM1*82*1*TESTDOC*DORA****XX*2000000028",                                             /* 16 */
    "DTM*232*20251202",                                                                   /* 17 */
    "DTM*050*20260110",                                                                   /* 18 */
    "SVC*HC:99213:25*100*80**1",                                                          /* 19 */
    "DTM*472*20251202",                                                                   /* 20 */
    "CAS*CO*45*20",                                                                       /* 21 */
    "REF*6R*L1",                                                                          /* 22 */
    "AMT*B6*80",                                                                          /* 23 */
    "SVC*HC:85025*50*30**1",                                                              /* 24 */
    "DTM*472*20251202",                                                                   /* 25 */
    "CAS*PR*1*20",                                                                        /* 26 */
    "CLP*TST0002*1*80*70*10*12*990002*11*1",                                              /* 27 */
    "CAS*PR*3*10",                                                                        /* 28 */
    "NM1*QC*1*TESTTWO*GAMMA",                                                             /* 29 */
    "CLP*TST0003*4*40*0**12*990003*11*1",                                                 /* 30 */
    "NM1*QC*1*TESTTHREE*DELTA",                                                           /* 31 */
    "SVC*HC:71046*40*0**1",                                                               /* 32 */
    "DTM*472*20251205",                                                                   /* 33 */
    "CAS*CO*50*40",                                                                       /* 34 */
    "LQ*HE*N130",                                                                         /* 35 */
    "PLB*2000000010*20261231*WO:EFT0001*-20",                                             /* 36 */
    "SE*37*0001"};                                                                        /* 37 */

enum { SEGS = 400, REPORTS = 4000 };

struct set_text {
    char *seg[SEGS];
    int n;
};

static void insert(struct set_text *t, int at, const char *seg)
{
    memmove(&t->seg[at + 1], &t->seg[at], sizeof(char *) * (size_t)(t->n - at));
    t->seg[at] = strdup(seg);
    t->n++;
}

static void take_out(struct set_text *t, int at)
{
    free(t->seg[at]);
    memmove(&t->seg[at], &t->seg[at + 1], sizeof(char *) * (size_t)(t->n - at - 1));
    t->n--;
}

/* Applies one operation; moved says by how much positions behind earlier operations moved. */
static void apply(struct set_text *t, const char *op, int *moved)
{
    int a = 0, b = 0, used = 0;
    char what = op[0];
    if (!what)
        return;
    sscanf(op + 1, " %d%n", &a, &used);
    const char *seg = op + 1 + used;
    b = sscanf(seg, " %d", &b) == 1 && (what == '-' || what == '2') ? b : a;
    seg += *seg == ' ';
    int at = a - 1 + *moved;
    if (what == '=') {
        free(t->seg[at]);
        t->seg[at] = strdup(seg);
    } else if (what == '+') {
        insert(t, at, seg);
        (*moved)++;
    } else if (what == '-') {
        for (int i = a; i <= b; i++, (*moved)--)
            take_out(t, at);
    } else if (what == 'x') {
        char *s = t->seg[at];
        t->seg[at] = t->seg[at + 1];
        t->seg[at + 1] = s;
    } else if (what == '2') {
        for (int i = 0; i <= b - a; i++, (*moved)++)
            insert(t, b + *moved, t->seg[at + i]);
    } else {
        fail_msg("operation \"%s\"", op);
    }
}

/* The set as bytes of an interchange, with SE01 mended unless keep_count. */
static void render(const struct set_text *t, bool keep_count, const char *gs, struct buf *out)
{
    buf_puts(out, "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       "
                  "*260115*0930*^*00501*000000001*0*T*:~");
    buf_puts(out, gs);
    buf_putc(out, '~');
    for (int i = 0; i < t->n; i++) {
        const char *s = t->seg[i], *star = strncmp(s, "SE*", 3) ? NULL : strchr(s + 3, '*');
        if (star && !keep_count)
            buf_printf(out, "SE*%d%s", i + 1, star);
        else
            buf_puts(out, s);
        buf_putc(out, '~');
    }
    buf_puts(out, "GE*1*1~IEA*1*000000001~");
}

/* "RULE REPORT LOOP SEGMENT POSITION ELEMENT" a line */
static void note(void *ctx, const struct finding *f)
{
    struct buf *b = ctx;
    buf_printf(b, "%s%s %s %s %s %u ", b->len ? "; " : "", f->rule, f->report,
               f->loop[0] ? f->loop : "-", f->segment, f->position);
    if (f->element)
        finding_element(b, f);
    else
        buf_puts(b, "-");
}

static struct guide_set *guides;

static struct check_result run(phi_str bytes, struct check_opts o, struct buf *found)
{
    struct scan *s = scan_memory(bytes.p, bytes.n);
    struct edi_seg seg;
    struct check_result r = {0};
    char gs01[3] = "", gs08[13] = "";
    bool in = false;
    o.guides = guides;
    struct check *c = check_new(&o, (struct finding_sink){note, found});
    while (scan_next(s, &seg) != SCAN_END) {
        if (seg_is(&seg, "GS")) {
            snprintf(gs01, sizeof gs01, "%.*s", (int)seg_el(&seg, 1).n, seg_el(&seg, 1).p);
            snprintf(gs08, sizeof gs08, "%.*s", (int)seg_el(&seg, 8).n, seg_el(&seg, 8).p);
        } else if (seg_is(&seg, "ST")) {
            check_begin(c, scan_delims(s), phi_lit(gs01), phi_lit(gs08));
            in = true;
        } else if (seg_is(&seg, "GE") || seg_is(&seg, "IEA")) {
            if (in)
                r = check_end(c);
            in = false;
        }
        if (in)
            check_segment(c, &seg);
    }
    check_free(c);
    scan_free(s);
    return r;
}

struct fault_case {
    const char *ops, *found;
    bool keep_count;
};

static const char GS837[] = "GS*HC*SENDER*RECEIVER*20260115*0930*1*X*005010X222A1";
static const char GS835[] = "GS*HP*SENDER*RECEIVER*20260115*0930*1*X*005010X221A1";

static void plant(const char *const *base, int n, const struct fault_case *k, const char *gs,
                  struct check_opts o, struct buf *found, struct check_result *r)
{
    struct set_text t = {.n = n};
    struct buf bytes = {0};
    int moved = 0;
    for (int i = 0; i < n; i++)
        t.seg[i] = strdup(base[i]);
    char *ops = strdup(k->ops), *save = NULL;
    for (char *op = strtok_r(ops, ";", &save); op; op = strtok_r(NULL, ";", &save))
        apply(&t, op, &moved);
    render(&t, k->keep_count, gs, &bytes);
    *r = run(buf_view(&bytes), o, found);
    for (int i = 0; i < t.n; i++)
        free(t.seg[i]);
    free(ops);
    buf_free(&bytes);
}

static int wrong;
static void try_all(const char *const *base, int n, const struct fault_case *t, size_t cases,
                    const char *gs)
{
    struct check_opts o = {.extended_charset = true};
    wrong = 0;
    for (size_t i = 0; i < cases; i++) {
        struct buf found = {0};
        struct check_result r;
        plant(base, n, &t[i], gs, o, &found, &r);
        if (strcmp(buf_cstr(&found), t[i].found) != 0) {
            print_error("%s\n  wanted %s\n  found  %s\n", t[i].ops, t[i].found, found.p);
            wrong++;
        }
        buf_free(&found);
    }
    assert_int_equal(wrong, 0);
}
#define COUNT(a)         (sizeof(a) / sizeof *(a))
#define TRY(base, t, gs) try_all(base, (int)COUNT(base), t, COUNT(t), gs)

static void one_fault_in_a_claim_gives_one_finding(void **state)
{
    (void)state;
    static const struct fault_case t[] = {
        {"", ""},
        /* missing segments and loops */
        {"- 2", "S1-032 IK304:3 - BHT 2 -"},
        {"- 4", "S2-004 IK304:I8 1000A PER 4 -"},
        {"- 3 4", "S2-004 IK304:I7 1000A NM1 4 -"},
        {"- 3", "S2-004 IK304:I8 1000A NM1 3 -"},
        {"- 5", "S2-004 IK304:I7 1000B NM1 5 -"},
        {"- 6", "S1-032 IK304:3 2000A HL 6 -"},
        {"- 8", "S2-004 IK304:I8 2010AA NM1 8 -"},
        {"- 9", "S2-004 IK304:I8 2010AA N3 9 -"},
        {"- 10", "S2-004 IK304:I8 2010AA N4 10 -"},
        {"- 11", "S2-004 IK304:I8 2010AA REF 11 -"},
        {"- 8 11", "S2-004 IK304:I7 2010AA NM1 8 -"},
        {"- 12", "S1-032 IK304:3 2000B HL 12 -"},
        {"- 13", "S2-004 IK304:I8 2000B SBR 13 -"},
        {"- 14", "S2-004 IK304:I8 2010BA NM1 14 -"},
        {"- 14 17", "S2-004 IK304:I7 2010BA NM1 15 -"},
        {"- 18", "S2-004 IK304:I7 2010BB NM1 18 -"},
        {"- 19", "S2-004 IK304:I8 2300 CLM 19 -"},
        {"- 23", "S2-004 IK304:I8 2300 HI 23 -"},
        {"- 24", "S2-004 IK304:I8 2310B NM1 24 -"},
        {"- 26", "S2-004 IK304:I8 2310C NM1 26 -"},
        {"- 27", "S2-004 IK304:I8 2310C N3 27 -"},
        {"- 29", "S2-004 IK304:I8 2400 LX 29 -"},
        {"- 30", "S2-004 IK304:I8 2400 SV1 30 -"},
        {"- 31", "S2-004 IK304:I8 2400 DTP 31 -"},
        {"- 33", "S2-004 IK304:I8 2400 LX 33 -"},
        {"- 37", "S1-032 IK304:3 2000B HL 37 -"},
        {"- 38", "S2-004 IK304:I8 2000B SBR 38 -"},
        {"- 41", "S1-032 IK304:3 2000C HL 41 -"},
        {"- 42", "S2-004 IK304:I8 2000C PAT 42 -"},
        {"- 43", "S2-004 IK304:I8 2010CA NM1 43 -"},
        {"- 46", "S2-004 IK304:I8 2010CA DMG 46 -"},
        {"- 49", "S2-004 IK304:I8 2320 SBR 49 -"},
        {"- 52", "S2-004 IK304:I8 2320 OI 52 -"},
        {"- 53", "S2-004 IK304:I7 2330A NM1 54 -"},
        {"- 54", "S2-004 IK304:I7 2330B NM1 54 -"},
        {"- 58", "S2-004 IK304:I8 2430 SVD 58 -"},
        {"- 60", "S2-004 IK304:I8 2430 DTP 60 -"},
        /* too many */
        {"2 2", "S1-033 IK304:5 - BHT 3 -"},
        {"2 3", "S1-033 IK304:5 1000A NM1 4 -"},
        {"2 4;2 4", "S1-033 IK304:5 1000A PER 6 -"},
        {"2 8 11", "S1-034 IK304:4 2010AA NM1 12 -"},
        {"2 8", "S1-033 IK304:5 2010AA NM1 9 -"},
        {"2 9", "S1-033 IK304:5 2010AA N3 10 -"},
        {"2 11", "S1-033 IK304:5 2010AA REF 12 -"},
        {"2 13", "S1-033 IK304:5 2000B SBR 14 -"},
        {"2 18", "S1-034 IK304:4 2010BB NM1 19 -"},
        {"2 20", "S1-033 IK304:5 2300 DTP 21 -"},
        {"2 23", "S1-033 IK304:5 2300 HI 24 -"},
        {"2 24 25", "S1-034 IK304:4 2310B NM1 26 -"},
        {"2 29", "S1-033 IK304:5 2400 LX 30 -"},
        {"2 30", "S1-033 IK304:5 2400 SV1 31 -"},
        {"2 12", "S1-033 IK304:5 2000B HL 13 -"},
        {"2 31", "S1-033 IK304:5 2400 DTP 32 -"},
        /* order */
        {"x 9", "S1-031 IK304:7 2010AA N3 10 -"},
        {"x 15", "S1-031 IK304:7 2010BA N3 16 -"},
        {"x 16", "S1-031 IK304:7 2010BA N4 17 -"},
        {"x 22", "S1-031 IK304:7 2300 REF 23 -"},
        {"x 20", "S1-031 IK304:7 2300 DTP 21 -"},
        {"x 30", "S1-031 IK304:7 2400 SV1 31 -"},
        {"x 7", "S1-031 IK304:7 2000A PRV 8 -"},
        {"x 51", "S1-031 IK304:7 2320 AMT 52 -"},
        {"x 29", "S1-031 IK304:7 2400 LX 30 -"},
        {"x 12", "S1-031 IK304:7 2000B HL 13 -"},
        {"x 8", "S1-031 IK304:7 2010AA NM1 9 -"},
        {"x 19", "S1-031 IK304:7 2300 CLM 20 -"},
        {"x 21", ""}, /* REF and REF share a place */
        /* unknown, not of this transaction, not here, not used */
        {"+ 9 ZZZ*1", "S1-029 IK304:1 2010AA ZZZ 9 -"},
        {"+ 20 QQ*1", "S1-029 IK304:1 2300 QQ 20 -"},
        {"+ 20 lx*1", "S1-029 IK304:1 2300 lx 20 -"},
        {"= 8 NMX*85*2", "S1-029 IK304:1 2000A NMX 8 -"},
        {"= 23 HJ*ABK:J069", "S1-029 IK304:1 2300 HJ 23 -"},
        {"= 30 SVX*HC:99213*100", "S1-029 IK304:1 2400 SVX 30 -"},
        {"+ 20 EQ*30", "S1-030 IK304:6 2300 EQ 20 -"},
        {"+ 30 CLP*1", "S1-030 IK304:6 2400 CLP 30 -"},
        {"+ 12 DMG*D8*19700101*F", "S1-031 IK304:2 2010AA DMG 12 -"},
        {"+ 9 N2*MORE", "S2-002 IK304:I4 2010AA N2 9 -"},
        {"+ 3 REF*87*X", "S2-002 IK304:I4 - REF 3 -"},
        {"+ 23 CR3*I", "S2-002 IK304:I4 2300 CR3 23 -"},
        /* qualifiers */
        {"= 3 NM1*85*2*TEST BILLING*****46*SUB1", "S2-003 IK403:I6 1000A NM1 3 1"},
        {"= 3 NM1*9X*2*TEST BILLING*****46*SUB1", "S1-042 IK403:7 1000A NM1 3 1"},
        {"= 8 NM1*82*2*TEST PRACTICE*****XX*2000000010", "S2-003 IK403:I6 2010AA NM1 8 1"},
        {"= 8 NM1**2*TEST PRACTICE*****XX*2000000010", "S1-035 IK403:1 2010AA NM1 8 1"},
        {"= 11 REF*G2*123456789", "S2-003 IK403:I6 2010AA REF 11 1"},
        {"= 12 HL*2*1*99*0", "S1-042 IK403:7 2000B HL 12 3"},
        {"= 12 HL*2*1*21*0", "S2-003 IK403:I6 2000B HL 12 3"},
        {"= 14 NM1*QC*1*TESTONE*ALFA*B***MI*TST000000001", "S2-003 IK403:I6 2010BA NM1 14 1"},
        {"= 18 NM1*PX*2*TEST PAYER*****PI*12345", "S1-042 IK403:7 2010BB NM1 18 1"},
        {"= 23 HI*ABX:J069*ABF:I10", "S1-042 IK403:7 2300 HI 23 1.1"},
        {"= 23 HI*ABF:J069*ABF:I10", "S2-003 IK403:I6 2300 HI 23 1.1"},
        {"= 24 NM1*8Z*1*TESTDOC*DORA****XX*2000000028", "S1-042 IK403:7 2310B NM1 24 1"},
        {"= 31 DTP*473*D8*20251202", "S2-003 IK403:I6 2400 DTP 31 1"},
        {"= 21 DTP*472*D8*20251202", "S2-003 IK403:I6 2300 DTP 21 1"},
        /* elements */
        {"= 9 N3", "S1-035 IK403:1 2010AA N3 9 1"},
        {"= 19 CLM*TST0001**"
         "**11:B:1*Y*A*Y*Y",
         "S1-035 IK403:1 2300 CLM 19 2"},
        {"= 19 CLM*TST0001*150***11:B*Y*A*Y*Y", "S1-035 IK403:1 2300 CLM 19 5.3"},
        {"= 19 CLM*TST0001*150***11:A:1*Y*A*Y*Y", "S2-003 IK403:I6 2300 CLM 19 5.2"},
        {"= 19 CLM*TST0001*150***11:B:1:9*Y*A*Y*Y", "S1-037 IK403:13 2300 CLM 19 5.4"},
        {"= 19 CLM*TST00000000000000000001*150***11:B:1*Y*A*Y*Y", "S2-016 IK403:5 2300 CLM 19 1"},
        {"= 19 CLM*TST0001*1,50***11:B:1*Y*A*Y*Y", "S1-040 IK403:6 2300 CLM 19 2"},
        {"= 19 CLM*TST0001*+150***11:B:1*Y*A*Y*Y", "S1-040 IK403:6 2300 CLM 19 2"},
        {"= 19 CLM*TST0001*1.5E2***11:B:1*Y*A*Y*Y", "S1-040 IK403:6 2300 CLM 19 2"},
        {"= 19 CLM*TST0001*150.001***11:B:1*Y*A*Y*Y", "S2-017 IK403:I12 2300 CLM 19 2"},
        {"= 19 CLM*TST0001*-150***11:B:1*Y*A*Y*Y", "S2-017 IK403:I12 2300 CLM 19 2"},
        {"= 19 CLM*TST0001*15000000000***11:B:1*Y*A*Y*Y", "S2-017 IK403:5 2300 CLM 19 2"},
        {"= 19 CLM*TST0001*150*X**11:B:1*Y*A*Y*Y", "S2-001 IK403:I10 2300 CLM 19 3"},
        {"= 19 CLM*TST0001*150***11:B:1*Q*A*Y*Y", "S1-042 IK403:7 2300 CLM 19 6"},
        {"= 19 CLM*TST0001*150***11:B:1*W*A*Y*Y", "S2-003 IK403:I6 2300 CLM 19 6"},
        {"= 13 SBR*P*18*GRP1******CI*X", "S1-036 IK403:3 2000B SBR 13 10"},
        {"= 13 SBR*P*18*GRP1******CI**", "S1-044 IK403:3 2000B SBR 13 11"},
        {"= 30 SV1*HC:99213:25:*100*UN*1***1:2", "S1-044 IK403:13 2400 SV1 30 1"},
        {"= 10 N4*M*FL*331010001", "S1-038 IK403:4 2010AA N4 10 1"},
        {"= 10 N4*MIAMI*FL*33101^33102", "S1-037 IK403:12 2010AA N4 10 3"},
        {"= 10 N4*MI:AMI*FL*331010001", "S1-037 IK403:13 2010AA N4 10 1"},
        {"= 9 N3*1 TEST\tST", "S1-039 IK403:6 2010AA N3 9 1"},
        {"= 9 N3*1 T\xc3\x89ST", "S1-039 IK403:6 2010AA N3 9 1"},
        {"= 9 N3* 1 TEST ST", "S1-045 IK403:6 2010AA N3 9 1"},
        {"= 9 N3*1 TEST ST ", "S1-045 IK403:6 2010AA N3 9 1"},
        {"= 9 N3*1 Test St", ""},
        {"= 2 BHT*0019*00*B1*20260230*0930*CH", "S1-041 IK403:8 - BHT 2 4"},
        {"= 2 BHT*0019*00*B1*20260115*2561*CH", "S1-041 IK403:9 - BHT 2 5"},
        {"= 2 BHT*0019*00*B1*20260115*0930*QQ", "S1-042 IK403:7 - BHT 2 6"},
        {"= 17 DMG*D8*19700231*F", "S1-041 IK403:8 2010BA DMG 17 2"},
        {"= 35 DTP*472*RD8*20251203-20251202", "S1-041 IK403:8 2400 DTP 35 3"},
        {"= 35 DTP*472*RD8*20251202", "S1-041 IK403:8 2400 DTP 35 3"},
        {"= 20 DTP*431*RD8*20251201-20251202", "S2-003 IK403:I6 2300 DTP 20 2"},
        {"= 4 PER*IC*ANN TESTER*TE", "S1-035 IK403:1 1000A PER 4 4"},
        {"= 4 PER*IC*ANN TESTER*TE*3055550100*EM", "S1-043 IK403:2 1000A PER 4 6"},
        {"= 14 NM1*IL*1*TESTONE*ALFA*B***MI", "S1-043 IK403:2 2010BA NM1 14 9"},
        {"= 59 CAS*CO*45*10*1**5", "S1-043 IK403:2 2430 CAS 59 5"},
        {"= 30 SV1*HC:99213:25*100*UN****1:2", "S1-035 IK403:1 2400 SV1 30 4"},
        {"= 56 SV1*HC:97110*80*UN*x***1", "S1-040 IK403:6 2400 SV1 56 4"},
        /* numbers */
        {"= 12 HL*7*1*22*0", "S1-046 IK403:I12 2000B HL 12 1"},
        {"= 6 HL*2**20*1", "S1-046 IK403:I12 2000A HL 6 1"},
        {"= 37 HL*9*1*22*1", "S1-046 IK403:I12 2000B HL 37 1"},
        {"= 12 HL*2*5*22*0", "S1-047 IK403:I12 2000B HL 12 2"},
        {"= 41 HL*4*2*23*0", "S1-047 IK403:I12 2000C HL 41 2"},
        {"= 12 HL*2*1*22*1", "S1-048 IK403:I12 2000B HL 12 4"},
        {"= 37 HL*3*1*22*0", "S1-048 IK403:I12 2000B HL 37 4"},
        {"= 6 HL*1**20*0", "S2-003 IK403:I6 2000A HL 6 4"},
        {"= 6 HL*1*1*20*1", "S2-001 IK403:I10 2000A HL 6 2"},
        {"= 33 LX*3", "S1-049 IK403:I12 2400 LX 33 1"},
        {"= 29 LX*0", "S1-049 IK403:I12 2400 LX 29 1"},
        {"= 55 LX*2", "S1-049 IK403:I12 2400 LX 55 1"},
        /* ST, SE */
        {"= 61 SE*60*0001", "S1-026 IK502:4 - SE 61 1", true},
        {"= 61 SE*61*0002", "S1-025 IK502:3 - SE 61 2"},
        {"- 61", "S1-024 IK502:2 - SE 61 -"},
        {"= 1 ST*837*0001*005010X222", "S1-028 IK502:I6 - ST 1 3"},
        {"= 1 ST*837*0001", "S1-028 IK502:I6 - ST 1 3"},
        {"= 1 ST*837*01*005010X222A1;= 61 SE*61*01", "S1-027 IK502:7 - ST 1 2"},
        {"= 1 ST*899*0001*005010X222A1", "S1-023 IK502:1 - ST 1 1"},
        {"= 1 ST**0001*005010X222A1", "S1-023 IK502:6 - ST 1 1"},
        {"= 1 ST*835*0001*005010X222A1", "S1-016 IK502:18 - ST 1 1"},
    };
    TRY(claims, t, GS837);
}

static void one_fault_in_a_remittance_gives_one_finding(void **state)
{
    (void)state;
    static const struct fault_case t[] = {
        {"", ""},
        {"- 2", "S1-032 IK304:3 - BPR 2 -"},
        {"- 3", "S2-004 IK304:I8 - TRN 3 -"},
        {"- 6", "S2-004 IK304:I8 1000A N1 6 -"},
        {"- 10", "S2-004 IK304:I8 1000A PER 10 -"},
        {"- 11", "S2-004 IK304:I8 1000B N1 11 -"},
        {"- 11 12", "S2-004 IK304:I7 1000B N1 11 -"},
        {"- 15", "S1-032 IK304:3 2100 NM1 16 -"},
        {"- 13", "S2-004 IK304:I8 2000 LX 13 -"},
        {"2 3", "S1-033 IK304:5 - TRN 4 -"},
        {"2 15", "S1-033 IK304:5 2100 NM1 16 -"},
        {"x 7", "S1-031 IK304:7 1000A N3 8 -"},
        {"x 20", "S1-031 IK304:7 2110 DTM 21 -"},
        {"x 14", "S1-031 IK304:7 2100 CLP 15 -"},
        {"= 14 CLP*TST0001*9*150*110*20*12*990001*11*1", "S1-042 IK403:7 2100 CLP 14 2"},
        {"= 14 CLP*TST0001*5*150*110*20*12*990001*11*1", "S2-003 IK403:I6 2100 CLP 14 2"},
        {"= 21 CAS*CR*45*20", "S2-003 IK403:I6 2110 CAS 21 1"},
        {"= 2 BPR*I*200*C*ACH*CCP*01**DA*0123*1512345678**01*021000021*DA*9876*20260201",
         "S1-043 IK403:2 - BPR 2 7"},
        {"= 36 PLB*2000000010*20261231*WO:EFT0001*-20*WO:X", "S1-043 IK403:2 - PLB 36 6"},
        {"= 36 PLB*2000000010*20261231*QQ:EFT0001*-20", "S1-042 IK403:7 - PLB 36 3.1"},
        {"= 20 DTM*472*20251302", "S1-041 IK403:8 2110 DTM 20 2"},
        {"= 13 LX*110212", "S1-049 IK403:I12 2000 LX 13 1"},
        {"= 1 ST*835*0001*005010X221A1", "S2-001 IK403:I10 - ST 1 3"},
        {"+ 15 HI*ABK:J069", "S1-030 IK304:6 2100 HI 15 -"},
    };
    TRY(remit, t, GS835);
}

static void what_does_not_add_up_in_a_claim_is_told_once(void **state)
{
    (void)state;
    static const struct fault_case t[] = {
        {"= 19 CLM*TST0001*151***11:B:1*Y*A*Y*Y", "S3-001 277CA:A7:178 2300 CLM 19 2"},
        {"= 34 SV1*HC:85025*50.01*UN*1***1", "S3-001 277CA:A7:178 2300 CLM 19 2"},
        {"= 47 CLM*TST0002*90***11:B:1*Y*A*Y*Y", "S3-001 277CA:A7:178 2300 CLM 47 2"},
        {"= 56 SV1*HC:97110*85*UN*2***1", "S3-005 277CA:A7:672 2430 SVD 58 2"},
        {"= 58 SVD*54321*65*HC:97110**2", "S3-005 277CA:A7:672 2430 SVD 58 2"},
        {"= 59 CAS*CO*45*9", "S3-005 277CA:A7:672 2430 SVD 58 2"},
        {"= 51 AMT*D*61", "S3-004 277CA:A7:672 2320 AMT 51 2"},
        {"= 50 CAS*PR*1*11", "S3-004 277CA:A7:672 2320 AMT 51 2"},
        {"- 58 60", "S3-006 277CA:A7:672 2320 AMT 51 2"},
        {"= 50 CAS*PR*1*10**2*10;- 58 60", ""},
        {"- 50;= 51 AMT*A8*80;- 58 60", ""},
        {"- 50;= 51 AMT*A8*79;- 58 60", "S3-008  2320 AMT 50 2"},
        {"= 51 AMT*A8*80;- 58 60", "S3-008  2320 AMT 51 2"},
        {"+ 52 AMT*EAF*10", ""},
        {"+ 52 AMT*EAF*11", "S3-007  2320 AMT 52 2"},
        {"+ 21 AMT*F5*150", ""},
        {"+ 21 AMT*F5*150.01", "S3-009  2300 AMT 21 2"},
        {"= 19 CLM*TST0001*999999999999***11:B:1*Y*A*Y*Y", "S2-017 IK403:5 2300 CLM 19 2"},
    };
    TRY(claims, t, GS837);
}

static void what_does_not_add_up_in_a_remittance_is_told_once(void **state)
{
    (void)state;
    static const struct fault_case t[] = {
        {"= 19 SVC*HC:99213:25*101*80**1", "S3-012 ERA_LINE_OUT 2110 SVC 19 3"},
        {"= 19 SVC*HC:99213:25*100*81**1", "S3-012 ERA_LINE_OUT 2110 SVC 19 3"},
        {"= 21 CAS*CO*45*21", "S3-012 ERA_LINE_OUT 2110 SVC 19 3"},
        {"= 26 CAS*PR*1*21", "S3-012 ERA_LINE_OUT 2110 SVC 24 3"},
        {"= 14 CLP*TST0001*1*150*111*20*12*990001*11*1", "S3-013 ERA_CLAIM_OUT 2100 CLP 14 4"},
        {"= 14 CLP*TST0001*1*151*110*20*12*990001*11*1", "S3-013 ERA_CLAIM_OUT 2100 CLP 14 4"},
        {"= 27 CLP*TST0002*1*80*71*10*12*990002*11*1", "S3-013 ERA_CLAIM_OUT 2100 CLP 27 4"},
        {"= 28 CAS*PR*3*11", "S3-013 ERA_CLAIM_OUT 2100 CLP 27 4"},
        {"- 24 26", "S3-014 ERA_CLAIM_OUT 2100 CLP 14 3"},
        {"= 2 BPR*I*201*C*ACH*CCP*01*011900445*DA*0123*1512345678**01*021000021*DA*9876*20260201",
         "S3-016 ERA_TX_OUT - BPR 2 2"},
        {"= 36 PLB*2000000010*20261231*WO:EFT0001*20", "S3-016 ERA_TX_OUT - BPR 2 2"},
        {"- 36", "S3-016 ERA_TX_OUT - BPR 2 2"},
        {"- 30 35", ""},
        {"- 27 29", "S3-016 ERA_TX_OUT - BPR 2 2"},
        {"= 2 BPR*I*-200*C*ACH*CCP*01*011900445*DA*0123*1512345678**01*021000021*DA*9876*20260201",
         "S3-017 ERA_NEG - BPR 2 2"},
        {"= 2 BPR*H*200*C*NON************20260201", "S3-018  - BPR 2 4"},
        {"= 14 CLP*TST0001*1*150*110*25*12*990001*11*1", "S3-019  2100 CLP 14 5"},
        {"= 14 CLP*TST0001*25*150*110*20*12*990001*11*1", "S3-020  2100 CLP 14 4"},
        {"+ 14 TS3*2000000010*11*20261231*3*270", ""},
        {"+ 14 TS3*2000000010*11*20261231*4*270", "S3-022  2000 TS3 14 4"},
        {"+ 14 TS3*2000000010*11*20261231*3*271", "S3-022  2000 TS3 14 5"},
        {"+ 19 AMT*I*5;= 36 PLB*2000000010*20261231*L6:X*-20", "S3-023  2100 AMT 19 2"},
        {"= 19 SVC*HC:99213:25*100*80**1**3;= 21 CAS*CO*45*20*1", "S3-024  2110 SVC 19 5"},
        {"= 19 SVC*HC:99213:25*100*80**2**3;= 21 CAS*CO*45*20*1", ""},
    };
    TRY(remit, t, GS835);
}

static void a_claim_out_of_balance_does_not_lose_its_set(void **state)
{
    (void)state;
    static const struct fault_case k = {"= 19 CLM*TST0001*151***11:B:1*Y*A*Y*Y", ""};
    struct buf found = {0};
    struct check_result r;
    plant(claims, (int)COUNT(claims), &k, GS837, (struct check_opts){.extended_charset = true},
          &found, &r);
    assert_true(r.accepted);
    assert_int_equal(r.findings, 1);
    assert_int_equal(r.claims, 2);
    buf_free(&found);
}

static void a_set_in_the_wrong_group_is_told(void **state)
{
    (void)state;
    struct buf found = {0};
    struct check_result r;
    struct fault_case none = {"", ""};
    plant(claims, (int)COUNT(claims), &none, "GS*HP*SENDER*RECEIVER*20260115*0930*1*X*005010X222A1",
          (struct check_opts){.extended_charset = true}, &found, &r);
    assert_string_equal(buf_cstr(&found), "S1-016 IK502:18 - ST 1 1");
    assert_false(r.accepted);
    buf_free(&found);
}

static void an_alias_is_taken_only_where_allowed(void **state)
{
    (void)state;
    static const struct fault_case alias = {"= 1 ST*837*0001*005010X222A2", ""};
    static const char gs[] = "GS*HC*SENDER*RECEIVER*20260115*0930*1*X*005010X222A2";
    struct buf found = {0};
    struct check_result r;
    struct check_opts o = {.extended_charset = true, .allow_alias = true};
    plant(claims, (int)COUNT(claims), &alias, gs, o, &found, &r);
    assert_string_equal(buf_cstr(&found), "");
    assert_true(r.accepted);
    o.allow_alias = false;
    plant(claims, (int)COUNT(claims), &alias, gs, o, &found, &r);
    assert_string_equal(buf_cstr(&found), "S1-017 AK905:2 - ST 1 -");
    buf_free(&found);
}

static void the_basic_character_set_is_kept_where_nothing_else_is_agreed(void **state)
{
    (void)state;
    static const struct fault_case lower = {"= 9 N3*1 Test St", ""};
    struct buf found = {0};
    struct check_result r;
    plant(claims, (int)COUNT(claims), &lower, GS837, (struct check_opts){0}, &found, &r);
    assert_string_equal(buf_cstr(&found), "S1-039 IK403:6 2010AA N3 9 1");
    buf_free(&found);
}

static void a_level_that_is_not_asked_for_is_not_told(void **state)
{
    (void)state;
    static const struct fault_case k = {"- 11", ""};
    struct buf found = {0};
    struct check_result r;
    plant(claims, (int)COUNT(claims), &k, GS837,
          (struct check_opts){.extended_charset = true, .max_level = 1}, &found, &r);
    assert_string_equal(buf_cstr(&found), "");
    assert_int_equal(r.segments, 60);
    assert_int_equal(r.claims, 2);
    assert_string_equal(r.st02, "0001");
    buf_free(&found);
}

static int open_guides(void **state)
{
    (void)state;
    struct buf error = {0};
    guides = guides_load("config/guides", &error);
    if (!guides)
        print_error("%s\n", buf_cstr(&error));
    buf_free(&error);
    return guides ? 0 : -1;
}
static int close_guides(void **state)
{
    (void)state;
    guides_free(guides);
    return 0;
}

int main(void)
{
    const struct CMUnitTest t[] = {
        cmocka_unit_test(one_fault_in_a_claim_gives_one_finding),
        cmocka_unit_test(one_fault_in_a_remittance_gives_one_finding),
        cmocka_unit_test(what_does_not_add_up_in_a_claim_is_told_once),
        cmocka_unit_test(what_does_not_add_up_in_a_remittance_is_told_once),
        cmocka_unit_test(a_claim_out_of_balance_does_not_lose_its_set),
        cmocka_unit_test(a_set_in_the_wrong_group_is_told),
        cmocka_unit_test(an_alias_is_taken_only_where_allowed),
        cmocka_unit_test(the_basic_character_set_is_kept_where_nothing_else_is_agreed),
        cmocka_unit_test(a_level_that_is_not_asked_for_is_not_told),
    };
    return cmocka_run_group_tests(t, open_guides, close_guides);
}
