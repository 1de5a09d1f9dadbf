/* cms_signed.c: reading SignedData (RFC 5652 5.1, 5.2; PKCS #7 1.5 content, CMS-035).
 *
 *   SignedData ::= SEQUENCE {
 *     version INTEGER, digestAlgorithms SET OF AlgorithmIdentifier,
 *     encapContentInfo EncapsulatedContentInfo,
 *     certificates [0] IMPLICIT SET OF CertificateChoices OPTIONAL,
 *     crls [1] IMPLICIT SET OF RevocationInfoChoice OPTIONAL, signerInfos SET OF SignerInfo }
 *
 *   WANT_VERSION -> WANT_DIGESTS -> IN_DIGESTS -> WANT_ENCAP -> IN_ENCAP -> AFTER_ENCAP
 *   AFTER_ENCAP -[0]-> IN_CERTS -> AFTER_CERTS; AFTER_ENCAP, AFTER_CERTS -[1]-> IN_CRLS ->
 * AFTER_CRLS AFTER_ENCAP, AFTER_CERTS, AFTER_CRLS -SET-> IN_SIGNERS -> AFTER_SIGNERS
 *
 * The content passes the digests on its way to the handler's sink. Any version is read (CMS-015).
 * Certificates that do not parse and choices other than Certificate are left out and counted
 * (CMS-021); otherRevInfo is left out. Refuses counts and sizes beyond the limits.
 */
#include "cms_encap.h"

#include "../base/mem.h"

enum state {
    WANT_VERSION,
    WANT_DIGESTS,
    IN_DIGESTS,
    WANT_ENCAP,
    IN_ENCAP,
    AFTER_ENCAP,
    IN_CERTS,
    AFTER_CERTS,
    IN_CRLS,
    AFTER_CRLS,
    IN_SIGNERS,
    AFTER_SIGNERS
};

struct body {
    struct smi_cms_reader_ctx *ctx;
    struct smi_cms_signed *data;
    struct smi_cms_encap encap;
    enum state state;
    const struct smi_alg *announced[8];
    size_t announced_count;
    size_t digest_count;  /* digestAlgorithms seen */
    size_t element_count; /* certificates, CRLs and other choices seen */
    size_t cert_bytes;
    size_t crl_cap, signer_cap;
    struct smi_sink down;
    bool content_begun;
    bool watch;            /* the content begins like a SET: its first octets are kept */
    struct smi_buf prefix; /* those octets, for R4 */
};

static const char clause[] = "RFC 5652 5.1";

static int malformed(const struct body *body, uint64_t offset, const char *text)
{
    return smi_cms_malformed(&body->ctx->env, offset, clause, text);
}

static int too_many(const struct body *body, uint64_t offset, const char *what, const char *limit)
{
    return smi_fail(body->ctx->env.diag, SMIME_E_LIMIT, body->ctx->env.layer, offset, clause,
                    "SignedData holds too many %s; the limit is %s", what, limit);
}

/* Makes room for one more item in an arena array. */
static int grow(const struct smi_cms_env *env, void **array, size_t count, size_t *cap,
                size_t bytes)
{
    int rc;
    if (count < *cap)
        return 0;
    size_t larger = *cap ? *cap * 2 : 4;
    void *moved = smi_cms_alloc(env, larger, bytes, &rc);
    if (!moved)
        return rc;
    if (count)
        memcpy(moved, *array, count * bytes);
    *array = moved;
    *cap = larger;
    return 0;
}

/* -- digestAlgorithms */

static void announce(struct body *body, const struct smi_alg *alg)
{
    if (!alg || body->announced_count == SMI_COUNT(body->announced))
        return;
    for (size_t i = 0; i < body->announced_count; i++)
        if (body->announced[i] == alg)
            return;
    body->announced[body->announced_count++] = alg;
}

static int take_digest_alg(struct body *body, struct smi_slice der, uint64_t offset)
{
    struct smi_der in = smi_der(der);
    struct smi_algid id;
    if (smi_algid_get(&in, &id) != 0)
        return malformed(body, offset, "digestAlgorithms holds no valid AlgorithmIdentifier");
    const struct smi_alg *alg = smi_alg_by_oid(id.oid, SMI_ALG_DIGEST);
    if (alg && smi_alg_readable(alg, body->ctx->env.policy))
        announce(body, alg);
    return 0;
}

