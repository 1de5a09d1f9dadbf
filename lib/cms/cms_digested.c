/* cms_digested.c: reading DigestedData (RFC 5652 7; CMS-031).
 *
 *   DigestedData ::= SEQUENCE { version INTEGER, digestAlgorithm AlgorithmIdentifier,
 *                               encapContentInfo EncapsulatedContentInfo, digest OCTET STRING }
 *
 *   WANT_VERSION -> WANT_ALG -> WANT_ENCAP -> IN_ENCAP -> WANT_DIGEST -> AFTER_DIGEST
 *
 * A digest that does not fit is a verdict, not an error: result.digest_ok stays false. It says
 * nothing about who made the content. Refuses digests that the policy does not read.
 */
#include "cms_encap.h"

#include "../base/mem.h"

enum state { WANT_VERSION, WANT_ALG, WANT_ENCAP, IN_ENCAP, WANT_DIGEST, AFTER_DIGEST };

struct body {
    struct smi_cms_reader_ctx *ctx;
    struct smi_cms_encap encap;
    enum state state;
    struct smi_algid alg_id; /* in the arena */
    const struct smi_alg *alg;
    struct smi_digest *digest;
    bool fits; /* told to the result when the structure is complete */
    struct smi_sink down;
};

static const char clause[] = "RFC 5652 7";

static int misplaced(const struct body *body, uint64_t offset)
{
    static const char *const text[] = {
        [WANT_VERSION] = "version, an INTEGER, is expected here",
        [WANT_ALG] = "digestAlgorithm, a SEQUENCE, is expected here",
        [WANT_ENCAP] = "encapContentInfo, a SEQUENCE, is expected here",
        [IN_ENCAP] = "an element is out of place",
        [WANT_DIGEST] = "digest, an OCTET STRING, is expected here",
        [AFTER_DIGEST] = "DigestedData has members behind its digest",
    };
    return smi_cms_malformed(&body->ctx->env, offset, clause, text[body->state]);
}

static int unsupported(const struct body *body, const char *why)
{
    const struct smi_cms_env *env = &body->ctx->env;
    char name[96];
    smi_oid_text(body->alg_id.oid, name, sizeof name);
    return smi_fail(env->diag, SMIME_E_UNSUPPORTED, env->layer, SMI_NO_OFFSET, clause,
                    "the digest algorithm %s %s", name, why);
}

static int begin_content(void *self)
{
    struct body *body = self;
    const struct smi_cms_handler *handler = &body->ctx->handler;
    if (!handler->content)
        return 0;
    return handler->content(handler->self, body->encap.type, &body->alg_id, &body->down);
}

static int take_content(void *self, struct smi_slice in)
{
    struct body *body = self;
    TRY(smi_digest_update(body->digest, in));
    return smi_sink_write(body->down, in);
}

static int take_alg(struct body *body, struct smi_slice der, uint64_t offset)
{
    const struct smi_cms_env *env = &body->ctx->env;
    struct smi_slice kept;
    TRY(smi_cms_keep(env, der, &kept));
    struct smi_der in = smi_der(kept);
    if (smi_algid_get(&in, &body->alg_id) != 0)
        return smi_cms_malformed(env, offset, clause, "digestAlgorithm does not parse");
    body->alg = smi_alg_by_oid(body->alg_id.oid, SMI_ALG_DIGEST);
    if (!body->alg)
        return unsupported(body, "is not known");
    if (!smi_alg_readable(body->alg, env->policy))
        return unsupported(body, "is too weak for this policy");
    int rc = smi_digest_new(&body->digest, env->crypto, body->alg);
    return rc == SMIME_E_UNSUPPORTED ? unsupported(body, "is not available here") : rc;
}

static int take_digest(struct body *body, struct smi_slice der)
{
    struct smi_der in = smi_der(der);
    struct smi_slice told;
    uint8_t value[SMI_DIGEST_MAX];
    size_t len;
    TRY(smi_der_octets(&in, &told));
    TRY(smi_digest_final(body->digest, value, &len));
    body->fits = body->encap.present && told.len == len && smi_ct_equal(told.ptr, value, len);
    return 0;
}

static int member(struct body *body, uint8_t id, uint64_t offset, enum smi_ber_action *action)
{
    bool sequence = id == SMI_ID_SEQUENCE;
    *action = SMI_BER_CAPTURE;
    if (body->state == WANT_VERSION && id == SMI_ID_INTEGER) {
        *action = SMI_BER_SKIP;
        body->state = WANT_ALG;
    } else if (body->state == WANT_ENCAP && sequence) {
        *action = SMI_BER_WALK;
        body->state = IN_ENCAP;
    } else if (!(body->state == WANT_ALG && sequence) &&
               !(body->state == WANT_DIGEST && (id & ~0x20) == SMI_ID_OCTET_STRING)) {
        return misplaced(body, offset);
    }
    return 0;
}

static int body_element(void *self, struct smi_tag tag, unsigned depth, uint64_t length,
                        uint64_t offset, enum smi_ber_action *action)
{
    struct body *body = self;
    SMI_UNUSED(length);
    *action = SMI_BER_WALK;
    if (depth == 0)
        return 0;
    if (depth > 1)
        return smi_cms_encap_element(&body->encap, tag, depth - 1, offset, action);
    return member(body, smi_cms_id(tag), offset, action);
}

static int body_captured(void *self, unsigned depth, struct smi_slice raw, struct smi_slice der,
                         uint64_t offset)
{
    struct body *body = self;
    if (depth > 1)
        return smi_cms_encap_captured(&body->encap, depth - 1, raw, der, offset);
    if (body->state == WANT_ALG) {
        body->state = WANT_ENCAP;
        return take_alg(body, der, offset);
    }
    body->state = AFTER_DIGEST;
    return take_digest(body, der);
}

static int body_leave(void *self, unsigned depth)
{
    struct body *body = self;
    if (depth == 0)
        return body->state == AFTER_DIGEST ? 0 : misplaced(body, SMI_NO_OFFSET);
    TRY(smi_cms_encap_leave(&body->encap, depth - 1));
    if (depth == 1) {
        body->state = WANT_DIGEST;
        body->ctx->result->content_absent = !body->encap.present;
    }
    return 0;
}

static int body_finish(void *self)
{
    struct body *body = self;
    body->ctx->result->digest_ok = body->fits;
    return smi_sink_end(body->down);
}

static void body_abort(void *self, int why)
{
    struct body *body = self;
    smi_sink_abort(body->down, why);
}

static void body_free(void *self)
{
    struct body *body = self;
    smi_sink_free(&body->down);
    smi_digest_free(body->digest);
    smi_free(body);
}

int smi_cms_digested_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx)
{
    static const struct smi_cms_body_ops ops = {
        body_element, body_captured, take_content, body_leave, body_finish, body_abort, body_free};
    struct body *body = smi_calloc(1, sizeof *body);
    if (!body)
        return smi_fail_nomem(ctx->env.diag);
    body->ctx = ctx;
    body->encap.ctx = ctx;
    body->encap.self = body;
    body->encap.begin = begin_content;
    body->encap.octets = take_content;
    out->ops = &ops;
    out->self = body;
    return 0;
}
