/* ber_nest.h: the syntax of BER that the push tokenizer, the normaliser and the DER reader share:
 * identifier and length octets (X.690 8.1.2, 8.1.3), and what may stand where (8.1.5, 8.6 - 8.23).
 * Internal to lib/asn1.
 */
#ifndef SMI_BER_NEST_H
#define SMI_BER_NEST_H

#include "ber.h"

#define SMI_BER_INDEFINITE UINT64_MAX

enum { SMI_BER_HEAD_MAX = 1 + 5 + 1 + 126 }; /* octets of the longest identifier and length */

/* What is wrong, for the caller to report together with an offset. */
struct smi_ber_fault {
    const char *clause; /* "X.690 8.1.5" */
    const char *text;
};

/* Identifier and length octets, read one by one. A zeroed struct is ready for the first. */
struct smi_ber_head {
    struct smi_tag tag;
    uint64_t length; /* content octets, or SMI_BER_INDEFINITE */
    unsigned octets; /* read so far; after the last one, the size of the head */
    unsigned id_octets;
    unsigned length_left; /* length octets still to come */
    uint8_t state;
    bool done;
    bool minimal; /* the length is definite and uses the fewest octets */
};

/* Takes the next octet; sets head->done with the last one. 0 or MALFORMED. */
int smi_ber_head_feed(struct smi_ber_head *head, uint8_t octet, struct smi_ber_fault *fault);

/* A constructed element that was begun and has not ended. */
struct smi_ber_frame {
    uint64_t end;   /* offset behind it, or SMI_BER_INDEFINITE: until end-of-contents */
    uint64_t limit; /* nothing inside may pass this offset: the end of the nearest definite one */
    uint64_t size;  /* for the normaliser: octets of the contents in normal form */
    size_t node;    /* for the normaliser: where that size is kept */
    uint8_t id_octets; /* for the normaliser: of the identifier */
    uint8_t string; /* universal number of the string type that is being assembled; 0 = none */
    bool chunk;     /* a constructed part of such a string, not the string itself */
};

struct smi_ber_nest {
    struct smi_ber_frame *frames;
    size_t depth, max;
};

/* 0 or NOMEM. */
int smi_ber_nest_init(struct smi_ber_nest *nest, size_t max_depth);
void smi_ber_nest_clear(struct smi_ber_nest *nest);

/* The innermost open element, or NULL. */
static inline struct smi_ber_frame *smi_ber_nest_top(const struct smi_ber_nest *nest)
{
    return nest->depth ? &nest->frames[nest->depth - 1] : NULL;
}

/* The offset that the next octet must stay below. */
static inline uint64_t smi_ber_nest_limit(const struct smi_ber_nest *nest)
{
    return nest->depth ? nest->frames[nest->depth - 1].limit : UINT64_MAX;
}

/* The definite element on top ends at this offset. */
static inline bool smi_ber_nest_ends(const struct smi_ber_nest *nest, uint64_t offset)
{
    return nest->depth && nest->frames[nest->depth - 1].end == offset;
}

/* Judges an element whose head (complete) began at offset `start`; opens it when it is constructed.
 * *eoc: it is the end-of-contents of the top element, which the caller closes (depth--).
 * 0, MALFORMED, or LIMIT (nesting). */
int smi_ber_nest_enter(struct smi_ber_nest *nest, const struct smi_ber_head *head, uint64_t start,
                       bool *eoc, struct smi_ber_fault *fault);

/* Universal number of a string type, which has a primitive and a constructed form. */
bool smi_ber_is_string(uint32_t number);

#endif
