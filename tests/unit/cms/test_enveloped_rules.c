/* What is refused before a private key is used, what is tolerated, limits, faults. */
#include "enveloped_kit.h"

static const uint8_t cek_octets[40] = {0x31, 0x32, 0x33, 0x34, 0x35};
static const uint8_t iv_octets[16] = {0x71};

static struct smi_slice cek(size_t len)
{
    return smi_slice(cek_octets, len);
}

static struct smi_slice iv(size_t len)
{
    return smi_slice(iv_octets, len);
}

static struct smi_slice text(void)
{
    return smi_slice_str("some content");
}

/* Crafts EnvelopedData to `who` with this algorithm identifier and ciphertext, opens it. */
static void open_crafted(struct opened *o, enum smi_oid type, int who, size_t cek_len,
                         const struct smi_buf *alg, const struct smi_buf *body,
                         enum smime_policy policy)
{
    struct smi_buf ris = {0}, message = {0}, tail = {0};
    kit_put_ri(&ris, who, false, cek(cek_len));
    if (type == SMI_OID_AUTH_ENVELOPED_DATA && smi_der_put_octets(&tail, iv(16)) != 0)
        abort();
    struct recipe r = {.type = type, .recipients = smi_buf_slice(&ris),
                       .content_type = SMI_OID_DATA, .algid = smi_buf_slice(alg), .absent = !body,
                       .encrypted = body ? smi_buf_slice(body) : smi_slice(NULL, 0),
                       .tail = smi_buf_slice(&tail)};
    kit_craft(&message, &r);
    kit_open_with(o, smi_buf_slice(&message), 1u << who, 0, 11, policy, NULL);
    smi_buf_clear(&ris);
    smi_buf_clear(&message);
    smi_buf_clear(&tail);
}

static void refused(struct opened *o, int rc, const char *needle)
{
    CHECK_INT(o->rc, rc);
    CHECK(!o->content_began);
    CHECK(strstr(o->diag.text, needle) != NULL);
    if (!strstr(o->diag.text, needle))
        fprintf(stderr, "  got: %s\n", o->diag.text);
    CHECK_STR(o->diag.layer, "0 enveloped");
    opened_clear(o);
}

/* AEAD-011 AEAD-012 */
static void test_cipher_in_wrong_structure(void)
{
    struct smi_buf alg = {0}, body = {0};
    struct opened o;
    kit_start();
    kit_put_gcm_algid(&alg, "aes256-gcm", iv(12), 16);
    CHECK_INT(smi_buf_add(&body, iv(16)), 0);
    open_crafted(&o, SMI_OID_ENVELOPED_DATA, BOB_P256, 32, &alg, &body, 0);
    refused(&o, SMIME_E_MALFORMED, "AuthEnvelopedData");
    alg.len = 0;
    kit_put_iv_algid(&alg, "aes256-cbc", iv(16));
    open_crafted(&o, SMI_OID_AUTH_ENVELOPED_DATA, BOB_P256, 32, &alg, &body, 0);
    refused(&o, SMIME_E_MALFORMED, "does not authenticate");
    smi_buf_clear(&alg);
    smi_buf_clear(&body);
}

/* Missing, short and long IVs and nonces are never filled up (threats 5.16, 5.7). */
static void test_iv_and_nonce(void)
{
    static const size_t iv_lengths[] = {0, 1, 8, 15, 17};
    static const uint8_t long_nonce[70] = {1};
    struct smi_buf alg = {0}, body = {0};
    struct opened o;
    kit_start();
    CHECK_INT(smi_buf_add(&body, iv(16)), 0);
    for (size_t i = 0; i < SMI_COUNT(iv_lengths); i++) {
        alg.len = 0;
        kit_put_iv_algid(&alg, "aes128-cbc", smi_slice(long_nonce, iv_lengths[i]));
        open_crafted(&o, SMI_OID_ENVELOPED_DATA, BOB_P256, 16, &alg, &body, 0);
        refused(&o, SMIME_E_MALFORMED, "IV or nonce");
    }
    static const char *const no_params[] = {"aes128-cbc", "aes256-cbc", "aes256-gcm"};
    for (size_t i = 0; i < SMI_COUNT(no_params); i++) {
        alg.len = 0;
        kit_put_algid(&alg, smi_oid_der(kit_cipher(no_params[i])->oid), smi_slice(NULL, 0));
        open_crafted(&o, i == 2 ? SMI_OID_AUTH_ENVELOPED_DATA : SMI_OID_ENVELOPED_DATA, BOB_P256,
                     32, &alg, &body, 0);
        refused(&o, SMIME_E_MALFORMED, "IV or nonce");
    }
    for (size_t len = 0; len <= 70; len += len == 0 ? 65 : 5) {
        alg.len = 0;
        kit_put_gcm_algid(&alg, "aes256-gcm", smi_slice(long_nonce, len), 16);
        open_crafted(&o, SMI_OID_AUTH_ENVELOPED_DATA, BOB_P256, 32, &alg, &body, 0);
        refused(&o, SMIME_E_MALFORMED, "IV or nonce");
    }
    smi_buf_clear(&alg);
    smi_buf_clear(&body);
}

