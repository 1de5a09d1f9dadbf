/* test_soft_key.c: private key operations: signatures that verify, agreement from both sides, and
 * the silence of RSA unwrapping: whatever the padding, the same uniform result (KEY-003, threats
 * R30). */
#include "keys/soft_key.h"
#include "keys/soft_unwrap.h"
#include "unit/crypto/crypto_test.h"

enum { K = 128 };

static struct smi_crypto *crypto;

static const struct smi_kt_params *pkcs1(void)
{
    static struct smi_kt_params params;
    params.scheme = smi_alg_by_id(SMI_OID_RSA_ENCRYPTION, SMI_ALG_KEY_TRANSPORT);
    return &params;
}

/* pkey is up-referenced, so that the test can still use it. */
static struct smi_key soft(EVP_PKEY *pkey)
{
    struct smi_key key = {0};
    CHECK(EVP_PKEY_up_ref(pkey) == 1);
    CHECK_INT(smi_soft_key_new(&key, crypto, pkey), 0);
    return key;
}

static struct smi_secret unwrapped(const struct smi_key *key, struct smi_slice encrypted,
                                   size_t len)
{
    struct smi_secret cek = {0};
    CHECK_INT(key->ops->unwrap(key->self, pkcs1(), encrypted, len, &cek), 0);
    CHECK_INT(cek.len, len);
    return cek;
}

static void good_block(uint8_t em[K], size_t cek_len)
{
    memset(em, 0x5a, K);
    em[0] = 0;
    em[1] = 2;
    em[K - cek_len - 1] = 0;
    for (size_t i = 0; i < cek_len; i++)
        em[K - cek_len + i] = (uint8_t)i;
}

static void unwrap_good(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 8 * K);
    struct smi_key key = soft(pkey);
    struct smi_pubkey *pub = public_of(crypto, pkey);
    static const size_t lens[] = {1, 5, 16, 24, 32, 117};
    uint8_t cek[117];
    memset(cek, 0x77, sizeof cek);
    for (size_t i = 0; i < SMI_COUNT(lens); i++) {
        struct smi_buf out;
        smi_buf_init(&out, 0);
        CHECK_INT(smi_kt_encrypt(crypto, pub, pkcs1(), smi_slice(cek, lens[i]), &out), 0);
        struct smi_secret got = unwrapped(&key, smi_buf_slice(&out), lens[i]);
        CHECK_BYTES(got.ptr, got.len, cek, lens[i]);
        smi_secret_clear(&got);
        CHECK_INT(key.ops->unwrap(key.self, pkcs1(), smi_buf_slice(&out), 0, &got), 0);
        CHECK_BYTES(got.ptr, got.len, cek, lens[i]); /* unknown length: RC2 */
        smi_secret_clear(&got);
        smi_buf_clear(&out);
    }
    smi_pubkey_free(pub);
    smi_key_clear(&key);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

/* The result for this block: not what it holds, the same on every run, unlike that of others. */
static void is_substituted(const struct smi_key *key, EVP_PKEY *pkey, const uint8_t em[K])
{
    uint8_t encrypted[K];
    static uint8_t previous[16];
    rsa_raw_public(crypto, pkey, em, K, encrypted);
    struct smi_secret a = unwrapped(key, smi_slice(encrypted, K), 16);
    struct smi_secret b = unwrapped(key, smi_slice(encrypted, K), 16);
    CHECK(smi_slice_eq(smi_secret_slice(&a), smi_secret_slice(&b)));
    CHECK(memcmp(a.ptr, em + K - 16, 16) != 0);
    CHECK(memcmp(a.ptr, previous, 16) != 0);
    memcpy(previous, a.ptr, 16);
    smi_secret_clear(&a);
    smi_secret_clear(&b);
}