static int add_digest(struct body *body, const struct smi_alg *alg)
{
    int rc = smi_digest_set_add(&body->data->digests, body->ctx->env.crypto, alg);
    /* More than fit, or unknown to this libcrypto: the signer concerned is told so later. */
    return rc == SMIME_E_UNSUPPORTED || rc == SMIME_E_LIMIT ? 0 : rc;
}

/* SHA-256 always, what was announced, and on request everything else: digestAlgorithms may be empty
 * or wrong (CMS-008, pitfall 16). */
static int choose_digests(struct body *body)
{
    static const enum smi_oid others[] = {SMI_OID_SHA512, SMI_OID_SHA384, SMI_OID_SHA1,
                                          SMI_OID_SHA224, SMI_OID_MD5, SMI_OID_SHA3_256,
                                          SMI_OID_SHAKE256};
    TRY(add_digest(body, smi_alg_by_id(SMI_OID_SHA256, SMI_ALG_DIGEST)));
    for (size_t i = 0; i < body->announced_count; i++)
        TRY(add_digest(body, body->announced[i]));
    for (size_t i = 0; body->ctx->hints.all_digests && i < SMI_COUNT(others); i++) {
        const struct smi_alg *alg = smi_alg_by_id(others[i], SMI_ALG_DIGEST);
        if (alg && smi_alg_readable(alg, body->ctx->env.policy))
            TRY(add_digest(body, alg));
    }
    return 0;
}

/* -- eContent */

static int begin_content(void *self)
{
    struct body *body = self;
    const struct smi_cms_handler *handler = &body->ctx->handler;
    body->data->econtent_type = body->encap.type;
    TRY(choose_digests(body));
    body->content_begun = true;
    if (!handler->content)
        return 0;
    return handler->content(handler->self, body->encap.type, NULL, &body->down);
}

/* The few octets that R4 asks about, and only where they can matter. */
static int watch_content(struct body *body, struct smi_slice in, bool first)
{
    if (first)
        body->watch = in.ptr[0] == SMI_ID_SET;
    size_t room = SMI_ATTRS_SHAPED_PREFIX - body->prefix.len;
    if (!body->watch || room == 0)
        return 0;
    int rc = smi_buf_add(&body->prefix, smi_slice_take(in, in.len < room ? in.len : room));
    return rc ? smi_fail_nomem(body->ctx->env.diag) : 0;
}

/* RFC 5652 5.4 CMS-005: value octets only */
static int take_content(void *self, struct smi_slice in)
{
    struct body *body = self;
    bool first = body->content_begun;
    body->content_begun = false;
    TRY(watch_content(body, in, first));
    TRY(smi_digest_set_update(&body->data->digests, in));
    return smi_sink_write(body->down, in);
}

static int end_encap(struct body *body)
{
    TRY(smi_cms_encap_leave(&body->encap, 0));
    body->data->econtent_type = body->encap.type;
    body->data->detached = !body->encap.present;
    body->data->pkcs7_content = body->encap.any;
    body->ctx->result->content_absent = !body->encap.present;
    return body->encap.present ? smi_digest_set_final(&body->data->digests) : 0;
}

/* -- certificates, crls, signerInfos */

static int take_cert(struct body *body, struct smi_slice raw)
{
    struct smi_cert *cert;
    const struct smi_cms_env *env = &body->ctx->env;
    if (raw.len > body->ctx->limits.metadata_bytes - body->cert_bytes)
        return too_many(body, SMI_NO_OFFSET, "octets of certificates", "metadata_bytes");
    body->cert_bytes += raw.len;
    int rc = smi_cert_new(&cert, env->crypto, raw);
    if (rc == SMIME_E_NOMEM)
        return smi_fail_nomem(env->diag);
    if (rc != 0) {
        body->data->certs_skipped++;
        return 0;
    }
    rc = smi_certset_add(&body->data->certs, cert);
    smi_cert_free(cert);
    return rc == SMIME_E_NOMEM ? smi_fail_nomem(env->diag) : rc;
}

/* CMS-022 */
static int take_crl(struct body *body, struct smi_slice raw)
{
    struct smi_cms_signed *data = body->data;
    void *array = data->crls;
    TRY(grow(&body->ctx->env, &array, data->crl_count, &body->crl_cap, sizeof *data->crls));
    data->crls = array;
    TRY(smi_cms_keep(&body->ctx->env, raw, &data->crls[data->crl_count]));
    data->crl_count++;
    return 0;
}

