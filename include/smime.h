/* smime.h: the whole public interface of libsmime, S/MIME 4.0 (RFC 8551) on MIME, CMS and X.509.
 *
 * Read it from top to bottom: it is in the order of use.
 *
 *   1. errors and limits      4. where octets come from and go to
 *   2. the context            5. opening: decrypt, verify, report
 *   3. certificates, keys     6. protecting: sign, encrypt, both
 *                             7. composing a message from nothing
 *
 * Conventions, said once:
 * - Functions return 0 or a negative enum smime_error; results come through pointers. On an error
 *   nothing is returned in them.
 * - _new / _free: the caller owns; _free(NULL) is a no-op. "Borrowed" means: valid as long as the
 *   object that it came from; do not free it.
 * - Options are structs whose first member is their size; fill them with SMIME_INIT(struct ...),
 *   so that programs keep working when a later version appends members. All-zero is the default.
 * - Strings are UTF-8 and NUL-terminated. Times are seconds since 1970-01-01T00:00:00Z.
 * - A smime_ctx may be shared between threads once it was made. Key rings, certificate sets and
 *   sources may be shared while nobody changes them. A smime_op belongs to one thread at a time.
 * - A verdict is not an error: a bad signature is a result in the report. An error means that the
 *   work could not be done.
 */
#ifndef SMIME_H
#define SMIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SMIME_API __attribute__((visibility("default")))
#else
#define SMIME_API
#endif

#define SMIME_VERSION_MAJOR 0
#define SMIME_VERSION_MINOR 1
#define SMIME_VERSION_PATCH 0

/* "0.1.0". Static storage. */
SMIME_API const char *smime_version(void);

/* Zeroes an options struct and sets its size:  struct smime_open_options o; SMIME_INIT(&o); */
#define SMIME_INIT(options) smime_options_init((options), sizeof *(options))
SMIME_API void smime_options_init(void *options, size_t size);

/* ---- 1. Errors and limits ------------------------------------------------------------------- */

/* By what the caller can do about it. */
enum smime_error {
    SMIME_OK = 0,
    SMIME_E_USAGE = -1,         /* the caller's arguments or the order of calls: mend the program */
    SMIME_E_NOMEM = -2,         /* out of memory */
    SMIME_E_IO = -3,            /* a source, file or output failed: see the text */
    SMIME_E_LIMIT = -4,         /* a limit of struct smime_limits was reached: raise it to go on */
    SMIME_E_MALFORMED = -5,     /* the input breaks its format: see layer, offset, clause */
    SMIME_E_UNSUPPORTED = -6,   /* understood, but not available here: another algorithm is needed */
    SMIME_E_NO_KEY = -7,        /* no private key given matches a recipient of the message */
    SMIME_E_UNDECRYPTABLE = -8, /* a recipient matched, decryption failed; never says why */
    SMIME_E_NO_CERT = -9,       /* no usable certificate for a recipient or the signer */
    SMIME_E_REFUSED = -10,      /* the policy forbids it */
    SMIME_E_PASSWORD = -11,     /* password missing or wrong */
    SMIME_E_CRYPTO = -12,       /* the cryptographic library failed */
    SMIME_E_AGAIN = -13,        /* busy or unreachable: try again later */
    SMIME_E_CANCELLED = -14,    /* a callback asked to stop */
    SMIME_E_AMBIGUOUS = -15,    /* several answers, and no way to choose: name one */
    SMIME_E_INTERNAL = -16      /* a bug in this library: please report it */
};

/* "no-key" and so on: a stable word for the code; "unknown" for others. Static storage. */
SMIME_API const char *smime_error_name(int code);

/* The first error of an operation, borrowed from it. */
struct smime_error_info {
    int code;          /* enum smime_error; 0 = none */
    const char *layer; /* path of the layer, "0.1 enveloped/recipient[2]"; may be "" */
    uint64_t offset;   /* octets into that layer; UINT64_MAX when not known */
    const char *clause; /* "RFC 5652 6.2.1"; may be "" */
    const char *text;  /* one sentence: what is wrong and what to do; no control characters */
};

