/* cms_read.c: the frame of the CMS reader (RFC 5652 3).
 *
 *   ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }
 *
 *   WANT_INFO -SEQUENCE-> WANT_TYPE -OID-> WANT_CONTENT -[0]-> WANT_BODY -SEQUENCE-> IN_BODY
 *   IN_BODY -its end-> AFTER_BODY -end of [0]-> AFTER_CONTENT -end of ContentInfo-> DONE
 *
 * Refuses: content types that it does not know (by OID, after announcing them), PKCS #7's
 * signedAndEnvelopedData (CMS-036), AuthenticatedData; a ContentInfo without content, with more
 * than one, or with members behind it; under `strict`, octets behind it other than white space and
 * zeros.
 */
#include "cms_read.h"

#include "../base/limits.h"
#include "../base/mem.h"

enum state {
    WANT_INFO,
    WANT_TYPE,
    WANT_CONTENT,
    WANT_BODY,
    IN_BODY,
    AFTER_BODY,
    AFTER_CONTENT,
    DONE
};

enum { BODY_DEPTH = 2 }; /* of the element inside [0] */

struct reader {
    struct smi_cms_reader_ctx ctx;
    struct smi_ber *ber;
    struct smi_cms_body body;
    enum state state;
    int rc; /* sticky */
    bool body_failed; /* rc is what the body said */
    bool closed; /* the body was finished or aborted */
};

static const char info_clause[] = "RFC 5652 3";

int smi_cms_malformed(const struct smi_cms_env *env, uint64_t offset, const char *clause,
                      const char *text)
{
    return smi_fail(env->diag, SMIME_E_MALFORMED, env->layer, offset, clause, "%s", text);
}

static int no_room(const struct smi_cms_env *env, size_t bytes)
{
    const struct smi_arena *arena = env->arena;
    size_t total;
    bool over = smi_add_overflow(bytes, 15, &total) ||
                smi_add_overflow(arena->used_bytes, total, &total) || total > arena->limit_bytes;
    if (arena->limit_bytes && over)
        return smi_fail(env->diag, SMIME_E_LIMIT, env->layer, SMI_NO_OFFSET, NULL,
                        "the structure holds too much to be kept; the limit is metadata_bytes");
    return smi_fail_nomem(env->diag);
}

void *smi_cms_alloc(const struct smi_cms_env *env, size_t count, size_t bytes, int *rc)
{
    size_t total;
    void *out = NULL;
    if (smi_mul_overflow(count, bytes, &total))
        total = SIZE_MAX;
    else
        out = smi_arena_alloc(env->arena, total);
    *rc = out ? 0 : no_room(env, total);
    return out;
}

int smi_cms_keep(const struct smi_cms_env *env, struct smi_slice in, struct smi_slice *out)
{
    return smi_arena_copy(env->arena, in, out) ? 0 : no_room(env, in.len);
}

/* -- contentType */

struct type_entry {
    enum smi_oid oid;
    enum smi_cms_type type;
    int (*body_new)(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx);
    const char *refusal; /* where there is no body */
};

static const struct type_entry types[] = {
    {SMI_OID_SIGNED_DATA, SMI_CMS_SIGNED, smi_cms_signed_body_new, NULL},
    {SMI_OID_ENVELOPED_DATA, SMI_CMS_ENVELOPED, smi_cms_enveloped_body_new, NULL},
    {SMI_OID_AUTH_ENVELOPED_DATA, SMI_CMS_AUTH_ENVELOPED, smi_cms_auth_enveloped_body_new, NULL},
    {SMI_OID_COMPRESSED_DATA, SMI_CMS_COMPRESSED, smi_cms_compressed_body_new, NULL},
    {SMI_OID_ENCRYPTED_DATA, SMI_CMS_ENCRYPTED, smi_cms_encrypted_body_new, NULL},
    {SMI_OID_DIGESTED_DATA, SMI_CMS_DIGESTED, smi_cms_digested_body_new, NULL},
    {SMI_OID_DATA, SMI_CMS_DATA, NULL, "id-data protects nothing; there is nothing to open here"},
    {SMI_OID_AUTHENTICATED_DATA, SMI_CMS_AUTHENTICATED, NULL,
     "AuthenticatedData is not supported; ask for signed data"},
    /* CMS-036 */
    {SMI_OID_SIGNED_AND_ENVELOPED_DATA, SMI_CMS_SIGNED_AND_ENVELOPED, NULL,
     "signedAndEnvelopedData exists in PKCS #7 only and is not supported; ask for signed data "
     "inside "
     "enveloped data"},
};

