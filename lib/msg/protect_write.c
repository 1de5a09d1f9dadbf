/* protect_write.c: the chain that a canonical entity passes on its way out (RFC 8551 3.3 - 3.7).
 *
 *   encrypt:            entity -> EnvelopedData -> base64 -> out
 *   sign, detached:     entity -> multipart/signed -> out
 *   sign, opaque:       entity -> SignedData -> base64 -> out
 *   sign and encrypt:   one of the two signed forms -> EnvelopedData -> base64 -> out
 *
 * What is protected is a complete canonical MIME entity, the type id-data (MSG-008).
 * The inner signed form is a complete MIME entity of 7-bit lines (RFC 8551 3.1.2, MSG-014): a
 * gateway may take the envelope off. All is written in one pass; nothing is kept but the digest. */
#include "../base/mem.h"
#include "protect.h"

/* -- multipart/signed (RFC 8551 3.5.3, RFC 1847 2.1) MSG-023 */

struct detached {
    struct smi_protect *p;
    struct smi_sink down;
    struct smi_digest_set digests;
    char boundary[71];
    bool raw; /* the SignedData alone, without the content */
    bool closed;
    int failed;
};

static int put(struct smi_sink out, const char *text)
{
    return smi_sink_write(out, smi_slice_str(text));
}

static int detached_write(void *self, struct smi_slice in)
{
    struct detached *d = self;
    if (d->failed == 0)
        d->failed = smi_digest_set_update(&d->digests, in);
    if (d->failed == 0 && !d->raw)
        d->failed = smi_sink_write(d->down, in);
    return d->failed;
}

static int put_signature_base64(struct detached *d)
{
    struct smi_sink base64, down = smi_borrow_sink(&d->down);
    int rc = smi_base64_encode_new(&base64, down, 76);
    if (rc != 0)
        return rc;
    rc = smi_signed_write_detached(base64, &d->p->sign_env, &d->p->signed_spec, &d->digests);
    if (rc == 0)
        rc = smi_sink_end(base64);
    smi_sink_free(&base64);
    return rc;
}

/* The line end before a delimiter belongs to it (RFC 2046 5.1.1), not to the signed entity. */
static int put_signature_part(struct detached *d)
{
    TRY(put(d->down, "\r\n--"));
    TRY(put(d->down, d->boundary));
    TRY(put(d->down, "\r\nContent-Type: application/pkcs7-signature; name=\"smime.p7s\"\r\n"
                     "Content-Transfer-Encoding: base64\r\n"
                     "Content-Disposition: attachment; filename=\"smime.p7s\"\r\n"
                     "Content-Description: S/MIME signature\r\n\r\n"));
    TRY(put_signature_base64(d));
    TRY(put(d->down, "\r\n--"));
    TRY(put(d->down, d->boundary));
    return put(d->down, "--\r\n");
}

static int finish(struct detached *d)
{
    TRY(d->failed);
    TRY(smi_digest_set_final(&d->digests));
    return d->raw ? smi_signed_write_detached(d->down, &d->p->sign_env, &d->p->signed_spec,
                                              &d->digests)
                  : put_signature_part(d);
}

static void detached_abort(void *self, int why)
{
    struct detached *d = self;
    if (d->closed)
        return;
    d->closed = true;
    d->failed = d->failed ? d->failed : why;
    smi_sink_abort(d->down, why);
}

static int detached_end(void *self)
{
    struct detached *d = self;
    if (d->closed)
        return SMIME_E_USAGE;
    d->failed = finish(d);
    if (d->failed) {
        detached_abort(d, d->failed);
        return d->failed;
    }
    d->closed = true;
    d->failed = smi_sink_end(d->down);
    return d->failed;
}

static void detached_free(void *self)
{
    struct detached *d = self;
    smi_digest_set_clear(&d->digests);
    smi_sink_free(&d->down);
    smi_free(d);
}

/* RFC 8551 3.5.3.2 MSG-024, MSG-025 */
static int put_signed_head(struct detached *d, struct smi_sink out)
{
    uint8_t random[16];
    TRY(smi_random(d->p->op->ctx->crypto, random, sizeof random));
    smi_boundary_format(random, d->boundary);
    TRY(put(out, "Content-Type: multipart/signed; protocol=\"application/pkcs7-signature\";\r\n"
                 " micalg="));
    TRY(put(out, d->p->sig.digest->name));
    TRY(put(out, ";\r\n boundary=\""));
    TRY(put(out, d->boundary));
    TRY(put(out, "\"\r\n\r\nThis is an S/MIME signed message\r\n\r\n--"));
    TRY(put(out, d->boundary));
    return put(out, "\r\n");
}

