/* signed_kit.h: signers with keys and certificates, writing, reading, judging and crafting, for the
 * tests of SignedData, CompressedData and DigestedData. */
#ifndef TESTS_SIGNED_KIT_H
#define TESTS_SIGNED_KIT_H

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "check.h"
#include "keys/soft_key.h"
#include "lib/base/mem.h"
#include "lib/cms/cms.h"

enum kit_signer { RSA_A, RSA_B, EC_256, EC_384, EC_521, ED_25519, ED_448, RSA_1024, KIT_SIGNERS };

struct kit_person {
    struct smi_key key;
    struct smi_cert *cert;
};

static struct smi_crypto *kit_crypto;
static struct kit_person kit_person[KIT_SIGNERS];

enum { KIT_TIME = 1800000000 };

static inline void kit_ok(bool ok)
{
    if (!ok)
        abort();
}

static inline EVP_PKEY *kit_make_key(int who)
{
    switch (who) {
    case EC_256:
        return EVP_EC_gen("P-256");
    case EC_384:
        return EVP_EC_gen("P-384");
    case EC_521:
        return EVP_EC_gen("P-521");
    case ED_25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    case ED_448:
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
    case RSA_1024:
        return EVP_RSA_gen(1024);
    default:
        return EVP_RSA_gen(2048);
    }
}

static inline struct smi_cert *kit_make_cert(EVP_PKEY *pkey, int serial, bool ski)
{
    static EVP_PKEY *issuer;
    struct smi_cert *cert = NULL;
    uint8_t *der = NULL;
    X509V3_CTX ctx;
    if (!issuer)
        issuer = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    ASN1_TIME_set(X509_getm_notBefore(x), 0);
    ASN1_TIME_set(X509_getm_notAfter(x), 4000000000);
    X509_NAME *name = X509_NAME_new();
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Test CA", -1, -1,
                               0);
    X509_set_issuer_name(x, name);
    X509_set_subject_name(x, name);
    X509_NAME_free(name);
    X509_set_pubkey(x, pkey);
    if (ski) {
        X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
        X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
        X509_add_ext(x, ext, -1);
        X509_EXTENSION_free(ext);
    }
    X509_sign(x, issuer, EVP_sha256());
    int len = i2d_X509(x, &der);
    kit_ok(len > 0 && smi_cert_new(&cert, kit_crypto, smi_slice(der, (size_t)len)) == 0);
    OPENSSL_free(der);
    X509_free(x);
    return cert;
}

/* What a test that needs one more certificate for a signer's key asks for; owned by the caller. */
static EVP_PKEY *kit_pkey[KIT_SIGNERS];

static inline void kit_start(void)
{
    if (kit_crypto)
        return;
    kit_ok(smi_crypto_new(&kit_crypto, false) == 0);
    for (int i = 0; i < KIT_SIGNERS; i++) {
        kit_pkey[i] = kit_make_key(i);
        kit_ok(kit_pkey[i] != NULL);
        kit_person[i].cert = kit_make_cert(kit_pkey[i], 0x80 + i, i != RSA_B);
        kit_ok(smi_soft_key_new(&kit_person[i].key, kit_crypto, kit_pkey[i]) == 0);
    }
}

static inline const struct smi_alg *kit_digest(enum smi_oid oid)
{
    return smi_alg_by_id(oid, SMI_ALG_DIGEST);
}

static inline struct smi_sig_params kit_params(int who, bool pss, const struct smi_alg *digest)
{
    struct smi_sig_params params;
    const struct smi_key *key = &kit_person[who].key;
    kit_ok(smi_sig_params_choose(&params, key->type, key->bits, pss, digest) == 0);
    return params;
}

static inline struct smi_sign_spec kit_sign_spec(int who)
{
    struct smi_sign_spec spec = {.key = &kit_person[who].key, .cert = kit_person[who].cert,
                                 .params = kit_params(who, false, NULL), .signing_time = KIT_TIME};
    return spec;
}

