/* cms_enveloped.c: EnvelopedData (RFC 5652 6) and AuthEnvelopedData (RFC 5083), read. They are one
 * file because they differ only in what follows the ciphertext.
 *
 *   EnvelopedData ::= SEQUENCE {                AuthEnvelopedData ::= SEQUENCE {
 *     version, originatorInfo [0] OPTIONAL,       version, originatorInfo [0] OPTIONAL,
 *     recipientInfos SET OF RecipientInfo,        recipientInfos SET OF RecipientInfo,
 *     encryptedContentInfo,                       authEncryptedContentInfo,
 *     unprotectedAttrs [1] OPTIONAL }             authAttrs [1] OPTIONAL, mac OCTET STRING,
 *                                                 unauthAttrs [2] OPTIONAL }
 *   EncryptedContentInfo ::= SEQUENCE { contentType OID, contentEncryptionAlgorithm,
 *                                       encryptedContent [0] IMPLICIT OCTET STRING OPTIONAL }
 *
 *   VERSION -> ORIGINATOR -> RECIPIENTS -> INFO -> TYPE -> CIPHER -> CONTENT -> AFTER -> UNAUTH
 *
 * The key is unwrapped when encryptedContent begins: everything that can be refused for its form
 * has been refused by then, and what fails later fails in one way (cms_ri.c). Plaintext is
 * provisional until finish() checked the padding or the tag.
 *
 * authAttrs are the additional data of the AEAD but follow the ciphertext: the first pass stops
 * there with need_rewind, the second is given them in the hints (design 3).
 *
 * Refuses: content that is not in the message (CMS-027), tags shorter than 12 octets or of another
 * length than announced (AEAD-005, R28), a contentType attribute that does not fit, or is missing
 * where the content is not id-data (AEAD-003).
 */
#include "../base/mem.h"
#include "cms_content_alg.h"
#include "cms_ri.h"

enum state {
    AT_VERSION, AT_ORIGINATOR, IN_RECIPIENTS, AT_INFO, AT_TYPE, AT_CIPHER, AT_CONTENT, IN_CONTENT,
    AFTER_CONTENT, AT_AFTER, AT_UNAUTH, AT_END
};

enum { TAG_MIN = 12, TAG_MAX = 16 };

struct enveloped {
    struct smi_cms_reader_ctx *ctx;
    bool authenticated; /* AuthEnvelopedData */
    enum state state;
    struct smi_ri_set recipients;
    struct smi_slice content_type;
    struct smi_algid cipher_id;
    struct smi_content_alg cipher;
    uint64_t cipher_offset;
    bool key_used; /* a private key was used: every failure from here on is uniform */
    struct smi_sink stage;
    bool have_attrs;
    uint8_t tag_octets[TAG_MAX];
    struct smi_slice tag; /* what the AEAD stage takes at its end */
    size_t mac_len;
};

static const char *clause(const struct enveloped *env)
{
    return env->authenticated ? "RFC 5083 2.1" : "RFC 5652 6.1";
}

/* Errors of our own, not those of the handler or of what is below. */
static int seal(struct enveloped *self, int rc)
{
    return rc != 0 && self->key_used ? smi_uniform(self->ctx->env.diag, rc) : rc;
}

static int malformed(struct enveloped *self, uint64_t offset, const char *text)
{
    return smi_cms_malformed(&self->ctx->env, offset, clause(self), text);
}

static int unexpected(struct enveloped *self, uint64_t offset)
{
    return malformed(self, offset,
                     self->authenticated ? "an element of AuthEnvelopedData is out of place"
                                         : "an element of EnvelopedData is out of place");
}

/* -- encryptedContent begins */

static int check_before_key(struct enveloped *self, uint64_t offset)
{
    enum smi_cms_type type = self->authenticated ? SMI_CMS_AUTH_ENVELOPED : SMI_CMS_ENVELOPED;
    if (self->recipients.match_count == 0)
        return smi_ri_no_key(&self->recipients, offset);
    return smi_content_alg_get(&self->cipher, &self->cipher_id, type, &self->ctx->env,
                               self->cipher_offset);
}

static int unwrap(struct enveloped *self, struct smi_secret *cek)
{
    struct smi_cms_env *env = &self->ctx->env;
    TRY(smi_ri_prepare(&self->recipients));
    self->key_used = self->ctx->key_used = true;
    TRY(smi_ri_unwrap(&self->recipients, self->cipher.cek_len, cek));
    return seal(self, smi_content_alg_derive(&self->cipher, env->crypto, cek));
}