/* KEY-003 */
static void unwrap_bad_paddings(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 8 * K);
    struct smi_key key = soft(pkey);
    uint8_t em[K];
    for (unsigned type = 0; type < 256; type++) { /* block type other than 2 */
        good_block(em, 16);
        em[1] = (uint8_t)type;
        if (type != 2)
            is_substituted(&key, pkey, em);
    }
    for (size_t at = 2; at < K - 17; at++) { /* a zero in the padding */
        good_block(em, 16);
        em[at] = 0;
        is_substituted(&key, pkey, em);
    }
    good_block(em, 16);
    em[K - 17] = 1; /* no separator */
    is_substituted(&key, pkey, em);
    for (size_t len = 8; len <= 117; len++) { /* another length than the cipher's */
        good_block(em, len);
        if (len != 16)
            is_substituted(&key, pkey, em);
    }
    smi_key_clear(&key);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static void unwrap_no_representative(void)
{
    static const size_t lens[] = {0, 1, K - 1, K + 1, 300};
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 8 * K);
    struct smi_key key = soft(pkey);
    uint8_t octets[300];
    memset(octets, 0xff, sizeof octets); /* K octets of ff: above the modulus */
    for (size_t i = 0; i < SMI_COUNT(lens); i++) {
        struct smi_secret a = unwrapped(&key, smi_slice(octets, lens[i]), 32);
        struct smi_secret b = unwrapped(&key, smi_slice(octets, lens[i]), 32);
        CHECK(smi_slice_eq(smi_secret_slice(&a), smi_secret_slice(&b)));
        smi_secret_clear(&a);
        smi_secret_clear(&b);
    }
    struct smi_secret a = unwrapped(&key, smi_slice(octets, K), 32);
    struct smi_secret b = unwrapped(&key, smi_slice(octets, K), 200); /* longer than any message */
    CHECK(memcmp(a.ptr, b.ptr, 32) == 0);                             /* one stream */
    CHECK(memcmp(b.ptr, b.ptr + 32, 32) != 0);
    smi_secret_clear(&a);
    CHECK_INT(key.ops->unwrap(key.self, pkcs1(), smi_slice(octets, K), 0, &a), 0);
    CHECK_INT(a.len, 16);
    smi_secret_clear(&a);
    smi_secret_clear(&b);
    smi_key_clear(&key);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

/* Two loads of one key give one substitute; two keys give two. */
static void substitute_is_per_key(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *one = rsa_key(crypto, 8 * K), *two = rsa_key(crypto, 8 * K);
    struct smi_key a = soft(one), again = soft(one), b = soft(two);
    uint8_t zero[K] = {0};
    zero[K - 1] = 1;
    struct smi_secret x = unwrapped(&a, smi_slice(zero, K), 24);
    struct smi_secret y = unwrapped(&again, smi_slice(zero, K), 24);
    struct smi_secret z = unwrapped(&b, smi_slice(zero, K), 24);
    CHECK(smi_slice_eq(smi_secret_slice(&x), smi_secret_slice(&y)));
    CHECK(!smi_slice_eq(smi_secret_slice(&x), smi_secret_slice(&z)));
    smi_secret_clear(&x);
    smi_secret_clear(&y);
    smi_secret_clear(&z);
    smi_key_clear(&a);
    smi_key_clear(&again);
    smi_key_clear(&b);
    EVP_PKEY_free(one);
    EVP_PKEY_free(two);
    smi_crypto_free(crypto);
}

/* The unpadding alone: every first octet, every length of padding, unknown length of the key. */
static void unpadding(void)
{
    uint8_t em[K], substitute[K];
    struct smi_secret cek = {0};
    memset(substitute, 0xc3, sizeof substitute);
    for (unsigned first = 0; first < 256; first++) {
        good_block(em, 32);
        em[0] = (uint8_t)first;
        CHECK_INT(smi_soft_unpad(em, K, substitute, 32, &cek), 0);
        CHECK_BYTES(cek.ptr, cek.len, first ? substitute : em + K - 32, 32);
    }
    for (size_t len = 0; len < K - 2; len++) {
        good_block(em, len);
        em[K - len - 1] = 0;
        bool good = len >= 1 && len <= K - 11;
        for (size_t i = 0; i < len; i++) /* so that the first zero is the separator */
            em[K - len + i] = 9;
        CHECK_INT(smi_soft_unpad(em, K, substitute, 0, &cek), 0);
        CHECK_BYTES(cek.ptr, cek.len, good ? em + K - len : substitute, good ? len : 16);
    }
    memset(em, 9, sizeof em); /* no separator at all */
    em[0] = 0;
    em[1] = 2;
    CHECK_INT(smi_soft_unpad(em, K, substitute, 0, &cek), 0);
    CHECK_BYTES(cek.ptr, cek.len, substitute, 16);
    smi_secret_clear(&cek);
}

