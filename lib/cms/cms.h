/* cms.h: the Cryptographic Message Syntax (RFC 5652, 5083, 3274) as streams, read and write.
 * Knows no MIME and builds no chain. */
#ifndef SMI_CMS_H
#define SMI_CMS_H

#include "../asn1/der.h"
#include "../asn1/der_write.h"
#include "../flow/flow.h"
#include "../x509/x509.h"

enum smi_cms_type {
    SMI_CMS_UNKNOWN, SMI_CMS_DATA, SMI_CMS_SIGNED, SMI_CMS_ENVELOPED, SMI_CMS_AUTH_ENVELOPED,
    SMI_CMS_COMPRESSED, SMI_CMS_ENCRYPTED, SMI_CMS_DIGESTED, SMI_CMS_AUTHENTICATED,
    SMI_CMS_SIGNED_AND_ENVELOPED
};

/* What every reader and writer is given; all borrowed and longer-lived. */
struct smi_cms_env {
    struct smi_crypto *crypto;
    const struct smime_limits *limits;
    struct smi_arena *arena;
    struct smi_diag *diag;
    const char *layer; /* path for errors: "0 signed" */
    enum smime_policy policy;
};

/* -- attrs.c: SignedAttributes and friends. */
struct smi_attr {
    struct smi_slice oid;    /* content octets */
    struct smi_slice values; /* content of the SET: concatenated values */
    size_t value_count;
};
struct smi_attrs {
    struct smi_attr *item;
    size_t count;
};
/* set_content: content octets of the SET OF Attribute (normalised DER). LIMIT beyond limits. */
int smi_attrs_get(struct smi_attrs *out, struct smi_slice set_content, const struct smi_cms_env *env);
/* The only attribute of that type, or NULL; *count: how many there are (0, 1, more). */
const struct smi_attr *smi_attrs_find(const struct smi_attrs *attrs, enum smi_oid oid, size_t *count);

/* -- rid.c: SignerIdentifier and RecipientIdentifier. */
struct smi_rid {
    bool by_ski;
    struct smi_slice issuer, serial; /* DER Name; INTEGER content */
    struct smi_slice ski;
};
bool smi_rid_matches(const struct smi_rid *rid, const struct smi_cert *cert);
int smi_rid_text(struct smi_buf *out, const struct smi_rid *rid); /* "issuer=..., serial=..." */

/* -- signer.c: one SignerInfo (RFC 5652 5.3). */
struct smi_signer_info {
    struct smi_rid sid;
    struct smi_algid digest, signature_alg;
    struct smi_slice signed_attrs_raw; /* content of [0], normalised; ptr NULL when absent */
    struct smi_slice signed_attrs_der; /* 0x31 ... : DER-sorted SET, what is hashed (CMS-003, 004) */
    struct smi_slice signed_attrs_received; /* 0x31 ... in the received order, for the retry */
    struct smi_attrs attrs, unsigned_attrs;
    struct smi_slice signature;
    /* checked while reading; reason is a static sentence when the attributes alone make it invalid */
    const char *attrs_fault;
    int64_t signing_time; /* INT64_MIN when absent */
    struct smi_slice message_digest;
    struct smi_slice capabilities; /* SMIMECapabilities: the SEQUENCE TLV; empty if absent */
};
enum smi_signer_state {
    SMI_SIGNER_VALID,
    SMI_SIGNER_INVALID,     /* reason says why */
    SMI_SIGNER_UNSUPPORTED, /* algorithm not known or not readable under this policy */
    SMI_SIGNER_NEED_DIGEST, /* its digest was not computed in this pass: read again with all digests */
    SMI_SIGNER_WRONG_CERT   /* signature does not verify with this certificate: try another */
};
struct smi_signer_result {
    enum smi_signer_state state;
    const char *reason;     /* static or arena; NULL when valid */
    bool received_order;    /* verified over unsorted signedAttrs: non-conforming, still valid */
    struct smi_sig_params params;   /* where understood; scheme NULL otherwise */
    enum smime_strength strength;
};

