/* test_cipher.c: content encryption stages: known answers, cuts, every padding, tampering, faults.
 */
#include "unit/crypto/crypto_test.h"

static const char key32[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char iv16[] = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf";

static struct smi_slice key_for(const struct smi_alg *a)
{
    return smi_slice_take(hex(key32), a->key_bytes ? a->key_bytes : 16);
}

static struct smi_slice iv_for(const struct smi_alg *a)
{
    return smi_slice_take(hex(iv16), a->iv_bytes);
}

static int cbc_encrypt(struct smi_crypto *crypto, const struct smi_alg *a, struct smi_slice in,
                       size_t step, struct catcher *c)
{
    struct smi_sink sink;
    int rc = smi_cbc_encrypt_new(&sink, catcher_sink(c), crypto, a, key_for(a), iv_for(a));
    CHECK_INT(rc, 0);
    if (rc == 0) {
        rc = feed(sink, in, step);
        smi_sink_free(&sink);
    }
    return rc;
}

static int cbc_decrypt(struct smi_crypto *crypto, const struct smi_alg *a, struct smi_slice in,
                       size_t step, struct catcher *c)
{
    struct smi_sink sink;
    int rc = smi_cbc_decrypt_new(&sink, catcher_sink(c), crypto, a, key_for(a), iv_for(a), 0);
    CHECK_INT(rc, 0);
    if (rc == 0) {
        rc = feed(sink, in, step);
        smi_sink_free(&sink);
    }
    return rc;
}

/* NIST SP 800-38A F.2.1, F.2.5: the first block; the padding block follows. ALG-007 ALG-008 */
static void cbc_known_answer(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    struct catcher c = {0};
    struct smi_sink sink;
    struct smi_slice plain = hex("6bc1bee22e409f96e93d7e117393172a");
    struct smi_slice want = hex("7649abac8119b246cee98e9b12e9197d");
    CHECK_INT(smi_cbc_encrypt_new(
                  &sink, catcher_sink(&c), crypto, alg("aes128-cbc", SMI_ALG_CIPHER),
                  hex("2b7e151628aed2a6abf7158809cf4f3c"), hex("000102030405060708090a0b0c0d0e0f")),
              0);
    CHECK_INT(feed(sink, plain, 0), 0);
    smi_sink_free(&sink);
    CHECK_INT(c.buf.len, 32);
    CHECK_BYTES(c.buf.ptr, 16, want.ptr, want.len);
    smi_buf_clear(&c.buf);
    smi_crypto_free(crypto);
}

static void cbc_round_trips(void)
{
    static const char *const names[] = {"aes128-cbc",   "aes192-cbc", "aes256-cbc",
                                        "des-ede3-cbc", "des-cbc",    "rc2-cbc"};
    struct smi_crypto *crypto = new_crypto(true);
    uint8_t text[100];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    for (size_t n = 0; n < SMI_COUNT(names); n++) {
        const struct smi_alg *a = alg(names[n], SMI_ALG_CIPHER);
        for (size_t len = 0; len <= sizeof text; len += 9) {
            struct catcher enc = {0}, dec = {0};
            CHECK_INT(cbc_encrypt(crypto, a, smi_slice(text, len), 0, &enc), 0);
            CHECK_INT(enc.buf.len, len - len % a->block_bytes + a->block_bytes);
            CHECK_INT(cbc_decrypt(crypto, a, smi_buf_slice(&enc.buf), 5, &dec), 0);
            CHECK_BYTES(dec.buf.ptr, dec.buf.len, text, len);
            CHECK_INT(dec.ends, 1);
            CHECK_INT(dec.aborts, 0);
            CHECK_INT(dec.frees, 1);
            smi_buf_clear(&enc.buf);
            smi_buf_clear(&dec.buf);
        }
    }
    smi_crypto_free(crypto);
}

/* Every cut of a small input and pieces around the buffer's size of a large one. */
static void cbc_cuts(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    const struct smi_alg *a = alg("aes256-cbc", SMI_ALG_CIPHER);
    static uint8_t text[100003];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i ^ (i >> 8));
    struct catcher whole = {0};
    CHECK_INT(cbc_encrypt(crypto, a, smi_slice(text, 50), 0, &whole), 0);
    for (size_t step = 1; step <= 64; step++) {
        struct catcher enc = {0}, dec = {0};
        CHECK_INT(cbc_encrypt(crypto, a, smi_slice(text, 50), step, &enc), 0);
        CHECK_BYTES(enc.buf.ptr, enc.buf.len, whole.buf.ptr, whole.buf.len);
        CHECK_INT(cbc_decrypt(crypto, a, smi_buf_slice(&enc.buf), step, &dec), 0);
        CHECK_BYTES(dec.buf.ptr, dec.buf.len, text, 50);
        smi_buf_clear(&enc.buf);
        smi_buf_clear(&dec.buf);
    }
    static const size_t steps[] = {0, 1021, 32767, 32768, 32769, 65536};
    smi_buf_clear(&whole.buf);
    CHECK_INT(cbc_encrypt(crypto, a, smi_slice(text, sizeof text), 0, &whole), 0);
    for (size_t i = 0; i < SMI_COUNT(steps); i++) {
        struct catcher enc = {0}, dec = {0};
        CHECK_INT(cbc_encrypt(crypto, a, smi_slice(text, sizeof text), steps[i], &enc), 0);
        CHECK_BYTES(enc.buf.ptr, enc.buf.len, whole.buf.ptr, whole.buf.len);
        CHECK_INT(cbc_decrypt(crypto, a, smi_buf_slice(&enc.buf), steps[i], &dec), 0);
        CHECK_BYTES(dec.buf.ptr, dec.buf.len, text, sizeof text);
        smi_buf_clear(&enc.buf);
        smi_buf_clear(&dec.buf);
    }
    smi_buf_clear(&whole.buf);
    smi_crypto_free(crypto);
}