/* Octets that repeat with a period that no chunk size shares. */
static inline void kit_fill(uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)((size_t)"0123456789abcdefghi"[i % 19] + i / 4096);
}

/* -- running a sink: pieces of `first` (when not 0), then of `piece` octets */

static inline int kit_run(struct smi_sink *sink, struct smi_slice in, size_t first, size_t piece)
{
    int rc = 0;
    while (rc == 0 && in.len) {
        size_t want = first ? first : piece, n = in.len < want ? in.len : want;
        rc = smi_sink_write(*sink, smi_slice_take(in, n));
        in = smi_slice_skip(in, n);
        first = 0;
    }
    if (rc == 0)
        rc = smi_sink_end(*sink);
    else
        smi_sink_abort(*sink, rc);
    return rc;
}

enum { KIT_SPOOL_MEMORY = 1000 };

static inline int kit_sign(struct smi_buf *out, const struct smi_signed_spec *spec,
                           struct smi_slice text, size_t piece, struct smi_diag *diag)
{
    struct smime_limits limits = {.size = sizeof limits, .spool_memory_bytes = KIT_SPOOL_MEMORY};
    struct smi_arena arena;
    struct smi_sink sink, down = smi_buf_sink(out);
    smi_arena_init(&arena, 0);
    smi_diag_reset(diag);
    struct smi_cms_env env = {.crypto = kit_crypto, .limits = &limits, .arena = &arena,
                              .diag = diag, .layer = "0 signed"};
    int rc = smi_signed_write_new(&sink, down, &env, spec);
    if (rc == 0) {
        rc = kit_run(&sink, text, 0, piece);
        smi_sink_free(&sink);
    }
    smi_arena_clear(&arena);
    return rc;
}

/* -- reading */

struct kit_read {
    int rc;
    struct smi_diag diag;
    struct smi_arena arena;
    struct smi_cms_env env;
    struct smi_cms_result *result;
    struct smi_buf text;
    int content_calls, ends, aborts;
    enum smi_cms_type type;
    char content_type[64], alg[64];
};

static inline int kit_text_write(void *self, struct smi_slice in)
{
    struct kit_read *r = self;
    return smi_buf_add(&r->text, in);
}

static inline int kit_text_end(void *self)
{
    ((struct kit_read *)self)->ends++;
    return 0;
}

static inline void kit_text_abort(void *self, int why)
{
    SMI_UNUSED(why);
    ((struct kit_read *)self)->aborts++;
}

static inline void kit_text_free(void *self)
{
    SMI_UNUSED(self);
}

static inline int kit_on_type(void *self, enum smi_cms_type type, struct smi_slice oid)
{
    SMI_UNUSED(oid);
    ((struct kit_read *)self)->type = type;
    return 0;
}

static inline int kit_on_content(void *self, struct smi_slice type, const struct smi_algid *alg,
                                 struct smi_sink *down)
{
    static const struct smi_sink_ops ops = {kit_text_write, kit_text_end, kit_text_abort,
                                            kit_text_free};
    struct kit_read *r = self;
    r->content_calls++;
    smi_oid_text(type, r->content_type, sizeof r->content_type);
    if (alg)
        smi_oid_text(alg->oid, r->alg, sizeof r->alg);
    down->ops = &ops;
    down->self = r;
    return 0;
}

struct kit_options {
    size_t first, piece; /* 0: all at once */
    enum smime_policy policy;
    bool all_digests;
    const struct smime_limits *limits;
};

static inline void kit_read(struct kit_read *r, struct smi_slice message,
                            const struct kit_options *options)
{
    static const struct kit_options usual;
    struct smi_sink sink;
    const struct kit_options *o = options ? options : &usual;
    struct smi_cms_handler handler = {.self = r, .type = kit_on_type, .content = kit_on_content};
    struct smi_cms_hints hints = {.all_digests = o->all_digests};
    memset(r, 0, sizeof *r);
    smi_diag_reset(&r->diag);
    smi_arena_init(&r->arena,
                   o->limits && o->limits->metadata_bytes ? o->limits->metadata_bytes : 8 << 20);
    struct smi_cms_env env = {.crypto = kit_crypto, .limits = o->limits, .arena = &r->arena,
                              .diag = &r->diag, .layer = "0", .policy = o->policy};
    r->env = env;
    r->rc = smi_cms_read_new(&sink, &r->env, &handler, &hints);
    if (r->rc != 0)
        return;
    r->rc = kit_run(&sink, message, o->first, o->piece ? o->piece : message.len + 1);
    r->result = smi_cms_read_result(sink);
    smi_sink_free(&sink);
}