/* Nonces of other lengths are read. AEAD-006 */
static void test_other_nonces(void)
{
    static const uint8_t nonce[64] = {5};
    static const size_t lengths[] = {1, 8, 11, 12, 13, 16, 64};
    kit_start();
    for (size_t i = 0; i < SMI_COUNT(lengths); i++) {
        struct smi_buf ris = {0}, alg = {0}, body = {0}, tail = {0}, message = {0};
        uint8_t tag[16];
        struct opened o;
        struct smi_slice n = smi_slice(nonce, lengths[i]);
        kit_put_ri(&ris, BOB_P256, false, cek(16));
        kit_put_gcm_algid(&alg, "aes128-gcm", n, 16);
        kit_gcm(&body, tag, 16, "aes128-gcm", cek(16), n, smi_slice(NULL, 0), text());
        CHECK_INT(smi_der_put_octets(&tail, smi_slice(tag, 16)), 0);
        struct recipe r = {.type = SMI_OID_AUTH_ENVELOPED_DATA, .recipients = smi_buf_slice(&ris),
                           .content_type = SMI_OID_DATA, .algid = smi_buf_slice(&alg),
                           .encrypted = smi_buf_slice(&body), .tail = smi_buf_slice(&tail)};
        kit_craft(&message, &r);
        kit_open(&o, smi_buf_slice(&message), 1u << BOB_P256);
        CHECK_INT(o.rc, 0);
        opened_clear(&o);
        smi_buf_clear(&ris);
        smi_buf_clear(&alg);
        smi_buf_clear(&body);
        smi_buf_clear(&tail);
        smi_buf_clear(&message);
    }
}

/* ALG-030, threats 5.15: 3DES, DES, RC2 under `historic` alone; RC4 never. */
static void test_historic(void)
{
    static const struct {
        const char *cipher, *called;
        size_t key_len;
    } old[] = {{"des-ede3-cbc", "3DES", 24}, {"des-cbc", "DES", 8}};
    kit_start();
    for (size_t i = 0; i < SMI_COUNT(old); i++) {
        struct smi_buf alg = {0}, body = {0}, ris = {0}, message = {0};
        struct opened o;
        char sentence[80];
        kit_put_iv_algid(&alg, old[i].cipher, iv(8));
        kit_cbc(&body, old[i].cipher, cek(old[i].key_len), iv(8), text());
        kit_put_ri(&ris, ALICE_RSA, false, cek(old[i].key_len));
        struct recipe r = {.type = SMI_OID_ENVELOPED_DATA, .recipients = smi_buf_slice(&ris),
                           .content_type = SMI_OID_DATA, .algid = smi_buf_slice(&alg),
                           .encrypted = smi_buf_slice(&body)};
        kit_craft(&message, &r);
        for (int policy = SMIME_POLICY_COMPATIBLE; policy <= SMIME_POLICY_HISTORIC; policy++) {
            kit_open_with(&o, smi_buf_slice(&message), 1u << ALICE_RSA, 0, 50,
                          (enum smime_policy)policy, NULL);
            if (policy == SMIME_POLICY_HISTORIC) {
                CHECK_INT(o.rc, 0);
                CHECK_BYTES(o.text.ptr, o.text.len, text().ptr, text().len);
                opened_clear(&o);
                continue;
            }
            snprintf(sentence, sizeof sentence, "%s is only read with --policy historic",
                     old[i].called);
            refused(&o, SMIME_E_UNSUPPORTED, sentence);
        }
        smi_buf_clear(&alg);
        smi_buf_clear(&body);
        smi_buf_clear(&ris);
        smi_buf_clear(&message);
    }
}

/* RC2: the version says how many bits of the key are used. */
static void test_rc2(void)
{
    static const struct {
        unsigned version;
        size_t key_len;
        int rc;
    } cases[] = {{160, 5, 0}, {120, 8, 0}, {58, 16, 0}, {1, 16, SMIME_E_MALFORMED},
                 {0, 16, SMIME_E_MALFORMED}};
    kit_start();
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        struct smi_buf params = {0}, alg = {0}, body = {0}, ris = {0}, message = {0};
        struct opened o;
        size_t mark;
        CHECK_INT(smi_der_open(&params, SMI_ID_SEQUENCE, &mark), 0);
        CHECK_INT(smi_der_put_uint(&params, cases[i].version), 0);
        CHECK_INT(smi_der_put_octets(&params, iv(8)), 0);
        CHECK_INT(smi_der_close(&params, mark), 0);
        kit_put_algid(&alg, smi_oid_der(SMI_OID_RC2_CBC), smi_buf_slice(&params));
        kit_cbc(&body, "rc2-cbc", cek(cases[i].key_len), iv(8), text());
        kit_put_ri(&ris, ALICE_RSA, false, cek(cases[i].key_len));
        struct recipe r = {.type = SMI_OID_ENVELOPED_DATA, .recipients = smi_buf_slice(&ris),
                           .content_type = SMI_OID_DATA, .algid = smi_buf_slice(&alg),
                           .encrypted = smi_buf_slice(&body)};
        kit_craft(&message, &r);
        kit_open_with(&o, smi_buf_slice(&message), 1u << ALICE_RSA, 0, 50, SMIME_POLICY_HISTORIC,
                      NULL);
        CHECK_INT(o.rc, cases[i].rc);
        if (o.rc == 0)
            CHECK_BYTES(o.text.ptr, o.text.len, text().ptr, text().len);
        opened_clear(&o);
        smi_buf_clear(&params);
        smi_buf_clear(&alg);
        smi_buf_clear(&body);
        smi_buf_clear(&ris);
        smi_buf_clear(&message);
    }
}

