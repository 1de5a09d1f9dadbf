/* test_digest.c: digests against FIPS 180-4, FIPS 202, RFC 1321; sets; the tee stage. */
#include "unit/crypto/crypto_test.h"

/* ALG-001 ALG-028 */
static void known_answers(void)
{
    static const struct {
        const char *name, *hash_abc;
    } cases[] = {
        {"sha-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"sha-224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
        {"sha-384",
         "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc23"
         "58baeca134c825a7"},
        {"sha-512",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
         "36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
        {"sha-1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {"md5", "900150983cd24fb0d6963f7d28e17f72"},
        {"sha3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
        {"shake-128", "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b83351940f2cc8"},
    };
    struct smi_crypto *crypto = new_crypto(false);
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        const struct smi_alg *digest = alg(cases[i].name, SMI_ALG_DIGEST);
        struct smi_slice want = hex(cases[i].hash_abc);
        uint8_t got[SMI_DIGEST_MAX];
        size_t len = 0;
        CHECK_INT(smi_digest_once(crypto, digest, smi_slice("abc", 3), got, &len), 0);
        CHECK_BYTES(got, len, want.ptr, want.len);
        CHECK_INT(digest->block_bytes, want.len);
    }
    smi_crypto_free(crypto);
}

static void refused_are_unsupported(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    struct smi_digest *digest = NULL;
    CHECK_INT(smi_digest_new(&digest, crypto, smi_alg_by_id(SMI_OID_MD2, SMI_ALG_DIGEST)),
              SMIME_E_UNSUPPORTED);
    CHECK_INT(smi_digest_new(&digest, crypto, smi_alg_by_id(SMI_OID_MD4, SMI_ALG_DIGEST)),
              SMIME_E_UNSUPPORTED);
    CHECK(digest == NULL);
    smi_crypto_free(crypto);
}

static void set_rules(void)
{
    struct smi_crypto *crypto = new_crypto(false);
    struct smi_digest_set set = {0};
    const struct smi_alg *sha256 = alg("sha-256", SMI_ALG_DIGEST);
    const struct smi_alg *sha1 = alg("sha-1", SMI_ALG_DIGEST);
    CHECK_INT(smi_digest_set_add(&set, crypto, sha256), 0);
    CHECK_INT(smi_digest_set_add(&set, crypto, sha256), 0);
    CHECK_INT(set.count, 1);
    CHECK_INT(smi_digest_set_add(&set, crypto, sha1), 0);
    CHECK_INT(smi_digest_set_get(&set, sha256).len, 0); /* not final yet */
    CHECK_INT(smi_digest_set_update(&set, smi_slice("abc", 3)), 0);
    CHECK_INT(smi_digest_set_final(&set), 0);
    CHECK_INT(smi_digest_set_final(&set), 0);
    CHECK_INT(smi_digest_set_update(&set, smi_slice("d", 1)), SMIME_E_USAGE);
    CHECK_INT(smi_digest_set_get(&set, sha256).len, 32);
    CHECK_INT(smi_digest_set_get(&set, alg("sha-512", SMI_ALG_DIGEST)).len, 0);
    struct smi_slice want = hex("a9993e364706816aba3e25717850c26c9cd0d89d");
    CHECK(smi_slice_eq(smi_digest_set_get(&set, sha1), want));
    smi_digest_set_clear(&set);
    CHECK_INT(set.count, 0);
    smi_crypto_free(crypto);
}

static void set_is_bounded(void)
{
    static const char *const names[] = {"sha-1",    "sha-224",  "sha-256",  "sha-384", "sha-512",
                                        "sha3-256", "sha3-384", "sha3-512", "md5"};
    struct smi_crypto *crypto = new_crypto(false);
    struct smi_digest_set set = {0};
    for (size_t i = 0; i < 8; i++)
        CHECK_INT(smi_digest_set_add(&set, crypto, alg(names[i], SMI_ALG_DIGEST)), 0);
    CHECK_INT(smi_digest_set_add(&set, crypto, alg(names[8], SMI_ALG_DIGEST)), SMIME_E_LIMIT);
    smi_digest_set_clear(&set);
    smi_crypto_free(crypto);
}

static void tee_passes_everything_on(void)
{
    static const char text[] = "abcdefghijklmnopqrstuvwxyz";
    struct smi_crypto *crypto = new_crypto(false);
    uint8_t want[SMI_DIGEST_MAX];
    size_t len;
    const struct smi_alg *sha256 = alg("sha-256", SMI_ALG_DIGEST);
    CHECK_INT(smi_digest_once(crypto, sha256, smi_slice(text, 26), want, &len), 0);
    for (size_t step = 1; step <= 26; step++) {
        struct catcher c = {0};
        struct smi_digest_set set = {0};
        struct smi_sink tee;
        CHECK_INT(smi_digest_set_add(&set, crypto, sha256), 0);
        CHECK_INT(smi_digest_tee_new(&tee, catcher_sink(&c), &set), 0);
        CHECK_INT(feed(tee, smi_slice(text, 26), step), 0);
        smi_sink_free(&tee);
        CHECK_BYTES(c.buf.ptr, c.buf.len, text, 26);
        struct smi_slice got = smi_digest_set_get(&set, sha256);
        CHECK_BYTES(got.ptr, got.len, want, len);
        CHECK_INT(c.ends, 1);
        CHECK_INT(c.frees, 1);
        smi_digest_set_clear(&set);
        smi_buf_clear(&c.buf);
    }
    smi_crypto_free(crypto);
}

TEST_MAIN(known_answers, refused_are_unsupported, set_rules, set_is_bounded,
          tee_passes_everything_on)
