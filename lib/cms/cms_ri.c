/* cms_ri.c: the SET OF RecipientInfo (RFC 5652 6.1, 6.2): dispatch, limits, the matches.
 *
 *   RecipientInfo ::= CHOICE {
 *     ktri KeyTransRecipientInfo, kari [1] KeyAgreeRecipientInfo, kekri [2] KEKRecipientInfo,
 *     pwri [3] PasswordRecipientInfo, ori [4] OtherRecipientInfo }
 *
 * A RecipientInfo that fits none of our keys is announced and forgotten; those that fit are kept,
 * at most limits.key_operations, until the content cipher is known (threats 5.13). Only identifiers
 * that match are ever tried (KEY-004).
 *
 * From the first use of a private key on, every failure is the same failure:
 * smi_fail_undecryptable.
 */
#include "cms_ri.h"

#include "../base/limits.h"

int smi_fail_undecryptable(struct smi_diag *diag)
{
    if (diag)
        smi_diag_reset(diag);
    return smi_fail(diag, SMIME_E_UNDECRYPTABLE, "", SMI_NO_OFFSET, "",
                    "the message could not be decrypted with the matching key");
}

static bool depends_on_message(int rc)
{
    switch (rc) {
    case SMIME_E_MALFORMED:
    case SMIME_E_UNSUPPORTED:
    case SMIME_E_NO_KEY:
    case SMIME_E_UNDECRYPTABLE:
    case SMIME_E_REFUSED:
    case SMIME_E_CRYPTO:
    case SMIME_E_USAGE:
        return true;
    default:
        return false;
    }
}

int smi_uniform(struct smi_diag *diag, int rc)
{
    return depends_on_message(rc) ? smi_fail_undecryptable(diag) : rc;
}

int smi_ri_no_key(const struct smi_ri_set *set, uint64_t offset)
{
    if (set->seen == 0)
        return smi_fail(set->env->diag, SMIME_E_NO_KEY, set->env->layer, offset, "RFC 5652 6.2",
                        "the message names no recipient that could be matched; it cannot be read "
                        "with any key");
    if (set->seen == 1)
        return smi_fail(set->env->diag, SMIME_E_NO_KEY, set->env->layer, offset, "RFC 5652 6.2",
                        "the one recipient matches no key that was given; give the private key and "
                        "certificate of that recipient");
    return smi_fail(set->env->diag, SMIME_E_NO_KEY, set->env->layer, offset, "RFC 5652 6.2",
                    "none of the %zu recipients matches a key that was given; give the private key "
                    "and certificate of one of them",
                    set->seen);
}

static size_t match_limit(const struct smi_ri_set *set)
{
    struct smime_limits limits;
    smi_limits_resolve(&limits, set->env->limits);
    return limits.key_operations < SMI_RI_MATCHES_MAX ? limits.key_operations : SMI_RI_MATCHES_MAX;
}

static int check_count(struct smi_ri_set *set, uint64_t offset)
{
    struct smime_limits limits;
    smi_limits_resolve(&limits, set->env->limits);
    if (set->seen >= limits.recipients)
        return smi_fail(set->env->diag, SMIME_E_LIMIT, set->env->layer, offset, "RFC 5652 6.2",
                        "the message has more than %zu recipients; the limit is recipients",
                        limits.recipients);
    set->seen++;
    return 0;
}

int smi_ri_announce(struct smi_ri_set *set, enum smi_ri_kind kind, const struct smi_rid *rid,
                    const struct smi_algid *alg, uint64_t offset, struct smi_key **key, bool *keep)
{
    const struct smi_cms_handler *handler = set->handler;
    bool ours_possible = rid && (kind == SMI_RI_KTRI || kind == SMI_RI_KARI);
    *key = NULL;
    TRY(check_count(set, offset)); /* KEY-005 */
    if (ours_possible && handler->find_key)
        TRY(handler->find_key(handler->self, rid, key));
    if (handler->recipient)
        TRY(handler->recipient(handler->self, kind, rid, alg, *key != NULL));
    *keep = *key && set->match_count < match_limit(set);
    return 0;
}

