/* protect.h: what the files behind smime_protect share. One struct smi_protect a run:
 *
 *   protect.c          coordinates: look, choose, write, report
 *   protect_header.c   who the message is from and to; its outer header
 *   protect_date.c     Date as a time
 *   signer_choice.c    which key signs, which certificates go along
 *   recipients.c       whom it is encrypted to
 *   send_policy.c      which algorithms
 *   protect_write.c    the chain of stages
 *   protect_report.c   what was made */
#ifndef SMI_PROTECT_H
#define SMI_PROTECT_H

#include "msg.h"

struct smi_protect {
    struct smime_op *op;
    struct smime_protect_options opt; /* every member, those that an old caller lacks zero */
    struct smi_diag *diag;
    struct smi_arena *arena;
    const struct smi_canon_result *look;
    bool bare; /* no field of a message: a MIME entity alone */
    struct smi_mailboxes from;
    struct smi_mailboxes audience; /* whose copy this is */
    /* chosen: */
    struct smi_key *key;
    struct smi_cert *cert; /* borrowed from the ring */
    struct smi_sig_params sig;
    struct smi_certset enclosed;
    struct smi_certset recipients;
    struct smi_cert *own;                 /* among them: ours; borrowed; may be NULL */
    struct smi_recipient_spec *recipient; /* in the arena, as recipients */
    const struct smi_alg *cipher;
    struct smi_buf capabilities;
    /* writing: */
    struct smi_cms_env sign_env, encrypt_env;
    struct smi_sign_spec sign_spec;
    struct smi_signed_spec signed_spec;
    struct smi_enveloped_spec enveloped_spec;
};

static inline bool smi_protect_has(const struct smi_protect *protect, unsigned flag)
{
    return (protect->opt.flags & flag) != 0;
}
/* Records the sentence. */
int smi_protect_fail(struct smi_protect *protect, int code, const char *clause, const char *format,
                     ...) SMI_PRINTF(4, 5);

/* -- signer_choice.c: the path from cert to one of the anchors (p->opt.anchors is not NULL). */
int smi_protect_path(const struct smi_protect *protect, struct smi_cert *cert,
                     enum smi_purpose purpose, struct smi_path_result *out);

/* -- protect_header.c */
/* from, audience, envelope, bcc_count, bare. REFUSED for Bcc with SMIME_EVERYBODY. */
int smi_protect_addresses(struct smi_protect *protect);
/* The fields of the message that are not the entity's, re-ended, without Bcc. */
int smi_protect_outer_fields(struct smi_protect *protect, struct smi_sink out);
/* What the header says that will not hold: warnings. */
int smi_protect_header_warnings(struct smi_protect *protect);

/* -- protect_date.c: RFC 5322 3.3 date-time, with the obsolete zones. */
bool smi_date_parse(struct smi_slice value, int64_t *seconds);

/* -- signer_choice.c */
int smi_choose_signer(struct smi_protect *protect);
/* The certificate names one of the addresses. */
bool smi_cert_matches_any(const struct smi_cert *cert, const struct smi_mailboxes *boxes);
bool smi_cert_valid_at(const struct smi_cert *cert, int64_t now);

/* -- recipients.c */
int smi_choose_recipients(struct smi_protect *protect);
/* Our certificate that we read our own message with: the signer's, or the newest for From.
 * Borrowed; NULL: none. */
struct smi_cert *smi_find_own(const struct smi_protect *protect);
/* NULL: it can be encrypted to; otherwise why not, for "its certificate ...". *weak: only its size.
 */
const char *smi_encrypt_obstacle(const struct smi_cert *cert, int64_t now, bool *weak);

/* -- send_policy.c */
int smi_choose_signature(struct smi_protect *protect);
int smi_choose_cipher(struct smi_protect *protect);

/* -- protect_write.c */
/* A sink that takes the canonical entity and writes the protected message to down (CRLF; binary for
 * RAW_CMS). Writes the header at once. Takes down in every case: give it a borrowed sink. */
int smi_protect_chain(struct smi_protect *protect, struct smi_sink *out, struct smi_sink down);

/* -- protect_report.c: From, Subject and Date; then what was made. */
int smi_protect_report_head(struct smi_protect *protect);
int smi_protect_report(struct smi_protect *protect);

#endif
