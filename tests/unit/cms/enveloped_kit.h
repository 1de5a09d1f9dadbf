/* enveloped_kit.h: people with keys and certificates, sealing, opening and crafting, for the tests
 * of EnvelopedData and AuthEnvelopedData. */
#ifndef TESTS_ENVELOPED_KIT_H
#define TESTS_ENVELOPED_KIT_H

#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "check.h"
#include "keys/soft_key.h"
#include "lib/base/mem.h"
#include "lib/cms/cms_ri.h"

enum { KIT_PEOPLE = 7 };
enum kit_who { ALICE_RSA, BOB_P256, CAROL_P384, DAVE_P521, EVE_BP256, FRANK_X25519, MALLORY_RSA };

struct person {
    EVP_PKEY *pkey; /* owned by key */
    struct smi_key key;
    struct smi_cert *cert;
};

static struct smi_crypto *kit_crypto;
static struct person kit_person[KIT_PEOPLE];

static inline EVP_PKEY *kit_make_key(int who)
{
    switch (who) {
    case BOB_P256:
        return EVP_EC_gen("P-256");
    case CAROL_P384:
        return EVP_EC_gen("P-384");
    case DAVE_P521:
        return EVP_EC_gen("P-521");
    case EVE_BP256:
        return EVP_EC_gen("brainpoolP256r1");
    case FRANK_X25519:
        return EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    default:
        return EVP_RSA_gen(2048);
    }
}

/* usage: value of keyUsage ("keyEncipherment"), or NULL. */
static inline struct smi_cert *kit_make_cert(EVP_PKEY *pkey, int serial, const char *usage)
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
    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier, "hash");
    X509_add_ext(x, ext, -1);
    X509_EXTENSION_free(ext);
    if (usage) {
        ext = X509V3_EXT_conf_nid(NULL, &ctx, NID_key_usage, usage);
        X509_add_ext(x, ext, -1);
        X509_EXTENSION_free(ext);
    }
    X509_sign(x, issuer, EVP_sha256());
    int len = i2d_X509(x, &der);
    if (len <= 0 || smi_cert_new(&cert, kit_crypto, smi_slice(der, (size_t)len)) != 0)
        abort();
    OPENSSL_free(der);
    X509_free(x);
    return cert;
}

static inline void kit_start(void)
{
    if (kit_crypto)
        return;
    if (smi_crypto_new(&kit_crypto, true) != 0)
        abort();
    for (int i = 0; i < KIT_PEOPLE; i++) {
        struct person *p = &kit_person[i];
        p->pkey = kit_make_key(i);
        p->cert = kit_make_cert(p->pkey, 0x80 + i, NULL);
        if (!p->pkey || smi_soft_key_new(&p->key, kit_crypto, p->pkey) != 0)
            abort();
    }
}

static inline const struct smi_alg *kit_cipher(const char *name)
{
    const struct smi_alg *alg = smi_alg_by_name(name, SMI_ALG_CIPHER);
    return alg ? alg : smi_alg_by_name(name, SMI_ALG_AEAD);
}

/* -- sealing */

static inline int kit_seal(struct smi_buf *out, const struct smi_enveloped_spec *spec,
                           struct smi_slice text, size_t piece, struct smi_diag *diag)
{
    struct smi_arena arena;
    struct smime_limits limits = {.size = sizeof limits, .spool_memory_bytes = 1000};
    struct smi_sink sink, down = smi_buf_sink(out);
    smi_arena_init(&arena, 0);
    struct smi_cms_env env = {.crypto = kit_crypto, .limits = &limits, .arena = &arena,
                              .diag = diag, .layer = "0 enveloped"};
    smi_diag_reset(diag);
    int rc = smi_enveloped_write_new(&sink, down, &env, spec);
    if (rc != 0)
        smi_sink_free(&down);
    bool made = rc == 0;
    while (rc == 0 && text.len) {
        size_t n = text.len < piece ? text.len : piece;
        rc = smi_sink_write(sink, smi_slice_take(text, n));
        text = smi_slice_skip(text, n);
    }
    if (made && rc == 0)
        rc = smi_sink_end(sink);
    else if (made)
        smi_sink_abort(sink, rc);
    if (made)
        smi_sink_free(&sink);
    smi_arena_clear(&arena);
    return rc;
}

