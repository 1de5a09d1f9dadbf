/* mime.h: MIME (RFC 2045, 2046, 2047, 2231, 5322) as streams. Knows no cryptography. */
#ifndef SMI_MIME_H
#define SMI_MIME_H

#include "../base/arena.h"
#include "../flow/flow.h"

/* -- header.c: one header section, parsed from a complete slice. */
struct smi_field {
    struct smi_slice name;  /* without colon and blanks */
    struct smi_slice value; /* raw, still folded, without the first blank and the last line end */
    struct smi_slice raw;   /* the whole field with folds and line ends, as received */
};
struct smi_header {
    struct smi_slice raw; /* the section as received, without the empty line */
    struct smi_field *field;
    size_t count;
    bool malformed_line; /* a line that is neither a field nor a fold was skipped */
};
/* Fields live in the arena and point into raw (which the caller keeps). NOMEM, or LIMIT: out->raw is
 * set where it was the arena that was full. */
int smi_header_parse(struct smi_header *out, struct smi_slice raw, const struct smime_limits *limits,
                     struct smi_arena *arena);
/* First field of that name (ASCII case-insensitive), or NULL; count (may be NULL): how many. */
const struct smi_field *smi_header_find(const struct smi_header *header, const char *name,
                                        size_t *count);
/* MIME-Version and Content-*: they belong to the entity, not to the message (MIME-016). */
bool smi_field_is_structural(const struct smi_field *field);
/* Unfolded, RFC 2047 decoded, UTF-8, controls replaced; NUL-terminated in the arena; NULL = NOMEM. */
const char *smi_field_text(const struct smi_field *field, struct smi_arena *arena);

/* -- ctype.c: Content-Type, Content-Disposition, Content-Transfer-Encoding. */
struct smi_param {
    struct smi_slice name;  /* lower case, without RFC 2231 decoration */
    struct smi_slice value; /* decoded: comments gone, unquoted, continuations joined, UTF-8 */
};
struct smi_ctype {
    struct smi_slice type, subtype; /* lower case; text/plain when absent or unreadable */
    struct smi_param *param;
    size_t param_count;
    bool defaulted;       /* no field, or unreadable: text/plain; charset=us-ascii (RFC 2045 5.2) */
    bool duplicate_param; /* the first wins (MIME-013) */
};
int smi_ctype_parse(struct smi_ctype *out, const struct smi_field *field /* may be NULL */,
                    struct smi_arena *arena);
bool smi_ctype_is(const struct smi_ctype *ctype, const char *type, const char *subtype);
/* The parameter's value, or an empty slice with NULL ptr when absent. */
struct smi_slice smi_ctype_param(const struct smi_ctype *ctype, const char *name);
/* Content-Disposition by the same grammar: type in `type`, subtype empty. */
int smi_disposition_parse(struct smi_ctype *out, const struct smi_field *field,
                          struct smi_arena *arena);

enum smi_cte { SMI_CTE_7BIT, SMI_CTE_8BIT, SMI_CTE_BINARY, SMI_CTE_QP, SMI_CTE_BASE64, SMI_CTE_OTHER };
enum smi_cte smi_cte_parse(const struct smi_field *field /* NULL: 7bit */);
/* cte.c: a decoder in front of down (identity for 7bit, 8bit, binary and, as RFC 2045 6.4 wants, for
 * unknown ones: *out is down itself). */
int smi_cte_decode_new(struct smi_sink *out, struct smi_sink down, enum smi_cte cte);

/* -- addr.c: strict addr-spec parsing of address fields (RFC 5322 3.4, RFC 6532). */
struct smi_mailbox {
    struct smi_slice display; /* decoded; may be empty; never evidence of anything */
    struct smi_slice local;   /* unquoted local part */
    struct smi_slice domain;  /* as written, U- or A-labels */
    const char *addr_spec;    /* local@domain re-quoted where needed; NUL-terminated */
};
struct smi_mailboxes {
    struct smi_mailbox *item;
    size_t count;
    bool malformed; /* some part was not a mailbox: whoever decides must refuse */
    bool group;     /* group syntax was used; members are listed */
};
int smi_addr_parse(struct smi_mailboxes *out, struct smi_slice field_value, struct smi_arena *arena);

