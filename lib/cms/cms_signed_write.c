/* cms_signed_write.c: writing SignedData (RFC 5652 5), attached in one pass, or detached.
 *
 * Signed attributes are always there (ATTR-006), in DER order: contentType, signingTime,
 * messageDigest, SMIMECapabilities, SMIMEEncryptionKeyPreference, signingCertificateV2,
 * CMSAlgorithmProtection. Refuses to sign with MD5 or SHA-1 (ALG-030) and with RSA keys below 2048
 * bits (ALG-010).
 */
#include "cms_content_write.h"

#include "../base/mem.h"
#include "cms_read.h"

enum { RSA_BITS_MIN = 2048 };

struct writer {
    const struct smi_cms_env *env;
    struct smi_signed_spec spec;
    struct smi_sign_spec *signer; /* copied */
    struct smi_digest_set digests;
    struct smi_sink chain; /* digest tee, content writer, down */
};

/* What the builders below need. */
struct job {
    const struct smi_cms_env *env;
    const struct smi_signed_spec *spec;
    const struct smi_digest_set *digests;
};

static const char clause[] = "RFC 5652 5.3";

/* -- what may be asked for */

static int refuse(const struct smi_cms_env *env, int code, const char *text)
{
    return smi_fail(env->diag, code, env->layer, SMI_NO_OFFSET, clause, "%s", text);
}

static bool is_rsa(enum smi_key_type type)
{
    return type == SMI_KEY_RSA || type == SMI_KEY_RSA_PSS;
}

static int check_signer(const struct smi_cms_env *env, const struct smi_sign_spec *signer)
{
    const struct smi_alg *digest = signer->params.digest;
    if (!signer->key || !signer->cert || !signer->params.scheme || !digest)
        return refuse(env, SMIME_E_USAGE, "a signer needs key, certificate and algorithms");
    if (digest->cls == SMI_CLASS_HISTORIC || digest->cls == SMI_CLASS_REFUSED)
        return refuse(env, SMIME_E_REFUSED, "the digest is too weak to sign with; use sha-256");
    if (is_rsa(signer->key->type) && signer->key->bits < RSA_BITS_MIN)
        return refuse(env, SMIME_E_REFUSED, "RSA keys below 2048 bits are too weak to sign with");
    if (signer->by_ski && smi_cert_ski(signer->cert).len == 0)
        return refuse(env, SMIME_E_NO_CERT,
                      "the signer's certificate has no subjectKeyIdentifier to be named by");
    return 0;
}

static int check_spec(const struct smi_cms_env *env, const struct smi_signed_spec *spec)
{
    for (size_t i = 0; i < spec->signer_count; i++)
        TRY(check_signer(env, &spec->signer[i]));
    return 0;
}

/* -- before the content */

/* RFC 5652 5.1 CMS-010; no 'other' certificate and no attribute certificate is ever enclosed */
static uint64_t version_of(const struct smi_signed_spec *spec)
{
    bool three = spec->econtent_type != SMI_OID_DATA;
    for (size_t i = 0; i < spec->signer_count; i++)
        three = three || spec->signer[i].by_ski;
    return three ? 3 : 1;
}

/* RFC 5754 2 ALG-016; RFC 8419 3.1: id-shake256-len says 512 bits, ALG-023 */
static int put_digest_alg(struct smi_buf *buf, const struct smi_alg *alg)
{
    static const uint8_t bits_512[] = {SMI_ID_INTEGER, 2, 2, 0};
    return smi_algid_put(buf, SMI_ID_SEQUENCE, alg, smi_slice(bits_512, sizeof bits_512));
}

static bool seen_before(const struct smi_signed_spec *spec, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (spec->signer[i].params.digest == spec->signer[index].params.digest)
            return true;
    return false;
}

