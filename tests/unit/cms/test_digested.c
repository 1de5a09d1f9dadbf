/* Reading DigestedData (CMS-031). */
#include "signed_kit.h"

static const char text_octets[] = "digested\r\n";

static struct smi_slice the_text(void)
{
    return smi_slice(text_octets, sizeof text_octets - 1);
}

/* digest: NULL writes none. */
static void craft(struct smi_buf *out, enum smi_oid alg, const struct kit_craft *content,
                  const struct smi_slice *digest, struct smi_slice behind)
{
    struct smi_buf body = {0};
    kit_ok(smi_der_put_uint(&body, 0) == 0);
    kit_algid(&body, SMI_ID_SEQUENCE, alg, smi_slice(NULL, 0));
    kit_put_encap(&body, content);
    if (digest)
        kit_put(&body, SMI_ID_OCTET_STRING, *digest);
    kit_add(&body, behind);
    kit_wrap(out, SMI_OID_DIGESTED_DATA, smi_buf_slice(&body));
    smi_buf_clear(&body);
}

static struct smi_slice hash_text(enum smi_oid alg)
{
    static uint8_t value[SMI_DIGEST_MAX];
    size_t len;
    kit_ok(smi_digest_once(kit_crypto, kit_digest(alg), the_text(), value, &len) == 0);
    return smi_slice(value, len);
}

static void check(struct smi_slice message, const struct kit_options *o, int want, bool digest_ok)
{
    struct kit_read r;
    kit_read(&r, message, o);
    CHECK_INT(r.rc, want);
    CHECK_INT(r.diag.code, want);
    if (want == 0 && !r.result->content_absent) {
        CHECK_INT(r.type, SMI_CMS_DIGESTED);
        CHECK_BYTES(r.text.ptr, r.text.len, text_octets, sizeof text_octets - 1);
        CHECK_INT(r.ends, 1);
    }
    CHECK(want == 0 || r.ends == 0);
    CHECK_INT(r.result->digest_ok, digest_ok);
    kit_read_clear(&r);
}

static void test_digests(void)
{
    static const enum smi_oid algs[] = {SMI_OID_SHA256, SMI_OID_SHA384, SMI_OID_SHA512,
                                        SMI_OID_SHA224, SMI_OID_SHA3_256};
    struct smi_buf message = {0}, ber = {0};
    struct kit_craft content = {.text = the_text()};
    kit_start();
    for (size_t a = 0; a < SMI_COUNT(algs); a++) {
        struct smi_slice digest = hash_text(algs[a]);
        message.len = ber.len = 0;
        craft(&message, algs[a], &content, &digest, smi_slice(NULL, 0));
        kit_ber(&ber, smi_buf_slice(&message), 0);
        for (size_t piece = 0; piece < 12; piece++) {
            struct kit_options o = {.piece = piece};
            check(smi_buf_slice(&message), &o, 0, true);
            check(smi_buf_slice(&ber), &o, 0, true);
        }
        for (size_t len = 0; len < message.len; len++)
            check(smi_slice(message.ptr, len), NULL, SMIME_E_MALFORMED, false);
    }
    smi_buf_clear(&message);
    smi_buf_clear(&ber);
}

/* A digest that does not fit is a verdict, not an error. */
static void test_wrong_digest(void)
{
    struct smi_buf message = {0};
    struct kit_craft content = {.text = the_text()};
    uint8_t wrong[32];
    kit_start();
    struct smi_slice digest = hash_text(SMI_OID_SHA256);
    memcpy(wrong, digest.ptr, sizeof wrong);
    wrong[31] ^= 1;
    struct smi_slice bad[] = {smi_slice(wrong, 32), smi_slice(digest.ptr, 31), smi_slice(wrong, 0)};
    for (size_t i = 0; i < SMI_COUNT(bad); i++) {
        message.len = 0;
        craft(&message, SMI_OID_SHA256, &content, &bad[i], smi_slice(NULL, 0));
        check(smi_buf_slice(&message), NULL, 0, false);
    }
    smi_buf_clear(&message);
}

static void test_refused(void)
{
    static const uint8_t null[] = {5, 0};
    struct smi_buf message = {0};
    struct kit_craft content = {.text = the_text()}, absent = {.detached = true};
    struct kit_options historic = {.policy = SMIME_POLICY_HISTORIC};
    kit_start();
    struct smi_slice digest = hash_text(SMI_OID_SHA256);
    craft(&message, SMI_OID_SHA256, &content, NULL, smi_slice(NULL, 0));
    check(smi_buf_slice(&message), NULL, SMIME_E_MALFORMED, false);
    message.len = 0; /* the digest fits, what follows does not belong there */
    craft(&message, SMI_OID_SHA256, &content, &digest, smi_slice(null, 2));
    check(smi_buf_slice(&message), NULL, SMIME_E_MALFORMED, false);
    message.len = 0;
    craft(&message, SMI_OID_SHA256, &absent, &digest, smi_slice(NULL, 0));
    check(smi_buf_slice(&message), NULL, 0, false);
    message.len = 0;
    craft(&message, SMI_OID_AES128_CBC, &content, &digest, smi_slice(NULL, 0));
    check(smi_buf_slice(&message), NULL, SMIME_E_UNSUPPORTED, false);
    message.len = 0;
    digest = hash_text(SMI_OID_SHA1); /* R7 */
    craft(&message, SMI_OID_SHA1, &content, &digest, smi_slice(NULL, 0));
    check(smi_buf_slice(&message), NULL, SMIME_E_UNSUPPORTED, false);
    check(smi_buf_slice(&message), &historic, 0, true);
    smi_buf_clear(&message);
}

TEST_MAIN(test_digests, test_wrong_digest, test_refused)