/* Bounds on what a message may ask for. 0 means the built-in value, named in the comment.
 * All can be lowered; those marked * can be raised. */
struct smime_limits {
    size_t size;
    size_t header_bytes;      /* * one header section: 256 KiB */
    size_t header_fields;     /* * fields in one header section: 1,000 */
    size_t mime_depth;        /* nested multiparts and messages: 64 */
    size_t mime_parts;        /* * parts of a message: 10,000 */
    size_t layer_depth;       /* nested cryptographic layers: 16 */
    size_t asn1_depth;        /* nested ASN.1 elements: 64 */
    size_t element_bytes;     /* * one captured element (SignerInfo, RecipientInfo, ...): 256 KiB */
    size_t signers;           /* SignerInfos in one SignedData: 64 */
    size_t certificates;      /* * certificates and CRLs in one message: 256 */
    size_t digests;           /* digestAlgorithms: 64 */
    size_t attributes;        /* attributes in one set: 1,024 */
    size_t recipients;        /* * RecipientInfos read: 10,000 */
    size_t key_operations;    /* private-key operations a message: 8 */
    size_t metadata_bytes;    /* * everything parsed and kept: 8 MiB */
    uint64_t expansion_ratio; /* decompressed octets per compressed octet: 100 */
    uint64_t expanded_bytes;  /* * decompressed octets in all: 1 GiB */
    size_t spool_memory_bytes; /* kept in memory before a file is used: 256 KiB */
};

/* ---- 2. The context ------------------------------------------------------------------------- */

enum smime_policy {
    SMIME_POLICY_COMPATIBLE = 0, /* what Outlook, Apple Mail and Thunderbird read */
    SMIME_POLICY_STRICT,         /* RFC 8551's SHOULDs */
    SMIME_POLICY_HISTORIC        /* also reads 3DES, RC2, DES, SHA-1, MD5, and says so */
};

struct smime_ctx_options {
    size_t size;
    enum smime_policy policy;
    const struct smime_limits *limits; /* copied; NULL = the built-in ones */
};

struct smime_ctx; /* immutable once made: algorithms found, policy, limits */

/* Errors: NOMEM, CRYPTO. options may be NULL. Reads no configuration file and no environment. */
SMIME_API int smime_ctx_new(struct smime_ctx **out, const struct smime_ctx_options *options);
SMIME_API void smime_ctx_free(struct smime_ctx *ctx);

/* The system clock, for the `now` members below, which never read it by themselves. */
SMIME_API int64_t smime_now(void);

/* ---- 3. Certificates and keys --------------------------------------------------------------- */

struct smime_certs; /* a set of certificates, in order of loading, without duplicates */

SMIME_API int smime_certs_new(struct smime_ctx *ctx, struct smime_certs **out);
SMIME_API void smime_certs_free(struct smime_certs *certs);
/* PEM (any number, other blocks skipped), DER (one), or certs-only PKCS#7 (PEM or DER).
 * Errors: MALFORMED (says which), NOMEM. info (may be NULL) receives the detail; its strings are
 * static or belong to the set and hold until the next call on it. */
SMIME_API int smime_certs_add(struct smime_certs *certs, const void *data, size_t len,
                              struct smime_error_info *info);
SMIME_API int smime_certs_add_file(struct smime_certs *certs, const char *path,
                                   struct smime_error_info *info);
SMIME_API size_t smime_certs_count(const struct smime_certs *certs);

/* Asked for the password of a key. Writes at most cap octets to password, their number to len.
 * hint: what the password is for, to be shown to a person. Return 0, or any negative
 * enum smime_error to give up (PASSWORD is usual). */
typedef int (*smime_password_fn)(void *arg, const char *hint, char *password, size_t cap,
                                 size_t *len);

struct smime_keys; /* a ring of private keys, each with its certificate and chain */

SMIME_API int smime_keys_new(struct smime_ctx *ctx, struct smime_keys **out);
SMIME_API void smime_keys_free(struct smime_keys *keys);

struct smime_key_options {
    size_t size;
    smime_password_fn password; /* NULL: an encrypted key gives PASSWORD */
    void *password_arg;
    const void *certificate; /* the key's certificate where it is apart (PEM, DER or PKCS#7) */
    size_t certificate_len;
};