static int put_head(struct smi_buf *buf, const struct smi_signed_spec *spec)
{
    size_t set;
    TRY(smi_der_put_uint(buf, version_of(spec)));
    TRY(smi_der_open(buf, SMI_ID_SET, &set));
    for (size_t i = 0; i < spec->signer_count; i++)
        if (!seen_before(spec, i))
            TRY(put_digest_alg(buf, spec->signer[i].params.digest));
    return smi_der_close_set_of(buf, set);
}

/* -- signed attributes */

struct attr_marks {
    size_t attr, values;
};

static int open_attr(struct smi_buf *buf, enum smi_oid oid, struct attr_marks *marks)
{
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &marks->attr));
    TRY(smi_der_put_oid(buf, smi_oid_der(oid)));
    return smi_der_open(buf, SMI_ID_SET, &marks->values);
}

static int close_attr(struct smi_buf *buf, const struct attr_marks *marks)
{
    TRY(smi_der_close(buf, marks->values));
    return smi_der_close(buf, marks->attr);
}

static int put_basic_attrs(struct smi_buf *buf, const struct job *job,
                           const struct smi_sign_spec *signer)
{
    struct attr_marks marks;
    struct smi_slice digest = smi_digest_set_get(job->digests, signer->params.digest);
    if (digest.len == 0)
        return refuse(job->env, SMIME_E_USAGE, "the content was not hashed for this signer");
    TRY(open_attr(buf, SMI_OID_CONTENT_TYPE, &marks));
    TRY(smi_der_put_oid(buf, smi_oid_der(job->spec->econtent_type)));
    TRY(close_attr(buf, &marks));
    TRY(open_attr(buf, SMI_OID_MESSAGE_DIGEST, &marks));
    TRY(smi_der_put_octets(buf, digest));
    TRY(close_attr(buf, &marks));
    if (signer->signing_time == INT64_MIN)
        return 0;
    TRY(open_attr(buf, SMI_OID_SIGNING_TIME, &marks));
    TRY(smi_der_put_time(buf, signer->signing_time)); /* ATTR-007 */
    return close_attr(buf, &marks);
}

/* RFC 8551 2.5.3 ATTR-010: [0] IMPLICIT IssuerAndSerialNumber */
static int put_key_preference(struct smi_buf *buf, const struct smi_cert *cert)
{
    struct attr_marks marks;
    size_t choice;
    TRY(open_attr(buf, SMI_OID_ENCRYP_KEY_PREF, &marks));
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED, &choice));
    TRY(smi_buf_add(buf, smi_cert_issuer(cert)));
    TRY(smi_der_put_integer(buf, smi_cert_serial(cert)));
    TRY(smi_der_close(buf, choice));
    return close_attr(buf, &marks);
}

/* RFC 6211 2 ATTR-013 */
static int put_protection(struct smi_buf *buf, const struct smi_sig_params *params)
{
    struct attr_marks marks;
    size_t value;
    TRY(open_attr(buf, SMI_OID_CMS_ALGORITHM_PROTECTION, &marks));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &value));
    TRY(put_digest_alg(buf, params->digest));
    TRY(smi_sig_params_put(buf, SMI_ID_CONTEXT_CONSTRUCTED | 1, params));
    TRY(smi_der_close(buf, value));
    return close_attr(buf, &marks);
}

static int put_signed_attrs(struct smi_buf *buf, const struct job *job,
                            const struct smi_sign_spec *signer)
{
    struct attr_marks marks;
    size_t set;
    TRY(smi_der_open(buf, SMI_ID_SET, &set));
    TRY(put_basic_attrs(buf, job, signer));
    if (signer->capabilities.len) {
        TRY(open_attr(buf, SMI_OID_SMIME_CAPABILITIES, &marks));
        TRY(smi_buf_add(buf, signer->capabilities));
        TRY(close_attr(buf, &marks));
    }
    if (signer->encryption_cert)
        TRY(put_key_preference(buf, signer->encryption_cert));
    TRY(smi_ess_put(buf, signer->cert)); /* ATTR-012 */
    TRY(put_protection(buf, &signer->params));
    return smi_der_close_set_of(buf, set); /* CMS-004 */
}

