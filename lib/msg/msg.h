/* msg.h: what the files of lib/msg share: context, key ring, operation, report builder. */
#ifndef SMI_MSG_H
#define SMI_MSG_H

#include "../cms/cms.h"
#include "../mime/mime.h"
#include "../pki/pki.h"

struct smime_ctx {
    struct smi_crypto *crypto;
    struct smime_limits limits; /* resolved */
    enum smime_policy policy;
};

struct smime_certs {
    struct smime_ctx *ctx;
    struct smi_certset set;
    struct smi_diag diag;
};

/* One private key and every certificate for it that was loaded (several after a renewal). */
struct smi_ring_entry {
    struct smi_key *key;
    struct smi_certset certs;
};
struct smime_keys {
    struct smime_ctx *ctx;
    struct smi_ring_entry *entry;
    size_t count, cap;
    struct smi_certset chain; /* every certificate of the files, ours included */
    struct smi_diag diag;
};

/* -- report.c: grows in the operation's arena; finished by smi_report_seal. */
struct smi_list {
    void **item;
    size_t count, cap;
};
struct smi_report {
    struct smime_report out; /* what the caller sees; its lists are set by smi_report_seal */
    struct smi_arena *arena;
    struct smi_list layer, signer, recipient, warning, error;
};
void smi_report_init(struct smi_report *report, struct smi_arena *arena);
/* Each returns 0, NOMEM or LIMIT; the new entry is zeroed and listed. */
int smi_report_layer(struct smi_report *report, struct smime_layer **out);
int smi_report_signer(struct smi_report *report, struct smime_signer **out);
int smi_report_recipient(struct smi_report *report, struct smime_recipient **out);
/* Warnings and errors lists are capped (1,000): more are dropped silently. code is static. */
int smi_report_warn(struct smi_report *report, const char *code, const char *layer,
                    const char *format, ...) SMI_PRINTF(4, 5);
int smi_report_error(struct smi_report *report, const char *code, const char *layer,
                     const char *format, ...) SMI_PRINTF(4, 5);
void smi_report_seal(struct smi_report *report);
/* Display-escaped copy in the arena; NULL on exhaustion. */
const char *smi_report_text(struct smi_report *report, struct smi_slice utf8);
int smi_report_certificate(struct smi_report *report, const struct smi_cert *cert,
                           const struct smime_certificate **out);
/* -- report_json.c */
int smi_report_json(const struct smime_report *report, struct smi_buf *out);

struct smime_op {
    struct smime_ctx *ctx;
    struct smi_arena arena;
    struct smi_diag diag;
    struct smime_error_info info;
    struct smi_report report;
    struct smi_buf json;
    int (*progress)(void *arg, uint64_t octets);
    void *progress_arg;
    const char *const *envelope; /* of the last smime_protect, in the arena */
    size_t envelope_count, bcc_count;
};

/* Forgets everything of an earlier message (arena, report, error). */
void smi_op_reset(struct smime_op *op);
/* Copies the diag into the report's errors, where one was recorded. */
void smi_op_report_diag(struct smime_op *op);
void smi_info_from_diag(struct smime_error_info *info, const struct smi_diag *diag);

/* -- rewind.c: a source that can always go back: itself, or a copy in an encrypted spool. */
struct smi_rewind {
    const struct smime_source *source;
    struct smi_spool *copy; /* NULL: the source rewinds by itself */
    struct smime_source replay;
    bool replaying;
};
int smi_rewind_init(struct smi_rewind *rewind, const struct smime_source *source,
                    size_t memory_bytes, struct smi_diag *diag);
void smi_rewind_clear(struct smi_rewind *rewind);
void smi_rewind_source(struct smi_rewind *rewind, struct smime_source *out);

/* -- open_text.c, open_attachments.c: sinks that take the innermost entity. */
/* Its readable text as UTF-8 with LF line ends: every inline text/plain leaf in order (of a
 * multipart/alternative the plain one); without any, the text of the first text/html leaf with tags
 * removed and nothing fetched. Attachments are left out. */
int smi_text_new(struct smi_sink *out, struct smi_sink down, const struct smime_limits *limits,
                 struct smi_arena *arena, struct smi_diag *diag);
/* Decoded attachments into outputs that the caller's callback gives. Nothing appears before commit;
 * free discards what was not committed. */
struct smi_attach;
int smi_attach_new(struct smi_attach **out, const struct smime_attachments *to,
                   const struct smime_limits *limits, struct smi_arena *arena,
                   struct smi_diag *diag);
int smi_attach_sink(struct smi_attach *attach, struct smi_sink *out); /* borrowed by the sink */
int smi_attach_commit(struct smi_attach *attach);
void smi_attach_reset(struct smi_attach *attach); /* second pass: drops what came so far */
void smi_attach_free(struct smi_attach *attach);

#endif