static int take_signer(struct body *body, struct smi_slice der, uint64_t offset)
{
    struct smi_cms_signed *data = body->data;
    void *array = data->signer;
    struct smi_slice kept;
    TRY(grow(&body->ctx->env, &array, data->signer_count, &body->signer_cap, sizeof *data->signer));
    data->signer = array;
    TRY(smi_cms_keep(&body->ctx->env, der, &kept));
    TRY(smi_signer_get(&data->signer[data->signer_count], kept, data->econtent_type, offset,
                       &body->ctx->env));
    data->signer_count++;
    return 0;
}

/* -- events */

static int misplaced(const struct body *body, uint64_t offset)
{
    static const char *const text[] = {
        [WANT_VERSION] = "version, an INTEGER, is expected here",
        [WANT_DIGESTS] = "digestAlgorithms, a SET, is expected here",
        [IN_DIGESTS] = "digestAlgorithms holds something else than AlgorithmIdentifiers",
        [WANT_ENCAP] = "encapContentInfo, a SEQUENCE, is expected here",
        [IN_ENCAP] = "an element is out of place",
        [AFTER_ENCAP] = "certificates, crls or signerInfos are expected here",
        [IN_CERTS] = "an element is out of place",
        [AFTER_CERTS] = "crls or signerInfos are expected here",
        [IN_CRLS] = "an element is out of place",
        [AFTER_CRLS] = "signerInfos, a SET, is expected here",
        [IN_SIGNERS] = "signerInfos holds something else than SignerInfos",
        [AFTER_SIGNERS] = "SignedData has members behind signerInfos",
    };
    return malformed(body, offset, text[body->state]);
}

static int member(struct body *body, uint8_t id, uint64_t offset, enum smi_ber_action *action)
{
    enum state state = body->state;
    bool after = state == AFTER_ENCAP || state == AFTER_CERTS || state == AFTER_CRLS;
    *action = SMI_BER_WALK;
    if (state == WANT_VERSION && id == SMI_ID_INTEGER) {
        *action = SMI_BER_SKIP;
        body->state = WANT_DIGESTS;
    } else if (state == WANT_DIGESTS && id == SMI_ID_SET) {
        body->state = IN_DIGESTS;
    } else if (state == WANT_ENCAP && id == SMI_ID_SEQUENCE) {
        body->state = IN_ENCAP;
    } else if (state == AFTER_ENCAP && id == SMI_ID_CONTEXT_CONSTRUCTED) {
        body->state = IN_CERTS;
    } else if (after && state != AFTER_CRLS && id == (SMI_ID_CONTEXT_CONSTRUCTED | 1)) {
        body->state = IN_CRLS;
    } else if (after && id == SMI_ID_SET) {
        body->state = IN_SIGNERS;
    } else {
        return misplaced(body, offset);
    }
    return 0;
}

static int set_member(struct body *body, uint8_t id, uint64_t offset, enum smi_ber_action *action)
{
    const struct smime_limits *limits = &body->ctx->limits;
    bool sequence = id == SMI_ID_SEQUENCE;
    *action = sequence ? SMI_BER_CAPTURE : SMI_BER_SKIP;
    if (body->state == IN_CERTS || body->state == IN_CRLS) {
        if (body->element_count++ >= limits->certificates)
            return too_many(body, offset, "certificates and CRLs", "certificates");
        if (body->state == IN_CERTS && !sequence)
            body->data->certs_skipped++;
        return 0;
    }
    if (!sequence)
        return misplaced(body, offset);
    if (body->state == IN_DIGESTS && body->digest_count++ >= limits->digests)
        return too_many(body, offset, "digestAlgorithms", "digests");
    if (body->state == IN_SIGNERS && body->data->signer_count >= limits->signers)
        return too_many(body, offset, "signerInfos", "signers");
    return 0;
}

static int body_element(void *self, struct smi_tag tag, unsigned depth, uint64_t length,
                        uint64_t offset, enum smi_ber_action *action)
{
    struct body *body = self;
    SMI_UNUSED(length);
    if (depth == 0) {
        *action = SMI_BER_WALK;
        return 0;
    }
    if (depth == 1)
        return member(body, smi_cms_id(tag), offset, action);
    if (body->state == IN_ENCAP)
        return smi_cms_encap_element(&body->encap, tag, depth - 1, offset, action);
    return set_member(body, smi_cms_id(tag), offset, action);
}