/* PKCS#12 (key, certificate, chain), or PEM / DER PKCS#8 or traditional key (with or without
 * certificates in the same PEM file). A key without certificate can decrypt nothing that names its
 * recipient by certificate. Errors: PASSWORD, MALFORMED, UNSUPPORTED, NO_CERT (certificate and key
 * do not belong together), NOMEM. */
SMIME_API int smime_keys_add(struct smime_keys *keys, const void *data, size_t len,
                             const struct smime_key_options *options,
                             struct smime_error_info *info);
SMIME_API int smime_keys_add_file(struct smime_keys *keys, const char *path,
                                  const struct smime_key_options *options,
                                  struct smime_error_info *info);
SMIME_API size_t smime_keys_count(const struct smime_keys *keys);

/* ---- 4. Where octets come from and go to ---------------------------------------------------- */

/* Pulled by an operation. read stores up to cap octets and their number (0 = the end).
 * rewind (may be NULL) goes back to the first octet; without it the library keeps a copy in an
 * encrypted unnamed file where a second pass may be needed. */
struct smime_source {
    int (*read)(void *self, void *buffer, size_t cap, size_t *got);
    int (*rewind)(void *self);
    void (*close)(void *self); /* may be NULL; called by smime_source_close */
    void *self;
};

SMIME_API int smime_source_file(struct smime_source *out, const char *path);
SMIME_API int smime_source_fd(struct smime_source *out, int fd); /* rewinds where lseek does */
SMIME_API int smime_source_memory(struct smime_source *out, const void *data, size_t len); /* borrowed */
SMIME_API void smime_source_close(struct smime_source *source);

/* Receives the result of one operation, whole or not at all: provisional octets rest in memory or
 * in an unnamed file (mode 0600; for targets that are not a file: encrypted with a one-time key).
 * They appear when the operation ends well, and vanish when it does not. */
struct smime_output;

/* path: created or replaced by rename in one step, keeping nothing of a failed run. */
SMIME_API int smime_output_file(struct smime_output **out, const char *path);
/* fd: written to only after everything was checked; not closed. */
SMIME_API int smime_output_fd(struct smime_output **out, int fd);
/* write: called only after everything was checked; returning non-zero stops with CANCELLED. */
SMIME_API int smime_output_callback(struct smime_output **out,
                                    int (*write)(void *self, const void *data, size_t len),
                                    void *self);
SMIME_API void smime_output_free(struct smime_output *output); /* discards what is not committed */

/* ---- 5. Opening ------------------------------------------------------------------------------ */

enum smime_verdict {
    SMIME_GOOD = 0,       /* every signature valid and trusted, and it is From who signed */
    SMIME_INTACT,         /* signatures valid; trust, identity, time or revocation does not hold */
    SMIME_BAD,            /* a signature is invalid, or protected content was altered */
    SMIME_PARTIAL,        /* something is signed, not the whole body */
    SMIME_UNSIGNED,       /* no signature */
    SMIME_UNDECRYPTABLE,  /* encrypted, and not readable with the keys given */
    SMIME_MALFORMED       /* its structure cannot be read */
};

enum smime_encryption { SMIME_NOT_ENCRYPTED = 0, SMIME_AUTHENTICATED, SMIME_UNAUTHENTICATED };
enum smime_signature { SMIME_SIG_VALID = 0, SMIME_SIG_INVALID, SMIME_SIG_UNSUPPORTED };
enum smime_chain {
    SMIME_CHAIN_TRUSTED = 0,
    SMIME_CHAIN_PINNED,
    SMIME_CHAIN_UNTRUSTED, /* ends in no anchor that was given */
    SMIME_CHAIN_INCOMPLETE, /* an issuer's certificate is missing */
    SMIME_CHAIN_INVALID
};
enum smime_time { SMIME_TIME_VALID = 0, SMIME_TIME_EXPIRED, SMIME_TIME_NOT_YET_VALID };
enum smime_revocation {
    SMIME_REV_GOOD = 0,
    SMIME_REV_REVOKED,
    SMIME_REV_UNKNOWN,
    SMIME_REV_NOT_CHECKED
};
enum smime_identity {
    SMIME_ID_MATCH = 0,
    SMIME_ID_MISMATCH,
    SMIME_ID_NONE,     /* the certificate names no address */
    SMIME_ID_UNCHECKED /* no From to compare with, or not asked for */
};
enum smime_strength { SMIME_ALG_OK = 0, SMIME_ALG_WEAK, SMIME_ALG_REFUSED };