static int make_stage(struct enveloped *self, struct smi_slice cek)
{
    struct smi_cms_reader_ctx *ctx = self->ctx;
    struct smi_sink down = {NULL, NULL};
    TRY(ctx->handler.content(ctx->handler.self, self->content_type, &self->cipher.id, &down));
    int rc = smi_content_decrypt_new(&self->stage, down, &self->cipher, cek, ctx->hints.auth_attrs,
                                     &self->tag, ctx->env.crypto);
    if (rc == 0)
        return 0;
    rc = rc == SMIME_E_NOMEM ? smi_fail_nomem(ctx->env.diag) : seal(self, rc);
    smi_sink_abort(down, rc);
    smi_sink_free(&down);
    return rc;
}

static int begin_content(struct enveloped *self, uint64_t offset)
{
    struct smi_secret cek = {0};
    TRY(check_before_key(self, offset));
    int rc = unwrap(self, &cek);
    if (rc == 0)
        rc = make_stage(self, smi_secret_slice(&cek));
    smi_secret_clear(&cek); /* CMS-025 */
    return rc;
}

/* -- the tokenizer's events */

static int element_before_info(struct enveloped *self, uint8_t id, uint64_t offset,
                               enum smi_ber_action *action)
{
    if (self->state == AT_VERSION && id == SMI_ID_INTEGER) { /* any number: CMS-015 */
        self->state = AT_ORIGINATOR;
        *action = SMI_BER_SKIP;
        return 0;
    }
    if (self->state == AT_ORIGINATOR && id == SMI_ID_CONTEXT_CONSTRUCTED) {
        *action = SMI_BER_SKIP; /* CMS-029: certificates of static originators only */
        return 0;
    }
    if (self->state == AT_ORIGINATOR && id == SMI_ID_SET) {
        self->state = IN_RECIPIENTS;
        *action = SMI_BER_WALK;
        return 0;
    }
    if (self->state == AT_INFO && id == SMI_ID_SEQUENCE) {
        self->state = AT_TYPE;
        *action = SMI_BER_WALK;
        return 0;
    }
    return unexpected(self, offset);
}

static int element_after_info(struct enveloped *self, struct smi_tag tag, uint64_t offset,
                              enum smi_ber_action *action)
{
    uint8_t id = smi_cms_id(tag);
    uint8_t unprotected = SMI_ID_CONTEXT_CONSTRUCTED | (self->authenticated ? 2 : 1);
    bool attrs_may_come = self->state == (self->authenticated ? AT_UNAUTH : AT_AFTER);
    if (id == unprotected && attrs_may_come) {
        self->ctx->result->unprotected_attrs = true; /* CMS-028 */
        self->state = AT_END;
        *action = SMI_BER_SKIP;
        return 0;
    }
    if (!self->authenticated || self->state != AT_AFTER)
        return unexpected(self, offset);
    if (id == (SMI_ID_CONTEXT_CONSTRUCTED | 1) && !self->have_attrs) {
        self->have_attrs = true;
        *action = SMI_BER_CAPTURE;
        return 0;
    }
    if (smi_cms_id_primitive(tag) != SMI_ID_OCTET_STRING)
        return unexpected(self, offset);
    self->state = AT_UNAUTH;
    *action = SMI_BER_CAPTURE;
    return 0;
}

static int element_of_info(struct enveloped *self, struct smi_tag tag, uint64_t offset,
                           enum smi_ber_action *action)
{
    uint8_t id = smi_cms_id(tag);
    *action = SMI_BER_CAPTURE;
    if ((self->state == AT_TYPE && id == SMI_ID_OID) ||
        (self->state == AT_CIPHER && id == SMI_ID_SEQUENCE))
        return 0;
    if (self->state != AT_CONTENT || smi_cms_id_primitive(tag) != SMI_ID_CONTEXT)
        return seal(self, unexpected(self, offset));
    *action = SMI_BER_STREAM;
    self->state = IN_CONTENT;
    return begin_content(self, offset);
}