/* Without libcrypto's legacy module: said before the key is used. */
static void test_cipher_not_available(void)
{
    struct smi_buf alg = {0}, body = {0}, ris = {0}, message = {0};
    struct smi_crypto *full, *plain;
    struct opened o;
    kit_start();
    full = kit_crypto;
    kit_put_iv_algid(&alg, "des-cbc", iv(8));
    kit_cbc(&body, "des-cbc", cek(8), iv(8), text());
    kit_put_ri(&ris, ALICE_RSA, false, cek(8));
    struct recipe r = {.type = SMI_OID_ENVELOPED_DATA, .recipients = smi_buf_slice(&ris),
                       .content_type = SMI_OID_DATA, .algid = smi_buf_slice(&alg),
                       .encrypted = smi_buf_slice(&body)};
    kit_craft(&message, &r);
    CHECK_INT(smi_crypto_new(&plain, false), 0);
    kit_crypto = plain;
    kit_open_with(&o, smi_buf_slice(&message), 1u << ALICE_RSA, 0, 50, SMIME_POLICY_HISTORIC, NULL);
    kit_crypto = full;
    refused(&o, SMIME_E_UNSUPPORTED, "legacy module");
    smi_crypto_free(plain);
    smi_buf_clear(&alg);
    smi_buf_clear(&body);
    smi_buf_clear(&ris);
    smi_buf_clear(&message);
}

/* The structure allows it (RFC 5652 6.1), so `show` lists it. CMS-027 */
static void test_content_absent(void)
{
    struct smi_buf alg = {0};
    struct opened o;
    kit_start();
    kit_put_iv_algid(&alg, "aes128-cbc", iv(16));
    open_crafted(&o, SMI_OID_ENVELOPED_DATA, BOB_P256, 16, &alg, NULL, 0);
    CHECK(o.result.content_absent);
    refused(&o, SMIME_E_UNSUPPORTED, "encryptedContent is absent");
    smi_buf_clear(&alg);
}

/* Structures that end early: MALFORMED, at no time a message without content. */
static void test_incomplete(void)
{
    static const struct {
        const char *octets;
        size_t len;
    } bodies[] = {{"\x30\x00", 2},
                  {"\x30\x03\x02\x01\x00", 5},
                  {"\x30\x05\x02\x01\x00\x31\x00", 7},
                  {"\x30\x07\x02\x01\x00\x31\x00\x30\x00", 9},
                  {"\x30\x07\x02\x01\x00\x30\x00\x31\x00", 9},
                  {"\x30\x05\x31\x00\x02\x01\x00", 7},
                  {"\x30\x07\x02\x01\x00\x31\x00\x31\x00", 9},
                  {"\x30\x09\x02\x01\x00\x31\x00\x30\x02\x80\x00", 11},
                  {"\x30\x09\x02\x01\x00\x31\x00\x30\x02\x30\x00", 11}};
    kit_start();
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < SMI_COUNT(bodies); i++) {
            struct smi_buf message = {0};
            struct opened o, bytewise;
            size_t whole;
            enum smi_oid oid = t ? SMI_OID_AUTH_ENVELOPED_DATA : SMI_OID_ENVELOPED_DATA;
            CHECK_INT(smi_der_open(&message, SMI_ID_SEQUENCE, &whole), 0);
            CHECK_INT(smi_der_put_oid(&message, smi_oid_der(oid)), 0);
            CHECK_INT(smi_der_put(&message, SMI_ID_CONTEXT_CONSTRUCTED,
                                  smi_slice(bodies[i].octets, bodies[i].len)),
                      0);
            CHECK_INT(smi_der_close(&message, whole), 0);
            kit_open(&o, smi_buf_slice(&message), 1u << BOB_P256);
            CHECK_INT(o.rc, SMIME_E_MALFORMED);
            kit_open_with(&bytewise, smi_buf_slice(&message), 1u << BOB_P256, 0, 1, 0, NULL);
            CHECK(same_outcome(&o, &bytewise));
            opened_clear(&o);
            opened_clear(&bytewise);
            smi_buf_clear(&message);
        }
}

static void test_unknown_cipher(void)
{
    static const uint8_t oid[] = {0x2a, 0x03, 0x04};
    struct smi_buf alg = {0}, body = {0};
    struct opened o;
    kit_start();
    CHECK_INT(smi_buf_add(&body, iv(16)), 0);
    kit_put_algid(&alg, smi_slice(oid, sizeof oid), smi_slice(NULL, 0));
    open_crafted(&o, SMI_OID_ENVELOPED_DATA, BOB_P256, 16, &alg, &body, SMIME_POLICY_HISTORIC);
    refused(&o, SMIME_E_UNSUPPORTED, "1.2.3.4");
    smi_buf_clear(&alg);
    smi_buf_clear(&body);
}