static inline void kit_read_clear(struct kit_read *r)
{
    smi_cms_result_clear(r->result);
    smi_buf_clear(&r->text);
    smi_arena_clear(&r->arena);
}

static inline struct smi_signer_result kit_judge(struct kit_read *r, size_t index, int who,
                                                 const struct smi_digest_set *digests)
{
    struct smi_signer_result result = {.state = SMI_SIGNER_INVALID, .reason = "not judged"};
    const struct smi_cms_signed *data = r->result ? r->result->signed_data : NULL;
    if (r->rc != 0 || !data || index >= data->signer_count)
        return result;
    r->rc = smi_signer_verify(&result, data, &data->signer[index], kit_person[who].cert,
                              digests ? digests : &data->digests, &r->env);
    return result;
}

static inline void kit_digests(struct smi_digest_set *set, struct smi_slice text, enum smi_oid a,
                               enum smi_oid b)
{
    memset(set, 0, sizeof *set);
    kit_ok(smi_digest_set_add(set, kit_crypto, kit_digest(a)) == 0);
    kit_ok(smi_digest_set_add(set, kit_crypto, kit_digest(b)) == 0);
    kit_ok(smi_digest_set_update(set, text) == 0 && smi_digest_set_final(set) == 0);
}

/* -- crafting: what our writer would not write */

static inline void kit_put(struct smi_buf *out, uint8_t id, struct smi_slice content)
{
    kit_ok(smi_der_put(out, id, content) == 0);
}

static inline void kit_add(struct smi_buf *out, struct smi_slice in)
{
    kit_ok(smi_buf_add(out, in) == 0);
}

/* Attribute { oid, SET { values } } */
static inline void kit_attr(struct smi_buf *out, enum smi_oid oid, struct smi_slice values)
{
    size_t attr;
    kit_ok(smi_der_open(out, SMI_ID_SEQUENCE, &attr) == 0 &&
           smi_der_put_oid(out, smi_oid_der(oid)) == 0 &&
           smi_der_put(out, SMI_ID_SET, values) == 0 && smi_der_close(out, attr) == 0);
}

/* The usual contentType and messageDigest (SHA-256 of text). */
static inline void kit_content_type_attr(struct smi_buf *out, enum smi_oid type)
{
    struct smi_buf value = {0};
    kit_put(&value, SMI_ID_OID, smi_oid_der(type));
    kit_attr(out, SMI_OID_CONTENT_TYPE, smi_buf_slice(&value));
    smi_buf_clear(&value);
}

static inline void kit_digest_attr(struct smi_buf *out, enum smi_oid digest, struct smi_slice text)
{
    struct smi_buf value = {0};
    uint8_t hash[SMI_DIGEST_MAX];
    size_t len;
    kit_ok(smi_digest_once(kit_crypto, kit_digest(digest), text, hash, &len) == 0);
    kit_put(&value, SMI_ID_OCTET_STRING, smi_slice(hash, len));
    kit_attr(out, SMI_OID_MESSAGE_DIGEST, smi_buf_slice(&value));
    smi_buf_clear(&value);
}

static inline void kit_algid(struct smi_buf *out, uint8_t id, enum smi_oid oid,
                             struct smi_slice params)
{
    size_t mark;
    kit_ok(smi_der_open(out, id, &mark) == 0 && smi_der_put_oid(out, smi_oid_der(oid)) == 0 &&
           smi_buf_add(out, params) == 0 && smi_der_close(out, mark) == 0);
}

