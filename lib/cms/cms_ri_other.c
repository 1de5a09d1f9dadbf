/* cms_ri_other.c: the RecipientInfos that are named and skipped: kekri (RFC 5652 6.2.3), pwri
 * (6.2.4), ori (6.2.5; KEM recipients, RFC 9629, are among them), and tags that are not known.
 * KEY-022 KEY-025
 *
 *   KEKRecipientInfo ::= SEQUENCE { version, kekid KEKIdentifier, keyEncryptionAlgorithm, ... }
 *   PasswordRecipientInfo ::= SEQUENCE { version, keyDerivationAlgorithm [0] OPTIONAL,
 *                                        keyEncryptionAlgorithm, encryptedKey }
 *   OtherRecipientInfo ::= SEQUENCE { oriType OBJECT IDENTIFIER, oriValue ANY }
 *
 * Their contents are not judged: the other recipients of the message still work. Known gap: none of
 * them can be opened yet.
 */
#include "cms_ri.h"

static enum smi_ri_kind kind_of(uint8_t id)
{
    switch (id) {
    case SMI_ID_CONTEXT_CONSTRUCTED | 2:
        return SMI_RI_KEKRI;
    case SMI_ID_CONTEXT_CONSTRUCTED | 3:
        return SMI_RI_PWRI;
    case SMI_ID_CONTEXT_CONSTRUCTED | 4:
        return SMI_RI_ORI;
    default:
        return SMI_RI_UNKNOWN;
    }
}

/* The algorithm to show: the last AlgorithmIdentifier before encryptedKey, or the type of an ori.
 * */
static bool find_alg(enum smi_ri_kind kind, struct smi_der *inside, struct smi_algid *alg)
{
    struct smi_slice content;
    if (kind == SMI_RI_ORI)
        return smi_der_oid(inside, &alg->oid) == 0;
    if (smi_der_get(inside, SMI_ID_INTEGER, &content) != 0)
        return false;
    if (kind == SMI_RI_KEKRI && smi_der_get(inside, SMI_ID_SEQUENCE, &content) != 0)
        return false;
    bool present;
    if (kind == SMI_RI_PWRI &&
        smi_der_optional(inside, SMI_ID_CONTEXT_CONSTRUCTED, &present, &content) != 0)
        return false;
    return smi_algid_get(inside, alg) == 0;
}

int smi_ri_other_read(struct smi_ri_set *set, uint8_t id, struct smi_der *inside, uint64_t offset)
{
    enum smi_ri_kind kind = kind_of(id);
    struct smi_algid alg = {0};
    struct smi_key *key;
    bool keep, known = kind != SMI_RI_UNKNOWN && find_alg(kind, inside, &alg);
    return smi_ri_announce(set, kind, NULL, known ? &alg : NULL, offset, &key, &keep);
}