/* -- signed.c; smi_content_is_attrs_shaped below serves detached content. */
struct smi_cms_signed {
    bool detached;               /* eContent absent (CMS-024: a zero-length one is present) */
    struct smi_slice econtent_type; /* OID content octets */
    struct smi_signer_info *signer;
    size_t signer_count;
    struct smi_certset certs;    /* of the message, unusable ones left out and counted */
    size_t certs_skipped;
    struct smi_slice *crls;      /* DER CertificateList, in the arena */
    size_t crl_count;
    bool pkcs7_content;          /* eContent was not an OCTET STRING (PKCS #7 1.5, CMS-035) */
    struct smi_digest_set digests; /* of eContent, when attached */
    const char *attrs_shaped;    /* non-NULL: content parses as SignedAttributes (ATTR-006, R4) */
};
/* R4, ATTR-006: the first octets of a content (SMI_ATTRS_SHAPED_PREFIX of them, or all) have the form
 * of a DER SET OF Attribute with messageDigest. For detached content: set signed_data->attrs_shaped
 * before smi_signer_verify. */
enum { SMI_ATTRS_SHAPED_PREFIX = 64 << 10 };
bool smi_content_is_attrs_shaped(struct smi_slice prefix);
/* Judges one signer with one candidate certificate. digests: of the content (attached: those of
 * `signed`; detached: the caller's). Checks attributes, digest, ESS signingCertificate(V2),
 * CMSAlgorithmProtection, signature. Does not look at chain or time. 0 or NOMEM/CRYPTO. */
int smi_signer_verify(struct smi_signer_result *out, const struct smi_cms_signed *signed_data,
                      const struct smi_signer_info *signer, const struct smi_cert *cert,
                      const struct smi_digest_set *digests, const struct smi_cms_env *env);

/* -- RecipientInfos */
enum smi_ri_kind { SMI_RI_KTRI, SMI_RI_KARI, SMI_RI_KEKRI, SMI_RI_PWRI, SMI_RI_ORI, SMI_RI_UNKNOWN };

/* -- read.c: a sink that takes one ContentInfo (BER) in any pieces. */
enum smi_content_kind { SMI_CONTENT_OCTETS };
struct smi_cms_handler {
    void *self;
    /* The content type is known (CMS-009). type UNKNOWN etc. are announced, then fail. */
    int (*type)(void *self, enum smi_cms_type type, struct smi_slice oid);
    /* One recipient that could be ours. key: borrowed, or NULL when it matches none of our keys.
     * Called for every KTRI and KARI identifier. */
    int (*find_key)(void *self, const struct smi_rid *rid, struct smi_key **key);
    /* One line of the recipients list: for every RecipientInfo (each RecipientEncryptedKey). What rid
     * and alg point to (here and in find_key) holds during the call only. */
    int (*recipient)(void *self, enum smi_ri_kind kind, const struct smi_rid *rid /* may be NULL */,
                     const struct smi_algid *alg, bool ours);
    /* Content octets are about to come (also when there are none, but not when the content is
     * absent). The reader owns *down afterwards. alg: content cipher, digest or compression; may be
     * NULL. content_type: eContentType / contentType OID content octets. After a recipient matched,
     * errors below become UNDECRYPTABLE in the caller. */
    int (*content)(void *self, struct smi_slice content_type, const struct smi_algid *alg,
                   struct smi_sink *down);
};
struct smi_cms_result {
    enum smi_cms_type type;
    struct smi_cms_signed *signed_data; /* SIGNED only */
    bool content_absent;                /* no eContent / encryptedContent */
    bool matched;                       /* ENVELOPED*: a recipient matched one of our keys */
    bool authenticated;                 /* AUTH_ENVELOPED: the tag fitted */
    bool digest_ok;                     /* DIGESTED */
    bool unprotected_attrs;             /* present: shown as unprotected, never trusted (CMS-028) */
    bool need_rewind;                   /* AUTH_ENVELOPED with authAttrs: see smi_cms_hints */
    struct smi_slice auth_attrs;        /* then: what hints.auth_attrs of the next pass must be */
    struct smi_algid content_alg;       /* ENVELOPED*, ENCRYPTED: contentEncryptionAlgorithm */
    uint64_t trailing;                  /* octets after the ContentInfo */
    bool trailing_suspicious;
};
/* Knowledge of an earlier pass over the same octets. */
struct smi_cms_hints {
    bool all_digests;           /* compute every readable digest */
    struct smi_slice auth_attrs; /* AAD: DER SET OF Attribute with universal tag */
};
/* end(): structure complete, tag or padding right, downstream ended. Errors of write/end:
 *  MALFORMED, LIMIT, UNSUPPORTED (before a match), NO_KEY (ENVELOPED*: at end, or as soon as content
 *  begins), UNDECRYPTABLE (uniform, after a match), SMIME_E_AGAIN with result.need_rewind (run again
 *  with hints), or what downstream said. A certs-only SignedData is type SIGNED without signers. */
