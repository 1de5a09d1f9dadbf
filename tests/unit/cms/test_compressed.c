/* CompressedData, both ways (CMS-032). */
#include "signed_kit.h"

static uint8_t text[200000];

static int compress(struct smi_buf *out, struct smi_slice in, size_t piece, bool der)
{
    struct smime_limits limits = {.size = sizeof limits, .spool_memory_bytes = KIT_SPOOL_MEMORY};
    struct smi_diag diag;
    struct smi_sink sink;
    smi_diag_reset(&diag);
    struct smi_cms_env env = {.crypto = kit_crypto, .limits = &limits, .diag = &diag, .layer = "0"};
    int rc = smi_compressed_write_new(&sink, smi_buf_sink(out), &env, der);
    if (rc != 0)
        return rc;
    rc = kit_run(&sink, in, 0, piece);
    smi_sink_free(&sink);
    return rc;
}

/* Incompressible, so that small input gives large output too. */
static void noise(uint8_t *out, size_t len)
{
    uint32_t x = 2463534242u;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        out[i] = (uint8_t)(x >> 11);
    }
}

static void check_text(struct smi_slice message, size_t piece, size_t len)
{
    struct kit_options o = {.piece = piece};
    struct kit_read r;
    kit_read(&r, message, &o);
    CHECK_INT(r.rc, 0);
    CHECK_INT(r.type, SMI_CMS_COMPRESSED);
    CHECK_STR(r.alg, smi_oid_name(SMI_OID_ZLIB));
    CHECK_BYTES(r.text.ptr, r.text.len, text, len);
    CHECK_INT(r.ends, 1);
    CHECK_INT(r.aborts, 0);
    kit_read_clear(&r);
}

static void test_round_trip(void)
{
    static const size_t sizes[] = {0, 1, 900, 1000, 1001, 32768, 40000, 200000};
    struct smi_buf out = {0}, again = {0};
    kit_start();
    noise(text, sizeof text);
    for (size_t s = 0; s < SMI_COUNT(sizes); s++)
        for (int der = 0; der < 2; der++) {
            out.len = again.len = 0;
            CHECK_INT(compress(&out, smi_slice(text, sizes[s]), 200000, der), 0);
            CHECK_INT(compress(&again, smi_slice(text, sizes[s]), 77, der), 0);
            CHECK_BYTES(out.ptr, out.len, again.ptr, again.len);
            check_text(smi_buf_slice(&out), 0, sizes[s]);
            check_text(smi_buf_slice(&out), 13, sizes[s]);
        }
    smi_buf_clear(&out);
    smi_buf_clear(&again);
}

static void test_cuts(void)
{
    struct smi_buf out = {0};
    struct kit_read r;
    kit_start();
    kit_fill(text, sizeof text);
    CHECK_INT(compress(&out, smi_slice(text, 500), 500, true), 0);
    for (size_t first = 1; first < out.len; first++) {
        struct kit_options o = {.first = first};
        kit_read(&r, smi_buf_slice(&out), &o);
        CHECK_INT(r.rc, 0);
        CHECK_BYTES(r.text.ptr, r.text.len, text, 500);
        kit_read_clear(&r);
    }
    for (size_t len = 0; len < out.len; len++) {
        kit_read(&r, smi_slice(out.ptr, len), NULL);
        CHECK_INT(r.rc, SMIME_E_MALFORMED);
        CHECK_INT(r.ends, 0);
        kit_read_clear(&r);
    }
    smi_buf_clear(&out);
}

static void test_ber(void)
{
    struct smi_buf out = {0}, ber = {0};
    kit_start();
    kit_fill(text, sizeof text);
    CHECK_INT(compress(&out, smi_slice(text, 600), 600, true), 0);
    kit_ber(&ber, smi_buf_slice(&out), 0);
    for (size_t piece = 0; piece < 20; piece++)
        check_text(smi_buf_slice(&ber), piece, 600);
    smi_buf_clear(&out);
    smi_buf_clear(&ber);
}