/* A ciphertext whose last block decrypts to these octets: CBC without our padding. */
static void encrypt_block_raw(struct smi_crypto *crypto, const struct smi_alg *a,
                              const uint8_t *block, struct smi_buf *out)
{
    struct catcher c = {0};
    CHECK_INT(cbc_encrypt(crypto, a, smi_slice(block, a->block_bytes), 0, &c), 0);
    smi_buf_clear(out);
    CHECK_INT(smi_buf_add(out, smi_slice(c.buf.ptr, a->block_bytes)), 0);
    smi_buf_clear(&c.buf);
}

/* CMS-026: all 256 values of the last octet, and each padding octet spoilt in turn: one result. */
static void cbc_every_padding(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    const struct smi_alg *a = alg("aes128-cbc", SMI_ALG_CIPHER);
    struct smi_buf ct;
    smi_buf_init(&ct, 0);
    for (unsigned last = 0; last < 256; last++) {
        uint8_t block[16];
        bool good = last >= 1 && last <= 16;
        memset(block, (int)last, sizeof block);
        if (good && last < 16)
            memset(block, 0xee, 16 - last);
        encrypt_block_raw(crypto, a, block, &ct);
        struct catcher c = {0};
        CHECK_INT(cbc_decrypt(crypto, a, smi_buf_slice(&ct), 0, &c),
                  good ? 0 : SMIME_E_UNDECRYPTABLE);
        CHECK_INT(c.buf.len, good ? 16 - last : 0);
        CHECK_INT(c.ends, good ? 1 : 0);
        CHECK_INT(c.aborts, good ? 0 : 1);
        smi_buf_clear(&c.buf);
        for (unsigned at = 0; good && at < last; at++) {
            uint8_t spoilt[16];
            memcpy(spoilt, block, sizeof spoilt);
            spoilt[15 - at] ^= at == 0 ? 0x40 : 0x01;
            encrypt_block_raw(crypto, a, spoilt, &ct);
            struct catcher bad = {0};
            CHECK_INT(cbc_decrypt(crypto, a, smi_buf_slice(&ct), 0, &bad), SMIME_E_UNDECRYPTABLE);
            CHECK_INT(bad.buf.len, 0);
            CHECK_INT(bad.aborts, 1);
            smi_buf_clear(&bad.buf);
        }
    }
    smi_buf_clear(&ct);
    smi_crypto_free(crypto);
}