int smi_ri_keep(struct smi_ri_set *set, const struct smi_ri_match *match)
{
    must(set->match_count < SMI_RI_MATCHES_MAX);
    struct smi_ri_match kept = *match;
    struct smi_slice tlv;
    TRY(smi_cms_keep(set->env, match->alg.tlv, &tlv));
    struct smi_der der = smi_der(tlv);
    TRY(smi_algid_get(&der, &kept.alg));
    TRY(smi_cms_keep(set->env, match->encrypted_key, &kept.encrypted_key));
    TRY(smi_cms_keep(set->env, match->public_value, &kept.public_value));
    TRY(smi_cms_keep(set->env, match->ukm, &kept.ukm));
    set->match[set->match_count++] = kept;
    return 0;
}

int smi_ri_read(struct smi_ri_set *set, struct smi_slice der, uint64_t offset)
{
    struct smi_der in = smi_der(der), inside;
    struct smi_slice content;
    uint8_t id;
    if (smi_der_any(&in, &id, &content, NULL) != 0)
        return smi_cms_malformed(set->env, offset, "RFC 5652 6.2",
                                 "a RecipientInfo cannot be read");
    inside = smi_der(content);
    switch (id) {
    case SMI_ID_SEQUENCE:
        return smi_ktri_read(set, &inside, offset);
    case SMI_ID_CONTEXT_CONSTRUCTED | 1:
        return smi_kari_read(set, &inside, offset);
    default:
        return smi_ri_other_read(set, id, &inside, offset);
    }
}

/* -- unwrapping */

static int prepare(struct smi_ri_match *match, const struct smi_cms_env *env, const char **reason)
{
    return match->kind == SMI_RI_KARI ? smi_kari_prepare(match, env, reason)
                                      : smi_ktri_prepare(match, env, reason);
}

int smi_ri_prepare(struct smi_ri_set *set)
{
    const char *first_reason = "no recipient matches a key";
    int first_rc = SMIME_E_NO_KEY;
    uint64_t first_offset = SMI_NO_OFFSET;
    bool any = false;
    for (size_t i = 0; i < set->match_count; i++) {
        struct smi_ri_match *match = &set->match[i];
        const char *reason = NULL;
        int rc = prepare(match, set->env, &reason);
        match->usable = rc == 0;
        any = any || match->usable;
        if (rc != 0 && first_rc == SMIME_E_NO_KEY) {
            first_rc = rc;
            first_reason = reason;
            first_offset = match->offset;
        }
    }
    if (any)
        return 0;
    return smi_fail(set->env->diag, first_rc, set->env->layer, first_offset, "RFC 5652 6.2", "%s",
                    first_reason);
}

/* Matches whose result can be checked come first: PKCS #1 v1.5 never fails (design 4). */
enum rank { RANK_CHECKED, RANK_UNCHECKED, RANK_COUNT };

static enum rank rank_of(const struct smi_ri_match *match)
{
    if (match->kind == SMI_RI_KTRI && match->kt.scheme->oid == SMI_OID_RSA_ENCRYPTION)
        return RANK_UNCHECKED;
    return RANK_CHECKED;
}

static int unwrap_one(const struct smi_ri_match *match, const struct smi_cms_env *env,
                      size_t cek_len, struct smi_secret *cek)
{
    int rc = match->kind == SMI_RI_KARI ? smi_kari_unwrap(match, env, cek)
                                        : smi_ktri_unwrap(match, cek_len, cek);
    if (rc == 0 && cek->len != cek_len)
        rc = SMIME_E_UNDECRYPTABLE; /* KEY-004 */
    if (rc != 0)
        smi_secret_clear(cek);
    return rc;
}

int smi_ri_unwrap(struct smi_ri_set *set, size_t cek_len, struct smi_secret *cek)
{
    for (int rank = 0; rank < RANK_COUNT; rank++)
        for (size_t i = 0; i < set->match_count; i++) {
            const struct smi_ri_match *match = &set->match[i];
            if (!match->usable || (int)rank_of(match) != rank)
                continue;
            int rc = unwrap_one(match, set->env, cek_len, cek);
            if (rc == 0)
                return 0;
            if (rc == SMIME_E_NOMEM)
                return smi_fail_nomem(set->env->diag);
            if (!depends_on_message(rc))
                return rc;
        }
    return smi_fail_undecryptable(set->env->diag);
}