static inline int kit_seal_to(struct smi_buf *out, int who, const char *cipher,
                              struct smi_slice text)
{
    struct smi_diag diag;
    struct smi_recipient_spec to = {.cert = kit_person[who].cert};
    struct smi_enveloped_spec spec = {.recipient = &to, .recipient_count = 1,
                                      .cipher = kit_cipher(cipher), .content_type = SMI_OID_DATA};
    return kit_seal(out, &spec, text, 4096, &diag);
}

/* -- opening */

struct opened {
    int rc;
    struct smi_diag diag;
    struct smi_buf text; /* provisional unless rc is 0 */
    struct smi_cms_result result;
    struct smi_arena arena;
    unsigned who; /* bit n: kit_person[n] is the reader */
    size_t lines, ours;
    enum smi_ri_kind kind[16]; /* of the first lines */
    bool content_began;
    char cipher[40];
};

static inline int on_find_key(void *self, const struct smi_rid *rid, struct smi_key **key)
{
    struct opened *o = self;
    for (int i = 0; i < KIT_PEOPLE; i++)
        if ((o->who >> i & 1) && smi_rid_matches(rid, kit_person[i].cert))
            *key = &kit_person[i].key;
    return 0;
}

static inline int on_recipient(void *self, enum smi_ri_kind kind, const struct smi_rid *rid,
                               const struct smi_algid *alg, bool ours)
{
    struct opened *o = self;
    SMI_UNUSED(rid);
    SMI_UNUSED(alg);
    if (o->lines < SMI_COUNT(o->kind))
        o->kind[o->lines] = kind;
    o->lines++;
    o->ours += ours;
    return 0;
}

static inline int on_content(void *self, struct smi_slice type, const struct smi_algid *alg,
                             struct smi_sink *down)
{
    struct opened *o = self;
    SMI_UNUSED(type);
    o->content_began = true;
    smi_oid_text(alg->oid, o->cipher, sizeof o->cipher);
    *down = smi_buf_sink(&o->text);
    return 0;
}

static inline void opened_clear(struct opened *o)
{
    smi_buf_clear(&o->text);
    smi_arena_clear(&o->arena);
}

/* Reads in pieces: the first of `first` octets, the others of `piece`. */
static inline void kit_open_with(struct opened *o, struct smi_slice message, unsigned who,
                                 size_t first, size_t piece, enum smime_policy policy,
                                 const struct smi_cms_hints *hints)
{
    struct smi_sink sink;
    struct smi_cms_handler handler = {.self = o, .find_key = on_find_key,
                                      .recipient = on_recipient, .content = on_content};
    memset(o, 0, sizeof *o);
    o->who = who;
    smi_diag_reset(&o->diag);
    smi_arena_init(&o->arena, 8 << 20);
    struct smi_cms_env env = {.crypto = kit_crypto, .arena = &o->arena, .diag = &o->diag,
                              .layer = "0 enveloped", .policy = policy};
    o->rc = smi_cms_read_new(&sink, &env, &handler, hints);
    if (o->rc != 0)
        return;
    while (o->rc == 0 && message.len) {
        size_t want = first ? first : piece, n = message.len < want ? message.len : want;
        o->rc = smi_sink_write(sink, smi_slice_take(message, n));
        message = smi_slice_skip(message, n);
        first = 0;
    }
    if (o->rc == 0)
        o->rc = smi_sink_end(sink);
    else
        smi_sink_abort(sink, o->rc);
    o->result = *smi_cms_read_result(sink);
    smi_sink_free(&sink);
}

static inline void kit_open(struct opened *o, struct smi_slice message, unsigned who)
{
    kit_open_with(o, message, who, 0, 4096, SMIME_POLICY_COMPATIBLE, NULL);
}

