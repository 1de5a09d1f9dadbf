/* cms_enveloped_write.c: writes EnvelopedData (RFC 5652 6) for CBC ciphers and AuthEnvelopedData
 * (RFC 5083) for AEAD ciphers (MSG-021).
 *
 *   content -> cipher -> cms_content_write -> down
 *
 * Content-encryption key and nonce are made here, once, and cannot be given (CMS-025, AEAD-009).
 * The GCM nonce has 12 octets, the tag 16, said explicitly (AEAD-006). authAttrs are written only
 * where the content is not id-data; then they hold contentType (AEAD-003).
 *
 * Refuses to write without recipients (KEY-024), to certificates whose keyUsage forbids it
 * (KEY-006), and with ciphers that are only read.
 */
#include "../base/mem.h"
#include "cms_content_write.h"
#include "cms_ri.h"

enum { TAG_BYTES = 16, NONCE_MAX = 16 };

struct writer {
    struct smi_sink down;
    struct smi_sink stage; /* cipher -> content writer -> borrowed down */
    struct smi_buf auth_attrs; /* universal SET OF, or empty */
    uint8_t tag[TAG_BYTES];
    bool failed;
};

/* What is needed while a writer is made. */
struct setup {
    struct smi_secret cek;
    uint8_t iv[NONCE_MAX];
    struct smi_buf head, inner_head, params;
};

/* -- recipients */

static int no_cert(const struct smi_cms_env *env, size_t index, const char *why)
{
    return smi_fail(env->diag, SMIME_E_NO_CERT, env->layer, SMI_NO_OFFSET, "RFC 5652 6.2",
                    "the certificate of recipient %zu cannot be used to encrypt: %s", index + 1,
                    why);
}

/* RFC 5280 4.2.1.3, RFC 8550 4.4.2. KEY-006 */
static int check_recipient(const struct smi_recipient_spec *recipient, size_t index,
                           const struct smi_cms_env *env, bool *transport)
{
    const struct smi_pubkey *key = smi_cert_pubkey(recipient->cert);
    bool present;
    unsigned usage = smi_cert_key_usage(recipient->cert, &present);
    if (!key)
        return no_cert(env, index, "its public key is not supported");
    switch ((int)smi_pubkey_type(key)) {
    case SMI_KEY_RSA:
        *transport = true;
        if (present && !(usage & SMI_KU_KEY_ENCIPHERMENT))
            return no_cert(env, index, "its keyUsage lacks keyEncipherment");
        break;
    case SMI_KEY_EC:
    case SMI_KEY_X25519:
    case SMI_KEY_X448:
        *transport = false;
        if (present && !(usage & SMI_KU_KEY_AGREEMENT))
            return no_cert(env, index, "its keyUsage lacks keyAgreement");
        break;
    default:
        return no_cert(env, index, "its key is only for signatures");
    }
    if (recipient->by_ski && smi_cert_ski(recipient->cert).len == 0)
        return no_cert(env, index, "it has no subjectKeyIdentifier to be named by");
    return 0;
}

/* CMS-012: 0 when all RecipientInfos have version 0, else 2. AuthEnvelopedData: 0 (CMS-014). */
static int put_version(struct smi_buf *head, const struct smi_enveloped_spec *spec)
{
    unsigned version = 0;
    for (size_t i = 0; i < spec->recipient_count && spec->cipher->kind != SMI_ALG_AEAD; i++) {
        const struct smi_pubkey *key = smi_cert_pubkey(spec->recipient[i].cert);
        if (spec->recipient[i].by_ski || !key || smi_pubkey_type(key) != SMI_KEY_RSA)
            version = 2;
    }
    return smi_der_put_uint(head, version);
}