/* The stable lower-case words of the JSON form, e.g. "not-yet-valid". Static storage. */
SMIME_API const char *smime_verdict_name(enum smime_verdict v);
SMIME_API const char *smime_encryption_name(enum smime_encryption v);
SMIME_API const char *smime_signature_name(enum smime_signature v);
SMIME_API const char *smime_chain_name(enum smime_chain v);
SMIME_API const char *smime_time_name(enum smime_time v);
SMIME_API const char *smime_revocation_name(enum smime_revocation v);
SMIME_API const char *smime_identity_name(enum smime_identity v);
SMIME_API const char *smime_strength_name(enum smime_strength v);

/* Everything below is read-only and belongs to the operation; strings from the message are UTF-8
 * with control and bidirectional characters escaped. Later versions append members. */

struct smime_certificate {
    const char *sha256;  /* 64 lower-case hex digits */
    const char *subject; /* RFC 4514 */
    const char *issuer;
    const char *serial; /* hex */
    const char *const *addresses;
    size_t address_count;
    int64_t not_before, not_after;
};

struct smime_signer {
    const char *layer; /* "0", "0.0": the layer that it signs */
    enum smime_signature signature;
    const char *signature_reason; /* why it is not valid; NULL when it is */
    enum smime_chain chain;
    const char *chain_reason; /* NULL when trusted */
    enum smime_time time;
    enum smime_revocation revocation;
    enum smime_identity identity;
    enum smime_strength algorithms;
    const char *digest_name;    /* "sha-256" */
    const char *signature_name; /* "rsa-pkcs1", "rsa-pss", "ecdsa", ... or the OID */
    const char *address;        /* bare addr-spec from the certificate, or NULL */
    int64_t signing_time;       /* the signer's claim; INT64_MIN when absent */
    const struct smime_certificate *certificate; /* NULL when not found */
    const char *const *attributes; /* OIDs or names of signed attributes, in order */
    size_t attribute_count;
};

struct smime_recipient {
    const char *layer;
    const char *kind; /* "key-transport", "key-agreement", "kek", "password", "other" */
    const char *id;   /* "issuer=..., serial=..." or "ski=..." */
    const char *algorithm;
    int ours; /* 1: one of the keys given matches */
};

struct smime_layer {
    const char *path; /* "0", "0.0", "0.1" : position in the tree */
    unsigned depth;   /* 0 = outermost, for indentation */
    const char *kind; /* "mime", "signed", "enveloped", "auth-enveloped", "compressed", "certs-only",
                         "encrypted", "digested", "authenticated", "unknown" */
    const char *media_type;  /* of a MIME part; NULL for CMS */
    const char *algorithm;   /* content cipher, compression, or digest; may be NULL */
    const char *description; /* one line for people */
    int covered; /* 1: inside the part that the overall verdict speaks of */
};

struct smime_note {
    const char *code;  /* stable word, listed in docs/errors.md */
    const char *layer; /* may be "" */
    const char *text;
};

struct smime_report {
    enum smime_verdict verdict;
    enum smime_encryption encrypted;
    const struct smime_layer *const *layers;
    size_t layer_count;
    const struct smime_signer *const *signers;
    size_t signer_count;
    const struct smime_recipient *const *recipients;
    size_t recipient_count;
    const struct smime_note *const *warnings;
    size_t warning_count;
    const struct smime_note *const *errors;
    size_t error_count;
    const char *const *from; /* addr-specs of From */
    size_t from_count;
    const char *sender;  /* addr-spec of Sender, or NULL */
    const char *subject; /* decoded; NULL when absent */
    const char *date;    /* as in the message; NULL when absent */
    int content_written; /* 1: the output received content */
};

struct smime_op; /* one message */

