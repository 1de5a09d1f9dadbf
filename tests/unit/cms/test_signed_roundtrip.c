/* SignedData as we write it, read again: algorithms, sizes around the chunk limits, forms. */
#include "signed_kit.h"

static uint8_t text[100000];

struct variant {
    int who;
    bool pss, by_ski;
    enum smi_oid digest;
    const char *scheme;
};

static const struct variant variants[] = {
    {RSA_A, false, false, SMI_OID_UNKNOWN, "rsa-pkcs1"}, /* ALG-001 ALG-003 */
    {RSA_A, true, false, SMI_OID_UNKNOWN, "rsa-pss"},
    {RSA_A, true, true, SMI_OID_SHA512, "rsa-pss"},
    {RSA_A, false, true, SMI_OID_SHA512, "rsa-pkcs1"},
    {EC_256, false, false, SMI_OID_UNKNOWN, "ecdsa"},
    {EC_384, false, true, SMI_OID_UNKNOWN, "ecdsa"}, /* ALG-020 */
    {EC_521, false, false, SMI_OID_UNKNOWN, "ecdsa"},
    {ED_25519, false, false, SMI_OID_UNKNOWN, "ed25519"}, /* ALG-022 */
    {ED_448, false, true, SMI_OID_UNKNOWN, "ed448"},      /* ALG-023 */
};

static struct smi_sign_spec sign_spec(const struct variant *v)
{
    struct smi_sign_spec spec = kit_sign_spec(v->who);
    spec.params = kit_params(v->who, v->pss, v->digest ? kit_digest(v->digest) : NULL);
    spec.by_ski = v->by_ski;
    return spec;
}

static struct smi_signed_spec signed_spec(const struct smi_sign_spec *signer, size_t count,
                                          bool der)
{
    struct smi_signed_spec spec = {.signer = signer, .signer_count = count,
                                   .econtent_type = SMI_OID_DATA, .der = der};
    return spec;
}

static bool is_der(struct smi_slice message)
{
    struct smi_der der = smi_der(message);
    struct smi_buf normal = {0};
    uint8_t id;
    bool ok = smi_der_any(&der, &id, NULL, NULL) == 0 && smi_der_empty(&der) &&
              smi_ber_normalise(&normal, message, 64) == 0 &&
              smi_slice_eq(message, smi_buf_slice(&normal));
    smi_buf_clear(&normal);
    return ok;
}

static void check_valid(struct kit_read *r, size_t index, int who, const char *scheme,
                        const struct smi_digest_set *digests)
{
    struct smi_signer_result s = kit_judge(r, index, who, digests);
    CHECK_INT(r->rc, 0);
    CHECK_INT(s.state, SMI_SIGNER_VALID);
    CHECK(s.reason == NULL);
    CHECK(!s.received_order);
    CHECK_INT(s.strength, SMIME_ALG_OK);
    CHECK_STR(s.params.scheme ? s.params.scheme->name : NULL, scheme);
}

/* CMS-001 CMS-002 CMS-005 CMS-024 */
static void attached(const struct variant *v, size_t len, bool der)
{
    struct smi_sign_spec signer = sign_spec(v);
    struct smi_signed_spec spec = signed_spec(&signer, 1, der);
    struct smi_buf out = {0};
    struct smi_diag diag;
    struct kit_read r;
    CHECK_INT(kit_sign(&out, &spec, smi_slice(text, len), 4099, &diag), 0);
    CHECK_INT(is_der(smi_buf_slice(&out)), der || len <= KIT_SPOOL_MEMORY);
    kit_read(&r, smi_buf_slice(&out), NULL);
    CHECK_INT(r.rc, 0);
    CHECK_INT(r.type, SMI_CMS_SIGNED);
    CHECK_INT(r.content_calls, 1);
    CHECK_INT(r.ends, 1);
    CHECK_INT(r.aborts, 0);
    CHECK_STR(r.content_type, smi_oid_name(SMI_OID_DATA));
    CHECK_BYTES(r.text.ptr, r.text.len, text, len);
    CHECK_INT(r.result->signed_data->detached, false);
    CHECK_INT(r.result->content_absent, false);
    CHECK_INT(r.result->trailing, 0);
    check_valid(&r, 0, v->who, v->scheme, NULL);
    if (r.rc == 0) {
        const struct smi_signer_info *info = &r.result->signed_data->signer[0];
        CHECK_INT(info->sid.by_ski, v->by_ski); /* CMS-020 */
        CHECK(smi_rid_matches(&info->sid, kit_person[v->who].cert));
        CHECK_INT(info->signing_time, KIT_TIME);
        CHECK_INT(info->attrs.count, 5);
        CHECK(info->attrs_fault == NULL);
    }
    kit_read_clear(&r);
    smi_buf_clear(&out);
}