/* AEAD-013 AEAD-014: the key is derived from the wrapped one and the inner identifier. */
static void test_cek_hkdf(void)
{
    static const char salt[] = "The Cryptographic Message Syntax";
    kit_start();
    for (int wrong = 0; wrong < 2; wrong++) {
        struct smi_buf inner = {0}, alg = {0}, body = {0};
        struct smi_secret derived = {0};
        struct opened o;
        kit_put_iv_algid(&inner, "aes128-cbc", iv(16));
        kit_put_algid(&alg, smi_oid_der(SMI_OID_CEK_HKDF_SHA256), smi_buf_slice(&inner));
        CHECK_INT(smi_kdf_hkdf(kit_crypto, smi_alg_by_id(SMI_OID_SHA256, SMI_ALG_DIGEST), cek(16),
                               smi_slice_str(salt), smi_slice(inner.ptr, inner.len), 16, &derived),
                  0);
        struct smi_slice used = wrong ? cek(16) : smi_secret_slice(&derived);
        /* Content of whole blocks: the wrong key gets the padding wrong with certainty 255/256. */
        kit_cbc(&body, "aes128-cbc", used, iv(16), text());
        open_crafted(&o, SMI_OID_ENVELOPED_DATA, BOB_P256, 16, &alg, &body, 0);
        if (wrong) {
            CHECK(o.rc != 0 || !smi_slice_eq(smi_buf_slice(&o.text), text()));
        } else {
            CHECK_INT(o.rc, 0);
            CHECK_BYTES(o.text.ptr, o.text.len, text().ptr, text().len);
            CHECK_STR(o.cipher, smi_oid_name(SMI_OID_AES128_CBC));
        }
        opened_clear(&o);
        smi_secret_clear(&derived);
        smi_buf_clear(&inner);
        smi_buf_clear(&alg);
        smi_buf_clear(&body);
    }
    struct smi_buf alg = {0}, body = {0};
    struct opened o;
    CHECK_INT(smi_buf_add(&body, iv(16)), 0);
    kit_put_algid(&alg, smi_oid_der(SMI_OID_CEK_HKDF_SHA256), smi_slice(NULL, 0));
    open_crafted(&o, SMI_OID_ENVELOPED_DATA, BOB_P256, 16, &alg, &body, 0);
    refused(&o, SMIME_E_MALFORMED, "cek-hkdf");
    smi_buf_clear(&alg);
    smi_buf_clear(&body);
}

/* -- RecipientInfos */

/* AES-128-CBC around these RecipientInfos, read by `who`. */
static void open_recipients(struct opened *o, const struct smi_buf *ris, struct smi_slice before,
                            struct smi_slice tail, unsigned who)
{
    struct smi_buf alg = {0}, body = {0}, message = {0};
    kit_put_iv_algid(&alg, "aes128-cbc", iv(16));
    kit_cbc(&body, "aes128-cbc", cek(16), iv(16), text());
    struct recipe r = {.type = SMI_OID_ENVELOPED_DATA, .before = before,
                       .recipients = smi_buf_slice(ris), .content_type = SMI_OID_DATA,
                       .algid = smi_buf_slice(&alg), .encrypted = smi_buf_slice(&body),
                       .tail = tail};
    kit_craft(&message, &r);
    kit_open(o, smi_buf_slice(&message), who);
    smi_buf_clear(&alg);
    smi_buf_clear(&body);
    smi_buf_clear(&message);
}

/* Other kinds and unknown tags are named and skipped. KEY-022 KEY-025 */
static void test_other_kinds(void)
{
    static const uint8_t kek[] = {0xa2, 0x1a, 2, 1, 4, 0x30, 3, 4, 1, 9, 0x30, 11, 6, 9, 0x60, 0x86,
                                  0x48, 1, 0x65, 3, 4, 1, 5, 4, 1, 0, 5, 0};
    static const uint8_t pwri[] = {0xa3, 3, 2, 1, 0};
    static const uint8_t ori[] = {0xa4, 7, 6, 3, 0x2a, 3, 4, 5, 0};
    static const uint8_t unknown[] = {0xa9, 2, 5, 0};
    struct smi_buf ris = {0};
    struct opened o;
    kit_start();
    CHECK_INT(smi_buf_add(&ris, smi_slice(kek, sizeof kek)), 0);
    CHECK_INT(smi_buf_add(&ris, smi_slice(pwri, sizeof pwri)), 0);
    CHECK_INT(smi_buf_add(&ris, smi_slice(ori, sizeof ori)), 0);
    CHECK_INT(smi_buf_add(&ris, smi_slice(unknown, sizeof unknown)), 0);
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    CHECK_INT(o.rc, SMIME_E_NO_KEY);
    opened_clear(&o);
    kit_put_ri(&ris, BOB_P256, false, cek(16));
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    CHECK_INT(o.rc, 0);
    CHECK_INT(o.lines, 5);
    CHECK_INT(o.ours, 1);
    CHECK_INT(o.kind[0], SMI_RI_KEKRI);
    CHECK_INT(o.kind[1], SMI_RI_PWRI);
    CHECK_INT(o.kind[2], SMI_RI_ORI);
    CHECK_INT(o.kind[3], SMI_RI_UNKNOWN);
    CHECK_INT(o.kind[4], SMI_RI_KARI);
    opened_clear(&o);
    smi_buf_clear(&ris);
}

