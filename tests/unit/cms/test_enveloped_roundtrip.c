/* Round trips of EnvelopedData and AuthEnvelopedData: ciphers, recipients, sizes, cuts. */
#include "enveloped_kit.h"

static const char *const ciphers[] = {"aes128-cbc", "aes192-cbc", "aes256-cbc",        "aes128-gcm",
                                      "aes192-gcm", "aes256-gcm", "chacha20-poly1305"};

static struct smi_slice sample(size_t len)
{
    static uint8_t octets[80000];
    for (size_t i = 0; i < sizeof octets; i++)
        octets[i] = (uint8_t)(i * 7 + (i >> 8));
    return smi_slice(octets, len);
}

static void round_trip(const struct smi_enveloped_spec *spec, unsigned who, size_t len)
{
    struct smi_buf message = {0};
    struct smi_diag diag;
    struct opened o;
    bool aead = spec->cipher->kind == SMI_ALG_AEAD;
    CHECK_INT(kit_seal(&message, spec, sample(len), 777, &diag), 0);
    kit_open(&o, smi_buf_slice(&message), who);
    CHECK_INT(o.rc, 0);
    if (o.rc != 0)
        fprintf(stderr, "  %s, %zu octets: %s\n", spec->cipher->name, len, o.diag.text);
    CHECK_BYTES(o.text.ptr, o.text.len, sample(len).ptr, len);
    CHECK_INT(o.result.type, aead ? SMI_CMS_AUTH_ENVELOPED : SMI_CMS_ENVELOPED);
    CHECK_INT(o.result.authenticated, aead);
    CHECK(o.result.matched);
    CHECK_INT(o.lines, spec->recipient_count);
    CHECK(o.ours >= 1);
    opened_clear(&o);
    smi_buf_clear(&message);
}

/* ALG-004 ALG-006 ALG-007 ALG-008 AEAD-008 KEY-012 KEY-013 KEY-014 CMS-027 */
static void test_all_ciphers_and_keys(void)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17};
    kit_start();
    for (size_t c = 0; c < SMI_COUNT(ciphers); c++)
        for (int who = 0; who < MALLORY_RSA; who++)
            for (int variant = 0; variant < 4; variant++) {
                struct smi_recipient_spec to = {.cert = kit_person[who].cert,
                                                .by_ski = variant & 1, /* KEY-002 */
                                                .oaep = variant >> 1};
                struct smi_enveloped_spec spec = {
                    .recipient = &to, .recipient_count = 1, .cipher = kit_cipher(ciphers[c]),
                    .content_type = SMI_OID_DATA, .der = variant & 1};
                round_trip(&spec, 1u << who, sizes[(c + (size_t)who + (size_t)variant) % 5]);
            }
}

/* Around the block, the DER limit of the kit (1,000) and the chunk. CMS-002 CMS-026 */
static void test_sizes(void)
{
    static const size_t sizes[] = {0,     1,     15,    16,    17,    31,    32,    33,
                                   983,   984,   999,   1000,  1001,  1008,  32751, 32752,
                                   32767, 32768, 32769, 65535, 65536, 65537, 79999};
    kit_start();
    for (size_t i = 0; i < SMI_COUNT(sizes); i++)
        for (int variant = 0; variant < 4; variant++) {
            struct smi_recipient_spec to = {.cert = kit_person[BOB_P256].cert};
            struct smi_enveloped_spec spec = {
                .recipient = &to, .recipient_count = 1,
                .cipher = kit_cipher(variant & 1 ? "aes256-gcm" : "aes256-cbc"),
                .content_type = SMI_OID_DATA, .der = variant >> 1};
            round_trip(&spec, 1u << BOB_P256, sizes[i]);
        }
}