static void test_attached(void)
{
    static const size_t sizes[] = {0, 1, KIT_SPOOL_MEMORY - 1, KIT_SPOOL_MEMORY,
                                   KIT_SPOOL_MEMORY + 1, 32767, 32768, 32769, 65536, 99999};
    kit_start();
    kit_fill(text, sizeof text);
    for (size_t v = 0; v < SMI_COUNT(variants); v++)
        for (size_t s = 0; s < SMI_COUNT(sizes); s++)
            if (v == 4 || s == 0 || s == 4)
                for (int der = 0; der < 2; der++)
                    attached(&variants[v], sizes[s], der);
}

static int write_detached(struct smi_buf *out, const struct smi_signed_spec *spec,
                          const struct smi_digest_set *digests, struct smi_diag *diag)
{
    struct smi_cms_env env = {.crypto = kit_crypto, .diag = diag, .layer = "0 signed"};
    smi_diag_reset(diag);
    return smi_signed_write_detached(smi_buf_sink(out), &env, spec, digests);
}

static void detached(const struct variant *v)
{
    struct smi_sign_spec signer = sign_spec(v);
    struct smi_signed_spec spec = signed_spec(&signer, 1, false);
    struct smi_digest_set digests, other;
    struct smi_buf out = {0};
    struct smi_diag diag;
    struct kit_read r;
    kit_digests(&digests, smi_slice(text, 5000), signer.params.digest->oid, SMI_OID_SHA256);
    kit_digests(&other, smi_slice(text, 4999), signer.params.digest->oid, SMI_OID_SHA256);
    CHECK_INT(write_detached(&out, &spec, &digests, &diag), 0);
    CHECK(is_der(smi_buf_slice(&out)));
    kit_read(&r, smi_buf_slice(&out), NULL);
    CHECK_INT(r.content_calls, 0);
    CHECK(r.rc == 0 && r.result->signed_data->detached && r.result->content_absent);
    check_valid(&r, 0, v->who, v->scheme, &digests);
    CHECK_INT(kit_judge(&r, 0, v->who, &other).state, SMI_SIGNER_INVALID); /* CMS-007 */
    CHECK_INT(r.rc, 0);
    smi_digest_set_clear(&digests);
    smi_digest_set_clear(&other);
    kit_read_clear(&r);
    smi_buf_clear(&out);
}

static void test_detached(void)
{
    kit_start();
    kit_fill(text, sizeof text);
    for (size_t v = 0; v < SMI_COUNT(variants); v++)
        detached(&variants[v]);
}

static uint64_t version_of(struct smi_slice message)
{
    struct smi_der der = smi_der(message), in;
    struct smi_slice oid;
    uint64_t version = 99;
    CHECK(smi_der_enter(&der, SMI_ID_SEQUENCE, &in) == 0 && smi_der_oid(&in, &oid) == 0 &&
          smi_der_enter(&in, SMI_ID_CONTEXT_CONSTRUCTED, &der) == 0 &&
          smi_der_enter(&der, SMI_ID_SEQUENCE, &in) == 0 && smi_der_uint64(&in, &version) == 0);
    return version;
}

/* CMS-010 CMS-011 */
static void test_versions(void)
{
    struct smi_sign_spec signer;
    struct smi_buf out = {0};
    struct smi_diag diag;
    kit_start();
    for (int by_ski = 0; by_ski < 2; by_ski++)
        for (int other = 0; other < 2; other++) {
            signer = kit_sign_spec(EC_256);
            signer.by_ski = by_ski;
            struct smi_signed_spec spec = signed_spec(&signer, 1, true);
            spec.econtent_type = other ? SMI_OID_CT_RECEIPT : SMI_OID_DATA;
            out.len = 0;
            CHECK_INT(kit_sign(&out, &spec, smi_slice_str("x"), 9, &diag), 0);
            CHECK_INT(version_of(smi_buf_slice(&out)), by_ski || other ? 3 : 1);
        }
    smi_buf_clear(&out);
}