static int body_captured(void *self, unsigned depth, struct smi_slice raw, struct smi_slice der,
                         uint64_t offset)
{
    struct body *body = self;
    if (body->state == IN_ENCAP)
        return smi_cms_encap_captured(&body->encap, depth - 1, raw, der, offset);
    if (body->state == IN_DIGESTS)
        return take_digest_alg(body, der, offset);
    if (body->state == IN_CERTS)
        return take_cert(body, raw);
    if (body->state == IN_CRLS)
        return take_crl(body, raw);
    return take_signer(body, der, offset);
}

static int body_data(void *self, struct smi_slice in)
{
    return take_content(self, in);
}

static int body_leave(void *self, unsigned depth)
{
    struct body *body = self;
    if (depth == 0)
        return body->state == AFTER_SIGNERS ? 0 : misplaced(body, SMI_NO_OFFSET);
    if (depth > 1)
        return smi_cms_encap_leave(&body->encap, depth - 1);
    if (body->state == IN_ENCAP)
        TRY(end_encap(body));
    body->state++; /* IN_x is followed by what comes after it */
    return 0;
}

static int body_finish(void *self)
{
    struct body *body = self;
    if (body->watch && smi_content_is_attrs_shaped(smi_buf_slice(&body->prefix)))
        body->data->attrs_shaped =
            "the content has the form of signed attributes: a signature made for something else "
            "may have been put under it";
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
    smi_buf_clear(&body->prefix);
    smi_free(body);
}

int smi_cms_signed_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx)
{
    static const struct smi_cms_body_ops ops = {body_element, body_captured, body_data, body_leave,
                                                body_finish, body_abort, body_free};
    int rc;
    struct smi_cms_signed *data = smi_cms_alloc(&ctx->env, 1, sizeof *data, &rc);
    if (!data)
        return rc;
    struct body *body = smi_calloc(1, sizeof *body);
    if (!body)
        return smi_fail_nomem(ctx->env.diag);
    body->ctx = ctx;
    body->data = data;
    body->encap.ctx = ctx;
    body->encap.self = body;
    body->encap.begin = begin_content;
    body->encap.octets = take_content;
    body->encap.allow_any = true;
    smi_buf_init(&body->prefix, SMI_ATTRS_SHAPED_PREFIX);
    ctx->result->signed_data = data;
    out->ops = &ops;
    out->self = body;
    return 0;
}

/* -- R4, ATTR-006: draft-ietf-lamps-cms-euf-cma-signeddata */

/* Reads the header of a SET by hand: its content may go on behind the prefix. */
static bool set_header(struct smi_slice in, size_t *head, uint64_t *length)
{
    if (in.len < 2 || in.ptr[0] != SMI_ID_SET)
        return false;
    size_t octets = in.ptr[1] & 0x80 ? in.ptr[1] & 0x7fu : 0;
    if (octets > 8 || in.len < 2 + octets || in.ptr[1] == 0x80)
        return false;
    *head = 2 + octets;
    *length = octets ? 0 : in.ptr[1];
    for (size_t i = 0; i < octets; i++)
        *length = *length << 8 | in.ptr[2 + i];
    return true;
}

bool smi_content_is_attrs_shaped(struct smi_slice prefix)
{
    size_t head;
    uint64_t length;
    if (!set_header(prefix, &head, &length))
        return false;
    bool cut = prefix.len >= SMI_ATTRS_SHAPED_PREFIX;
    size_t inside = prefix.len - head;
    if (length < inside || (length > inside && !cut))
        return false;
    struct smi_der der = smi_der(smi_slice_skip(prefix, head)), attr;
    for (size_t seen = 0; !smi_der_empty(&der); seen++) {
        struct smi_slice oid, values;
        if (smi_der_enter(&der, SMI_ID_SEQUENCE, &attr) != 0)
            return cut && seen > 0; /* cut off inside an attribute: said to be one */
        if (smi_der_oid(&attr, &oid) != 0 || smi_der_get(&attr, SMI_ID_SET, &values) != 0)
            return false;
        if (smi_oid_find(oid) == SMI_OID_MESSAGE_DIGEST)
            return true;
    }
    return false;
}