/* ALG-004 ALG-026 */
static void oaep(void)
{
    static const char *const digests[] = {"sha-1", "sha-256", "sha-512"};
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 2048);
    struct smi_key key = soft(pkey);
    struct smi_pubkey *pub = public_of(crypto, pkey);
    uint8_t cek[32];
    memset(cek, 0x42, sizeof cek);
    for (size_t i = 0; i < 2 * SMI_COUNT(digests); i++) {
        struct smi_kt_params p = {smi_alg_by_id(SMI_OID_RSAES_OAEP, SMI_ALG_KEY_TRANSPORT),
                                  alg(digests[i / 2], SMI_ALG_DIGEST), alg("sha-1", SMI_ALG_DIGEST),
                                  smi_slice(i % 2 ? "label" : "", i % 2 ? 5 : 0)};
        struct smi_buf out;
        struct smi_secret got = {0};
        smi_buf_init(&out, 0);
        CHECK_INT(smi_kt_encrypt(crypto, pub, &p, smi_slice(cek, 32), &out), 0);
        CHECK_INT(key.ops->unwrap(key.self, &p, smi_buf_slice(&out), 32, &got), 0);
        CHECK_BYTES(got.ptr, got.len, cek, 32);
        smi_secret_clear(&got);
        CHECK_INT(key.ops->unwrap(key.self, &p, smi_buf_slice(&out), 16, &got),
                  SMIME_E_UNDECRYPTABLE); /* KEY-004 */
        p.label = smi_slice("other", 5);
        CHECK_INT(key.ops->unwrap(key.self, &p, smi_buf_slice(&out), 32, &got),
                  SMIME_E_UNDECRYPTABLE);
        p.label = smi_slice(i % 2 ? "label" : "", i % 2 ? 5 : 0);
        out.ptr[9] ^= 1;
        CHECK_INT(key.ops->unwrap(key.self, &p, smi_buf_slice(&out), 32, &got),
                  SMIME_E_UNDECRYPTABLE);
        CHECK_INT(key.ops->unwrap(key.self, &p, smi_slice(out.ptr, 255), 32, &got),
                  SMIME_E_UNDECRYPTABLE);
        CHECK(got.ptr == NULL);
        smi_buf_clear(&out);
    }
    smi_pubkey_free(pub);
    smi_key_clear(&key);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

static void check_signature(EVP_PKEY *pkey, bool pss, const char *digest)
{
    struct smi_key key = soft(pkey);
    struct smi_pubkey *pub = NULL;
    struct smi_sig_params params;
    struct smi_buf sig;
    struct smi_slice text = smi_slice("signedAttrs", 11);
    bool valid = false;
    smi_buf_init(&sig, 0);
    CHECK_INT(smi_pubkey_new(&pub, crypto, key.spki), 0);
    CHECK_INT(smi_pubkey_type(pub), key.type);
    CHECK_INT(smi_pubkey_bits(pub), key.bits);
    CHECK_INT(smi_sig_params_choose(&params, key.type, key.bits, pss,
                                    digest ? alg(digest, SMI_ALG_DIGEST) : NULL),
              0);
    CHECK_INT(smi_buf_add_str(&sig, "kept"), 0); /* appended */
    CHECK_INT(key.ops->sign(key.self, &params, text, &sig), 0);
    CHECK(sig.len > 4 && memcmp(sig.ptr, "kept", 4) == 0);
    struct smi_slice value = smi_slice_skip(smi_buf_slice(&sig), 4);
    CHECK_INT(smi_verify(crypto, pub, &params, SMI_TBS_MESSAGE, text, value, &valid), 0);
    CHECK(valid);
    CHECK_INT(smi_verify(crypto, pub, &params, SMI_TBS_MESSAGE, smi_slice("signedAttrz", 11), value,
                         &valid),
              0);
    CHECK(!valid);
    smi_buf_clear(&sig);
    smi_pubkey_free(pub);
    smi_key_clear(&key);
    EVP_PKEY_free(pkey);
}

