/* alg.h: the one algorithm table, and AlgorithmIdentifier. */
#ifndef SMI_ALG_H
#define SMI_ALG_H

#include "../asn1/der.h"
#include "../asn1/der_write.h"
#include "../asn1/oid.h"
#include "crypto.h"

enum smi_alg_kind {
    SMI_ALG_DIGEST = 1,
    SMI_ALG_SIGNATURE,     /* a signatureAlgorithm */
    SMI_ALG_KEY_TRANSPORT, /* rsaEncryption, RSAES-OAEP */
    SMI_ALG_KEY_AGREEMENT, /* dhSinglePass-* */
    SMI_ALG_KEY_WRAP,
    SMI_ALG_CIPHER,        /* CBC and stream */
    SMI_ALG_AEAD,
    SMI_ALG_COMPRESSION,
    SMI_ALG_MAC
};

enum smi_param_rule { SMI_PARAM_ABSENT, SMI_PARAM_NULL, SMI_PARAM_ABSENT_OR_NULL, SMI_PARAM_OWN };

/* Policy class: may it be used for new messages / accepted as ok / only read and marked weak. */
enum smi_alg_class {
    SMI_CLASS_CURRENT,  /* written and read under every policy */
    SMI_CLASS_READ,     /* read under every policy, never written by default (SHA-1 KDF, SHA-224) */
    SMI_CLASS_HISTORIC, /* read under `historic` only, always reported weak (3DES, SHA-1, MD5, RC2) */
    SMI_CLASS_REFUSED   /* recognised by name, never used (MD2, RC4, noSignature, SHA-1 MQV) */
};

struct smi_alg {
    enum smi_oid oid;
    const char *name;     /* stable word: "sha-256", "aes256-cbc", "rsa-pkcs1", "ecdsa" */
    const char *evp_name; /* what libcrypto calls it; NULL: recognised, not supported */
    enum smi_alg_kind kind;
    enum smi_param_rule params;
    enum smi_alg_class cls;
    unsigned strength_bits; /* security strength, 0 unknown */
    unsigned key_bytes, iv_bytes, block_bytes, tag_bytes; /* ciphers; digest: block_bytes = output */
    enum smi_oid digest;    /* signature and KDF: the hash named by the OID, or UNKNOWN */
};

/* The entry for this OID in this role (the same OID may have several), or NULL. */
const struct smi_alg *smi_alg_by_oid(struct smi_slice oid, enum smi_alg_kind kind);
const struct smi_alg *smi_alg_by_id(enum smi_oid oid, enum smi_alg_kind kind);
const struct smi_alg *smi_alg_by_name(const char *name, enum smi_alg_kind kind);
/* The class is acceptable for reading under this policy. */
bool smi_alg_readable(const struct smi_alg *alg, enum smime_policy policy);

/* AlgorithmIdentifier ::= SEQUENCE { algorithm OID, parameters ANY OPTIONAL } */
struct smi_algid {
    struct smi_slice oid;    /* content octets */
    struct smi_slice params; /* whole TLV; empty = absent */
    struct smi_slice tlv;    /* the whole AlgorithmIdentifier as received */
};
SMI_NODISCARD int smi_algid_get(struct smi_der *der, struct smi_algid *out);
/* As above where the SEQUENCE is implicitly tagged: id is e.g. 0xa1. */
SMI_NODISCARD int smi_algid_get_tagged(struct smi_der *der, uint8_t id, struct smi_algid *out);
/* Same algorithm and parameters, NULL and absent being equal (ALG-016). */
bool smi_algid_equal(const struct smi_algid *a, const struct smi_algid *b);
bool smi_algid_params_absent_or_null(const struct smi_algid *a);
/* Writes it with the parameters that the table's rule asks for (OWN: params as given). */
SMI_NODISCARD int smi_algid_put(struct smi_buf *buf, uint8_t id, const struct smi_alg *alg,
                                struct smi_slice own_params);

#endif