/* Each of many recipients reads it with its key alone. CMS-025 KEY-001 */
static void test_many_recipients(void)
{
    struct smi_recipient_spec to[MALLORY_RSA];
    kit_start();
    for (int i = 0; i < MALLORY_RSA; i++)
        to[i] = (struct smi_recipient_spec){.cert = kit_person[i].cert, .by_ski = i & 1};
    struct smi_enveloped_spec spec = {.recipient = to, .recipient_count = MALLORY_RSA,
                                      .cipher = kit_cipher("aes128-gcm"),
                                      .content_type = SMI_OID_DATA};
    for (int i = 0; i < MALLORY_RSA; i++)
        round_trip(&spec, 1u << i, 100);
    round_trip(&spec, (1u << MALLORY_RSA) - 1, 100);
}

/* Every cut of a small message, and single octets, give the same. */
static void test_every_cut(void)
{
    static const char *const names[] = {"aes128-cbc", "aes128-gcm"};
    kit_start();
    for (size_t c = 0; c < 2; c++) {
        struct smi_buf message = {0};
        struct opened whole, o;
        CHECK_INT(kit_seal_to(&message, BOB_P256, names[c], sample(50)), 0);
        kit_open(&whole, smi_buf_slice(&message), 1u << BOB_P256);
        CHECK_INT(whole.rc, 0);
        for (size_t cut = 1; cut < message.len; cut++) {
            kit_open_with(&o, smi_buf_slice(&message), 1u << BOB_P256, cut, message.len, 0, NULL);
            CHECK(same_outcome(&o, &whole));
            opened_clear(&o);
        }
        kit_open_with(&o, smi_buf_slice(&message), 1u << BOB_P256, 0, 1, 0, NULL);
        CHECK(same_outcome(&o, &whole));
        opened_clear(&o);
        opened_clear(&whole);
        smi_buf_clear(&message);
    }
}

/* Random cuts of a large, chunked message; intact and with one octet altered. */
static void test_random_cuts(void)
{
    static const char *const names[] = {"aes256-cbc", "aes256-gcm"};
    uint32_t random = 12345;
    kit_start();
    for (size_t c = 0; c < 4; c++) {
        struct smi_buf message = {0};
        struct opened whole, o;
        CHECK_INT(kit_seal_to(&message, CAROL_P384, names[c % 2], sample(70000)), 0);
        /* CBC: the end of the last block but one, which always spoils the padding. */
        if (c >= 2)
            message.ptr[message.len - (c == 2 ? 27 : 25)] ^= 4;
        kit_open_with(&whole, smi_buf_slice(&message), 1u << CAROL_P384, 0, message.len, 0, NULL);
        CHECK_INT(whole.rc, c < 2 ? 0 : SMIME_E_UNDECRYPTABLE);
        for (int i = 0; i < 40; i++) {
            random = random * 1664525 + 1013904223;
            size_t piece = 1 + (random >> 8) % 5000, first = 1 + (random >> 16) % 400;
            kit_open_with(&o, smi_buf_slice(&message), 1u << CAROL_P384, first, piece, 0, NULL);
            CHECK(same_outcome(&o, &whole));
            opened_clear(&o);
        }
        opened_clear(&whole);
        smi_buf_clear(&message);
    }
}

/* Sealing depends on the cut of the content as little: same length, readable. */
static void test_content_cuts(void)
{
    static const size_t pieces[] = {1, 2, 15, 16, 999, 1000, 1001, 40000};
    kit_start();
    struct smi_recipient_spec to = {.cert = kit_person[ALICE_RSA].cert};
    struct smi_enveloped_spec spec = {.recipient = &to, .recipient_count = 1,
                                      .cipher = kit_cipher("aes256-cbc"),
                                      .content_type = SMI_OID_DATA};
    size_t length[2] = {0, 0};
    for (size_t i = 0; i < SMI_COUNT(pieces); i++)
        for (int large = 0; large < 2; large++) {
            struct smi_buf message = {0};
            struct smi_diag diag;
            struct opened o;
            size_t len = large ? 40000 : 500;
            CHECK_INT(kit_seal(&message, &spec, sample(len), pieces[i], &diag), 0);
            kit_open(&o, smi_buf_slice(&message), 1u << ALICE_RSA);
            CHECK_BYTES(o.text.ptr, o.text.len, sample(len).ptr, len);
            if (length[large] == 0)
                length[large] = message.len;
            CHECK_INT(message.len, length[large]);
            opened_clear(&o);
            smi_buf_clear(&message);
        }
}

