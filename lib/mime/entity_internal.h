/* entity_internal.h: the parser of entities, shared by entity.c (stack, headers) and entity_text.c. */
#ifndef SMI_ENTITY_INTERNAL_H
#define SMI_ENTITY_INTERNAL_H

#include "mime_internal.h"

enum smi_entity_kind { NODE_HEADER, NODE_LEAF, NODE_RAW, NODE_MULTIPART, NODE_MESSAGE };

struct smi_entity_node {
    struct smi_part *part; /* NULL in a RAW child */
    enum smi_entity_kind kind;
    unsigned index;
    struct smi_slice boundary;
    bool closed; /* multipart: its close delimiter was seen */
    unsigned flags;
    size_t child_count;
};

struct smi_entity {
    struct smi_entity_handler handler;
    struct smime_limits limits;
    struct smi_arena *arena;
    struct smi_diag *diag;
    const char *path_prefix;
    int failed;
    bool ended;

    struct smi_entity_node *stack;
    size_t depth; /* nodes on the stack */
    size_t open;  /* of them: multiparts not closed */
    size_t part_count;
    struct smi_slice in; /* what is left of this write */
    uint64_t offset;     /* of in.ptr in the stream */

    /* HEADER */
    struct smi_buf header;
    size_t line_at; /* where the current line begins in header */
    bool skip_mbox_from, first_line, after_mbox_from;
    size_t dropped; /* octets of an mbox line at the front of header */

    /* TEXT */
    bool line_start; /* after a line end, in a line that may be a delimiter */
    uint8_t eol[2];  /* the line end held back; a lone CR while !line_start */
    size_t eol_len;
    size_t line_len;
    uint8_t line[SMI_BOUNDARY_LINE_MAX + 2];
};

static inline struct smi_entity_node *smi_entity_top(struct smi_entity *parser)
{
    return &parser->stack[parser->depth - 1];
}

static inline void smi_entity_take(struct smi_entity *parser, size_t n)
{
    parser->in = smi_slice_skip(parser->in, n);
    parser->offset += n;
}

/* entity.c */
/* Does this line (with or without its CR) end a part? Innermost open multipart first. */
bool smi_entity_match(struct smi_entity *parser, struct smi_slice line, size_t *node, bool *close);
/* A delimiter of stack[node]: ends what is above it, then the next child begins, or the epilogue. */
int smi_entity_delimiter(struct smi_entity *parser, size_t node, bool close);
/* Headers that end without an empty line, down to the child of a message that has no octets. */
int smi_entity_finish_headers(struct smi_entity *parser);

/* entity_text.c */
int smi_entity_emit_body(struct smi_entity *parser, struct smi_slice text);
/* Uses up some of parser->in, at least one octet or the state before a line. */
int smi_entity_text_step(struct smi_entity *parser);
/* The end of the input while the top node receives text. */
int smi_entity_text_end(struct smi_entity *parser);

#endif
