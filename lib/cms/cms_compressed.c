/* cms_compressed.c: reading CompressedData (RFC 3274; CMS-032).
 *
 *   CompressedData ::= SEQUENCE { version INTEGER, compressionAlgorithm AlgorithmIdentifier,
 *                                 encapContentInfo EncapsulatedContentInfo }
 *
 *   WANT_VERSION -> WANT_ALG -> WANT_ENCAP -> IN_ENCAP -> AFTER_ENCAP
 *
 * Refuses algorithms other than zlib, and output beyond limits.expansion_ratio and expanded_bytes.
 */
#include "cms_encap.h"

#include "../base/mem.h"

enum state { WANT_VERSION, WANT_ALG, WANT_ENCAP, IN_ENCAP, AFTER_ENCAP };

struct body {
    struct smi_cms_reader_ctx *ctx;
    struct smi_cms_encap encap;
    enum state state;
    struct smi_algid alg; /* in the arena */
    struct smi_sink down; /* inflate, then the handler's */
};

static const char clause[] = "RFC 3274 1.1";

static int misplaced(const struct body *body, uint64_t offset)
{
    static const char *const text[] = {
        [WANT_VERSION] = "version, an INTEGER, is expected here",
        [WANT_ALG] = "compressionAlgorithm, a SEQUENCE, is expected here",
        [WANT_ENCAP] = "encapContentInfo, a SEQUENCE, is expected here",
        [IN_ENCAP] = "an element is out of place",
        [AFTER_ENCAP] = "CompressedData has members behind its content",
    };
    return smi_cms_malformed(&body->ctx->env, offset, clause, text[body->state]);
}

static int begin_content(void *self)
{
    struct body *body = self;
    const struct smi_cms_env *env = &body->ctx->env;
    const struct smi_cms_handler *handler = &body->ctx->handler;
    struct smi_sink target = {NULL, NULL};
    if (handler->content)
        TRY(handler->content(handler->self, body->encap.type, &body->alg, &target));
    int rc = smi_inflate_new(&body->down, target, env->limits, env->diag, env->layer);
    if (rc != 0)
        smi_sink_free(&target);
    return rc;
}

static int take_content(void *self, struct smi_slice in)
{
    struct body *body = self;
    return smi_sink_write(body->down, in);
}

static int take_alg(struct body *body, struct smi_slice der, uint64_t offset)
{
    const struct smi_cms_env *env = &body->ctx->env;
    struct smi_slice kept;
    TRY(smi_cms_keep(env, der, &kept));
    struct smi_der in = smi_der(kept);
    if (smi_algid_get(&in, &body->alg) != 0)
        return smi_cms_malformed(env, offset, clause, "compressionAlgorithm does not parse");
    if (smi_oid_find(body->alg.oid) == SMI_OID_ZLIB)
        return 0;
    char name[96];
    smi_oid_text(body->alg.oid, name, sizeof name);
    return smi_fail(env->diag, SMIME_E_UNSUPPORTED, env->layer, offset, clause,
                    "the compression algorithm %s is not supported", name);
}

static int body_element(void *self, struct smi_tag tag, unsigned depth, uint64_t length,
                        uint64_t offset, enum smi_ber_action *action)
{
    struct body *body = self;
    uint8_t id = smi_cms_id(tag);
    SMI_UNUSED(length);
    *action = SMI_BER_WALK;
    if (depth == 0)
        return 0;
    if (depth > 1)
        return smi_cms_encap_element(&body->encap, tag, depth - 1, offset, action);
    if (body->state == WANT_VERSION && id == SMI_ID_INTEGER) {
        *action = SMI_BER_SKIP;
        body->state = WANT_ALG;
        return 0;
    }
    if (body->state == WANT_ALG && id == SMI_ID_SEQUENCE) {
        *action = SMI_BER_CAPTURE;
        return 0;
    }
    if (body->state == WANT_ENCAP && id == SMI_ID_SEQUENCE) {
        body->state = IN_ENCAP;
        return 0;
    }
    return misplaced(body, offset);
}

static int body_captured(void *self, unsigned depth, struct smi_slice raw, struct smi_slice der,
                         uint64_t offset)
{
    struct body *body = self;
    if (depth > 1)
        return smi_cms_encap_captured(&body->encap, depth - 1, raw, der, offset);
    body->state = WANT_ENCAP;
    return take_alg(body, der, offset);
}

static int body_leave(void *self, unsigned depth)
{
    struct body *body = self;
    if (depth == 0)
        return body->state == AFTER_ENCAP ? 0 : misplaced(body, SMI_NO_OFFSET);
    TRY(smi_cms_encap_leave(&body->encap, depth - 1));
    if (depth == 1) {
        body->state = AFTER_ENCAP;
        body->ctx->result->content_absent = !body->encap.present;
    }
    return 0;
}

static int body_finish(void *self)
{
    struct body *body = self;
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
    smi_free(body);
}

int smi_cms_compressed_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx)
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