/* The DER element at a path of child indexes. */
static struct smi_slice child(struct smi_slice tlv, size_t index)
{
    struct smi_der der = smi_der(tlv), inside;
    struct smi_slice content = {0}, got = {0};
    if (smi_der_any(&der, NULL, &content, NULL) != 0)
        return got;
    inside = smi_der(content);
    for (size_t i = 0; i <= index; i++)
        if (smi_der_any(&inside, NULL, NULL, &got) != 0)
            return smi_slice(NULL, 0);
    return got;
}

static int version_of(const struct smi_recipient_spec *to, size_t count, const char *cipher,
                      struct smi_buf *message)
{
    struct smi_diag diag;
    struct smi_enveloped_spec spec = {.recipient = to, .recipient_count = count,
                                      .cipher = kit_cipher(cipher), .content_type = SMI_OID_DATA,
                                      .der = true};
    message->len = 0;
    CHECK_INT(kit_seal(message, &spec, sample(20), 20, &diag), 0);
    struct smi_slice version = child(child(child(smi_buf_slice(message), 1), 0), 0);
    return version.len == 3 ? version.ptr[2] : -1;
}

/* CMS-012 CMS-013 CMS-014 */
static void test_versions(void)
{
    struct smi_buf message = {0};
    kit_start();
    struct smi_recipient_spec by_issuer = {.cert = kit_person[ALICE_RSA].cert};
    struct smi_recipient_spec by_ski = {.cert = kit_person[ALICE_RSA].cert, .by_ski = true};
    struct smi_recipient_spec ec = {.cert = kit_person[BOB_P256].cert};
    CHECK_INT(version_of(&by_issuer, 1, "aes128-cbc", &message), 0);
    struct smi_slice ri = child(child(child(child(smi_buf_slice(&message), 1), 0), 1), 0);
    CHECK_INT(child(ri, 0).ptr[2], 0);
    CHECK_INT(version_of(&by_ski, 1, "aes128-cbc", &message), 2);
    ri = child(child(child(child(smi_buf_slice(&message), 1), 0), 1), 0);
    CHECK_INT(child(ri, 0).ptr[2], 2);
    CHECK_INT(child(ri, 1).ptr[0], 0x80);
    CHECK_INT(version_of(&ec, 1, "aes128-cbc", &message), 2);
    ri = child(child(child(child(smi_buf_slice(&message), 1), 0), 1), 0);
    CHECK_INT(ri.ptr[0], 0xa1);
    CHECK_INT(child(ri, 0).ptr[2], 3);
    CHECK_INT(child(ri, 2).ptr[0], 0xa1); /* ukm. KEY-009 */
    CHECK_INT(version_of(&by_ski, 1, "aes128-gcm", &message), 0);
    smi_buf_clear(&message);
}

/* ICVlen 16 is written, a nonce of 12 octets, the tag in mac. AEAD-001 AEAD-004 AEAD-005 AEAD-006
 * */
static void test_gcm_form(void)
{
    struct smi_buf message = {0};
    kit_start();
    struct smi_recipient_spec to = {.cert = kit_person[BOB_P256].cert};
    CHECK_INT(version_of(&to, 1, "aes256-gcm", &message), 0);
    struct smi_slice body = child(child(smi_buf_slice(&message), 1), 0);
    struct smi_slice info = child(body, 2), params = child(child(info, 1), 1);
    CHECK_INT(child(params, 0).len, 14);
    CHECK_BYTES(child(params, 1).ptr, child(params, 1).len, "\x02\x01\x10", 3);
    CHECK_INT(child(info, 2).len, 2 + 20);
    CHECK_INT(child(body, 3).len, 2 + 16);
    CHECK_INT(child(body, 3).ptr[0], 0x04);
    smi_buf_clear(&message);
}

/* Wrap and hash of a kari follow the cipher and the curve; the curve is named. ALG-005 KEY-007
 * KEY-008 KEY-010 KEY-011 KEY-012 */