struct kit_craft {
    int who;                     /* signs; EC_256 unless changed */
    enum smi_oid digest;         /* SHA-256 when UNKNOWN */
    enum smi_oid econtent_type;  /* id-data when UNKNOWN */
    struct smi_slice text;
    struct smi_slice content_tlv; /* in place of the OCTET STRING; empty: text */
    bool detached;
    const struct smi_buf *attrs; /* concatenated attributes in the order to be stored; NULL: none */
    bool sign_stored_order;      /* rather than DER order */
    struct smi_slice digest_algs; /* content of digestAlgorithms */
    bool no_digest_algs;          /* leave digestAlgorithms empty */
    struct smi_slice certs, crls; /* content of [0], [1]; empty: absent */
    struct smi_slice unsigned_attrs;
    struct smi_slice signature;   /* in place of a real one */
    struct smi_slice sig_alg;     /* AlgorithmIdentifier written in place of the real one */
    size_t copies;                /* of the SignerInfo; 0 means 1 */
};

static inline void kit_signature(struct smi_buf *out, const struct kit_craft *c,
                                 const struct smi_sig_params *params)
{
    struct smi_buf tbs = {0}, set = {0};
    if (c->attrs) {
        if (c->sign_stored_order)
            kit_add(&tbs, smi_buf_slice(c->attrs));
        else
            kit_ok(smi_der_sort_set_of(&tbs, smi_buf_slice(c->attrs)) == 0);
        kit_put(&set, SMI_ID_SET, smi_buf_slice(&tbs));
    } else {
        kit_add(&set, c->text);
    }
    const struct smi_key *key = &kit_person[c->who].key;
    kit_ok(key->ops->sign(key->self, params, smi_buf_slice(&set), out) == 0);
    smi_buf_clear(&tbs);
    smi_buf_clear(&set);
}

static inline void kit_signer_info(struct smi_buf *out, const struct kit_craft *c)
{
    enum smi_oid digest = c->digest ? c->digest : SMI_OID_SHA256;
    struct smi_sig_params params = kit_params(c->who, false, kit_digest(digest));
    struct smi_buf signature = {0};
    const struct smi_cert *cert = kit_person[c->who].cert;
    size_t info, sid;
    if (c->signature.len)
        kit_add(&signature, c->signature);
    else
        kit_signature(&signature, c, &params);
    kit_ok(smi_der_open(out, SMI_ID_SEQUENCE, &info) == 0 && smi_der_put_uint(out, 1) == 0 &&
           smi_der_open(out, SMI_ID_SEQUENCE, &sid) == 0 &&
           smi_buf_add(out, smi_cert_issuer(cert)) == 0 &&
           smi_der_put_integer(out, smi_cert_serial(cert)) == 0 && smi_der_close(out, sid) == 0);
    kit_algid(out, SMI_ID_SEQUENCE, digest, smi_slice(NULL, 0));
    if (c->attrs)
        kit_put(out, SMI_ID_CONTEXT_CONSTRUCTED, smi_buf_slice(c->attrs));
    if (c->sig_alg.len)
        kit_add(out, c->sig_alg);
    else
        kit_ok(smi_sig_params_put(out, SMI_ID_SEQUENCE, &params) == 0);
    kit_put(out, SMI_ID_OCTET_STRING, smi_buf_slice(&signature));
    if (c->unsigned_attrs.len)
        kit_put(out, SMI_ID_CONTEXT_CONSTRUCTED | 1, c->unsigned_attrs);
    kit_ok(smi_der_close(out, info) == 0);
    smi_buf_clear(&signature);
}

static inline void kit_put_encap(struct smi_buf *out, const struct kit_craft *c)
{
    size_t encap, content;
    enum smi_oid type = c->econtent_type ? c->econtent_type : SMI_OID_DATA;
    kit_ok(smi_der_open(out, SMI_ID_SEQUENCE, &encap) == 0 &&
           smi_der_put_oid(out, smi_oid_der(type)) == 0);
    if (!c->detached) {
        kit_ok(smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED, &content) == 0);
        if (c->content_tlv.len)
            kit_add(out, c->content_tlv);
        else
            kit_put(out, SMI_ID_OCTET_STRING, c->text);
        kit_ok(smi_der_close(out, content) == 0);
    }
    kit_ok(smi_der_close(out, encap) == 0);
}

