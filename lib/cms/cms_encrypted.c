/* cms_encrypted.c: EncryptedData (RFC 5652 8): named, its cipher shown, refused. CMS-031
 *
 *   EncryptedData ::= SEQUENCE { version, encryptedContentInfo EncryptedContentInfo,
 *                                unprotectedAttrs [1] IMPLICIT OPTIONAL }
 *
 * Its key is agreed on outside of the message; no mail program sends it. Known gap: there is no way
 * to give such a key yet.
 */
#include "../base/mem.h"
#include "cms_read.h"

enum state { AT_VERSION, AT_INFO, AT_TYPE, AT_CIPHER, AT_CONTENT };

struct encrypted {
    struct smi_cms_reader_ctx *ctx;
    enum state state;
};

static int malformed(struct encrypted *self, uint64_t offset)
{
    return smi_cms_malformed(&self->ctx->env, offset, "RFC 5652 8",
                             "EncryptedData does not have its structure");
}

static int refuse(struct encrypted *self, uint64_t offset)
{
    return smi_fail(self->ctx->env.diag, SMIME_E_UNSUPPORTED, self->ctx->env.layer, offset,
                    "RFC 5652 8",
                    "the message is EncryptedData: its key was agreed on elsewhere and cannot be "
                    "given in this version; ask the sender to encrypt to your certificate");
}

static int encrypted_element(void *arg, struct smi_tag tag, unsigned depth, uint64_t length,
                             uint64_t offset, enum smi_ber_action *action)
{
    struct encrypted *self = arg;
    uint8_t id = smi_cms_id(tag);
    SMI_UNUSED(length);
    *action = SMI_BER_WALK;
    if (depth == 0)
        return 0;
    if (self->state == AT_VERSION && depth == 1 && id == SMI_ID_INTEGER) {
        self->state = AT_INFO;
        *action = SMI_BER_SKIP;
        return 0;
    }
    if (self->state == AT_INFO && depth == 1 && id == SMI_ID_SEQUENCE) {
        self->state = AT_TYPE;
        return 0;
    }
    *action = SMI_BER_CAPTURE;
    if (depth == 2 && ((self->state == AT_TYPE && id == SMI_ID_OID) ||
                       (self->state == AT_CIPHER && id == SMI_ID_SEQUENCE)))
        return 0;
    return self->state == AT_CONTENT ? refuse(self, offset) : malformed(self, offset);
}

static int encrypted_captured(void *arg, unsigned depth, struct smi_slice raw, struct smi_slice der,
                              uint64_t offset)
{
    struct encrypted *self = arg;
    struct smi_slice kept;
    SMI_UNUSED(depth);
    SMI_UNUSED(raw);
    if (self->state == AT_TYPE) {
        self->state = AT_CIPHER;
        return 0;
    }
    TRY(smi_cms_keep(&self->ctx->env, der, &kept));
    struct smi_der in = smi_der(kept);
    if (smi_algid_get(&in, &self->ctx->result->content_alg) != 0)
        return malformed(self, offset);
    self->state = AT_CONTENT;
    return 0;
}

static int encrypted_data(void *arg, struct smi_slice in)
{
    SMI_UNUSED(in);
    return malformed(arg, SMI_NO_OFFSET);
}

static int encrypted_leave(void *arg, unsigned depth)
{
    struct encrypted *self = arg;
    SMI_UNUSED(depth);
    if (self->state != AT_CONTENT)
        return malformed(self, SMI_NO_OFFSET);
    self->ctx->result->content_absent = true;
    return refuse(self, SMI_NO_OFFSET);
}

static int encrypted_finish(void *arg)
{
    return refuse(arg, SMI_NO_OFFSET);
}

static void encrypted_abort(void *arg, int why)
{
    SMI_UNUSED(arg);
    SMI_UNUSED(why);
}

int smi_cms_encrypted_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx)
{
    static const struct smi_cms_body_ops ops = {
        encrypted_element, encrypted_captured, encrypted_data, encrypted_leave,
        encrypted_finish, encrypted_abort, smi_free};
    struct encrypted *self = smi_calloc(1, sizeof *self);
    if (!self)
        return smi_fail_nomem(ctx->env.diag);
    self->ctx = ctx;
    out->ops = &ops;
    out->self = self;
    return 0;
}