static void test_kari_form(void)
{
    static const struct {
        int who;
        const char *cipher;
        enum smi_oid scheme, wrap, curve;
    } want[] = {
        {BOB_P256, "aes128-cbc", SMI_OID_DHSS_STD_SHA256, SMI_OID_AES128_WRAP, SMI_OID_P256},
        {BOB_P256, "aes256-gcm", SMI_OID_DHSS_STD_SHA256, SMI_OID_AES256_WRAP, SMI_OID_P256},
        {CAROL_P384, "aes192-cbc", SMI_OID_DHSS_STD_SHA384, SMI_OID_AES192_WRAP, SMI_OID_P384},
        {DAVE_P521, "aes256-cbc", SMI_OID_DHSS_STD_SHA512, SMI_OID_AES256_WRAP, SMI_OID_P521},
        {EVE_BP256, "aes256-cbc", SMI_OID_DHSS_STD_SHA256, SMI_OID_AES256_WRAP, SMI_OID_BP256R1},
    };
    kit_start();
    for (size_t i = 0; i < SMI_COUNT(want); i++) {
        struct smi_buf message = {0};
        struct smi_recipient_spec to = {.cert = kit_person[want[i].who].cert};
        CHECK_INT(version_of(&to, 1, want[i].cipher, &message) >= 0, 1);
        struct smi_slice ri = child(child(child(child(smi_buf_slice(&message), 1), 0), 1), 0);
        struct smi_slice key = child(child(ri, 1), 0), alg = child(ri, 3);
        struct smi_slice curve = child(child(key, 0), 1), wrap = child(alg, 1);
        CHECK_INT(smi_oid_find(smi_slice_skip(curve, 2)), want[i].curve);
        CHECK_INT(smi_oid_find(smi_slice_skip(child(alg, 0), 2)), want[i].scheme);
        CHECK_INT(smi_oid_find(smi_slice_skip(child(wrap, 0), 2)), want[i].wrap);
        CHECK_INT(child(wrap, 1).len, 0);
        struct smi_slice point = child(key, 1);
        size_t head = point.len > 130 ? 3 : 2;
        CHECK_INT(point.ptr[head], 0);
        CHECK_INT(point.ptr[head + 1], 4);
        smi_buf_clear(&message);
    }
}

/* RSA: NULL parameters, or OAEP with SHA-256 twice. ALG-017 ALG-032 */
static void test_ktri_form(void)
{
    static const uint8_t null_params[] = {0x05, 0x00};
    struct smi_buf message = {0};
    kit_start();
    for (int oaep = 0; oaep < 2; oaep++) {
        struct smi_recipient_spec to = {.cert = kit_person[ALICE_RSA].cert, .oaep = oaep};
        CHECK_INT(version_of(&to, 1, "aes128-cbc", &message), 0);
        struct smi_slice ri = child(child(child(child(smi_buf_slice(&message), 1), 0), 1), 0);
        struct smi_slice alg = child(ri, 2);
        CHECK_INT(smi_oid_find(smi_slice_skip(child(alg, 0), 2)),
                  oaep ? SMI_OID_RSAES_OAEP : SMI_OID_RSA_ENCRYPTION);
        if (!oaep)
            CHECK_BYTES(child(alg, 1).ptr, child(alg, 1).len, null_params, 2);
        else
            CHECK_INT(child(child(alg, 1), 0).ptr[0], 0xa0);
    }
    smi_buf_clear(&message);
}

/* Two messages share neither key, nor nonce, nor ephemeral key. CMS-025 AEAD-009 KEY-015 */
static void test_fresh(void)
{
    struct smi_buf a = {0}, b = {0};
    kit_start();
    CHECK_INT(kit_seal_to(&a, BOB_P256, "aes256-gcm", sample(64)), 0);
    CHECK_INT(kit_seal_to(&b, BOB_P256, "aes256-gcm", sample(64)), 0);
    struct smi_slice pa = child(child(smi_buf_slice(&a), 1), 0);
    struct smi_slice pb = child(child(smi_buf_slice(&b), 1), 0);
    CHECK(!smi_slice_eq(child(child(child(pa, 2), 1), 1), child(child(child(pb, 2), 1), 1)));
    CHECK(!smi_slice_eq(child(child(pa, 2), 2), child(child(pb, 2), 2)));
    CHECK(!smi_slice_eq(child(child(child(pa, 1), 0), 1), child(child(child(pb, 1), 0), 1)));
    smi_buf_clear(&a);
    smi_buf_clear(&b);
}