SMIME_API int smime_op_new(struct smime_ctx *ctx, struct smime_op **out);
SMIME_API void smime_op_free(struct smime_op *op);
/* Borrowed; valid until the next call on the operation. Never NULL. */
SMIME_API const struct smime_error_info *smime_op_error(const struct smime_op *op);
/* Borrowed; also after an error, as far as the message was understood. Never NULL. */
SMIME_API const struct smime_report *smime_op_report(const struct smime_op *op);
/* The report as JSON (docs/report.schema.json), NUL-terminated, borrowed. NULL when out of memory. */
SMIME_API const char *smime_op_report_json(struct smime_op *op);
/* called every few MiB with the octets read so far; returning non-zero stops with CANCELLED. */
SMIME_API void smime_op_progress(struct smime_op *op, int (*progress)(void *arg, uint64_t octets),
                                 void *arg);

enum smime_goal {
    SMIME_GOAL_OPEN = 0, /* whatever it is: decrypt, verify, report */
    SMIME_GOAL_VERIFY,   /* is it signed? writes what the outermost signature covers */
    SMIME_GOAL_DECRYPT,  /* writes what the outermost encryption holds */
    SMIME_GOAL_SHOW      /* the structure; writes nothing */
};

enum smime_form {
    SMIME_FORM_MESSAGE = 0, /* OPEN: outer header fields and the innermost entity */
    SMIME_FORM_ENTITY,      /* OPEN: the innermost entity alone */
    SMIME_FORM_TEXT         /* OPEN: its readable text, UTF-8 */
};

enum smime_revocation_mode { SMIME_REVOCATION_SOFT = 0, SMIME_REVOCATION_OFF, SMIME_REVOCATION_HARD };

/* Receives the attachments of an opened message. begin may set *out to NULL to skip one; the
 * library owns *out then. name: sanitised file name, never empty, no path, unique in the message. */
struct smime_attachments {
    int (*begin)(void *self, const char *name, const char *media_type, struct smime_output **out);
    void *self;
};

#define SMIME_OPEN_NO_IDENTITY 1u     /* ask no identity question */
#define SMIME_OPEN_INSECURE_OUTPUT 2u /* write content although a signature on it is invalid */

struct smime_open_options {
    size_t size;
    enum smime_goal goal;
    enum smime_form form;
    unsigned flags; /* SMIME_OPEN_... */
    const struct smime_keys *keys;     /* may be NULL */
    const struct smime_certs *certs;   /* pool for chains and absent signer certificates */
    const struct smime_certs *anchors; /* each is a trust anchor */
    int64_t now;                       /* time of verification; 0 is an error */
    enum smime_revocation_mode revocation;
    const char *from;                   /* addr-spec that replaces the From field; may be NULL */
    const struct smime_source *content; /* the content of a detached signature; may be NULL */
    const char *part;                   /* DECRYPT: path of the part to decrypt; may be NULL */
    const struct smime_attachments *attachments; /* OPEN: may be NULL */
};

/* Reads source to its end, decides, and commits or discards output (which may be NULL).
 * input: a message (RFC 5322, LF or CRLF, also with an mbox "From " line), a bare MIME entity, or
 * CMS in DER, BER, PEM or base64.
 * Returns 0 when the message was processed: the report tells the result. Errors: MALFORMED,
 * UNSUPPORTED, LIMIT, NO_KEY, UNDECRYPTABLE, IO, NOMEM, USAGE, CANCELLED; then nothing was written,
 * and the report still has verdict and errors. */
SMIME_API int smime_open(struct smime_op *op, const struct smime_open_options *options,
                         const struct smime_source *source, struct smime_output *output);

/* ---- 6. Protecting --------------------------------------------------------------------------- */

#define SMIME_PROTECT_SIGN 1u
#define SMIME_PROTECT_ENCRYPT 2u
#define SMIME_PROTECT_OPAQUE 4u    /* application/pkcs7-mime instead of multipart/signed */
#define SMIME_PROTECT_PSS 8u       /* RSASSA-PSS instead of PKCS #1 v1.5 */
#define SMIME_PROTECT_OAEP 16u     /* RSAES-OAEP instead of PKCS #1 v1.5 */
#define SMIME_PROTECT_DER 32u      /* definite lengths at any size (spools the content) */
#define SMIME_PROTECT_SKI 64u      /* identify by subjectKeyIdentifier */
#define SMIME_PROTECT_NO_CERTS 128u /* do not enclose certificates */
#define SMIME_PROTECT_RAW_CMS 256u /* write bare CMS (DER) instead of a MIME message */