/* -- SignerInfo */

static int put_signer_fields(struct smi_buf *buf, const struct smi_sign_spec *signer,
                             struct smi_slice attrs, struct smi_slice signature)
{
    size_t info;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &info));
    TRY(smi_der_put_uint(buf, signer->by_ski ? 3 : 1)); /* CMS-011 */
    TRY(smi_rid_put(buf, signer->cert, signer->by_ski));
    TRY(put_digest_alg(buf, signer->params.digest));
    /* what was signed begins with 31, what is sent with A0 (CMS-003) */
    TRY(smi_buf_add_byte(buf, SMI_ID_CONTEXT_CONSTRUCTED));
    TRY(smi_buf_add(buf, smi_slice_skip(attrs, 1)));
    TRY(smi_sig_params_put(buf, SMI_ID_SEQUENCE, &signer->params));
    TRY(smi_der_put_octets(buf, signature));
    return smi_der_close(buf, info);
}

static int put_signer(struct smi_buf *buf, const struct job *job,
                      const struct smi_sign_spec *signer)
{
    struct smi_buf attrs, signature;
    smi_buf_init(&attrs, 0);
    smi_buf_init(&signature, 0);
    int rc = put_signed_attrs(&attrs, job, signer);
    if (rc != 0)
        goto done;
    rc = signer->key->ops->sign(signer->key->self, &signer->params, smi_buf_slice(&attrs),
                                &signature);
    if (rc != 0) {
        rc = refuse(job->env, rc, "the private key could not sign");
        goto done;
    }
    rc = put_signer_fields(buf, signer, smi_buf_slice(&attrs), smi_buf_slice(&signature));
done:
    smi_buf_clear(&attrs);
    smi_buf_clear(&signature);
    return rc;
}

/* -- behind the content */

static int put_certs(struct smi_buf *buf, const struct smi_certset *certs)
{
    size_t set;
    if (!certs || certs->count == 0)
        return 0;
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED, &set));
    for (size_t i = 0; i < certs->count; i++)
        TRY(smi_buf_add(buf, smi_cert_der(certs->item[i])));
    return smi_der_close_set_of(buf, set);
}

static int put_tail(struct smi_buf *buf, const struct job *job)
{
    size_t set;
    TRY(put_certs(buf, job->spec->certs));
    TRY(smi_der_open(buf, SMI_ID_SET, &set));
    for (size_t i = 0; i < job->spec->signer_count; i++)
        TRY(put_signer(buf, job, &job->spec->signer[i]));
    return smi_der_close_set_of(buf, set);
}

/* -- attached */

static int writer_tail(void *arg, struct smi_buf *out)
{
    struct writer *writer = arg;
    struct job job = {writer->env, &writer->spec, &writer->digests};
    return put_tail(out, &job);
}

static int writer_write(void *self, struct smi_slice in)
{
    struct writer *writer = self;
    return smi_sink_write(writer->chain, in);
}

static void writer_abort(void *self, int why)
{
    struct writer *writer = self;
    smi_sink_abort(writer->chain, why);
}

static int writer_end(void *self)
{
    struct writer *writer = self;
    int rc = smi_sink_end(writer->chain);
    if (rc != 0)
        smi_sink_abort(writer->chain, rc);
    return rc;
}

static void release(struct writer *writer)
{
    smi_digest_set_clear(&writer->digests);
    smi_free(writer->signer);
    smi_free(writer);
}

static void writer_free(void *self)
{
    struct writer *writer = self;
    smi_sink_free(&writer->chain);
    release(writer);
}