static int enveloped_element(void *arg, struct smi_tag tag, unsigned depth, uint64_t length,
                             uint64_t offset, enum smi_ber_action *action)
{
    struct enveloped *self = arg;
    SMI_UNUSED(length);
    *action = SMI_BER_WALK;
    if (depth == 0)
        return 0;
    if (depth == 1 && self->state <= AT_INFO)
        return element_before_info(self, smi_cms_id(tag), offset, action);
    if (depth == 1)
        return seal(self, element_after_info(self, tag, offset, action));
    if (self->state != IN_RECIPIENTS)
        return element_of_info(self, tag, offset, action);
    *action = SMI_BER_CAPTURE;
    return 0;
}

static int take_type(struct enveloped *self, struct smi_slice der, uint64_t offset)
{
    struct smi_der in = smi_der(der);
    struct smi_slice oid;
    if (smi_der_oid(&in, &oid) != 0)
        return malformed(self, offset, "the contentType of the encrypted content is not an OID");
    self->state = AT_CIPHER;
    return smi_cms_keep(&self->ctx->env, oid, &self->content_type);
}

static int take_cipher(struct enveloped *self, struct smi_slice der, uint64_t offset)
{
    struct smi_slice kept;
    TRY(smi_cms_keep(&self->ctx->env, der, &kept));
    struct smi_der in = smi_der(kept);
    if (smi_algid_get(&in, &self->cipher_id) != 0)
        return malformed(self, offset, "contentEncryptionAlgorithm is not an AlgorithmIdentifier");
    self->cipher_offset = offset;
    self->ctx->result->content_alg = self->cipher_id;
    self->state = AT_CONTENT;
    return 0;
}

/* AEAD-003: the type of the content is authenticated through this attribute alone. */
static bool content_type_fits(struct enveloped *self, const struct smi_attrs *attrs)
{
    struct smi_slice value, oid;
    size_t count;
    (void)smi_attrs_find(attrs, SMI_OID_CONTENT_TYPE, &count);
    if (count == 0)
        return smi_slice_eq(self->content_type, smi_oid_der(SMI_OID_DATA));
    if (smi_attrs_single(attrs, SMI_OID_CONTENT_TYPE, &value))
        return false;
    struct smi_der in = smi_der(value);
    return smi_der_oid(&in, &oid) == 0 && smi_slice_eq(oid, self->content_type);
}

/* The additional data: DER SET OF with its universal tag (RFC 5083 2.2). AEAD-002 */
static int make_aad(struct enveloped *self, struct smi_slice content, struct smi_slice *aad)
{
    struct smi_buf sorted, set;
    smi_buf_init(&sorted, 0);
    smi_buf_init(&set, 0);
    int rc = smi_der_sort_set_of(&sorted, content);
    if (rc == 0)
        rc = smi_der_put(&set, SMI_ID_SET, smi_buf_slice(&sorted));
    if (rc == 0)
        rc = smi_cms_keep(&self->ctx->env, smi_buf_slice(&set), aad);
    smi_buf_clear(&sorted);
    smi_buf_clear(&set);
    return rc;
}

static int take_auth_attrs(struct enveloped *self, struct smi_slice der, uint64_t offset)
{
    struct smi_cms_reader_ctx *ctx = self->ctx;
    struct smi_der in = smi_der(der), inside;
    struct smi_slice aad;
    struct smi_attrs attrs;
    TRY(smi_der_enter(&in, SMI_ID_CONTEXT_CONSTRUCTED | 1, &inside));
    if (smi_der_empty(&inside))
        return malformed(self, offset, "authAttrs are present and empty");
    TRY(make_aad(self, inside.rest, &aad));
    in = smi_der(aad);
    TRY(smi_der_enter(&in, SMI_ID_SET, &inside));
    TRY(smi_attrs_get(&attrs, inside.rest, &ctx->env));
    if (!content_type_fits(self, &attrs))
        return malformed(self, offset, "the contentType attribute does not fit the content");
    ctx->result->auth_attrs = aad;
    if (ctx->hints.auth_attrs.len == 0) {
        ctx->result->need_rewind = true;
        return SMIME_E_AGAIN;
    }
    if (!smi_slice_eq(aad, ctx->hints.auth_attrs))
        return malformed(self, offset, "authAttrs are not those of the first pass");
    return 0;
}

static int take_mac(struct enveloped *self, struct smi_slice der)
{
    struct smi_der in = smi_der(der);
    struct smi_slice mac;
    TRY(smi_der_octets(&in, &mac));
    self->mac_len = mac.len;
    if (mac.len <= TAG_MAX) {
        memcpy(self->tag_octets, mac.ptr, mac.len);
        self->tag = smi_slice(self->tag_octets, mac.len);
    }
    return 0;
}