/* -- entity.c: streaming entity parser. Takes LF and CRLF transport; exposes raw octets. */
enum smi_part_mode {
    SMI_PART_PARSE, /* header and body events; multiparts and message/rfc822 are walked as asked */
    SMI_PART_RAW    /* child octets between the boundaries, header included, as received, to raw() */
};
enum smi_body_mode {
    SMI_BODY_LEAF,     /* body octets, still transfer-encoded, go to body() */
    SMI_BODY_MULTIPART, /* split at the boundary of its Content-Type */
    SMI_BODY_MESSAGE   /* message/rfc822: the body is one child entity */
};
/* A part and all that it points to live in the arena. */
struct smi_part {
    struct smi_slice header_raw; /* the section as received with its empty line; empty if no_header */
    unsigned depth;   /* 0 = the root entity */
    unsigned index;   /* position among its siblings */
    const char *path; /* "0", "0.1", "0.1.0": prefix given at creation, then indices */
    struct smi_header header;
    struct smi_ctype ctype;
    enum smi_cte cte;
    bool no_header;   /* no header section at all: bare text (pitfall 41) */
    bool duplicate_structure; /* two Content-Type, -Transfer-Encoding or MIME-Version fields */
    uint64_t offset;  /* of the first octet of its header in the parsed stream */
};
enum { /* flags of part_end */
    SMI_PART_NO_CLOSE = 1,  /* multipart without close delimiter */
    SMI_PART_EPILOGUE = 2,  /* other than white space after the close delimiter */
    SMI_PART_PREAMBLE = 4,  /* other than white space before the first delimiter */
    SMI_PART_BAD_BOUNDARY = 8 /* boundary parameter missing or illegal: parsed as a leaf */
};
struct smi_entity_handler { /* functions may be NULL: not interested */
    void *self;
    /* A child of a multipart begins (never for the root). *mode is PARSE beforehand. */
    int (*child)(void *self, const struct smi_part *parent, unsigned index,
                 enum smi_part_mode *mode);
    /* The header of a PARSE part is complete. *mode is beforehand what the type asks for. */
    int (*part)(void *self, const struct smi_part *part, enum smi_body_mode *mode);
    /* For every part whose body mode is LEAF: its body, the octets exactly as received (line ends
     * untouched). header_raw and the body are together the whole entity as received. The line end
     * before a boundary belongs to the boundary. */
    int (*body)(void *self, const struct smi_part *part, struct smi_slice in);
    int (*raw)(void *self, const struct smi_part *parent, unsigned index, struct smi_slice in);
    int (*raw_end)(void *self, const struct smi_part *parent, unsigned index);
    int (*part_end)(void *self, const struct smi_part *part, unsigned flags, size_t child_count);
};
/* A sink. end() closes all open parts (part_end in order). path_prefix "0" for the root.
 * skip_mbox_from: a leading "From " or ">From " line before a header field is dropped before
 * parsing. Limits: header_bytes, header_fields, mime_depth, mime_parts (each LIMIT with its own
 * text). All events before part() of the root are none. */
int smi_entity_new(struct smi_sink *out, const struct smi_entity_handler *handler,
                   const struct smime_limits *limits, struct smi_arena *arena,
                   struct smi_diag *diag, const char *path_prefix, bool skip_mbox_from);

/* -- canon.c: canonical, 7-bit-safe form for signing and encrypting (RFC 8551 3.1; MSG-010..019).
 * Two passes over the same entity (header with the structural fields alone, empty line, body):
 * the first looks, the second writes. */
struct smi_canon_plan; /* one verdict a leaf, bounded by mime_parts */
int smi_canon_plan_new(struct smi_canon_plan **out, const struct smime_limits *limits,
                       struct smi_arena *arena, struct smi_diag *diag);