/* CMS-016: each is judged by itself */
static void test_several_signers(void)
{
    static const int who[] = {RSA_A, EC_384, ED_25519, EC_256};
    struct smi_sign_spec signer[4];
    struct smi_certset certs = {0};
    struct smi_buf out = {0};
    struct smi_diag diag;
    struct kit_read r;
    bool seen[4] = {false};
    kit_start();
    kit_fill(text, sizeof text);
    for (int i = 0; i < 4; i++) {
        signer[i] = kit_sign_spec(who[i]);
        kit_ok(smi_certset_add(&certs, kit_person[who[i]].cert) == 0);
    }
    struct smi_signed_spec spec = signed_spec(signer, 4, false);
    spec.certs = &certs;
    CHECK_INT(kit_sign(&out, &spec, smi_slice(text, 50000), 1000, &diag), 0);
    kit_read(&r, smi_buf_slice(&out), NULL);
    CHECK_INT(r.rc, 0);
    CHECK_INT(r.result->signed_data->signer_count, 4);
    CHECK_INT(r.result->signed_data->certs.count, 4);
    CHECK_INT(r.result->signed_data->certs_skipped, 0);
    for (size_t s = 0; s < r.result->signed_data->signer_count; s++)
        for (int i = 0; i < 4; i++) {
            bool named = smi_rid_matches(&r.result->signed_data->signer[s].sid,
                                         kit_person[who[i]].cert);
            int state = kit_judge(&r, s, who[i], NULL).state;
            CHECK_INT(state, named ? SMI_SIGNER_VALID : SMI_SIGNER_WRONG_CERT);
            seen[i] = seen[i] || named;
        }
    CHECK(seen[0] && seen[1] && seen[2] && seen[3]);
    kit_read_clear(&r);
    smi_certset_clear(&certs);
    smi_buf_clear(&out);
}

/* The writer's output does not depend on the cut (deterministic: RSA PKCS #1 v1.5). */
static void test_writer_cut(void)
{
    static const size_t pieces[] = {1, 7, 999, 1000, 1001, 32768, 70000};
    struct smi_sign_spec signer;
    struct smi_buf want = {0}, out = {0};
    struct smi_diag diag;
    kit_start();
    kit_fill(text, sizeof text);
    signer = kit_sign_spec(RSA_A);
    for (int der = 0; der < 2; der++) {
        struct smi_signed_spec spec = signed_spec(&signer, 1, der);
        want.len = 0;
        CHECK_INT(kit_sign(&want, &spec, smi_slice(text, 70000), 70000, &diag), 0);
        for (size_t p = 0; p < SMI_COUNT(pieces); p++) {
            out.len = 0;
            CHECK_INT(kit_sign(&out, &spec, smi_slice(text, 70000), pieces[p], &diag), 0);
            CHECK_BYTES(out.ptr, out.len, want.ptr, want.len);
        }
    }
    smi_buf_clear(&want);
    smi_buf_clear(&out);
}

/* CAP-001 CAP-002 CAP-004 ATTR-010 ATTR-012 ATTR-013 */
static void test_attributes_written(void)
{
    static const enum smi_oid expected[] = {
        SMI_OID_CONTENT_TYPE, SMI_OID_MESSAGE_DIGEST, SMI_OID_SIGNING_TIME,
        SMI_OID_SMIME_CAPABILITIES, SMI_OID_ENCRYP_KEY_PREF, SMI_OID_SIGNING_CERTIFICATE_V2,
        SMI_OID_CMS_ALGORITHM_PROTECTION};
    struct smi_sign_spec signer;
    struct smi_buf out = {0}, caps = {0};
    struct smi_diag diag;
    struct kit_read r;
    size_t count;
    kit_start();
    signer = kit_sign_spec(EC_256);
    CHECK_INT(smi_caps_write(&caps, false), 0);
    signer.capabilities = smi_buf_slice(&caps);
    signer.encryption_cert = kit_person[RSA_B].cert;
    struct smi_signed_spec spec = signed_spec(&signer, 1, true);
    CHECK_INT(kit_sign(&out, &spec, smi_slice_str("hello"), 9, &diag), 0);
    kit_read(&r, smi_buf_slice(&out), NULL);
    check_valid(&r, 0, EC_256, "ecdsa", NULL);
    const struct smi_signer_info *info = &r.result->signed_data->signer[0];
    CHECK_INT(info->attrs.count, SMI_COUNT(expected));
    for (size_t i = 0; i < SMI_COUNT(expected); i++)
        CHECK(smi_attrs_find(&info->attrs, expected[i], &count) && count == 1);
    CHECK_BYTES(info->capabilities.ptr, info->capabilities.len, caps.ptr, caps.len);
    CHECK(smi_slice_eq(info->signed_attrs_der, info->signed_attrs_received)); /* CMS-004 */
    CHECK_INT(info->signed_attrs_der.ptr[0], 0x31);                          /* CMS-003 */
    CHECK(smi_algid_params_absent_or_null(&info->digest) && info->digest.params.len == 0);
    kit_read_clear(&r);
    smi_buf_clear(&out);
    smi_buf_clear(&caps);
}