/* ContentInfo of this type around these members of its SEQUENCE. */
static inline void kit_wrap(struct smi_buf *out, enum smi_oid type, struct smi_slice members)
{
    size_t info, content;
    kit_ok(smi_der_open(out, SMI_ID_SEQUENCE, &info) == 0 &&
           smi_der_put_oid(out, smi_oid_der(type)) == 0 &&
           smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED, &content) == 0 &&
           smi_der_put(out, SMI_ID_SEQUENCE, members) == 0 && smi_der_close(out, content) == 0 &&
           smi_der_close(out, info) == 0);
}

static inline void kit_craft(struct smi_buf *out, const struct kit_craft *c)
{
    struct smi_buf body = {0}, algs = {0}, infos = {0};
    kit_ok(smi_der_put_uint(&body, 1) == 0);
    if (c->digest_algs.len)
        kit_add(&algs, c->digest_algs);
    else if (!c->no_digest_algs)
        kit_algid(&algs, SMI_ID_SEQUENCE, c->digest ? c->digest : SMI_OID_SHA256,
                  smi_slice(NULL, 0));
    kit_put(&body, SMI_ID_SET, smi_buf_slice(&algs));
    kit_put_encap(&body, c);
    if (c->certs.len)
        kit_put(&body, SMI_ID_CONTEXT_CONSTRUCTED, c->certs);
    if (c->crls.len)
        kit_put(&body, SMI_ID_CONTEXT_CONSTRUCTED | 1, c->crls);
    for (size_t i = 0; i < (c->copies ? c->copies : 1); i++)
        kit_signer_info(&infos, c);
    kit_put(&body, SMI_ID_SET, smi_buf_slice(&infos));
    kit_wrap(out, SMI_OID_SIGNED_DATA, smi_buf_slice(&body));
    smi_buf_clear(&body);
    smi_buf_clear(&algs);
    smi_buf_clear(&infos);
}

/* -- BER: every constructed element on the way to the content with indefinite length, the content
 * in nested chunks; certificates and what is not constructed stay as they are. */

static inline void kit_ber_octets(struct smi_buf *out, struct smi_slice content)
{
    static const uint8_t open[] = {0x24, 0x80}, close[] = {0, 0}, empty[] = {4, 0};
    size_t half = content.len / 2;
    kit_add(out, smi_slice(open, 2));
    kit_put(out, SMI_ID_OCTET_STRING, smi_slice_take(content, half));
    kit_add(out, smi_slice(empty, 2));
    kit_add(out, smi_slice(open, 2));
    kit_put(out, SMI_ID_OCTET_STRING, smi_slice_skip(content, half));
    kit_add(out, smi_slice(close, 2));
    kit_add(out, smi_slice(close, 2));
}

static inline void kit_ber(struct smi_buf *out, struct smi_slice der, unsigned depth)
{
    static const uint8_t close[] = {0, 0};
    struct smi_der in = smi_der(der);
    while (!smi_der_empty(&in)) {
        uint8_t id;
        struct smi_slice content, tlv;
        kit_ok(smi_der_any(&in, &id, &content, &tlv) == 0);
        bool certs = depth == 3 && id == SMI_ID_CONTEXT_CONSTRUCTED;
        if (id == SMI_ID_OCTET_STRING) {
            kit_ber_octets(out, content);
        } else if (!(id & 0x20) || (depth == 4 && id == SMI_ID_SEQUENCE && content.len > 200)) {
            kit_add(out, tlv);
        } else {
            const uint8_t open[] = {id, 0x80};
            kit_add(out, smi_slice(open, 2));
            if (certs)
                kit_add(out, content);
            else
                kit_ber(out, content, depth + 1);
            kit_add(out, smi_slice(close, 2));
        }
    }
}

#endif