static int prepare(struct writer *writer, const struct smi_signed_spec *spec)
{
    size_t bytes;
    if (smi_mul_overflow(spec->signer_count, sizeof *spec->signer, &bytes))
        return SMIME_E_USAGE;
    writer->signer = smi_malloc(bytes);
    if (!writer->signer)
        return SMIME_E_NOMEM;
    memcpy(writer->signer, spec->signer, bytes);
    writer->spec = *spec;
    writer->spec.signer = writer->signer;
    for (size_t i = 0; i < spec->signer_count; i++)
        TRY(smi_digest_set_add(&writer->digests, writer->env->crypto,
                               spec->signer[i].params.digest));
    return 0;
}

/* digest tee -> content writer -> down */
static int build_chain(struct writer *writer, struct smi_sink down)
{
    struct smi_buf head, inner;
    struct smi_sink content = {NULL, NULL};
    smi_buf_init(&head, 0);
    smi_buf_init(&inner, 0);
    int rc = put_head(&head, &writer->spec);
    if (rc == 0)
        rc = smi_der_put_oid(&inner, smi_oid_der(writer->spec.econtent_type));
    if (rc == 0) {
        struct smi_content_write_spec spec = {.content_type = SMI_OID_SIGNED_DATA,
                                              .head = smi_buf_slice(&head),
                                              .inner_head = smi_buf_slice(&inner),
                                              .der = writer->spec.der,
                                              .tail = writer_tail,
                                              .arg = writer};
        rc = smi_content_write_new(&content, down, writer->env, &spec);
    }
    if (rc == 0) {
        rc = smi_digest_tee_new(&writer->chain, content, &writer->digests);
        if (rc != 0)
            smi_content_write_undo(&content);
    }
    smi_buf_clear(&head);
    smi_buf_clear(&inner);
    return rc;
}

int smi_signed_write_new(struct smi_sink *out, struct smi_sink down, const struct smi_cms_env *env,
                         const struct smi_signed_spec *spec)
{
    static const struct smi_sink_ops ops = {writer_write, writer_end, writer_abort, writer_free};
    if (spec->signer_count == 0)
        return refuse(env, SMIME_E_USAGE, "signing needs a signer");
    TRY(check_spec(env, spec));
    struct writer *writer = smi_calloc(1, sizeof *writer);
    if (!writer)
        return smi_fail_nomem(env->diag);
    writer->env = env;
    int rc = prepare(writer, spec);
    if (rc == 0)
        rc = build_chain(writer, down);
    if (rc != 0) {
        release(writer);
        return rc == SMIME_E_NOMEM ? smi_fail_nomem(env->diag) : rc;
    }
    out->ops = &ops;
    out->self = writer;
    return 0;
}

/* -- detached */

static int put_detached(struct smi_buf *buf, const struct job *job)
{
    size_t info, content, data, encap;
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &info));
    TRY(smi_der_put_oid(buf, smi_oid_der(SMI_OID_SIGNED_DATA)));
    TRY(smi_der_open(buf, SMI_ID_CONTEXT_CONSTRUCTED, &content));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &data));
    TRY(put_head(buf, job->spec));
    TRY(smi_der_open(buf, SMI_ID_SEQUENCE, &encap));
    TRY(smi_der_put_oid(buf, smi_oid_der(job->spec->econtent_type)));
    TRY(smi_der_close(buf, encap));
    TRY(put_tail(buf, job));
    TRY(smi_der_close(buf, data));
    TRY(smi_der_close(buf, content));
    return smi_der_close(buf, info);
}

int smi_signed_write_detached(struct smi_sink down, const struct smi_cms_env *env,
                              const struct smi_signed_spec *spec,
                              const struct smi_digest_set *digests)
{
    struct job job = {env, spec, digests};
    struct smi_buf buf;
    TRY(check_spec(env, spec));
    smi_buf_init(&buf, 0);
    int rc = put_detached(&buf, &job);
    if (rc == 0)
        rc = smi_sink_write(down, smi_buf_slice(&buf));
    else if (rc == SMIME_E_NOMEM)
        rc = smi_fail_nomem(env->diag);
    smi_buf_clear(&buf);
    return rc;
}