static void test_capabilities(void)
{
    static const uint8_t aes256[] = {0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 1, 0x2a};
    static const uint8_t odd[] = {0x30, 9, 0x30, 2, 5, 0, 0x30, 3, 6, 1, 0x2a};
    struct smi_buf caps = {0};
    CHECK_INT(smi_caps_write(&caps, false), 0);
    CHECK(caps.len == 41 && memcmp(caps.ptr + 2, aes256, sizeof aes256) == 0);
    CHECK(smi_caps_has(smi_buf_slice(&caps), SMI_OID_AES256_CBC));
    CHECK(smi_caps_has(smi_buf_slice(&caps), SMI_OID_AES128_CBC));
    CHECK(!smi_caps_has(smi_buf_slice(&caps), SMI_OID_AES256_GCM));
    CHECK(!smi_caps_has(smi_buf_slice(&caps), SMI_OID_DES3_CBC));
    caps.len = 0;
    CHECK_INT(smi_caps_write(&caps, true), 0);
    CHECK(smi_caps_has(smi_buf_slice(&caps), SMI_OID_AES256_GCM));
    CHECK(!smi_caps_has(smi_slice(odd, sizeof odd), SMI_OID_AES256_CBC)); /* CAP-006 */
    CHECK(!smi_caps_has(smi_slice(NULL, 0), SMI_OID_AES256_CBC));
    CHECK(!smi_caps_has(smi_slice(odd, 5), SMI_OID_AES256_CBC));
    smi_buf_clear(&caps);
}

/* MSG-032 */
static void test_certs_only(void)
{
    struct smi_certset certs = {0};
    struct smi_buf out = {0};
    struct smi_diag diag;
    struct kit_read r;
    kit_start();
    struct smi_cms_env env = {.crypto = kit_crypto, .diag = &diag, .layer = "0"};
    smi_diag_reset(&diag);
    CHECK_INT(smi_certs_only_write(smi_buf_sink(&out), &env, &certs), SMIME_E_USAGE);
    CHECK_INT(out.len, 0);
    for (int i = 0; i < 3; i++)
        kit_ok(smi_certset_add(&certs, kit_person[i].cert) == 0);
    CHECK_INT(smi_certs_only_write(smi_buf_sink(&out), &env, &certs), 0);
    CHECK(is_der(smi_buf_slice(&out)));
    kit_read(&r, smi_buf_slice(&out), NULL);
    CHECK_INT(r.rc, 0);
    CHECK_INT(r.type, SMI_CMS_SIGNED);
    CHECK_INT(r.result->signed_data->signer_count, 0);
    CHECK(r.result->signed_data->detached);
    CHECK_INT(r.result->signed_data->certs.count, 3);
    for (int i = 0; i < 3; i++)
        CHECK(smi_certset_has(&r.result->signed_data->certs, kit_person[i].cert));
    kit_read_clear(&r);
    smi_certset_clear(&certs);
    smi_buf_clear(&out);
}

static void refused(struct smi_sign_spec signer, size_t count, int want)
{
    struct smi_signed_spec spec = signed_spec(&signer, count, false);
    struct smi_digest_set digests;
    struct smi_buf out = {0};
    struct smi_diag diag;
    CHECK_INT(kit_sign(&out, &spec, smi_slice_str("x"), 1, &diag), want);
    CHECK_INT(diag.code, want);
    CHECK_INT(out.len, 0);
    kit_digests(&digests, smi_slice_str("x"), SMI_OID_SHA256, SMI_OID_SHA1);
    if (count)
        CHECK_INT(write_detached(&out, &spec, &digests, &diag), want);
    CHECK_INT(out.len, 0);
    smi_digest_set_clear(&digests);
    smi_buf_clear(&out);
}