int smi_cms_read_new(struct smi_sink *out, const struct smi_cms_env *env,
                     const struct smi_cms_handler *handler, const struct smi_cms_hints *hints);
/* Borrowed from the reader's arena: valid as long as the arena, also after the sink was freed,
 * except that signed_data->certs and digests are cleared by smi_cms_result_clear. */
struct smi_cms_result *smi_cms_read_result(struct smi_sink reader);
void smi_cms_result_clear(struct smi_cms_result *result);

/* -- writers: sinks that take the content and emit one ContentInfo to down.
 * Small content (<= spool_memory) is written with definite lengths (DER); larger content as BER with
 * indefinite lengths and OCTET STRING chunks, unless `der`, which spools it (CMS-002). */
struct smi_sign_spec {
    struct smi_key *key;
    const struct smi_cert *cert;
    struct smi_sig_params params;
    bool by_ski;
    int64_t signing_time;
    struct smi_slice capabilities; /* SMIMECapabilities SEQUENCE TLV to announce; empty = none */
    const struct smi_cert *encryption_cert; /* SMIMEEncryptionKeyPreference; NULL = none */
};
struct smi_signed_spec {
    const struct smi_sign_spec *signer;
    size_t signer_count;
    const struct smi_certset *certs; /* to enclose; may be NULL */
    enum smi_oid econtent_type;      /* SMI_OID_DATA */
    bool der;
};
/* Attached (opaque). Hashes what passes. */
int smi_signed_write_new(struct smi_sink *out, struct smi_sink down, const struct smi_cms_env *env,
                         const struct smi_signed_spec *spec);
/* Detached: writes the whole SignedData for content that was hashed already. Writes only: down is
 * neither ended nor freed, here and in smi_certs_only_write. */
int smi_signed_write_detached(struct smi_sink down, const struct smi_cms_env *env,
                              const struct smi_signed_spec *spec,
                              const struct smi_digest_set *digests);
/* certs-only (MSG-032). */
int smi_certs_only_write(struct smi_sink down, const struct smi_cms_env *env,
                         const struct smi_certset *certs);

struct smi_recipient_spec {
    const struct smi_cert *cert;
    bool by_ski;
    bool oaep; /* RSA: RSAES-OAEP with SHA-256 instead of PKCS #1 v1.5 */
};
struct smi_enveloped_spec {
    const struct smi_recipient_spec *recipient;
    size_t recipient_count;
    const struct smi_alg *cipher; /* CIPHER -> EnvelopedData, AEAD -> AuthEnvelopedData (MSG-021) */
    enum smi_oid content_type;    /* SMI_OID_DATA */
    bool der;
};
/* Fresh CEK and nonce for each call (CMS-025, AEAD-009). RSA -> ktri, EC -> kari (one a recipient,
 * fresh ephemeral key, ukm random, wrap strength = content strength: ALG-005). */
int smi_enveloped_write_new(struct smi_sink *out, struct smi_sink down, const struct smi_cms_env *env,
                            const struct smi_enveloped_spec *spec);
int smi_compressed_write_new(struct smi_sink *out, struct smi_sink down,
                             const struct smi_cms_env *env, bool der);

/* caps.c: our SMIMECapabilities (AES-256-CBC, AES-192-CBC, AES-128-CBC; + GCM when asked) as a
 * SEQUENCE TLV, and whether a received one lists an algorithm. */
int smi_caps_write(struct smi_buf *out, bool announce_gcm);
bool smi_caps_has(struct smi_slice capabilities, enum smi_oid oid);

#endif