static int put_recipients(struct smi_buf *head, const struct smi_enveloped_spec *spec,
                          struct smi_slice cek, const struct smi_cms_env *env)
{
    size_t mark;
    TRY(smi_der_open(head, SMI_ID_SET, &mark));
    for (size_t i = 0; i < spec->recipient_count; i++) {
        bool transport = false;
        TRY(check_recipient(&spec->recipient[i], i, env, &transport));
        int rc = transport ? smi_ktri_put(head, &spec->recipient[i], cek, env)
                           : smi_kari_put(head, &spec->recipient[i], spec->cipher, cek, env);
        if (rc == SMIME_E_NO_CERT || rc == SMIME_E_UNSUPPORTED)
            return no_cert(env, i, "its public key does not fit the operation");
        TRY(rc);
    }
    return smi_der_close_set_of(head, mark);
}

/* -- the cipher's identifier */

static int put_gcm_params(struct smi_buf *params, struct smi_slice nonce)
{
    size_t mark;
    TRY(smi_der_open(params, SMI_ID_SEQUENCE, &mark));
    TRY(smi_der_put_octets(params, nonce));
    TRY(smi_der_put_uint(params, TAG_BYTES));
    return smi_der_close(params, mark);
}

static int put_info(struct setup *setup, const struct smi_enveloped_spec *spec)
{
    struct smi_slice iv = smi_slice(setup->iv, spec->cipher->iv_bytes);
    bool gcm = spec->cipher->kind == SMI_ALG_AEAD &&
               spec->cipher->oid != SMI_OID_CHACHA20_POLY1305;
    TRY(gcm ? put_gcm_params(&setup->params, iv) : smi_der_put_octets(&setup->params, iv));
    TRY(smi_der_put_oid(&setup->inner_head, smi_oid_der(spec->content_type)));
    return smi_algid_put(&setup->inner_head, SMI_ID_SEQUENCE, spec->cipher,
                         smi_buf_slice(&setup->params));
}

/* SET OF Attribute with contentType alone. */
static int put_auth_attrs(struct smi_buf *out, enum smi_oid content_type)
{
    size_t set, attr, values;
    TRY(smi_der_open(out, SMI_ID_SET, &set));
    TRY(smi_der_open(out, SMI_ID_SEQUENCE, &attr));
    TRY(smi_der_put_oid(out, smi_oid_der(SMI_OID_CONTENT_TYPE)));
    TRY(smi_der_open(out, SMI_ID_SET, &values));
    TRY(smi_der_put_oid(out, smi_oid_der(content_type)));
    TRY(smi_der_close(out, values));
    TRY(smi_der_close(out, attr));
    return smi_der_close(out, set);
}

static int prepare(struct setup *setup, struct writer *writer,
                   const struct smi_enveloped_spec *spec, const struct smi_cms_env *env)
{
    TRY(smi_secret_alloc(&setup->cek, spec->cipher->key_bytes));
    TRY(smi_random(env->crypto, setup->cek.ptr, setup->cek.len));
    TRY(smi_random(env->crypto, setup->iv, spec->cipher->iv_bytes));
    TRY(put_version(&setup->head, spec));
    TRY(put_recipients(&setup->head, spec, smi_secret_slice(&setup->cek), env));
    TRY(put_info(setup, spec));
    if (spec->cipher->kind == SMI_ALG_AEAD && spec->content_type != SMI_OID_DATA)
        TRY(put_auth_attrs(&writer->auth_attrs, spec->content_type));
    return 0;
}

/* -- the sink */

/* AEAD-002, AEAD-004: [1] IMPLICIT in place of the SET tag, then the tag in mac. */
static int put_tail(void *arg, struct smi_buf *out)
{
    struct writer *writer = arg;
    if (writer->auth_attrs.len) {
        size_t at = out->len;
        TRY(smi_buf_add(out, smi_buf_slice(&writer->auth_attrs)));
        out->ptr[at] = SMI_ID_CONTEXT_CONSTRUCTED | 1;
    }
    return smi_der_put_octets(out, smi_slice(writer->tag, sizeof writer->tag));
}