static int enveloped_captured(void *arg, unsigned depth, struct smi_slice raw, struct smi_slice der,
                              uint64_t offset)
{
    struct enveloped *self = arg;
    SMI_UNUSED(raw);
    if (depth == 2 && self->state == IN_RECIPIENTS)
        return smi_ri_read(&self->recipients, der, offset);
    if (depth == 2 && self->state == AT_TYPE)
        return take_type(self, der, offset);
    if (depth == 2)
        return take_cipher(self, der, offset);
    if (self->state == AT_AFTER)
        return seal(self, take_auth_attrs(self, der, offset));
    return seal(self, take_mac(self, der));
}

/* Octets of the stage or of what is below it; only the stage itself says UNDECRYPTABLE. */
static int from_stage(struct enveloped *self, int rc)
{
    return rc == SMIME_E_UNDECRYPTABLE ? smi_fail_undecryptable(self->ctx->env.diag) : rc;
}

static int enveloped_data(void *arg, struct smi_slice in)
{
    struct enveloped *self = arg;
    return from_stage(self, smi_sink_write(self->stage, in));
}

static int leave_info(struct enveloped *self)
{
    if (self->state == AT_CONTENT) {
        self->ctx->result->content_absent = true;
        return smi_fail(self->ctx->env.diag, SMIME_E_UNSUPPORTED, self->ctx->env.layer,
                        SMI_NO_OFFSET, clause(self),
                        "the encrypted content is not in the message (encryptedContent is "
                        "absent); it is stored elsewhere, and the whole message is needed");
    }
    if (self->state != AFTER_CONTENT)
        return malformed(self, SMI_NO_OFFSET, "EncryptedContentInfo is incomplete");
    self->state = AT_AFTER;
    return 0;
}

static int leave_all(struct enveloped *self)
{
    bool complete = self->state == AT_END ||
                    self->state == (self->authenticated ? AT_UNAUTH : AT_AFTER);
    return complete ? 0 : malformed(self, SMI_NO_OFFSET, "the structure is incomplete");
}

static int enveloped_leave(void *arg, unsigned depth)
{
    struct enveloped *self = arg;
    if (depth == 0)
        return seal(self, leave_all(self));
    if (depth == 2) {
        self->state = AFTER_CONTENT;
        return 0;
    }
    if (self->state != IN_RECIPIENTS)
        return seal(self, leave_info(self));
    self->state = AT_INFO;
    self->ctx->result->matched = self->recipients.match_count > 0;
    return 0;
}

/* R28: 12 <= ICVlen <= 16, and mac has exactly that length. AEAD-005 */
static bool tag_fits(const struct enveloped *self)
{
    return self->mac_len >= TAG_MIN && self->mac_len <= TAG_MAX &&
           self->mac_len == self->cipher.tag_len;
}

static int enveloped_finish(void *arg)
{
    struct enveloped *self = arg;
    bool needs_attrs = !smi_slice_eq(self->content_type, smi_oid_der(SMI_OID_DATA));
    if (self->authenticated && (!tag_fits(self) || (needs_attrs && !self->have_attrs)))
        return smi_fail_undecryptable(self->ctx->env.diag);
    TRY(from_stage(self, smi_sink_end(self->stage)));
    self->ctx->result->authenticated = self->authenticated;
    return 0;
}

static void enveloped_abort(void *arg, int why)
{
    struct enveloped *self = arg;
    smi_sink_abort(self->stage, why);
}

static void enveloped_free(void *arg)
{
    struct enveloped *self = arg;
    smi_sink_free(&self->stage);
    smi_free_wiped(self, sizeof *self);
}

static int body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx, bool authenticated)
{
    static const struct smi_cms_body_ops ops = {
        enveloped_element, enveloped_captured, enveloped_data, enveloped_leave,
        enveloped_finish, enveloped_abort, enveloped_free};
    struct enveloped *self = smi_calloc(1, sizeof *self);
    if (!self)
        return smi_fail_nomem(ctx->env.diag);
    self->ctx = ctx;
    self->authenticated = authenticated;
    self->recipients.env = &ctx->env;
    self->recipients.handler = &ctx->handler;
    out->ops = &ops;
    out->self = self;
    return 0;
}

int smi_cms_enveloped_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx)
{
    return body_new(out, ctx, false);
}

/* AEAD-001 */
int smi_cms_auth_enveloped_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx)
{
    return body_new(out, ctx, true);
}