/* Content that is not id-data: authAttrs with contentType, read in two passes. AEAD-002 AEAD-003 */
static void test_other_content_type(void)
{
    struct smi_buf message = {0};
    struct smi_diag diag;
    struct opened first, second;
    kit_start();
    struct smi_recipient_spec to = {.cert = kit_person[BOB_P256].cert};
    struct smi_enveloped_spec spec = {.recipient = &to, .recipient_count = 1,
                                      .cipher = kit_cipher("aes256-gcm"),
                                      .content_type = SMI_OID_SIGNED_DATA};
    for (size_t len = 10; len < 5000; len += 4000) {
        message.len = 0;
        CHECK_INT(kit_seal(&message, &spec, sample(len), 100, &diag), 0);
        kit_open(&first, smi_buf_slice(&message), 1u << BOB_P256);
        CHECK_INT(first.rc, SMIME_E_AGAIN);
        CHECK(first.result.need_rewind);
        CHECK_INT(first.result.authenticated, false);
        struct smi_cms_hints hints = {.auth_attrs = first.result.auth_attrs};
        kit_open_with(&second, smi_buf_slice(&message), 1u << BOB_P256, 0, 33, 0, &hints);
        CHECK_INT(second.rc, 0);
        CHECK(second.result.authenticated);
        CHECK_BYTES(second.text.ptr, second.text.len, sample(len).ptr, len);
        opened_clear(&first);
        opened_clear(&second);
    }
    smi_buf_clear(&message);
}

/* KEY-006 KEY-024 ALG-030 */
static void test_refused_specs(void)
{
    struct smi_buf message = {0};
    struct smi_diag diag;
    kit_start();
    struct smi_cert *sign_rsa = kit_make_cert(kit_person[ALICE_RSA].pkey, 1, "digitalSignature");
    struct smi_cert *sign_ec = kit_make_cert(kit_person[BOB_P256].pkey, 2, "digitalSignature");
    struct smi_cert *good = kit_make_cert(kit_person[BOB_P256].pkey, 3, "keyAgreement");
    struct smi_recipient_spec to = {.cert = sign_rsa};
    struct smi_enveloped_spec spec = {.recipient = &to, .recipient_count = 1,
                                      .cipher = kit_cipher("aes128-cbc"),
                                      .content_type = SMI_OID_DATA};
    CHECK_INT(kit_seal(&message, &spec, sample(3), 3, &diag), SMIME_E_NO_CERT);
    CHECK(strstr(diag.text, "keyEncipherment") != NULL);
    to.cert = sign_ec;
    CHECK_INT(kit_seal(&message, &spec, sample(3), 3, &diag), SMIME_E_NO_CERT);
    CHECK(strstr(diag.text, "keyAgreement") != NULL);
    to.cert = good;
    CHECK_INT(kit_seal(&message, &spec, sample(3), 3, &diag), 0);
    spec.recipient_count = 0;
    CHECK_INT(kit_seal(&message, &spec, sample(3), 3, &diag), SMIME_E_NO_CERT);
    spec.recipient_count = 1;
    spec.cipher = kit_cipher("des-ede3-cbc");
    CHECK_INT(kit_seal(&message, &spec, sample(3), 3, &diag), SMIME_E_UNSUPPORTED);
    smi_cert_free(sign_rsa);
    smi_cert_free(sign_ec);
    smi_cert_free(good);
    smi_buf_clear(&message);
}

TEST_MAIN(test_all_ciphers_and_keys, test_sizes, test_many_recipients, test_every_cut,
          test_random_cuts, test_content_cuts, test_versions, test_gcm_form, test_kari_form,
          test_ktri_form, test_fresh, test_other_content_type, test_refused_specs)