/* NO_KEY says how many; an empty set is no trouble (threats 6.7). */
static void test_no_key(void)
{
    struct smi_buf ris = {0};
    struct opened o;
    kit_start();
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    refused(&o, SMIME_E_NO_KEY, "names no recipient");
    kit_put_ri(&ris, ALICE_RSA, false, cek(16));
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    refused(&o, SMIME_E_NO_KEY, "the one recipient");
    kit_put_ri(&ris, CAROL_P384, false, cek(16));
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    CHECK(!o.result.matched);
    refused(&o, SMIME_E_NO_KEY, "none of the 2 recipients");
    smi_buf_clear(&ris);
}

/* originatorInfo is skipped, unprotectedAttrs are flagged. CMS-028 CMS-029 CMS-015 */
static void test_optional_parts(void)
{
    static const uint8_t originator[] = {0xa0, 2, 0xa0, 0};
    static const uint8_t attrs[] = {0xa1, 4, 0x30, 2, 5, 0};
    static const uint8_t wrong[] = {0xa2, 0};
    struct smi_buf ris = {0};
    struct opened o;
    kit_start();
    kit_put_ri(&ris, BOB_P256, false, cek(16));
    open_recipients(&o, &ris, smi_slice(originator, sizeof originator),
                    smi_slice(attrs, sizeof attrs), 1u << BOB_P256);
    CHECK_INT(o.rc, 0);
    CHECK(o.result.unprotected_attrs);
    opened_clear(&o);
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(wrong, sizeof wrong), 1u << BOB_P256);
    CHECK(is_uniform(&o));
    opened_clear(&o);
    smi_buf_clear(&ris);
}

/* More recipients match than keys may be used: the first ones are tried, the rest announced. A
 * damaged RecipientInfo before a good one that can be checked does not hide it. KEY-005 */
static void test_many_matches(void)
{
    struct smi_buf ris = {0};
    struct opened o;
    kit_start();
    for (int i = 0; i < 12; i++)
        kit_put_ri(&ris, BOB_P256, false, cek(16));
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    CHECK_INT(o.rc, 0);
    CHECK_INT(o.ours, 12);
    opened_clear(&o);
    ris.len = 0;
    for (int i = 0; i < SMI_RI_MATCHES_MAX - 1; i++)
        kit_put_ri(&ris, BOB_P256, false, cek(24)); /* keys that do not fit the cipher */
    kit_put_ri(&ris, BOB_P256, false, cek(16));
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    CHECK_INT(o.rc, 0);
    opened_clear(&o);
    ris.len = 0;
    for (int i = 0; i < SMI_RI_MATCHES_MAX; i++)
        kit_put_ri(&ris, BOB_P256, false, cek(24));
    kit_put_ri(&ris, BOB_P256, false, cek(16)); /* the ninth: not tried. threats 5.13 */
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    CHECK(is_uniform(&o));
    opened_clear(&o);
    smi_buf_clear(&ris);
}

/* PKCS #1 v1.5 never fails: OAEP and agreement are tried before it. */
static void test_checked_first(void)
{
    struct smi_buf ris = {0};
    struct opened o;
    kit_start();
    kit_put_ri(&ris, ALICE_RSA, false, cek(24)); /* yields a substitute for a 16-octet key */
    kit_put_ri(&ris, BOB_P256, false, cek(16));
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0),
                    1u << BOB_P256 | 1u << ALICE_RSA);
    CHECK_INT(o.rc, 0);
    CHECK_BYTES(o.text.ptr, o.text.len, text().ptr, text().len);
    opened_clear(&o);
    smi_buf_clear(&ris);
}

/* Replaces the first occurrence; false when there is none. */
static bool replace(struct smi_buf *buf, struct smi_slice old, struct smi_slice new_octets)
{
    size_t at = smi_slice_search(smi_buf_slice(buf), old);
    if (at == buf->len || old.len != new_octets.len)
        return false;
    memcpy(buf->ptr + at, new_octets.ptr, old.len);
    return true;
}