static inline bool is_uniform(const struct opened *o)
{
    return o->rc == SMIME_E_UNDECRYPTABLE && o->diag.code == SMIME_E_UNDECRYPTABLE &&
           o->diag.offset == SMI_NO_OFFSET && o->diag.layer[0] == '\0' &&
           o->diag.clause[0] == '\0' &&
           strcmp(o->diag.text, "the message could not be decrypted with the matching key") == 0;
}

static inline bool same_outcome(const struct opened *a, const struct opened *b)
{
    bool same = a->rc == b->rc && a->diag.code == b->diag.code &&
                a->diag.offset == b->diag.offset &&
                strcmp(a->diag.text, b->diag.text) == 0 &&
                strcmp(a->diag.layer, b->diag.layer) == 0 && a->lines == b->lines &&
                a->ours == b->ours;
    return same && (a->rc != 0 || smi_slice_eq(smi_buf_slice(&a->text), smi_buf_slice(&b->text)));
}

/* -- crafting: messages that our writer would not write */

struct recipe {
    enum smi_oid type;
    struct smi_slice before; /* originatorInfo, or empty */
    struct smi_slice recipients;
    enum smi_oid content_type;
    struct smi_slice algid;
    bool absent;
    struct smi_slice encrypted;
    struct smi_slice tail;
};

static inline void kit_craft(struct smi_buf *out, const struct recipe *r)
{
    size_t m[5];
    bool ok = smi_der_open(out, SMI_ID_SEQUENCE, &m[0]) == 0 &&
              smi_der_put_oid(out, smi_oid_der(r->type)) == 0 &&
              smi_der_open(out, SMI_ID_CONTEXT_CONSTRUCTED, &m[1]) == 0 &&
              smi_der_open(out, SMI_ID_SEQUENCE, &m[2]) == 0 && smi_der_put_uint(out, 0) == 0 &&
              smi_buf_add(out, r->before) == 0 &&
              smi_der_put(out, SMI_ID_SET, r->recipients) == 0 &&
              smi_der_open(out, SMI_ID_SEQUENCE, &m[3]) == 0 &&
              smi_der_put_oid(out, smi_oid_der(r->content_type)) == 0 &&
              smi_buf_add(out, r->algid) == 0 &&
              (r->absent || smi_der_put(out, SMI_ID_CONTEXT, r->encrypted) == 0) &&
              smi_der_close(out, m[3]) == 0 && smi_buf_add(out, r->tail) == 0 &&
              smi_der_close(out, m[2]) == 0 && smi_der_close(out, m[1]) == 0 &&
              smi_der_close(out, m[0]) == 0;
    if (!ok)
        abort();
}

static inline struct smi_cms_env kit_env(struct smi_diag *diag)
{
    struct smi_cms_env env = {.crypto = kit_crypto, .diag = diag, .layer = "0"};
    return env;
}

/* One RecipientInfo for this person and this CEK. */
static inline void kit_put_ri(struct smi_buf *out, int who, bool oaep, struct smi_slice cek)
{
    struct smi_diag diag;
    smi_diag_reset(&diag);
    struct smi_cms_env env = kit_env(&diag);
    struct smi_recipient_spec to = {.cert = kit_person[who].cert, .oaep = oaep};
    bool rsa = kit_person[who].key.type == SMI_KEY_RSA;
    int rc = rsa ? smi_ktri_put(out, &to, cek, &env)
                 : smi_kari_put(out, &to, kit_cipher(cek.len == 16   ? "aes128-cbc"
                                                     : cek.len == 24 ? "aes192-cbc"
                                                                     : "aes256-cbc"),
                                cek, &env);
    if (rc != 0)
        abort();
}

static inline void kit_put_algid(struct smi_buf *out, struct smi_slice oid, struct smi_slice params)
{
    size_t mark;
    if (smi_der_open(out, SMI_ID_SEQUENCE, &mark) != 0 || smi_der_put_oid(out, oid) != 0 ||
        smi_buf_add(out, params) != 0 || smi_der_close(out, mark) != 0)
        abort();
}

