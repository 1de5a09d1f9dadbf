/* ber.h: push BER tokenizer (X.690 8) with element capture.
 *
 * Octets are pushed in any pieces; a handler, which is the schema, says for each element what to do
 * with it: walk into it, capture it whole (bounded), stream its content octets, or skip it.
 * Definite and indefinite lengths, constructed and nested OCTET STRINGs, non-minimal lengths.
 * Memory: one captured element and a stack of at most limits.asn1_depth entries.
 */
#ifndef SMI_BER_H
#define SMI_BER_H

#include "../base/buf.h"
#include "../base/err.h"

enum smi_tag_class { SMI_UNIVERSAL = 0, SMI_APPLICATION = 1, SMI_CONTEXT = 2, SMI_PRIVATE = 3 };

struct smi_tag {
    enum smi_tag_class cls;
    uint32_t number;
    bool constructed;
};

/* Identifier octet of low-tag-number forms, for comparisons: SMI_ID(tag) == 0x30. */
enum {
    SMI_ID_BOOLEAN = 0x01,
    SMI_ID_INTEGER = 0x02,
    SMI_ID_BIT_STRING = 0x03,
    SMI_ID_OCTET_STRING = 0x04,
    SMI_ID_NULL = 0x05,
    SMI_ID_OID = 0x06,
    SMI_ID_UTF8_STRING = 0x0c,
    SMI_ID_UTC_TIME = 0x17,
    SMI_ID_GENERALIZED_TIME = 0x18,
    SMI_ID_SEQUENCE = 0x30,
    SMI_ID_SET = 0x31,
    SMI_ID_CONTEXT = 0x80,            /* | number: primitive */
    SMI_ID_CONTEXT_CONSTRUCTED = 0xa0 /* | number */
};

enum smi_ber_action {
    SMI_BER_WALK,    /* constructed only: its children are announced one by one, then leave() */
    SMI_BER_CAPTURE, /* whole TLV is collected, then captured() */
    SMI_BER_STREAM,  /* a string type (universal, or implicitly tagged): content octets joined over
                        all chunks go to data(), then leave(); constructed forms are flattened */
    SMI_BER_SKIP     /* checked for structure, dropped; no further event */
};

/* Every callback returns 0 or a negative error, which becomes sticky. */
struct smi_ber_handler {
    void *self;
    /* An element begins at `offset` (octets pushed before its identifier), at nesting `depth`
     * (0 = outermost). length: content octets, or UINT64_MAX for the indefinite form. */
    int (*element)(void *self, struct smi_tag tag, unsigned depth, uint64_t length, uint64_t offset,
                   enum smi_ber_action *action);
    /* tlv: the element exactly as received (raw), borrowed. der: the same with definite minimal
     * lengths and universal string types flattened to primitive; equal to raw where nothing had to
     * change. Order of SET members is untouched. */
    int (*captured)(void *self, unsigned depth, struct smi_slice raw, struct smi_slice der,
                    uint64_t offset);
    int (*data)(void *self, struct smi_slice in); /* content octets of a STREAM element */
    int (*leave)(void *self, unsigned depth);     /* end of a WALK or STREAM element */
};

struct smi_ber; /* one outermost element */

/* element_bytes bounds a captured element (its normal form too). diag and layer are borrowed. */
int smi_ber_new(struct smi_ber **out, const struct smi_ber_handler *handler,
                const struct smime_limits *limits, struct smi_diag *diag, const char *layer);
void smi_ber_free(struct smi_ber *ber);
/* MALFORMED with offset and X.690 clause, LIMIT, or what a callback returned (sticky). Octets after
 * the outermost element are counted, not parsed: see smi_ber_trailing. */
int smi_ber_push(struct smi_ber *ber, struct smi_slice in);
/* Checks that the outermost element is complete: else MALFORMED ("ends after N octets"). */
int smi_ber_finish(struct smi_ber *ber);
bool smi_ber_complete(const struct smi_ber *ber);
/* Octets after the outermost element: total, and whether any is not 00, CR, LF, SP, TAB (CMS-033). */
uint64_t smi_ber_trailing(const struct smi_ber *ber, bool *suspicious);

/* Normalises one BER element to definite minimal lengths and primitive universal strings, as
 * captured() does. Appends to out. depth bound as given. */
int smi_ber_normalise(struct smi_buf *out, struct smi_slice in, size_t max_depth);

#endif
