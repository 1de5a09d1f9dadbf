/* compose.h: what the files behind smime_compose share. */
#ifndef SMI_COMPOSE_H
#define SMI_COMPOSE_H

#include "msg.h"

struct smi_compose_part {
    struct smime_source given; /* copied; what is behind it stays the caller's */
    struct smi_rewind rewind;  /* reads given twice */
    struct smi_buf head;       /* fields of the part and its empty line, CRLF */
    bool ready;                /* rewind was made */
};

enum smi_compose_state {
    SMI_COMPOSE_HEADER,
    SMI_COMPOSE_TEXT_HEAD,
    SMI_COMPOSE_TEXT,
    SMI_COMPOSE_PART_HEAD,
    SMI_COMPOSE_PART,
    SMI_COMPOSE_CLOSE,
    SMI_COMPOSE_DONE
};

struct smime_compose {
    struct smime_ctx *ctx;
    struct smi_arena arena;
    struct smi_diag diag;
    struct smi_buf fields;   /* as they were given, CRLF */
    uint64_t seen;           /* known fields, by index in compose.c's table */
    const char *from_domain; /* for Message-ID; in the arena */
    struct smi_compose_part text;
    bool has_text;
    bool text_qp, text_utf8, text_open; /* found by the survey; open: no line end at its end */
    struct smi_compose_part *part;
    size_t part_count, part_cap;
    char boundary[71];
    struct smi_buf header; /* the whole header of the message, and its preamble */
    /* the source: */
    enum smi_compose_state state;
    size_t current;          /* part being read */
    struct smi_sink encoder; /* of the part being read; writes to pending */
    struct smi_buf pending;  /* octets ready to be read */
    size_t taken;            /* of pending */
    uint8_t *piece;
};

/* -- compose.c: bits of smime_compose.seen for fields that the library adds when missing. */
bool smi_compose_has(const struct smime_compose *compose, const char *name);
/* -- compose_header.c: surveys the text, then builds header and heads of parts. */
int smi_compose_prepare(struct smime_compose *compose, int64_t now);
/* -- compose_source.c: back to the first octet. */
int smi_compose_restart(struct smime_compose *compose);
void smi_compose_source_clear(struct smime_compose *compose);
int smi_compose_read(void *self, void *buffer, size_t cap, size_t *got);
int smi_compose_rewind(void *self);

#endif