static inline void kit_put_gcm_algid(struct smi_buf *out, const char *cipher,
                                     struct smi_slice nonce, int icv_len /* -1: absent */)
{
    struct smi_buf params = {0};
    size_t mark;
    if (smi_der_open(&params, SMI_ID_SEQUENCE, &mark) != 0 ||
        smi_der_put_octets(&params, nonce) != 0 ||
        (icv_len >= 0 && smi_der_put_uint(&params, (uint64_t)icv_len) != 0) ||
        smi_der_close(&params, mark) != 0)
        abort();
    kit_put_algid(out, smi_oid_der(kit_cipher(cipher)->oid), smi_buf_slice(&params));
    smi_buf_clear(&params);
}

static inline void kit_put_iv_algid(struct smi_buf *out, const char *cipher, struct smi_slice iv)
{
    struct smi_buf params = {0};
    if (smi_der_put_octets(&params, iv) != 0)
        abort();
    kit_put_algid(out, smi_oid_der(kit_cipher(cipher)->oid), smi_buf_slice(&params));
    smi_buf_clear(&params);
}

static inline void kit_run(struct smi_sink sink, struct smi_slice text)
{
    if (smi_sink_write(sink, text) != 0 || smi_sink_end(sink) != 0)
        abort();
    smi_sink_free(&sink);
}

static inline void kit_cbc(struct smi_buf *out, const char *cipher, struct smi_slice cek,
                           struct smi_slice iv, struct smi_slice text)
{
    struct smi_sink sink;
    if (smi_cbc_encrypt_new(&sink, smi_buf_sink(out), kit_crypto, kit_cipher(cipher), cek, iv) != 0)
        abort();
    kit_run(sink, text);
}

static inline void kit_gcm(struct smi_buf *out, uint8_t tag[16], size_t tag_len, const char *cipher,
                           struct smi_slice cek, struct smi_slice nonce, struct smi_slice aad,
                           struct smi_slice text)
{
    struct smi_sink sink;
    if (smi_aead_encrypt_new(&sink, smi_buf_sink(out), kit_crypto, kit_cipher(cipher), cek, nonce,
                             aad, tag, tag_len) != 0)
        abort();
    kit_run(sink, text);
}

/* A whole crafted AuthEnvelopedData with AES-256-GCM, for one change at a time. */
struct gcm_recipe {
    int who;
    bool oaep;
    size_t cek_len;     /* of the wrapped key; the content uses 32 */
    size_t tag_len;     /* in mac */
    int icv_len;        /* announced; -1: absent */
    enum smi_oid content_type;
    struct smi_slice aad;      /* what is authenticated */
    struct smi_slice attrs;    /* what stands in the message (authAttrs element) */
    struct smi_slice text;
};

static inline void kit_craft_gcm(struct smi_buf *out, const struct gcm_recipe *g)
{
    uint8_t cek[40], tag[16] = {0}, nonce[12] = {7};
    struct smi_buf ris = {0}, alg = {0}, body = {0}, tail = {0};
    memset(cek, 0x5a, sizeof cek);
    kit_put_ri(&ris, g->who, g->oaep, smi_slice(cek, g->cek_len));
    kit_put_gcm_algid(&alg, "aes256-gcm", smi_slice(nonce, 12), g->icv_len);
    kit_gcm(&body, tag, 16, "aes256-gcm", smi_slice(cek, 32), smi_slice(nonce, 12), g->aad,
            g->text);
    if (smi_buf_add(&tail, g->attrs) != 0 ||
        smi_der_put_octets(&tail, smi_slice(tag, g->tag_len)) != 0)
        abort();
    struct recipe r = {.type = SMI_OID_AUTH_ENVELOPED_DATA, .recipients = smi_buf_slice(&ris),
                       .content_type = g->content_type, .algid = smi_buf_slice(&alg),
                       .encrypted = smi_buf_slice(&body), .tail = smi_buf_slice(&tail)};
    kit_craft(out, &r);
    smi_buf_clear(&ris);
    smi_buf_clear(&alg);
    smi_buf_clear(&body);
    smi_buf_clear(&tail);
}

#endif
