/* test_keywrap.c: key wrap and key derivation: known answers, tampering. */
#include "unit/crypto/crypto_test.h"

/* RFC 3394 4.1, 4.3, 4.6. ALG-006 KEY-018 */
static void aes_known_answers(void)
{
    static const struct {
        const char *name, *kek, *cek, *wrapped;
    } cases[] = {
        {"aes128-wrap", "000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
         "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5"},
        {"aes192-wrap", "000102030405060708090a0b0c0d0e0f1011121314151617",
         "00112233445566778899aabbccddeeff", "96778b25ae6ca435f92b5b97c050aed2468ab8a17ad84e5d"},
        {"aes256-wrap", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
         "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
         "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"},
    };
    struct smi_crypto *crypto = new_crypto(false);
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        const struct smi_alg *wrap = alg(cases[i].name, SMI_ALG_KEY_WRAP);
        struct smi_slice kek = hex(cases[i].kek), cek = hex(cases[i].cek);
        struct smi_slice want = hex(cases[i].wrapped);
        struct smi_buf out;
        struct smi_secret got = {0};
        smi_buf_init(&out, 0);
        CHECK_INT(smi_key_wrap(crypto, wrap, kek, cek, &out), 0);
        CHECK_BYTES(out.ptr, out.len, want.ptr, want.len);
        CHECK_INT(smi_key_unwrap(crypto, wrap, kek, smi_buf_slice(&out), &got), 0);
        CHECK_BYTES(got.ptr, got.len, cek.ptr, cek.len);
        smi_secret_clear(&got);
        smi_buf_clear(&out);
    }
    smi_crypto_free(crypto);
}

static void tampering(void)
{
    static const char *const names[] = {"aes128-wrap", "aes256-wrap", "des-ede3-wrap"};
    struct smi_crypto *crypto = new_crypto(false);
    uint8_t kek[32], cek[24];
    for (size_t i = 0; i < 32; i++)
        kek[i] = (uint8_t)(i * 5 + 1);
    memset(cek, 0x31, sizeof cek);
    for (size_t n = 0; n < SMI_COUNT(names); n++) {
        const struct smi_alg *wrap = alg(names[n], SMI_ALG_KEY_WRAP);
        struct smi_slice k = smi_slice(kek, wrap->key_bytes);
        struct smi_buf out;
        struct smi_secret got = {0};
        smi_buf_init(&out, 0);
        CHECK_INT(smi_key_wrap(crypto, wrap, k, smi_slice(cek, 24), &out), 0);
        CHECK_INT(smi_key_unwrap(crypto, wrap, k, smi_buf_slice(&out), &got), 0);
        CHECK_BYTES(got.ptr, got.len, cek, 24);
        smi_secret_clear(&got);
        for (size_t i = 0; i < out.len; i++) {
            out.ptr[i] ^= 1;
            CHECK_INT(smi_key_unwrap(crypto, wrap, k, smi_buf_slice(&out), &got),
                      SMIME_E_UNDECRYPTABLE);
            CHECK(got.ptr == NULL); /* nothing partial */
            out.ptr[i] ^= 1;
        }
        for (size_t len = 0; len < out.len; len++)
            CHECK_INT(smi_key_unwrap(crypto, wrap, k, smi_slice(out.ptr, len), &got),
                      SMIME_E_UNDECRYPTABLE);
        kek[3] ^= 0x10;
        CHECK_INT(smi_key_unwrap(crypto, wrap, k, smi_buf_slice(&out), &got),
                  SMIME_E_UNDECRYPTABLE);
        kek[3] ^= 0x10;
        smi_buf_clear(&out);
    }
    smi_crypto_free(crypto);
}

static void wrong_use(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    uint8_t octets[2048] = {0};
    struct smi_buf out;
    struct smi_secret got = {0};
    smi_buf_init(&out, 0);
    const struct smi_alg *wrap = alg("aes128-wrap", SMI_ALG_KEY_WRAP);
    CHECK_INT(smi_key_wrap(crypto, wrap, smi_slice(octets, 15), smi_slice(octets, 16), &out),
              SMIME_E_USAGE);
    CHECK_INT(smi_key_wrap(crypto, wrap, smi_slice(octets, 16), smi_slice(octets, 8), &out),
              SMIME_E_USAGE);
    CHECK_INT(smi_key_wrap(crypto, wrap, smi_slice(octets, 16), smi_slice(octets, 17), &out),
              SMIME_E_USAGE);
    CHECK_INT(smi_key_unwrap(crypto, wrap, smi_slice(octets, 16), smi_slice(octets, 2048), &got),
              SMIME_E_UNDECRYPTABLE);
    CHECK_INT(smi_key_unwrap(crypto, alg("rc2-wrap", SMI_ALG_KEY_WRAP), smi_slice(octets, 16),
                             smi_slice(octets, 40), &got),
              SMIME_E_UNSUPPORTED);
    smi_buf_clear(&out);
    smi_crypto_free(crypto);
}

