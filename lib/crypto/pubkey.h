/* pubkey.h: the inside of a public key, for the files of crypto/ only. */
#ifndef SMI_PUBKEY_H
#define SMI_PUBKEY_H

#include "evp.h"
#include "pss_params.h"

struct smi_pubkey {
    EVP_PKEY *pkey; /* id-RSASSA-PSS: a plain RSA key, its restrictions in pss */
    enum smi_key_type type;
    unsigned bits;
    enum smi_oid curve;
    bool pss_restricted;
    struct smi_pss_params pss; /* salt_len: the least */
    struct smi_buf domain;     /* DSA: Dss-Parms */
};

/* DSA: the order q, big-endian without leading zeros. */
struct smi_slice smi_pubkey_dsa_q(const struct smi_pubkey *key);

#endif