static const struct type_entry *find_type(struct smi_slice oid)
{
    static const struct type_entry unknown = {SMI_OID_UNKNOWN, SMI_CMS_UNKNOWN, NULL, NULL};
    enum smi_oid id = smi_oid_find(oid);
    for (size_t i = 0; i < SMI_COUNT(types); i++)
        if (types[i].oid == id)
            return &types[i];
    return &unknown;
}

/* CMS-009 */
static int refuse_type(const struct smi_cms_env *env, const struct type_entry *entry,
                       struct smi_slice oid, uint64_t offset)
{
    char text[96];
    if (entry->refusal)
        return smi_fail(env->diag, SMIME_E_UNSUPPORTED, env->layer, offset, info_clause, "%s",
                        entry->refusal);
    smi_oid_text(oid, text, sizeof text);
    return smi_fail(env->diag, SMIME_E_UNSUPPORTED, env->layer, offset, info_clause,
                    "the content type %s is not known", text);
}

static int begin_type(struct reader *reader, struct smi_slice der, uint64_t offset)
{
    struct smi_cms_reader_ctx *ctx = &reader->ctx;
    struct smi_der in = smi_der(der);
    struct smi_slice oid;
    if (smi_der_oid(&in, &oid) != 0)
        return smi_cms_malformed(&ctx->env, offset, info_clause, "contentType is no valid OID");
    TRY(smi_cms_keep(&ctx->env, oid, &oid));
    const struct type_entry *entry = find_type(oid);
    ctx->result->type = entry->type;
    if (ctx->handler.type)
        TRY(ctx->handler.type(ctx->handler.self, entry->type, oid));
    if (!entry->body_new)
        return refuse_type(&ctx->env, entry, oid, offset);
    return entry->body_new(&reader->body, ctx);
}

/* -- what the tokenizer says */

static int from_body(struct reader *reader, int rc)
{
    reader->body_failed = reader->body_failed || rc != 0;
    return rc;
}

/* Once a private key was used the tokenizer's and the frame's own errors say no more than the
 * body's do (design 4). */
static int seal(struct reader *reader, int rc)
{
    if (rc == 0 || reader->body_failed || !reader->ctx.key_used)
        return rc;
    return smi_uniform(reader->ctx.env.diag, rc);
}

static int frame_malformed(struct reader *reader, uint64_t offset)
{
    static const char *const text[] = {
        [WANT_INFO] = "this is no CMS: a ContentInfo begins with a SEQUENCE",
        [WANT_TYPE] = "contentType, an OBJECT IDENTIFIER, is expected here",
        [WANT_CONTENT] = "content, tagged [0] EXPLICIT, is expected here",
        [WANT_BODY] = "the content must be a SEQUENCE",
        [IN_BODY] = "an element is out of place",
        [AFTER_BODY] = "content holds more than one element",
        [AFTER_CONTENT] = "the ContentInfo has members behind its content",
        [DONE] = "an element is out of place",
    };
    return smi_cms_malformed(&reader->ctx.env, offset, info_clause, text[reader->state]);
}

static int frame_element(struct reader *reader, uint8_t id, unsigned depth, uint64_t offset,
                         enum smi_ber_action *action)
{
    *action = SMI_BER_WALK;
    if (reader->state == WANT_INFO && depth == 0 && id == SMI_ID_SEQUENCE) {
        reader->state = WANT_TYPE;
        return 0;
    }
    if (reader->state == WANT_TYPE && depth == 1 && id == SMI_ID_OID) {
        *action = SMI_BER_CAPTURE;
        return 0;
    }
    if (reader->state == WANT_CONTENT && depth == 1 && id == SMI_ID_CONTEXT_CONSTRUCTED) {
        reader->state = WANT_BODY;
        return 0;
    }
    return frame_malformed(reader, offset);
}

static int reader_element(void *self, struct smi_tag tag, unsigned depth, uint64_t length,
                          uint64_t offset, enum smi_ber_action *action)
{
    struct reader *reader = self;
    if (depth < BODY_DEPTH)
        return frame_element(reader, smi_cms_id(tag), depth, offset, action);
    if (depth == BODY_DEPTH) {
        if (reader->state != WANT_BODY || smi_cms_id(tag) != SMI_ID_SEQUENCE)
            return frame_malformed(reader, offset);
        reader->state = IN_BODY;
    }
    return from_body(reader, reader->body.ops->element(reader->body.self, tag, depth - BODY_DEPTH,
                                                       length, offset, action));
}