/* ALG-010 ALG-030 */
static void test_refusals(void)
{
    struct smi_sign_spec signer;
    kit_start();
    signer = kit_sign_spec(RSA_A);
    refused(signer, 0, SMIME_E_USAGE);
    signer.params = kit_params(RSA_A, false, kit_digest(SMI_OID_SHA1));
    refused(signer, 1, SMIME_E_REFUSED);
    refused(kit_sign_spec(RSA_1024), 1, SMIME_E_REFUSED);
    signer = kit_sign_spec(RSA_B);
    signer.by_ski = true;
    refused(signer, 1, SMIME_E_NO_CERT);
    signer = kit_sign_spec(RSA_A);
    signer.key = NULL;
    refused(signer, 1, SMIME_E_USAGE);
}

static int failing_sign(void *self, const struct smi_sig_params *params, struct smi_slice message,
                        struct smi_buf *sig)
{
    SMI_UNUSED(self);
    SMI_UNUSED(params);
    SMI_UNUSED(message);
    SMI_UNUSED(sig);
    return SMIME_E_PASSWORD;
}

/* A key that refuses leaves no SignedData behind, and its reason reaches the caller. */
static void test_key_fails(void)
{
    static const struct smi_key_ops ops = {failing_sign, NULL, NULL, NULL};
    struct smi_sign_spec signer;
    struct smi_buf out = {0};
    struct smi_diag diag;
    kit_start();
    signer = kit_sign_spec(EC_256);
    struct smi_key key = *signer.key;
    key.ops = &ops;
    signer.key = &key;
    struct smi_signed_spec spec = signed_spec(&signer, 1, true);
    CHECK_INT(kit_sign(&out, &spec, smi_slice_str("x"), 1, &diag), SMIME_E_PASSWORD);
    CHECK_INT(diag.code, SMIME_E_PASSWORD);
    CHECK_INT(out.len, 0);
    smi_buf_clear(&out);
}

static size_t fault_left;
static bool fault_hook(void *arg)
{
    SMI_UNUSED(arg);
    if (fault_left == 0)
        return true;
    return --fault_left != 0;
}

/* Every allocation fails once, writing and reading. */
static void test_faults(void)
{
    struct smi_sign_spec signer[2];
    struct smi_buf out = {0}, good = {0};
    struct smi_diag diag;
    struct kit_read r;
    kit_start();
    kit_fill(text, sizeof text);
    signer[0] = kit_sign_spec(EC_256);
    signer[1] = kit_sign_spec(ED_25519);
    struct smi_certset certs = {0};
    kit_ok(smi_certset_add(&certs, kit_person[EC_256].cert) == 0);
    struct smi_signed_spec spec = signed_spec(signer, 2, false);
    spec.certs = &certs;
    kit_ok(kit_sign(&good, &spec, smi_slice(text, 3000), 3000, &diag) == 0);
    kit_ok(smi_buf_reserve(&out, 20000) == 0);
    smi_mem_set_fault_hook(fault_hook, NULL);
    int rc = SMIME_E_NOMEM;
    for (size_t n = 1; rc != 0 && n < 5000; n++) {
        out.len = 0;
        fault_left = n;
        rc = kit_sign(&out, &spec, smi_slice(text, 3000), 3000, &diag);
        CHECK(rc == 0 || rc == SMIME_E_NOMEM || rc == SMIME_E_CRYPTO);
        if (rc != 0)
            CHECK_INT(rc, diag.code ? diag.code : rc);
    }
    CHECK_INT(rc, 0);
    rc = SMIME_E_NOMEM;
    for (size_t n = 1; rc != 0 && n < 5000; n++) {
        fault_left = n;
        kit_read(&r, smi_buf_slice(&good), NULL);
        struct smi_signer_result s = {.state = SMI_SIGNER_INVALID};
        if (r.rc == 0)
            s = kit_judge(&r, 0, EC_256, NULL);
        rc = r.rc;
        bool left = fault_left != 0; /* fewer than n allocations were made: nothing failed */
        CHECK(rc == SMIME_E_NOMEM || rc == SMIME_E_CRYPTO || (rc == 0 && left));
        CHECK(rc != 0 || s.state == SMI_SIGNER_VALID || s.state == SMI_SIGNER_WRONG_CERT);
        CHECK(r.ends == 0 || r.aborts == 0);
        fault_left = 0;
        kit_read_clear(&r);
    }
    CHECK_INT(rc, 0);
    smi_mem_set_fault_hook(NULL, NULL);
    smi_certset_clear(&certs);
    smi_buf_clear(&out);
    smi_buf_clear(&good);
}

TEST_MAIN(test_attached, test_detached, test_versions, test_several_signers, test_writer_cut,
          test_attributes_written, test_capabilities, test_certs_only, test_refusals,
          test_key_fails, test_faults)
