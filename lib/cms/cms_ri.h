/* cms_ri.h: RecipientInfos (RFC 5652 6.2), what their parsers and writers share. Internal to
 * lib/cms.
 *
 *   cms_ri.c        the SET: dispatch, limits, the matches, the one sentence of every failure
 *   cms_ri_ktri.c   KeyTransRecipientInfo: RSA
 *   cms_ri_kari.c   KeyAgreeRecipientInfo: ECDH
 *   cms_ri_other.c  the kinds that are named and skipped
 */
#ifndef SMI_CMS_RI_H
#define SMI_CMS_RI_H

#include "cms_read.h"

enum { SMI_RI_MATCHES_MAX = 8 };

/* A recipient that one of our keys fits. All slices are copies in the arena. */
struct smi_ri_match {
    enum smi_ri_kind kind; /* KTRI or KARI */
    struct smi_key *key;   /* borrowed */
    struct smi_algid alg;  /* keyEncryptionAlgorithm */
    struct smi_slice encrypted_key;
    uint64_t offset; /* of its RecipientInfo */
    bool usable;     /* after smi_ri_prepare */

    bool static_originator;      /* KARI: originator is a certificate, not an ephemeral key */
    struct smi_slice public_value; /* KARI: of originatorKey */
    bool has_ukm;
    struct smi_slice ukm;

    struct smi_kt_params kt;      /* KTRI, after smi_ktri_prepare */
    const struct smi_alg *scheme; /* KARI, after smi_kari_prepare */
    struct smi_algid wrap_id;     /* KARI: keyInfo as received */
    const struct smi_alg *wrap;
};

/* What is known of all RecipientInfos so far. Zeroed, then the first two set. */
struct smi_ri_set {
    const struct smi_cms_env *env;
    const struct smi_cms_handler *handler;
    struct smi_ri_match match[SMI_RI_MATCHES_MAX];
    size_t match_count;
    size_t seen; /* recipients announced: each RecipientEncryptedKey counts */
};

/* Takes one RecipientInfo: `der` is its element in normal form (borrowed), at `offset` of the
 * layer. MALFORMED, LIMIT, NOMEM, or what the handler said. Kinds that are not known pass
 * (KEY-022). */
int smi_ri_read(struct smi_ri_set *set, struct smi_slice der, uint64_t offset);

/* Judges the matches by their algorithms. Where none can be used: UNSUPPORTED or MALFORMED, which
 * says so. No private key is used. */
int smi_ri_prepare(struct smi_ri_set *set);
/* After smi_ri_prepare: the content-encryption key of cek_len octets, by the first usable match
 * that yields one. UNDECRYPTABLE, recorded, always the same; or NOMEM. */
int smi_ri_unwrap(struct smi_ri_set *set, size_t cek_len, struct smi_secret *cek);

/* Records and returns NO_KEY; says how many recipients were looked at. */
int smi_ri_no_key(const struct smi_ri_set *set, uint64_t offset);

/* -- for the parsers of each kind. */
/* Counts, finds the key, announces; *keep: this recipient is ours and there is room for it. */
int smi_ri_announce(struct smi_ri_set *set, enum smi_ri_kind kind, const struct smi_rid *rid,
                    const struct smi_algid *alg, uint64_t offset, struct smi_key **key, bool *keep);
/* Appends a copy of *match, whose slices are borrowed. LIMIT or NOMEM. */
int smi_ri_keep(struct smi_ri_set *set, const struct smi_ri_match *match);

int smi_ktri_read(struct smi_ri_set *set, struct smi_der *inside, uint64_t offset);
int smi_kari_read(struct smi_ri_set *set, struct smi_der *inside, uint64_t offset);
int smi_ri_other_read(struct smi_ri_set *set, uint8_t id, struct smi_der *inside, uint64_t offset);
/* Whether the match can be used at all, judged by its algorithm alone: 0, or UNSUPPORTED or
 * MALFORMED with a static *reason. No private key is used. */
int smi_ktri_prepare(struct smi_ri_match *match, const struct smi_cms_env *env,
                     const char **reason);
int smi_kari_prepare(struct smi_ri_match *match, const struct smi_cms_env *env,
                     const char **reason);
/* 0, UNDECRYPTABLE, NOMEM, ... ; one private-key operation. Record nothing in env->diag. */
int smi_ktri_unwrap(const struct smi_ri_match *match, size_t cek_len, struct smi_secret *cek);
int smi_kari_unwrap(const struct smi_ri_match *match, const struct smi_cms_env *env,
                    struct smi_secret *cek);

/* -- writing: append one RecipientInfo. NO_CERT when the certificate's key cannot be used for it.
 * */
int smi_ktri_put(struct smi_buf *buf, const struct smi_recipient_spec *recipient,
                 struct smi_slice cek, const struct smi_cms_env *env);
int smi_kari_put(struct smi_buf *buf, const struct smi_recipient_spec *recipient,
                 const struct smi_alg *cipher, struct smi_slice cek,
                 const struct smi_cms_env *env);

#endif
