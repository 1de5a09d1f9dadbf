/* cms_content_write.h: writes one ContentInfo around a content that arrives as a stream. Shared by
 * all writers; private to lib/cms.
 *
 *   ContentInfo { content_type, [0] { SEQUENCE { head, SEQUENCE { inner_head, CONTENT }, tail } } }
 *   CONTENT is   [0] EXPLICIT OCTET STRING   (eContent), or
 *                [0] IMPLICIT OCTET STRING   (encryptedContent) when `implicit`.
 *
 * Content of at most limits.spool_memory_bytes is written with definite lengths, DER. Larger
 * content goes out as it comes: indefinite lengths, OCTET STRING chunks of 32 KiB; or, with `der`,
 * waits in a spool until its length is known (RFC 5652 2, CMS-002). The result does not depend on
 * the cut.
 */
#ifndef SMI_CMS_CONTENT_WRITE_H
#define SMI_CMS_CONTENT_WRITE_H

#include "cms.h"

enum { SMI_CMS_CHUNK_BYTES = 32 << 10 };

struct smi_content_write_spec {
    enum smi_oid content_type;   /* of the ContentInfo: SMI_OID_ENVELOPED_DATA, ... */
    struct smi_slice head;       /* DER elements: version, recipientInfos, ...; copied */
    struct smi_slice inner_head; /* DER elements: contentType, contentEncryptionAlgorithm; copied */
    bool implicit;
    bool der;
    /* Called once by end, after the last octet of content: appends the DER elements behind the
     * inner SEQUENCE (mac, unprotectedAttrs, signerInfos). NULL: there are none. */
    int (*tail)(void *arg, struct smi_buf *out);
    void *arg; /* borrowed, longer-lived than the sink */
};

/* The sink takes the (encrypted, compressed, plain) content octets. env->limits may be NULL. */
int smi_content_write_new(struct smi_sink *out, struct smi_sink down, const struct smi_cms_env *env,
                          const struct smi_content_write_spec *spec);
/* For a constructor that fails after the call above: frees the writer alone, without abort, so that
 * its downstream belongs to the caller again. */
void smi_content_write_undo(struct smi_sink *sink);

#endif