static void cbc_wrong_lengths(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    const struct smi_alg *a = alg("aes256-cbc", SMI_ALG_CIPHER);
    struct catcher enc = {0};
    CHECK_INT(cbc_encrypt(crypto, a, smi_slice(key32, 40), 0, &enc), 0);
    for (size_t len = 0; len < enc.buf.len; len++) {
        struct catcher c = {0};
        CHECK_INT(cbc_decrypt(crypto, a, smi_slice(enc.buf.ptr, len), 7, &c),
                  SMIME_E_UNDECRYPTABLE);
        CHECK_INT(c.aborts, 1);
        CHECK_INT(c.ends, 0);
        smi_buf_clear(&c.buf);
    }
    struct smi_sink sink;
    struct catcher c = {0};
    CHECK_INT(smi_cbc_encrypt_new(&sink, catcher_sink(&c), crypto, a, smi_slice(key32, 31),
                                  smi_slice(key32, 16)),
              SMIME_E_USAGE);
    CHECK_INT(smi_cbc_decrypt_new(&sink, catcher_sink(&c), crypto, a, smi_slice(key32, 32),
                                  smi_slice(key32, 15), 0),
              SMIME_E_USAGE);
    CHECK_INT(c.frees, 0); /* the caller still owns down */
    smi_buf_clear(&enc.buf);
    smi_crypto_free(crypto);
}

/* RFC 2268 5: effective key bits differ from the key's length. */
static void rc2_effective_bits(void)
{
    static const struct {
        const char *key, *plain, *cipher;
        unsigned bits;
    } cases[] = {
        {"0000000000000000", "0000000000000000", "ebb773f993278eff", 63},
        {"ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49", 64},
        {"88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "2269552ab0f85ca6", 128},
    };
    struct smi_crypto *crypto = new_crypto(true);
    const struct smi_alg *a = alg("rc2-cbc", SMI_ALG_CIPHER);
    struct smi_sink sink;
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        /* One block with a zero IV is ECB; two copies, the first one judged (the second is
         * garbage). */
        struct catcher c = {0};
        uint8_t two[16];
        struct smi_slice want = hex(cases[i].plain);
        memcpy(two, hex(cases[i].cipher).ptr, 8);
        memcpy(two + 8, two, 8);
        CHECK_INT(smi_cbc_decrypt_new(&sink, catcher_sink(&c), crypto, a, hex(cases[i].key),
                                      hex("0000000000000000"), cases[i].bits),
                  0);
        (void)feed(sink, smi_slice(two, 16), 0);
        smi_sink_free(&sink);
        CHECK_BYTES(c.buf.ptr, c.buf.len, want.ptr, want.len);
        smi_buf_clear(&c.buf);
    }
    smi_crypto_free(crypto);
}

static void write_errors_stick(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    const struct smi_alg *a = alg("aes256-cbc", SMI_ALG_CIPHER);
    struct catcher c = {.fail_write = SMIME_E_IO};
    struct smi_sink sink;
    CHECK_INT(smi_cbc_encrypt_new(&sink, catcher_sink(&c), crypto, a, key_for(a), iv_for(a)), 0);
    CHECK_INT(smi_sink_write(sink, smi_slice(key32, 40)), SMIME_E_IO);
    c.fail_write = 0;
    CHECK_INT(smi_sink_write(sink, smi_slice(key32, 40)), SMIME_E_IO);
    CHECK_INT(smi_sink_end(sink), SMIME_E_IO);
    smi_sink_abort(sink, SMIME_E_IO);
    smi_sink_abort(sink, SMIME_E_IO);
    CHECK_INT(c.aborts, 1);
    CHECK_INT(c.ends, 0);
    smi_sink_free(&sink);
    smi_buf_clear(&c.buf);
    smi_crypto_free(crypto);
}