static int detached_new(struct smi_protect *p, struct smi_sink *out, struct smi_sink down, bool raw)
{
    static const struct smi_sink_ops ops = {detached_write, detached_end, detached_abort,
                                            detached_free};
    struct detached *d = smi_calloc(1, sizeof *d);
    if (!d)
        return SMIME_E_NOMEM;
    d->p = p;
    d->raw = raw;
    int rc = smi_digest_set_add(&d->digests, p->op->ctx->crypto, p->sig.digest);
    if (rc == 0 && !raw)
        rc = put_signed_head(d, down);
    if (rc != 0) {
        smi_digest_set_clear(&d->digests);
        smi_free(d);
        return rc;
    }
    d->down = down;
    out->ops = &ops;
    out->self = d;
    return 0;
}

/* -- application/pkcs7-mime (RFC 8551 3.2) MSG-002, MSG-004, MSG-005 */

static int put_pkcs7_head(struct smi_sink out, const char *smime_type, const char *description)
{
    TRY(put(out, "Content-Type: application/pkcs7-mime; smime-type="));
    TRY(put(out, smime_type));
    TRY(put(out, ";\r\n name=\"smime.p7m\"\r\n"
                 "Content-Transfer-Encoding: base64\r\n"
                 "Content-Disposition: attachment; filename=\"smime.p7m\"\r\n"
                 "Content-Description: "));
    TRY(put(out, description));
    return put(out, "\r\n\r\n");
}

static int add_base64(struct smi_sink *chain, const char *smime_type, const char *description)
{
    TRY(put_pkcs7_head(*chain, smime_type, description));
    return smi_base64_encode_new(chain, *chain, 76);
}

/* -- the chain; on failure the caller frees what *chain has become */

/* RFC 8551 3.3, 3.4 MSG-020, MSG-021 */
static int add_envelope(struct smi_protect *p, struct smi_sink *chain, bool raw)
{
    bool aead = p->cipher->kind == SMI_ALG_AEAD;
    if (!raw)
        TRY(add_base64(chain, aead ? "authEnveloped-data" : "enveloped-data",
                       "S/MIME encrypted message"));
    return smi_enveloped_write_new(chain, *chain, &p->encrypt_env, &p->enveloped_spec);
}

/* MSG-022, MSG-027, MSG-028 */
static int add_signature(struct smi_protect *p, struct smi_sink *chain, bool raw)
{
    if (!smi_protect_has(p, SMIME_PROTECT_OPAQUE))
        return detached_new(p, chain, *chain, raw);
    if (!raw)
        TRY(add_base64(chain, "signed-data", "S/MIME signed message"));
    return smi_signed_write_new(chain, *chain, &p->sign_env, &p->signed_spec);
}

static int build(struct smi_protect *p, struct smi_sink *chain)
{
    bool raw = smi_protect_has(p, SMIME_PROTECT_RAW_CMS);
    bool encrypt = smi_protect_has(p, SMIME_PROTECT_ENCRYPT);
    if (!raw) {
        TRY(smi_protect_outer_fields(p, *chain));
        TRY(put(*chain, "MIME-Version: 1.0\r\n"));
    }
    if (encrypt)
        TRY(add_envelope(p, chain, raw));
    if (smi_protect_has(p, SMIME_PROTECT_SIGN))
        TRY(add_signature(p, chain, raw && !encrypt));
    return 0;
}

static void fill_specs(struct smi_protect *p)
{
    struct smime_op *op = p->op;
    bool der = (p->opt.flags & (SMIME_PROTECT_DER | SMIME_PROTECT_RAW_CMS)) != 0;
    bool encrypt = smi_protect_has(p, SMIME_PROTECT_ENCRYPT);
    struct smi_cms_env env = {op->ctx->crypto, &op->ctx->limits, p->arena,
                              p->diag,         "0 enveloped",    op->ctx->policy};
    struct smi_sign_spec sign = {
        .key = p->key,
        .cert = p->cert,
        .params = p->sig,
        .by_ski = smi_protect_has(p, SMIME_PROTECT_SKI),
        .signing_time = p->opt.now,
        .capabilities = smi_buf_slice(&p->capabilities),
        .encryption_cert = smi_protect_has(p, SMIME_PROTECT_NO_CERTS) ? NULL : p->own,
    };
    struct smi_signed_spec signed_spec = {&p->sign_spec, 1, &p->enclosed, SMI_OID_DATA, der};
    /* The inner layer is no file of its own: DER matters for the outermost alone. */
    signed_spec.der = der && !encrypt;
    struct smi_enveloped_spec enveloped = {p->recipient, p->recipients.count, p->cipher,
                                           SMI_OID_DATA, der};
    p->encrypt_env = p->sign_env = env;
    p->sign_env.layer = encrypt ? "0.0 signed" : "0 signed";
    p->sign_spec = sign;
    p->signed_spec = signed_spec;
    p->enveloped_spec = enveloped;
}

int smi_protect_chain(struct smi_protect *p, struct smi_sink *out, struct smi_sink down)
{
    struct smi_sink chain = down;
    fill_specs(p);
    int rc = build(p, &chain);
    if (rc != 0) {
        smi_sink_free(&chain);
        return rc;
    }
    *out = chain;
    return 0;
}