static int reader_captured(void *self, unsigned depth, struct smi_slice raw, struct smi_slice der,
                           uint64_t offset)
{
    struct reader *reader = self;
    if (depth >= BODY_DEPTH)
        return from_body(reader, reader->body.ops->captured(reader->body.self, depth - BODY_DEPTH,
                                                            raw, der, offset));
    TRY(begin_type(reader, der, offset));
    reader->state = WANT_CONTENT;
    return 0;
}

static int reader_data(void *self, struct smi_slice in)
{
    struct reader *reader = self;
    return from_body(reader, reader->body.ops->data(reader->body.self, in));
}

static int reader_leave(void *self, unsigned depth)
{
    struct reader *reader = self;
    if (depth > BODY_DEPTH)
        return from_body(reader, reader->body.ops->leave(reader->body.self, depth - BODY_DEPTH));
    if (depth == BODY_DEPTH) {
        reader->state = AFTER_BODY;
        return from_body(reader, reader->body.ops->leave(reader->body.self, 0));
    }
    enum state wanted = depth == 1 ? AFTER_BODY : AFTER_CONTENT;
    if (reader->state != wanted)
        return smi_cms_malformed(&reader->ctx.env, SMI_NO_OFFSET, info_clause,
                                 "the ContentInfo has no content");
    reader->state = depth == 1 ? AFTER_CONTENT : DONE;
    return 0;
}

/* -- the sink */

static int reader_write(void *self, struct smi_slice in)
{
    struct reader *reader = self;
    if (reader->rc == 0)
        reader->rc = seal(reader, smi_ber_push(reader->ber, in));
    return reader->rc;
}

static void reader_abort(void *self, int why)
{
    struct reader *reader = self;
    if (reader->closed)
        return;
    reader->closed = true;
    if (reader->body.ops)
        reader->body.ops->abort(reader->body.self, why);
}

/* CMS-033 */
static int check_trailing(struct reader *reader)
{
    struct smi_cms_result *result = reader->ctx.result;
    result->trailing = smi_ber_trailing(reader->ber, &result->trailing_suspicious);
    if (result->trailing_suspicious && reader->ctx.env.policy == SMIME_POLICY_STRICT)
        return smi_cms_malformed(&reader->ctx.env, SMI_NO_OFFSET, info_clause,
                                 "octets follow the ContentInfo, which the strict policy refuses");
    return 0;
}

static int finish(struct reader *reader)
{
    TRY(smi_ber_finish(reader->ber));
    TRY(check_trailing(reader));
    return from_body(reader, reader->body.ops->finish(reader->body.self));
}

static int reader_end(void *self)
{
    struct reader *reader = self;
    if (reader->rc == 0)
        reader->rc = reader->closed ? SMIME_E_USAGE : seal(reader, finish(reader));
    if (reader->rc != 0)
        reader_abort(reader, reader->rc);
    reader->closed = true;
    return reader->rc;
}

static void reader_free(void *self)
{
    struct reader *reader = self;
    if (reader->body.ops)
        reader->body.ops->free(reader->body.self);
    smi_ber_free(reader->ber);
    smi_free(reader);
}

static const struct smi_sink_ops reader_ops = {reader_write, reader_end, reader_abort, reader_free};

int smi_cms_read_new(struct smi_sink *out, const struct smi_cms_env *env,
                     const struct smi_cms_handler *handler, const struct smi_cms_hints *hints)
{
    int rc;
    struct smi_cms_result *result = smi_cms_alloc(env, 1, sizeof *result, &rc);
    if (!result)
        return rc;
    struct reader *reader = smi_calloc(1, sizeof *reader);
    if (!reader)
        return smi_fail_nomem(env->diag);
    struct smi_cms_reader_ctx *ctx = &reader->ctx;
    ctx->env = *env;
    smi_limits_resolve(&ctx->limits, env->limits);
    ctx->env.limits = &ctx->limits;
    ctx->handler = *handler;
    if (hints)
        ctx->hints = *hints;
    ctx->result = result;
    struct smi_ber_handler on = {reader, reader_element, reader_captured, reader_data,
                                 reader_leave};
    rc = smi_ber_new(&reader->ber, &on, &ctx->limits, env->diag, env->layer);
    if (rc != 0) {
        smi_free(reader);
        return rc;
    }
    out->ops = &reader_ops;
    out->self = reader;
    return 0;
}

struct smi_cms_result *smi_cms_read_result(struct smi_sink sink)
{
    must(sink.ops == &reader_ops);
    struct reader *reader = sink.self;
    return reader->ctx.result;
}

void smi_cms_result_clear(struct smi_cms_result *result)
{
    if (!result || !result->signed_data)
        return;
    smi_certset_clear(&result->signed_data->certs);
    smi_digest_set_clear(&result->signed_data->digests);
}