static int aead_open(struct smi_crypto *crypto, const struct smi_alg *a, struct smi_slice nonce,
                     struct smi_slice aad, struct smi_slice ct, struct smi_slice tag, size_t step,
                     struct catcher *c)
{
    struct smi_sink sink;
    int rc = smi_aead_decrypt_new(&sink, catcher_sink(c), crypto, a, key_for(a), nonce, aad, &tag);
    CHECK_INT(rc, 0);
    rc = feed(sink, ct, step);
    smi_sink_free(&sink);
    return rc;
}

/* McGrew and Viega, test case 2; RFC 8439 2.8.2. */
static void aead_known_answers(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    struct catcher c = {0};
    struct smi_sink sink;
    uint8_t tag[16];
    uint8_t zero[16] = {0};
    struct smi_slice want = hex("0388dace60b6a392f328c2b971b2fe78");
    struct smi_slice want_tag = hex("ab6e47d42cec13bdf53a67b21257bddf");
    CHECK_INT(smi_aead_encrypt_new(&sink, catcher_sink(&c), crypto, alg("aes128-gcm", SMI_ALG_AEAD),
                                   smi_slice(zero, 16), smi_slice(zero, 12), smi_slice(NULL, 0),
                                   tag, 16),
              0);
    CHECK_INT(feed(sink, smi_slice(zero, 16), 3), 0);
    smi_sink_free(&sink);
    CHECK_BYTES(c.buf.ptr, c.buf.len, want.ptr, want.len);
    CHECK_BYTES(tag, 16, want_tag.ptr, want_tag.len);
    smi_buf_clear(&c.buf);
    struct smi_slice text =
        smi_slice_str("Ladies and Gentlemen of the class of '99: If I could offer you only one tip "
                      "for the future, sunscreen would be it.");
    want_tag = hex("1ae10b594f09e26a7e902ecbd0600691");
    CHECK_INT(smi_aead_encrypt_new(
                  &sink, catcher_sink(&c), crypto, alg("chacha20-poly1305", SMI_ALG_AEAD),
                  hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"),
                  hex("070000004041424344454647"), hex("50515253c0c1c2c3c4c5c6c7"), tag, 16),
              0);
    CHECK_INT(feed(sink, text, 0), 0);
    smi_sink_free(&sink);
    CHECK_BYTES(tag, 16, want_tag.ptr, want_tag.len);
    want = hex("d31a8d34648e60db7b86afbc53ef7ec2");
    CHECK_BYTES(c.buf.ptr, 16, want.ptr, want.len);
    smi_buf_clear(&c.buf);
    smi_crypto_free(crypto);
}

/* Every octet of ciphertext, tag, AAD and nonce counts; tags of 12 to 16 octets. ALG-007 AEAD-005
 */
static void aead_tampering(void)
{
    static const char *const names[] = {"aes128-gcm", "aes192-gcm", "aes256-gcm",
                                        "chacha20-poly1305"};
    struct smi_crypto *crypto = new_crypto(false);
    uint8_t text[50], aad[10] = "authAttrs", tag[16], nonce_octets[12] = {9, 8, 7};
    struct smi_slice nonce = smi_slice(nonce_octets, 12);
    memset(text, 'x', sizeof text);
    for (size_t n = 0; n < SMI_COUNT(names); n++) {
        const struct smi_alg *a = alg(names[n], SMI_ALG_AEAD);
        struct catcher enc = {0};
        struct smi_sink sink;
        CHECK_INT(smi_aead_encrypt_new(&sink, catcher_sink(&enc), crypto, a, key_for(a), nonce,
                                       smi_slice(aad, 10), tag, 16),
                  0);
        CHECK_INT(feed(sink, smi_slice(text, 50), 7), 0);
        smi_sink_free(&sink);
        struct smi_slice ct = smi_buf_slice(&enc.buf);
        for (size_t step = 0; step <= 51; step++) {
            struct catcher c = {0};
            CHECK_INT(
                aead_open(crypto, a, nonce, smi_slice(aad, 10), ct, smi_slice(tag, 16), step, &c),
                0);
            CHECK_BYTES(c.buf.ptr, c.buf.len, text, 50);
            CHECK_INT(c.ends, 1);
            smi_buf_clear(&c.buf);
        }
        bool chacha = a->oid == SMI_OID_CHACHA20_POLY1305;
        for (size_t len = 0; len <= 16; len++) {
            struct catcher c = {0};
            bool good = len == 16 || (!chacha && len >= 12);
            CHECK_INT(
                aead_open(crypto, a, nonce, smi_slice(aad, 10), ct, smi_slice(tag, len), 0, &c),
                good ? 0 : SMIME_E_UNDECRYPTABLE);
            CHECK_INT(c.aborts, good ? 0 : 1);
            smi_buf_clear(&c.buf);
        }
        for (size_t i = 0; i < 50 + 16 + 10; i++) {
            struct catcher c = {0};
            uint8_t *at = i < 50 ? enc.buf.ptr + i : i < 66 ? tag + (i - 50) : aad + (i - 66);
            *at ^= 0x20;
            CHECK_INT(
                aead_open(crypto, a, nonce, smi_slice(aad, 10), ct, smi_slice(tag, 16), 9, &c),
                SMIME_E_UNDECRYPTABLE);
            *at ^= 0x20;
            CHECK_INT(c.ends, 0);
            CHECK_INT(c.aborts, 1);
            smi_buf_clear(&c.buf);
        }
        smi_buf_clear(&enc.buf);
    }
    smi_crypto_free(crypto);
}