/* KEY-016, and key agreement that is not known: refused by name before the key is used. */
static void test_unsupported_agreement(void)
{
    struct smi_buf ris = {0};
    struct opened o;
    kit_start();
    kit_put_ri(&ris, BOB_P256, false, cek(16));
    struct smi_slice std = smi_oid_der(SMI_OID_DHSS_STD_SHA256);
    uint8_t other[16];
    must(std.len <= sizeof other);
    memcpy(other, std.ptr, std.len);
    other[std.len - 1] = 0x7e;
    CHECK(replace(&ris, std, smi_slice(other, std.len)));
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    CHECK_INT(o.ours, 1);
    refused(&o, SMIME_E_UNSUPPORTED, "key agreement algorithm");
    ris.len = 0;
    kit_put_ri(&ris, BOB_P256, false, cek(16));
    static const uint8_t other_wrap[] = {0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x7e};
    CHECK(replace(&ris, smi_oid_der(SMI_OID_AES128_WRAP), smi_slice(other_wrap, 9)));
    open_recipients(&o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    refused(&o, SMIME_E_UNSUPPORTED, "key wrap algorithm");
    smi_buf_clear(&ris);
}

/* A key agreement RecipientInfo built by hand: the forms that peers write. */
struct kari_form {
    int curve;        /* 0 absent, 1 NULL, 2 named */
    bool wrap_null;   /* NULL stands in the wrap identifier */
    bool hash_null;   /* NULL was hashed */
    bool ukm;
    bool key_id;      /* rKeyId, with a date */
    enum smi_oid scheme;
    bool no_wrap;     /* no parameters at all */
    bool static_originator;
    int strangers;    /* RecipientEncryptedKeys of others before ours */
};

static void put_wrap(struct smi_buf *out, bool null)
{
    static const uint8_t null_octets[] = {5, 0};
    kit_put_algid(out, smi_oid_der(SMI_OID_AES128_WRAP), smi_slice(null_octets, null ? 2 : 0));
}

static void put_key(struct smi_buf *out, const struct kari_form *f, bool stranger,
                    struct smi_slice wrapped)
{
    const struct smi_cert *cert = kit_person[stranger ? CAROL_P384 : BOB_P256].cert;
    struct smi_slice date = smi_slice_str("20240102030405Z");
    size_t one, id;
    CHECK_INT(smi_der_open(out, SMI_ID_SEQUENCE, &one), 0);
    if (f->key_id) {
        CHECK_INT(smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED, &id), 0);
        CHECK_INT(smi_der_put_octets(out, smi_cert_ski(cert)), 0);
        CHECK_INT(smi_der_put(out, SMI_ID_GENERALIZED_TIME, date), 0);
        CHECK_INT(smi_der_close(out, id), 0);
    } else {
        CHECK_INT(smi_rid_put(out, cert, false), 0);
    }
    CHECK_INT(smi_der_put_octets(out, wrapped), 0);
    CHECK_INT(smi_der_close(out, one), 0);
}

static void put_shared_info(struct smi_buf *info, const struct kari_form *f, struct smi_slice ukm)
{
    static const uint8_t supp[] = {0xa2, 6, 4, 4, 0, 0, 0, 128};
    size_t whole, tag;
    CHECK_INT(smi_der_open(info, SMI_ID_SEQUENCE, &whole), 0);
    put_wrap(info, f->hash_null);
    if (f->ukm) {
        CHECK_INT(smi_der_open(info, SMI_ID_CONTEXT_CONSTRUCTED, &tag), 0);
        CHECK_INT(smi_der_put_octets(info, ukm), 0);
        CHECK_INT(smi_der_close(info, tag), 0);
    }
    CHECK_INT(smi_buf_add(info, smi_slice(supp, sizeof supp)), 0);
    CHECK_INT(smi_der_close(info, whole), 0);
}

static void put_originator_key(struct smi_buf *out, const struct kari_form *f,
                               struct smi_slice point)
{
    size_t outer, key, alg;
    CHECK_INT(smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED, &outer), 0);
    if (f->static_originator) {
        CHECK_INT(smi_rid_put(out, kit_person[BOB_P256].cert, false), 0);
        CHECK_INT(smi_der_close(out, outer), 0);
        return;
    }
    CHECK_INT(smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED | 1, &key), 0);
    CHECK_INT(smi_der_open(out, SMI_ID_SEQUENCE, &alg), 0);
    CHECK_INT(smi_der_put_oid(out, smi_oid_der(SMI_OID_EC_PUBLIC_KEY)), 0);
    if (f->curve == 1)
        CHECK_INT(smi_der_put_null(out), 0);
    if (f->curve == 2)
        CHECK_INT(smi_der_put_oid(out, smi_oid_der(SMI_OID_P256)), 0);
    CHECK_INT(smi_der_close(out, alg), 0);
    CHECK_INT(smi_der_put_bits(out, point), 0);
    CHECK_INT(smi_der_close(out, key), 0);
    CHECK_INT(smi_der_close(out, outer), 0);
}