/* SEC-011: bombs end in LIMIT, downstream aborted */
static void test_bomb(void)
{
    static uint8_t zeros[4 << 20];
    struct smi_buf out = {0};
    struct kit_read r;
    struct smime_limits limits = {.size = sizeof limits, .expanded_bytes = 100000};
    struct kit_options small = {.limits = &limits};
    kit_start();
    kit_fill(text, sizeof text);
    CHECK_INT(compress(&out, smi_slice(zeros, sizeof zeros), 1 << 16, false), 0);
    kit_read(&r, smi_buf_slice(&out), NULL);
    CHECK_INT(r.rc, SMIME_E_LIMIT);
    CHECK_INT(r.diag.code, SMIME_E_LIMIT);
    CHECK_INT(r.ends, 0);
    CHECK_INT(r.aborts, 1);
    kit_read_clear(&r);
    out.len = 0;
    noise(text, sizeof text);
    CHECK_INT(compress(&out, smi_slice(text, 100001), 100001, false), 0);
    kit_read(&r, smi_buf_slice(&out), &small);
    CHECK_INT(r.rc, SMIME_E_LIMIT);
    CHECK_INT(r.ends, 0);
    kit_read_clear(&r);
    smi_buf_clear(&out);
}

static void craft(struct smi_buf *out, enum smi_oid alg, const struct kit_craft *content,
                  struct smi_slice behind)
{
    struct smi_buf body = {0};
    kit_ok(smi_der_put_uint(&body, 0) == 0);
    kit_algid(&body, SMI_ID_SEQUENCE, alg, smi_slice(NULL, 0));
    kit_put_encap(&body, content);
    kit_add(&body, behind);
    kit_wrap(out, SMI_OID_COMPRESSED_DATA, smi_buf_slice(&body));
    smi_buf_clear(&body);
}

static void check_crafted(enum smi_oid alg, const struct kit_craft *content,
                          struct smi_slice behind, int want)
{
    struct smi_buf message = {0};
    struct kit_read r;
    craft(&message, alg, content, behind);
    kit_read(&r, smi_buf_slice(&message), NULL);
    CHECK_INT(r.rc, want);
    CHECK_INT(r.diag.code, want);
    CHECK_INT(r.ends, 0);
    if (want == 0)
        CHECK(r.result->content_absent);
    kit_read_clear(&r);
    smi_buf_clear(&message);
}

static void test_refused(void)
{
    static const uint8_t null[] = {5, 0};
    struct smi_slice none = {NULL, 0};
    struct kit_craft junk = {.text = smi_slice_str("this is no zlib stream")};
    struct kit_craft empty = {.text = none}, absent = {.detached = true};
    struct kit_craft any = {.content_tlv = smi_slice(null, 2), .econtent_type = SMI_OID_CT_TSTINFO};
    kit_start();
    check_crafted(SMI_OID_ZLIB, &junk, none, SMIME_E_MALFORMED);
    check_crafted(SMI_OID_ZLIB, &empty, none, SMIME_E_MALFORMED);
    check_crafted(SMI_OID_ZLIB, &any, none, SMIME_E_MALFORMED);
    check_crafted(SMI_OID_SHA256, &junk, none, SMIME_E_UNSUPPORTED);
    check_crafted(SMI_OID_ZLIB, &absent, none, 0);
    check_crafted(SMI_OID_ZLIB, &absent, smi_slice(null, 2), SMIME_E_MALFORMED);
}

static size_t fault_left;
static bool fault_hook(void *arg)
{
    SMI_UNUSED(arg);
    return fault_left == 0 || --fault_left != 0;
}

static void test_faults(void)
{
    struct smi_buf out = {0}, good = {0};
    struct kit_read r;
    int rc = SMIME_E_NOMEM;
    kit_start();
    noise(text, sizeof text);
    kit_ok(compress(&good, smi_slice(text, 3000), 3000, false) == 0);
    kit_ok(smi_buf_reserve(&out, 20000) == 0);
    smi_mem_set_fault_hook(fault_hook, NULL);
    for (size_t n = 1; rc != 0 && n < 1000; n++) {
        out.len = 0;
        fault_left = n;
        rc = compress(&out, smi_slice(text, 3000), 3000, false);
        CHECK(rc == SMIME_E_NOMEM || (rc == 0 && fault_left));
    }
    CHECK_INT(rc, 0);
    rc = SMIME_E_NOMEM;
    for (size_t n = 1; rc != 0 && n < 1000; n++) {
        fault_left = n;
        kit_read(&r, smi_buf_slice(&good), NULL);
        rc = r.rc;
        CHECK(rc == SMIME_E_NOMEM || (rc == 0 && fault_left));
        fault_left = 0;
        kit_read_clear(&r);
    }
    CHECK_INT(rc, 0);
    smi_mem_set_fault_hook(NULL, NULL);
    smi_buf_clear(&out);
    smi_buf_clear(&good);
}

TEST_MAIN(test_round_trip, test_cuts, test_ber, test_bomb, test_refused, test_faults)
