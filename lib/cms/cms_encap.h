/* cms_encap.h: EncapsulatedContentInfo as a part of SignedData, CompressedData and DigestedData.
 * Private to lib/cms. */
#ifndef SMI_CMS_ENCAP_H
#define SMI_CMS_ENCAP_H

#include "cms_read.h"

enum smi_cms_encap_state {
    SMI_ENCAP_WANT_TYPE, SMI_ENCAP_WANT_CONTENT, SMI_ENCAP_WANT_OCTETS, SMI_ENCAP_IN_OCTETS,
    SMI_ENCAP_AFTER_OCTETS, SMI_ENCAP_AFTER_CONTENT
};

/* Embedded in a body. Set the first group; zero the rest. */
struct smi_cms_encap {
    struct smi_cms_reader_ctx *ctx;
    void *self;
    int (*begin)(void *self);                        /* content is present; `type` is set */
    int (*octets)(void *self, struct smi_slice in);
    bool allow_any; /* PKCS #7 1.5: content other than an OCTET STRING (CMS-035) */

    enum smi_cms_encap_state state;
    struct smi_slice type; /* content octets of the OID, in the arena; empty before it came */
    bool present;          /* eContent is there, were it empty (CMS-024) */
    bool any;              /* it was not an OCTET STRING */
};

/* The events of its SEQUENCE's members; depth is relative to that SEQUENCE: its members have 1. */
int smi_cms_encap_element(struct smi_cms_encap *encap, struct smi_tag tag, unsigned depth,
                          uint64_t offset, enum smi_ber_action *action);
int smi_cms_encap_captured(struct smi_cms_encap *encap, unsigned depth, struct smi_slice raw,
                           struct smi_slice der, uint64_t offset);
int smi_cms_encap_leave(struct smi_cms_encap *encap, unsigned depth);

#endif