/* ALG-003 ALG-020 ALG-022 ALG-023 ALG-024 ALG-031 */
static void signatures(void)
{
    crypto = new_crypto(false);
    check_signature(rsa_key(crypto, 1024), false, NULL);
    check_signature(rsa_key(crypto, 1024), false, "sha-512");
    check_signature(rsa_key(crypto, 1024), true, NULL);
    check_signature(rsa_key(crypto, 1031), true, "sha-384"); /* modulus bits no multiple of 8 */
    check_signature(other_key(crypto, "RSA-PSS"), false, NULL);
    check_signature(ec_key(crypto, "P-256"), false, NULL);
    check_signature(ec_key(crypto, "P-384"), false, NULL);
    check_signature(ec_key(crypto, "P-521"), false, "sha-256");
    check_signature(ec_key(crypto, "brainpoolP384r1"), false, NULL);
    check_signature(other_key(crypto, "ED25519"), false, NULL);
    check_signature(other_key(crypto, "ED448"), false, NULL);
    smi_crypto_free(crypto);
}

static void wrong_operations(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *ec = ec_key(crypto, "P-256"), *rsa = rsa_key(crypto, 1024);
    struct smi_key e = soft(ec), r = soft(rsa);
    struct smi_sig_params params;
    struct smi_buf sig;
    struct smi_secret out = {0};
    uint8_t octets[128] = {0};
    smi_buf_init(&sig, 0);
    CHECK_INT(smi_sig_params_choose(&params, SMI_KEY_RSA, 2048, false, NULL), 0);
    CHECK_INT(e.ops->sign(e.self, &params, smi_slice("x", 1), &sig), SMIME_E_UNSUPPORTED);
    CHECK_INT(e.ops->unwrap(e.self, pkcs1(), smi_slice(octets, 128), 16, &out),
              SMIME_E_UNSUPPORTED);
    CHECK_INT(r.ops->agree(r.self, smi_slice(octets, 65), false, &out), SMIME_E_UNSUPPORTED);
    CHECK_INT(sig.len, 0);
    smi_key_clear(&e);
    smi_key_clear(&r);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(rsa);
    smi_crypto_free(crypto);
}

