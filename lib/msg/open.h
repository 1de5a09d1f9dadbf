/* open.h: one pass of opening a message; shared by the open_*.c files and judge.c.
 *
 * The way of a chunk:  source -> open_sniff -> open_layer (MIME entity) -> transfer decoding ->
 * open_cms (guard) -> CMS reader -> content -> open_layer ... -> tail (output, provisional).
 *
 * "On the chain": the whole body, from the outside in, is this layer. Only there anything is
 * decrypted or written. Signed parts inside an unsigned wrapper are followed off the chain (partial);
 * encrypted ones are listed (EFAIL, RFC 8551 6; MSG-036, SEC-001).
 */
#ifndef SMI_OPEN_H
#define SMI_OPEN_H

#include "msg.h"

struct open_run;

/* Whose From a part answers to: the message's, or that of a message/rfc822 inside it. */
struct open_scope {
    struct open_scope *next;
    const char *path;
    struct smi_mailboxes from;
    size_t from_fields;
};

/* One SignedData (or a broken attempt at one), judged when the pass is over. */
struct open_signed {
    struct open_signed *next;
    const char *path;
    bool on_chain;
    const char *fault; /* static: why the structure around it makes it invalid; NULL */
    struct smi_cms_result *result; /* NULL: no signature could be read */
    bool detached;                 /* content hashed by us: */
    struct smi_digest_set digests;
    struct smi_digest_set digests_crlf; /* --content: the same with CRLF line ends */
    uint8_t *prefix;                    /* first octets of detached content, when 0x31 ... */
    size_t prefix_len;
};

/* What one pass learned for the next. Lives across passes, outside the arena. */
struct open_hint {
    char path[64];
    struct smi_buf auth_attrs;
};
struct open_hints {
    bool all_digests;
    struct open_hint aad[16];
    size_t aad_count;
};

struct open_run {
    struct smime_op *op;
    const struct smime_open_options *opt;
    struct open_hints *hints;
    struct smi_sink tail; /* provisional output; ops NULL: nothing is to be written */
    struct smi_attach *attach;
    bool captured;        /* verify, decrypt: the outermost protected content has its way to tail */
    bool decrypting;      /* a recipient matched and content began: failures are uniform from here */
    bool encrypted_layer; /* an enveloped layer is on the chain */
    bool authenticated;
    bool dead_chain; /* the chain ended in something encrypted that was only listed */
    bool raw_input;  /* CMS without MIME around it */
    size_t crypto_layers;
    struct open_signed *signed_first, **signed_end;
    struct open_scope *scopes;
    struct smi_certset inherited; /* certificates completed with DSA parameters of their issuers */
    const struct smi_part *outer; /* root part of the message, when the input is MIME */
    bool outer_lf;
    bool part_found;  /* --part: it exists */
    int pending_again; /* SMIME_E_AGAIN was asked for */
};

/* -- open_sniff.c: decides what the input is, then passes it on. */
int open_sniff_new(struct smi_sink *out, struct open_run *run);

/* -- open_layer.c: a MIME entity. */
int open_layer_new(struct smi_sink *out, struct open_run *run, const char *path, bool on_chain);

/* -- open_cms.c: a CMS object; also the guard that decides which failures end the operation. */
struct open_cms_spec {
    const char *path;
    bool on_chain;
    struct open_signed *signature_of; /* second part of this multipart/signed; else NULL */
};
int open_cms_new(struct smi_sink *out, struct open_run *run, const struct open_cms_spec *spec);

/* -- open_signed.c: what multipart/signed needs. */
struct open_signed *open_signed_add(struct open_run *run, const char *path, bool on_chain);
/* The sink for the first part as received: line ends, digests, then down (taken,
 * also on failure). micalg: the parameter's value. */
int open_signed_content_new(struct smi_sink *out, struct open_run *run, struct open_signed *s,
                            struct smi_slice micalg, struct smi_sink down);
int open_digests_for(struct open_run *run, struct smi_digest_set *set, struct smi_slice micalg);
/* Keeps the first octets of detached content that might be SignedAttributes (R4). */
int open_prefix_sink(struct smi_sink *out, struct open_run *run, struct open_signed *s);

/* -- open_tail.c: from the innermost entity to the output. part: its root. The result takes the
 * entity's raw octets. */
int open_tail_new(struct smi_sink *out, struct open_run *run, const struct smi_part *part,
                  bool inside_crypto);

/* -- judge.c */
int judge_signed(struct open_run *run, struct open_signed *s, bool *need_digests);
enum smime_verdict judge_overall(struct open_run *run);
int judge_scope_add(struct open_run *run, const char *path, const struct smi_header *header);

/* Entries of the report. kind: static. */
int open_list_layer(struct open_run *run, const char *path, const char *kind,
                    const char *media_type, bool covered, struct smime_layer **out);

#endif