static void put_kari(struct smi_buf *out, const struct kari_form *f)
{
    struct smi_buf point = {0}, info = {0}, wrapped = {0}, wrap = {0};
    struct smi_secret z = {0}, kek = {0};
    struct smi_slice ukm = iv(9);
    size_t ri, tag, keys;
    const struct smi_alg *scheme = smi_alg_by_id(f->scheme, SMI_ALG_KEY_AGREEMENT);
    CHECK_INT(smi_ka_ephemeral(kit_crypto, smi_cert_pubkey(kit_person[BOB_P256].cert), &point, &z),
              0);
    put_shared_info(&info, f, ukm);
    CHECK_INT(smi_kdf_x963(kit_crypto, smi_alg_by_id(scheme->digest, SMI_ALG_DIGEST),
                           smi_secret_slice(&z), smi_buf_slice(&info), 16, &kek),
              0);
    CHECK_INT(smi_key_wrap(kit_crypto, smi_alg_by_id(SMI_OID_AES128_WRAP, SMI_ALG_KEY_WRAP),
                           smi_secret_slice(&kek), cek(16), &wrapped),
              0);
    if (!f->no_wrap)
        put_wrap(&wrap, f->wrap_null);
    CHECK_INT(smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED | 1, &ri), 0);
    CHECK_INT(smi_der_put_uint(out, 0), 0); /* a wrong version. CMS-015 */
    put_originator_key(out, f, smi_buf_slice(&point));
    if (f->ukm) {
        CHECK_INT(smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED | 1, &tag), 0);
        CHECK_INT(smi_der_put_octets(out, ukm), 0);
        CHECK_INT(smi_der_close(out, tag), 0);
    }
    kit_put_algid(out, smi_oid_der(f->scheme), smi_buf_slice(&wrap));
    CHECK_INT(smi_der_open(out, SMI_ID_SEQUENCE, &keys), 0);
    for (int i = 0; i < f->strangers; i++)
        put_key(out, f, true, iv(16));
    put_key(out, f, false, smi_buf_slice(&wrapped));
    CHECK_INT(smi_der_close(out, keys), 0);
    CHECK_INT(smi_der_close(out, ri), 0);
    smi_secret_clear(&z);
    smi_secret_clear(&kek);
    smi_buf_clear(&point);
    smi_buf_clear(&info);
    smi_buf_clear(&wrapped);
    smi_buf_clear(&wrap);
}

static void open_kari(struct opened *o, const struct kari_form *f)
{
    struct smi_buf ris = {0};
    put_kari(&ris, f);
    open_recipients(o, &ris, smi_slice(NULL, 0), smi_slice(NULL, 0), 1u << BOB_P256);
    smi_buf_clear(&ris);
}

/* KEY-007 KEY-009 KEY-010 KEY-011 KEY-012 KEY-001 */
static void test_kari_forms(void)
{
    static const enum smi_oid schemes[] = {
        SMI_OID_DHSS_STD_SHA1,   SMI_OID_DHSS_STD_SHA224, SMI_OID_DHSS_STD_SHA256,
        SMI_OID_DHSS_STD_SHA384, SMI_OID_DHSS_STD_SHA512, SMI_OID_DHSS_COF_SHA1,
        SMI_OID_DHSS_COF_SHA224, SMI_OID_DHSS_COF_SHA256, SMI_OID_DHSS_COF_SHA384,
        SMI_OID_DHSS_COF_SHA512};
    kit_start();
    for (int bits = 0; bits < 48; bits++) {
        struct kari_form f = {.curve = bits % 3, .wrap_null = bits >> 1 & 1,
                              .hash_null = bits >> 2 & 1, .ukm = bits >> 3 & 1,
                              .key_id = bits >> 4 & 1, .strangers = bits % 4,
                              .scheme = schemes[bits % 10]};
        struct opened o;
        open_kari(&o, &f);
        CHECK_INT(o.rc, 0);
        CHECK_BYTES(o.text.ptr, o.text.len, text().ptr, text().len);
        CHECK_INT(o.lines, f.strangers + 1);
        CHECK_INT(o.ours, 1);
        opened_clear(&o);
    }
    struct opened o;
    struct kari_form bare = {.no_wrap = true, .scheme = SMI_OID_DHSS_STD_SHA256};
    open_kari(&o, &bare); /* threats 5.10 */
    refused(&o, SMIME_E_MALFORMED, "no key wrap");
    struct kari_form fixed = {.static_originator = true, .scheme = SMI_OID_DHSS_STD_SHA256};
    open_kari(&o, &fixed); /* KEY-016 */
    refused(&o, SMIME_E_UNSUPPORTED, "static-static");
}

/* recipients bounds every identifier, also those inside one kari. KEY-005 */
static void test_recipient_limit(void)
{
    struct smi_buf message = {0};
    kit_start();
    CHECK_INT(kit_seal_to(&message, BOB_P256, "aes128-cbc", text()), 0);
    for (size_t limit = 3; limit <= 4; limit++) {
        struct smi_buf ris = {0};
        struct kari_form f = {.scheme = SMI_OID_DHSS_STD_SHA256, .strangers = 3};
        struct smime_limits limits = {.size = sizeof limits, .recipients = limit};
        struct smi_diag diag;
        smi_diag_reset(&diag);
        struct smi_cms_env env = kit_env(&diag);
        struct smi_cms_handler handler = {0};
        struct smi_ri_set set = {.env = &env, .handler = &handler};
        env.limits = &limits;
        put_kari(&ris, &f);
        CHECK_INT(smi_ri_read(&set, smi_buf_slice(&ris), 0), limit == 3 ? SMIME_E_LIMIT : 0);
        smi_buf_clear(&ris);
    }
    smi_buf_clear(&message);
}