/* KEY-008 KEY-012 KEY-013 R31 */
static void agreement(void)
{
    static const struct {
        const char *curve, *type;
    } cases[] = {{"P-256", NULL},           {"P-384", NULL},  {"P-521", NULL},
                 {"brainpoolP256r1", NULL}, {NULL, "X25519"}, {NULL, "X448"}};
    crypto = new_crypto(false);
    for (size_t i = 0; i < SMI_COUNT(cases); i++) {
        EVP_PKEY *pkey =
            cases[i].curve ? ec_key(crypto, cases[i].curve) : other_key(crypto, cases[i].type);
        struct smi_key key = soft(pkey);
        struct smi_pubkey *pub = public_of(crypto, pkey);
        struct smi_buf peer;
        struct smi_secret theirs = {0}, ours = {0};
        smi_buf_init(&peer, 0);
        CHECK_INT(smi_ka_ephemeral(crypto, pub, &peer, &theirs), 0);
        for (int cofactor = 0; cofactor < 2; cofactor++) {
            CHECK_INT(key.ops->agree(key.self, smi_buf_slice(&peer), cofactor != 0, &ours), 0);
            CHECK_BYTES(ours.ptr, ours.len, theirs.ptr, theirs.len);
            smi_secret_clear(&ours);
        }
        if (cases[i].curve) { /* the same point, compressed */
            size_t half = (peer.len - 1) / 2;
            uint8_t point[70];
            point[0] = (uint8_t)(2 | (peer.ptr[peer.len - 1] & 1));
            memcpy(point + 1, peer.ptr + 1, half);
            CHECK_INT(key.ops->agree(key.self, smi_slice(point, half + 1), false, &ours), 0);
            CHECK_BYTES(ours.ptr, ours.len, theirs.ptr, theirs.len);
            smi_secret_clear(&ours);
            peer.ptr[peer.len - 1] ^= 1;
        } else {
            memset(peer.ptr, 0, peer.len); /* all-zero Z */
        }
        CHECK_INT(key.ops->agree(key.self, smi_buf_slice(&peer), false, &ours),
                  SMIME_E_UNDECRYPTABLE);
        CHECK_INT(key.ops->agree(key.self, smi_slice(peer.ptr, peer.len - 1), false, &ours),
                  SMIME_E_UNDECRYPTABLE);
        CHECK_INT(key.ops->agree(key.self, smi_slice(NULL, 0), false, &ours),
                  SMIME_E_UNDECRYPTABLE);
        CHECK(ours.ptr == NULL);
        smi_secret_clear(&theirs);
        smi_buf_clear(&peer);
        smi_pubkey_free(pub);
        smi_key_clear(&key);
        EVP_PKEY_free(pkey);
    }
    smi_crypto_free(crypto);
}

static void matching(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = ec_key(crypto, "P-256"), *other = ec_key(crypto, "P-256");
    struct smi_key key = soft(pkey);
    struct smi_buf spki;
    smi_buf_init(&spki, 0);
    CHECK(smi_soft_key_matches(&key, key.spki));
    CHECK(!smi_soft_key_matches(&key, spki_of(other, &spki)));
    CHECK(EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                         "compressed") == 1);
    CHECK(smi_soft_key_matches(&key, spki_of(pkey, &spki)));
    CHECK(!smi_soft_key_matches(&key, smi_slice("x", 1)));
    smi_buf_clear(&spki);
    smi_key_clear(&key);
    EVP_PKEY_free(pkey);
    EVP_PKEY_free(other);
    smi_crypto_free(crypto);
}

/* Fails the n-th allocation of a load and one unwrap, until none fails. */
static void faults(void)
{
    crypto = new_crypto(false);
    EVP_PKEY *pkey = rsa_key(crypto, 8 * K);
    uint8_t octets[K] = {0};
    int rc = SMIME_E_NOMEM;
    unsigned n = 1;
    for (; rc == SMIME_E_NOMEM && n < 100; n++) {
        struct smi_key key = {0};
        struct smi_secret cek = {0};
        struct fault_at fault = {0, n};
        CHECK(EVP_PKEY_up_ref(pkey) == 1);
        smi_mem_set_fault_hook(fault_hook_at, &fault);
        rc = smi_soft_key_new(&key, crypto, pkey);
        if (rc != 0)
            EVP_PKEY_free(pkey);
        else
            rc = key.ops->unwrap(key.self, pkcs1(), smi_slice(octets, K), 16, &cek);
        smi_mem_set_fault_hook(NULL, NULL);
        CHECK((rc == 0) == (cek.ptr != NULL));
        smi_secret_clear(&cek);
        smi_key_clear(&key);
    }
    CHECK_INT(rc, 0);
    CHECK(n > 5);
    EVP_PKEY_free(pkey);
    smi_crypto_free(crypto);
}

TEST_MAIN(unwrap_good, unwrap_bad_paddings, unwrap_no_representative, substitute_is_per_key,
          unpadding, oaep, signatures, wrong_operations, agreement, matching, faults)