static void aead_refusals(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    struct catcher c = {0};
    struct smi_sink sink;
    uint8_t tag[16], nonce[65] = {0};
    struct smi_slice none = smi_slice(NULL, 0), t = smi_slice(tag, 16);
    const struct smi_alg *gcm = alg("aes256-gcm", SMI_ALG_AEAD);
    const struct smi_alg *chacha = alg("chacha20-poly1305", SMI_ALG_AEAD);
    CHECK_INT(smi_aead_encrypt_new(&sink, catcher_sink(&c), crypto, gcm, key_for(gcm),
                                   smi_slice(nonce, 12), none, tag, 11),
              SMIME_E_USAGE);
    CHECK_INT(smi_aead_decrypt_new(&sink, catcher_sink(&c), crypto, gcm, key_for(gcm),
                                   smi_slice(nonce, 65), none, &t),
              SMIME_E_USAGE);
    CHECK_INT(
        smi_aead_decrypt_new(&sink, catcher_sink(&c), crypto, gcm, key_for(gcm), none, none, &t),
        SMIME_E_USAGE); /* threats 5.16 */
    CHECK_INT(smi_aead_decrypt_new(&sink, catcher_sink(&c), crypto, chacha, key_for(chacha),
                                   smi_slice(nonce, 8), none, &t),
              SMIME_E_USAGE);
    CHECK_INT(smi_aead_decrypt_new(&sink, catcher_sink(&c), crypto, alg("aes128-ccm", SMI_ALG_AEAD),
                                   smi_slice(nonce, 16), smi_slice(nonce, 12), none, &t),
              SMIME_E_UNSUPPORTED);
    smi_crypto_free(crypto);
}

static void faults_in_constructors(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    const struct smi_alg *a = alg("aes256-cbc", SMI_ALG_CIPHER);
    struct smi_sink sink = {0};
    struct catcher c = {0};
    int rc = SMIME_E_NOMEM;
    for (unsigned n = 1; rc == SMIME_E_NOMEM && n < 20; n++) {
        struct fault_at fault = {0, n};
        smi_mem_set_fault_hook(fault_hook_at, &fault);
        rc = smi_cbc_decrypt_new(&sink, catcher_sink(&c), crypto, a, key_for(a), iv_for(a), 0);
        smi_mem_set_fault_hook(NULL, NULL);
        CHECK(n > 1 || rc == SMIME_E_NOMEM);
    }
    CHECK_INT(rc, 0);
    smi_sink_free(&sink);
    CHECK_INT(c.frees, 1);
    smi_crypto_free(crypto);
}

TEST_MAIN(cbc_known_answer, cbc_round_trips, cbc_cuts, cbc_every_padding, cbc_wrong_lengths,
          rc2_effective_bits, write_errors_stick, aead_known_answers, aead_tampering, aead_refusals,
          faults_in_constructors)