/* Who can read this copy. A message with Bcc needs one call for SMIME_TO_AND_CC and one for each
 * Bcc recipient, SMIME_BCC(0) ... SMIME_BCC(n-1), so that nobody's list shows them (RFC 5322 3.6.3,
 * RFC 9787 9). */
#define SMIME_EVERYBODY 0 /* refused (REFUSED) when the message has a Bcc recipient */
#define SMIME_TO_AND_CC 1
#define SMIME_BCC(index) (2 + (index))

struct smime_protect_options {
    size_t size;
    unsigned flags;                 /* SMIME_PROTECT_... */
    const struct smime_keys *keys;  /* the signer's key; ours are also recipients (RFC 8551 3.3) */
    const struct smime_certs *certs; /* chain material, and recipients by To, Cc, Bcc */
    const struct smime_certs *to_certs; /* recipients whatever their addresses; may be NULL */
    const struct smime_certs *signer; /* the one certificate to sign with; NULL: by From */
    const char *from;               /* replaces the From field for choosing the key; may be NULL */
    const char *cipher; /* NULL or "auto", "aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-gcm",
                           "aes192-gcm", "aes256-gcm" */
    const char *digest; /* NULL or "auto", "sha256", "sha384", "sha512", "sha224" */
    int64_t now;        /* signing time; 0 is an error */
    int audience;       /* SMIME_EVERYBODY, ... */
    const struct smime_certs *anchors; /* NULL: chains are not asked. Else every recipient must chain
                                          to one (NO_CERT lists all that do not), and a signer that
                                          does not gets the warning `signer-untrusted`. */
};

/* Reads a message (header and body) or a bare MIME entity and writes it protected.
 * One pass writes; a first pass over the source looks at what needs a 7-bit-safe encoding.
 * Errors: NO_KEY, AMBIGUOUS, NO_CERT (lists every gap), REFUSED, MALFORMED, ... */
SMIME_API int smime_protect(struct smime_op *op, const struct smime_protect_options *options,
                            const struct smime_source *source, struct smime_output *output);

/* After smime_protect, also after REFUSED because of Bcc: the envelope recipients of this copy
 * (addr-specs), and how many Bcc recipients the message has. Borrowed. */
SMIME_API const char *const *smime_op_envelope(const struct smime_op *op, size_t *count);
SMIME_API size_t smime_op_bcc_count(const struct smime_op *op);

/* ---- 7. Composing ---------------------------------------------------------------------------- */

struct smime_compose; /* a new message: header fields, a text, attachments */

SMIME_API int smime_compose_new(struct smime_ctx *ctx, struct smime_compose **out);
SMIME_API void smime_compose_free(struct smime_compose *compose);
/* name: "From", "To", "Cc", "Bcc", "Subject", ...; value: UTF-8, encoded and folded as needed
 * (RFC 2047). Errors: MALFORMED (not a mailbox list, a line break inside, a doubled field). */
SMIME_API int smime_compose_field(struct smime_compose *compose, const char *name,
                                  const char *value, struct smime_error_info *info);
/* The body: UTF-8 text; borrowed until the message was read. */
SMIME_API int smime_compose_text(struct smime_compose *compose, const struct smime_source *text);
/* name: the file name shown to the recipient. media_type: NULL = by the name's extension. */
SMIME_API int smime_compose_attach(struct smime_compose *compose, const char *name,
                                   const char *media_type, const struct smime_source *content);
/* The finished message as a source for smime_protect; Date from now and a random Message-ID are
 * added where missing. Valid as long as compose lives. */
SMIME_API int smime_compose_source(struct smime_compose *compose, int64_t now,
                                   struct smime_source *out);

#ifdef __cplusplus
}
#endif
#endif