void smi_canon_plan_free(struct smi_canon_plan *plan);
/* First pass: a sink to which the message is pumped (all header fields; it looks at structure). */
int smi_canon_look_new(struct smi_sink *out, struct smi_canon_plan *plan);
struct smi_canon_result {
    /* of the root header of the message, valid while plan lives: */
    struct smi_header header;  /* all fields */
    bool has_mime_header;      /* at least one header field at all */
    bool nested_signed_8bit;   /* a multipart/signed inside (or one that cannot be split, or a leaf
                                * of unknown encoding) is not 7-bit: left untouched */
    bool partial_or_external;  /* message/partial or external-body inside */
    bool uses_lf;              /* the header ended its lines with bare LF */
    bool header_8bit;          /* a header field that will be written is not 7-bit: left untouched */
    struct smi_ctype ctype;    /* of the root */
    enum smi_cte cte;          /* of the root */
};
const struct smi_canon_result *smi_canon_result(const struct smi_canon_plan *plan);
/* Before the second pass: the root's Content-Type gets this parameter (header protection's hp),
 * in place of one of that name. Strings are borrowed until the plan is freed. */
void smi_canon_set_root_param(struct smi_canon_plan *plan, const char *name, const char *value);
/* Second pass: feed the same octets; down receives the canonical entity: structural fields of the
 * root (with Content-Type added when absent: text/plain; charset=utf-8 or us-ascii), CRLF everywhere,
 * leaves re-encoded as planned (text -> quoted-printable, others -> base64), no preamble and no
 * epilogue. extra_root_fields: complete CRLF-ended fields put into the root header. */
int smi_canon_write_new(struct smi_sink *out, struct smi_sink down,
                        const struct smi_canon_plan *plan, struct smi_slice extra_root_fields);

/* -- write.c: the writer. Lines end in CRLF, folded at 78 (MIME-009). */
/* "Name: value" folded at white space; value is 7-bit already; its line ends are unfolded first.
 * LIMIT when one word is longer than a line may be (998). */
int smi_write_field(struct smi_buf *out, const char *name, struct smi_slice value);
/* Unstructured UTF-8 text, RFC 2047 encoded where not plain ASCII. */
int smi_write_text_field(struct smi_buf *out, const char *name, struct smi_slice utf8);
/* Address list: display names encoded, addr-specs kept. MALFORMED when it does not parse. */
int smi_write_addr_field(struct smi_buf *out, const char *name, struct smi_slice utf8,
                         struct smi_arena *arena);
/* ; name="value" (quoted), or RFC 2231 name*=utf-8''... when not ASCII. Folds where out's last line
 * would become too long. */
int smi_write_param(struct smi_buf *out, const char *name, struct smi_slice utf8);
/* RFC 5322 date-time in UTC: "Tue, 24 Nov 2026 20:16:00 +0000". */
int smi_write_date(struct smi_buf *out, int64_t seconds);
/* 70-character boundary from 16 random octets; out is NUL-terminated. */
void smi_boundary_format(const uint8_t random[16], char out[71]);

/* -- rfc2047.c, charset.c */
/* Charset name -> UTF-8 for what we know (us-ascii, utf-8, iso-8859-1, -15, windows-1252, utf-16);
 * others: iconv is not used; octets >= 0x80 become U+FFFD and *lossy is set. */
int smi_charset_to_utf8(struct smi_buf *out, struct smi_slice charset, struct smi_slice in,
                        bool *lossy);
int smi_rfc2047_decode(struct smi_buf *out, struct smi_slice in);
int smi_rfc2047_encode(struct smi_buf *out, struct smi_slice utf8, size_t first_column);
/* Strict UTF-8 (RFC 3629). Takes one character; false (U+FFFD) for a wrong octet, which it drops. */
bool smi_mime_utf8_next(struct smi_slice *in, uint32_t *code_point);
bool smi_mime_utf8_valid(struct smi_slice in);
int smi_mime_utf8_put(struct smi_buf *out, uint32_t code_point);
/* The same for a stream: zeroed at first; valid so far unless bad, at the end also need == 0. */
struct smi_utf8_check {
    uint8_t need, low, high;
    bool bad;
};
void smi_mime_utf8_feed(struct smi_utf8_check *check, struct smi_slice in);
/* A safe file name: last path component, no control, no leading dot, none of /\:*?"<>|, no Windows
 * device name, at most 120 octets, UTF-8 kept; "attachment-N" when nothing is left. */
int smi_safe_filename(struct smi_buf *out, struct smi_slice name, unsigned index);

#endif