/* X9.63 written out anew: Hash(Z || counter || SharedInfo), counter from 1. */
static void x963_by_hand(struct smi_crypto *crypto, const struct smi_alg *digest,
                         struct smi_slice z, struct smi_slice info, uint8_t *out, size_t blocks)
{
    for (size_t i = 0; i < blocks; i++) {
        uint8_t counter[4] = {0, 0, 0, (uint8_t)(i + 1)};
        struct smi_digest *d = NULL;
        size_t len;
        CHECK_INT(smi_digest_new(&d, crypto, digest), 0);
        CHECK_INT(smi_digest_update(d, z), 0);
        CHECK_INT(smi_digest_update(d, smi_slice(counter, 4)), 0);
        CHECK_INT(smi_digest_update(d, info), 0);
        CHECK_INT(smi_digest_final(d, out + i * digest->block_bytes, &len), 0);
        smi_digest_free(d);
    }
}

/* KEY-012 */
static void x963(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    struct smi_secret got = {0};
    /* NIST CAVS, ANS X9.63, SHA-256, no SharedInfo. */
    struct smi_slice z = hex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08");
    struct smi_slice want = hex("443024c3dae66b95e6f5670601558f71");
    CHECK_INT(smi_kdf_x963(crypto, alg("sha-256", SMI_ALG_DIGEST), z, smi_slice(NULL, 0), 16, &got),
              0);
    CHECK_BYTES(got.ptr, got.len, want.ptr, want.len);
    static const char *const names[] = {"sha-1", "sha-224", "sha-256", "sha-384", "sha-512"};
    for (size_t n = 0; n < SMI_COUNT(names); n++) {
        const struct smi_alg *digest = alg(names[n], SMI_ALG_DIGEST);
        uint8_t by_hand[3 * SMI_DIGEST_MAX];
        struct smi_slice info = smi_slice_str("ECC-CMS-SharedInfo");
        x963_by_hand(crypto, digest, z, info, by_hand, 3);
        for (size_t len = 1; len <= 2u * digest->block_bytes + 1; len += 11) {
            CHECK_INT(smi_kdf_x963(crypto, digest, z, info, len, &got), 0);
            CHECK_BYTES(got.ptr, got.len, by_hand, len);
        }
    }
    CHECK_INT(smi_kdf_x963(crypto, alg("sha-256", SMI_ALG_DIGEST), z, z, 0, &got), SMIME_E_USAGE);
    CHECK_INT(smi_kdf_x963(crypto, smi_alg_by_id(SMI_OID_MD2, SMI_ALG_DIGEST), z, z, 16, &got),
              SMIME_E_UNSUPPORTED);
    smi_secret_clear(&got);
    smi_crypto_free(crypto);
}

/* RFC 5869 A.1, A.3 */
static void hkdf(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    const struct smi_alg *sha256 = alg("sha-256", SMI_ALG_DIGEST);
    struct smi_secret got = {0};
    struct smi_slice ikm = hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b");
    struct smi_slice want = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                                "34007208d5b887185865");
    CHECK_INT(smi_kdf_hkdf(crypto, sha256, ikm, hex("000102030405060708090a0b0c"),
                           hex("f0f1f2f3f4f5f6f7f8f9"), 42, &got),
              0);
    CHECK_BYTES(got.ptr, got.len, want.ptr, want.len);
    want = hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
               "9d201395faa4b61a96c8");
    CHECK_INT(smi_kdf_hkdf(crypto, sha256, ikm, smi_slice(NULL, 0), smi_slice(NULL, 0), 42, &got),
              0);
    CHECK_BYTES(got.ptr, got.len, want.ptr, want.len);
    smi_secret_clear(&got);
    smi_crypto_free(crypto);
}

TEST_MAIN(aes_known_answers, tampering, wrong_use, x963, hkdf)
