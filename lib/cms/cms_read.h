/* cms_read.h: the frame of the CMS reader and the sub-parsers ("bodies") that it hands the content
 * of a ContentInfo to. Private to lib/cms.
 *
 * cms_read.c walks   ContentInfo ::= SEQUENCE { contentType OID, content [0] EXPLICIT ANY }
 * chooses a body by contentType and passes on what the BER tokenizer says about the element inside
 * [0]. To a body that element (SignedData, EnvelopedData, ...) has depth 0; its members depth 1.
 *
 * The frame promises:
 * - element() of depth 0 comes exactly once and is a universal SEQUENCE; the frame has checked
 * that. The body answers WALK.
 * - The first error of any call is sticky; then only abort() and free() follow.
 * - finish() comes once, when the whole ContentInfo arrived, and octets after it were counted.
 *   A body ends its downstream (what handler.content gave it) in finish() and nowhere else, so that
 * a structure cut short is never committed.
 * - abort() comes at most once and never after finish() returned 0. When finish() itself fails,
 * abort() follows. A body passes it on to its downstream.
 * - free() frees the body and its downstream.
 */
#ifndef SMI_CMS_READ_H
#define SMI_CMS_READ_H

#include "cms.h"

struct smi_cms_body_ops {
    int (*element)(void *self, struct smi_tag tag, unsigned depth, uint64_t length, uint64_t offset,
                   enum smi_ber_action *action);
    int (*captured)(void *self, unsigned depth, struct smi_slice raw, struct smi_slice der,
                    uint64_t offset);
    int (*data)(void *self, struct smi_slice in);
    int (*leave)(void *self, unsigned depth); /* 0: the content element itself has ended */
    int (*finish)(void *self);
    void (*abort)(void *self, int why);
    void (*free)(void *self);
};

struct smi_cms_body {
    const struct smi_cms_body_ops *ops; /* NULL = none yet */
    void *self;
};

/* Given to a body; lives as long as the reader. result lives in the arena. */
struct smi_cms_reader_ctx {
    struct smi_cms_env env;
    struct smi_cms_handler handler;
    struct smi_cms_hints hints;
    struct smime_limits limits; /* resolved: no member is 0 */
    struct smi_cms_result *result;
    bool key_used; /* set by a body: a private key was used, the frame's own errors are uniform too
                    */
};

/* -- cms_ri.c: failing after a private key was used (design 4, threats 5.9, R30) */
/* One text, no layer, no offset, no clause, whatever was recorded before. Returns
 * SMIME_E_UNDECRYPTABLE. Nothing else in the library writes this sentence. */
int smi_fail_undecryptable(struct smi_diag *diag);
/* rc as the caller may see it: out of memory, limits, cancellation and the like as they are;
 * everything that depends on the message as smi_fail_undecryptable. */
int smi_uniform(struct smi_diag *diag, int rc);

/* Each sets *out on success only. */
int smi_cms_signed_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx);
int smi_cms_compressed_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx);
int smi_cms_digested_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx);
int smi_cms_enveloped_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx);
int smi_cms_auth_enveloped_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx);
int smi_cms_encrypted_body_new(struct smi_cms_body *out, struct smi_cms_reader_ctx *ctx);
/* AuthenticatedData, SignedAndEnvelopedData, Data and unknown types are refused by the frame. */

/* -- small helpers that every body needs (cms_read.c) */

/* Identifier octet of a tag, 0 for high tag numbers (no member of CMS has one). */
static inline uint8_t smi_cms_id(struct smi_tag tag)
{
    if (tag.number >= 31)
        return 0;
    return (uint8_t)((unsigned)tag.cls << 6 | (tag.constructed ? 0x20u : 0u) | tag.number);
}
/* Same without the constructed bit: what an OCTET STRING has in both its forms. */
static inline uint8_t smi_cms_id_primitive(struct smi_tag tag)
{
    return (uint8_t)(smi_cms_id(tag) & ~0x20u);
}

/* Records and returns MALFORMED at this offset of the layer. clause: "RFC 5652 5.1". */
int smi_cms_malformed(const struct smi_cms_env *env, uint64_t offset, const char *clause,
                      const char *text);
/* Zeroed arena memory for count items; NULL after recording *rc: LIMIT (metadata_bytes) or NOMEM.
 */
void *smi_cms_alloc(const struct smi_cms_env *env, size_t count, size_t bytes, int *rc);
/* Copies into the arena. 0, LIMIT (metadata_bytes) or NOMEM, recorded. */
int smi_cms_keep(const struct smi_cms_env *env, struct smi_slice in, struct smi_slice *out);

/* -- cms_attrs.c, for the signed and the authenticated attributes */
/* Exactly one attribute of this type with exactly one value: its TLV in *value. Else a static
 * sentence that says what is wrong (RFC 5652 11, R5). */
const char *smi_attrs_single(const struct smi_attrs *attrs, enum smi_oid oid,
                             struct smi_slice *value);

/* -- cms_rid.c */
/* IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber INTEGER }; consumes it. */
int smi_rid_get_issuer_serial(struct smi_der *der, struct smi_rid *out);
/* SignerIdentifier / RecipientIdentifier:
 *   CHOICE { issuerAndSerialNumber SEQUENCE, subjectKeyIdentifier [0] IMPLICIT OCTET STRING } */
int smi_rid_get(struct smi_der *der, struct smi_rid *out);
/* Writes issuerAndSerialNumber of cert, or [0] subjectKeyIdentifier where by_ski (NO_CERT without
 * that extension). */
int smi_rid_put(struct smi_buf *buf, const struct smi_cert *cert, bool by_ski);

/* -- cms_signer.c */
/* der: one SignerInfo, normalised and in the arena (it is kept and sliced). MALFORMED with offset.
 * econtent_type: what the attribute contentType must say. */
int smi_signer_get(struct smi_signer_info *out, struct smi_slice der,
                   struct smi_slice econtent_type, uint64_t offset, const struct smi_cms_env *env);

/* -- cms_ess.c: signingCertificate (RFC 2634 5.4) and signingCertificateV2 (RFC 5035).
 * *fault: NULL, or a static sentence: malformed, or names another certificate (R9, ESS-019).
 * Returns 0, NOMEM or CRYPTO. */
int smi_ess_check(const char **fault, const struct smi_attrs *attrs, const struct smi_cert *cert,
                  const struct smi_cms_env *env);
/* Appends the Attribute SigningCertificateV2 for cert (SHA-256, hashAlgorithm omitted). */
int smi_ess_put(struct smi_buf *buf, const struct smi_cert *cert);

#endif