/* Every damage to a RecipientInfo gives an orderly end: read, refused, or nobody's. */
static void test_damaged_recipients(void)
{
    kit_start();
    for (int who = ALICE_RSA; who <= BOB_P256; who++) {
        struct smi_buf ri = {0};
        kit_put_ri(&ri, who, false, cek(16));
        for (size_t i = 0; i < ri.len; i++)
            for (unsigned flip = 1; flip < 256; flip <<= 3) {
                struct smi_diag diag;
                struct smi_arena arena;
                struct opened o = {.who = 1u << who};
                struct smi_cms_handler handler = {.self = &o, .find_key = on_find_key,
                                                  .recipient = on_recipient};
                smi_diag_reset(&diag);
                smi_arena_init(&arena, 0);
                struct smi_cms_env env = kit_env(&diag);
                env.arena = &arena;
                struct smi_ri_set set = {.env = &env, .handler = &handler};
                ri.ptr[i] ^= (uint8_t)flip;
                int rc = smi_ri_read(&set, smi_buf_slice(&ri), 77);
                ri.ptr[i] ^= (uint8_t)flip;
                CHECK(rc == 0 || rc == SMIME_E_MALFORMED);
                CHECK_INT(diag.code, rc);
                if (rc != 0)
                    CHECK_INT(diag.offset, 77);
                smi_arena_clear(&arena);
            }
        smi_buf_clear(&ri);
    }
}

/* EncryptedData is named and refused, with its cipher. CMS-031 */
static void test_encrypted_data(void)
{
    static const uint8_t head[] = {0x30, 0x3c, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 6,
                                   0xa0, 0x2f, 0x30, 0x2d, 2, 1, 0, 0x30, 0x28, 6, 9, 0x2a, 0x86,
                                   0x48, 0x86, 0xf7, 0x0d, 1, 7, 1, 0x30, 0x1b, 6, 9, 0x60, 0x86,
                                   0x48, 1, 0x65, 3, 4, 1, 2, 4, 0x0e, 1, 2, 3, 4, 5, 6, 7, 8, 9,
                                   10, 11, 12, 13, 14};
    struct opened o, bytewise;
    kit_start();
    kit_open(&o, smi_slice(head, sizeof head), 1);
    CHECK_INT(o.result.type, SMI_CMS_ENCRYPTED);
    CHECK_INT(smi_oid_find(o.result.content_alg.oid), SMI_OID_AES128_CBC);
    kit_open_with(&bytewise, smi_slice(head, sizeof head), 1, 0, 1, 0, NULL);
    CHECK(same_outcome(&o, &bytewise));
    opened_clear(&bytewise);
    refused(&o, SMIME_E_UNSUPPORTED, "EncryptedData");
}

/* -- out of memory at every place, reading and writing */

static long fault_left;

static bool may_allocate(void *arg)
{
    SMI_UNUSED(arg);
    return fault_left-- != 0;
}

static void test_faults(void)
{
    struct smi_buf message = {0}, again = {0};
    struct smi_diag diag;
    kit_start();
    struct smi_recipient_spec to[] = {{.cert = kit_person[ALICE_RSA].cert, .oaep = true},
                                      {.cert = kit_person[BOB_P256].cert}};
    for (int round = 0; round < 2; round++) {
        struct smi_enveloped_spec spec = {.recipient = to, .recipient_count = 2,
                                          .cipher = kit_cipher(round ? "aes128-gcm" : "aes128-cbc"),
                                          .content_type = SMI_OID_DATA, .der = round};
        message.len = 0;
        CHECK_INT(kit_seal(&message, &spec, text(), 5, &diag), 0);
        int rc = SMIME_E_NOMEM;
        long tries = 0;
        for (long n = 0; rc != 0 && n < 1000; n++, tries++) {
            again.len = 0;
            fault_left = n;
            smi_mem_set_fault_hook(may_allocate, NULL);
            rc = kit_seal(&again, &spec, text(), 5, &diag);
            smi_mem_set_fault_hook(NULL, NULL);
            CHECK(rc == 0 || rc == SMIME_E_NOMEM);
        }
        CHECK_INT(rc, 0);
        CHECK(tries > 10);
        rc = SMIME_E_NOMEM;
        tries = 0;
        for (long n = 0; rc != 0 && n < 1000; n++, tries++) {
            struct opened o;
            fault_left = n;
            smi_mem_set_fault_hook(may_allocate, NULL);
            kit_open(&o, smi_buf_slice(&message), 1u << BOB_P256 | 1u << ALICE_RSA);
            smi_mem_set_fault_hook(NULL, NULL);
            rc = o.rc;
            CHECK(rc == 0 || rc == SMIME_E_NOMEM);
            CHECK(rc != 0 || smi_slice_eq(smi_buf_slice(&o.text), text()));
            opened_clear(&o);
        }
        CHECK(tries > 10);
        CHECK_INT(rc, 0);
    }
    smi_buf_clear(&message);
    smi_buf_clear(&again);
}

TEST_MAIN(test_cipher_in_wrong_structure, test_iv_and_nonce, test_other_nonces, test_historic,
          test_rc2, test_cipher_not_available, test_content_absent, test_incomplete,
          test_unknown_cipher, test_cek_hkdf, test_other_kinds,
          test_no_key, test_optional_parts, test_many_matches, test_checked_first,
          test_unsupported_agreement, test_kari_forms, test_recipient_limit,
          test_damaged_recipients, test_encrypted_data, test_faults)
