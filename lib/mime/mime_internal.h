/* mime_internal.h: what the files of lib/mime share among themselves. */
#ifndef SMI_MIME_INTERNAL_H
#define SMI_MIME_INTERNAL_H

#include "../base/err.h"
#include "../base/mem.h"
#include "mime.h"

/* Longest line that may be a boundary line; the longest boundary taken (RFC 2046 allows 70, mail in
 * the wild is laxer). */
enum { SMI_BOUNDARY_LINE_MAX = 998, SMI_BOUNDARY_MAX = 256 };

static inline bool smi_mime_is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* Why the arena gave NULL for that many octets. */
static inline int smi_mime_arena_error(const struct smi_arena *arena, size_t bytes)
{
    size_t slack = 32;
    if (arena->limit_bytes && (bytes > arena->limit_bytes - slack ||
                               arena->used_bytes > arena->limit_bytes - slack - bytes))
        return SMIME_E_LIMIT;
    return SMIME_E_NOMEM;
}

/* header.c: would this line (no line end) begin a field? */
bool smi_header_is_field(struct smi_slice line);

/* ctype.c: white space, line ends and comments of a structured field; never fails. */
void smi_mime_skip_cfws(struct smi_slice *in);

/* rfc2231.c: parameters as written become parameters as meant. */
struct smi_raw_param {
    struct smi_slice name;  /* lower case, with RFC 2231 decoration */
    struct smi_slice value; /* unquoted */
};
int smi_rfc2231_join(struct smi_ctype *out, const struct smi_raw_param *raw, size_t count,
                     struct smi_arena *arena);

/* boundary.c */
bool smi_boundary_usable(struct smi_slice boundary);
/* Is line (without its line end) a delimiter of that boundary? *close: the closing one. */
bool smi_boundary_match(struct smi_slice boundary, struct smi_slice line, bool *close);
/* Could it become one when more octets come? */
bool smi_boundary_prefix(struct smi_slice boundary, struct smi_slice line);

/* canon_look.c makes them, canon_write.c obeys. One for each part, in the order of their headers. */
enum smi_canon_action {
    SMI_CANON_COPY,          /* line ends to CRLF, nothing else */
    SMI_CANON_TO_QP,         /* text as it is -> quoted-printable */
    SMI_CANON_TO_BASE64,     /* lines as they are, with CRLF -> base64 */
    SMI_CANON_EXACT_BASE64,  /* octets as they are -> base64 */
    SMI_CANON_QP_TO_QP,      /* decoded first */
    SMI_CANON_QP_TO_BASE64,
    SMI_CANON_BASE64_TO_BASE64
};
enum smi_canon_charset { /* what the Content-Type needs */
    SMI_CANON_CHARSET_KEEP,
    SMI_CANON_CHARSET_ASCII,
    SMI_CANON_CHARSET_UTF8,
    SMI_CANON_CHARSET_UNKNOWN /* 8-bit text of a root without Content-Type that is not UTF-8 */
};
struct smi_canon_verdict {
    enum smi_canon_action action;
    enum smi_canon_charset charset;
    const char *cte; /* the new Content-Transfer-Encoding, or NULL: leave it */
};
struct smi_canon_plan {
    struct smime_limits limits;
    struct smi_arena *arena;
    struct smi_diag *diag;
    struct smi_canon_result result;
    struct smi_buf verdicts; /* of struct smi_canon_verdict */
    const char *param_name, *param_value;
};

#endif