static int build_stage(struct writer *writer, const struct setup *setup,
                       const struct smi_enveloped_spec *spec, const struct smi_cms_env *env)
{
    bool aead = spec->cipher->kind == SMI_ALG_AEAD;
    struct smi_content_write_spec content = {
        .content_type = aead ? SMI_OID_AUTH_ENVELOPED_DATA : SMI_OID_ENVELOPED_DATA,
        .head = smi_buf_slice(&setup->head),
        .inner_head = smi_buf_slice(&setup->inner_head),
        .implicit = true,
        .der = spec->der,
        .tail = aead ? put_tail : NULL,
        .arg = writer,
    };
    struct smi_slice cek = smi_secret_slice(&setup->cek);
    struct smi_slice iv = smi_slice(setup->iv, spec->cipher->iv_bytes);
    struct smi_sink sink;
    TRY(smi_content_write_new(&sink, smi_borrow_sink(&writer->down), env, &content));
    int rc = aead ? smi_aead_encrypt_new(&writer->stage, sink, env->crypto, spec->cipher, cek, iv,
                                         smi_buf_slice(&writer->auth_attrs), writer->tag,
                                         sizeof writer->tag)
                  : smi_cbc_encrypt_new(&writer->stage, sink, env->crypto, spec->cipher, cek, iv);
    if (rc != 0)
        smi_sink_free(&sink);
    return rc;
}

static int writer_write(void *self, struct smi_slice in)
{
    struct writer *writer = self;
    return smi_sink_write(writer->stage, in);
}

static int writer_end(void *self)
{
    struct writer *writer = self;
    TRY(smi_sink_end(writer->stage));
    return smi_sink_end(writer->down);
}

static void writer_abort(void *self, int why)
{
    struct writer *writer = self;
    smi_sink_abort(writer->stage, why);
    smi_sink_abort(writer->down, why);
}

static void writer_free_own(struct writer *writer)
{
    smi_sink_free(&writer->stage);
    smi_buf_clear(&writer->auth_attrs);
    smi_free_wiped(writer, sizeof *writer);
}

static void writer_free(void *self)
{
    struct writer *writer = self;
    struct smi_sink down = writer->down;
    writer_free_own(writer);
    smi_sink_free(&down);
}

static int check_spec(const struct smi_enveloped_spec *spec, const struct smi_cms_env *env)
{
    const struct smi_alg *cipher = spec->cipher;
    if (spec->recipient_count == 0) /* KEY-024 */
        return smi_fail(env->diag, SMIME_E_NO_CERT, env->layer, SMI_NO_OFFSET, "RFC 8551 3.3",
                        "there is no recipient to encrypt to");
    if (!cipher || (cipher->kind != SMI_ALG_CIPHER && cipher->kind != SMI_ALG_AEAD) ||
        cipher->cls != SMI_CLASS_CURRENT || !cipher->evp_name || cipher->iv_bytes > NONCE_MAX)
        return smi_fail(env->diag, SMIME_E_UNSUPPORTED, env->layer, SMI_NO_OFFSET, "RFC 8551 2.7",
                        "this cipher is not used for new messages; use AES");
    return 0;
}

static void setup_clear(struct setup *setup)
{
    smi_secret_clear(&setup->cek);
    smi_buf_clear(&setup->head);
    smi_buf_clear(&setup->inner_head);
    smi_buf_clear(&setup->params);
}

int smi_enveloped_write_new(struct smi_sink *out, struct smi_sink down,
                            const struct smi_cms_env *env, const struct smi_enveloped_spec *spec)
{
    static const struct smi_sink_ops ops = {writer_write, writer_end, writer_abort, writer_free};
    TRY(check_spec(spec, env));
    struct setup setup;
    memset(&setup, 0, sizeof setup);
    struct writer *writer = smi_calloc(1, sizeof *writer);
    if (!writer)
        return smi_fail_nomem(env->diag);
    writer->down = down;
    int rc = prepare(&setup, writer, spec, env);
    if (rc == 0)
        rc = build_stage(writer, &setup, spec, env);
    setup_clear(&setup);
    if (rc != 0) {
        writer_free_own(writer);
        return rc == SMIME_E_NOMEM ? smi_fail_nomem(env->diag) : rc;
    }
    out->ops = &ops;
    out->self = writer;
    return 0;
}
