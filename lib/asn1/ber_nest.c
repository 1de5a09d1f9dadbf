/* ber_nest.c: X.690 8.1.2 (identifier octets), 8.1.3 (length octets), 8.1.5 (end-of-contents), and
 * the primitive or constructed form of the universal types.
 *
 * Accepts all of BER. Refuses what BER forbids, each with its clause: a primitive of indefinite
 * length, end-of-contents outside an indefinite element, lengths beyond 63 bits, tag numbers
 * beyond 32 bits or with padding, a child that passes the end of its parent, a part of a
 * constructed string that is of another type. Two readers of one octet string must not come to two
 * trees.
 */
#include "ber_nest.h"

#include "../base/mem.h"

enum head_state { HEAD_ID = 0, HEAD_TAG, HEAD_LENGTH, HEAD_LENGTH_OCTETS };

enum { NUMBER_BIT_STRING = 3, NUMBER_OCTET_STRING = 4 };

static int malformed(struct smi_ber_fault *fault, const char *clause, const char *text)
{
    fault->clause = clause;
    fault->text = text;
    return SMIME_E_MALFORMED;
}

static void feed_id(struct smi_ber_head *head, uint8_t octet)
{
    head->tag.cls = (enum smi_tag_class)(octet >> 6);
    head->tag.constructed = (octet & 0x20) != 0;
    head->tag.number = octet & 0x1f;
    head->id_octets = 1;
    head->state = HEAD_LENGTH;
    if (head->tag.number == 0x1f) {
        head->tag.number = 0;
        head->state = HEAD_TAG;
    }
}

static int feed_tag(struct smi_ber_head *head, uint8_t octet, struct smi_ber_fault *fault)
{
    if (head->octets == 2 && octet == 0x80)
        return malformed(fault, "X.690 8.1.2.4.2", "tag number with leading zeros");
    if (head->tag.number > UINT32_MAX >> 7)
        return malformed(fault, "X.690 8.1.2.4.2", "tag number beyond 32 bits");
    head->tag.number = head->tag.number << 7 | (octet & 0x7f);
    head->id_octets = head->octets;
    if (octet & 0x80)
        return 0;
    if (head->tag.number < 31)
        return malformed(fault, "X.690 8.1.2.2", "tag number below 31 in the long form");
    head->state = HEAD_LENGTH;
    return 0;
}

static int feed_length(struct smi_ber_head *head, uint8_t octet, struct smi_ber_fault *fault)
{
    if (octet < 0x80) {
        head->length = octet;
        head->minimal = head->done = true;
        return 0;
    }
    if (octet == 0xff)
        return malformed(fault, "X.690 8.1.3.5", "reserved length octet ff");
    if (octet == 0x80) {
        if (!head->tag.constructed)
            return malformed(fault, "X.690 8.1.3.2", "primitive element of indefinite length");
        head->length = SMI_BER_INDEFINITE;
        head->done = true;
        return 0;
    }
    head->length = 0;
    head->length_left = octet & 0x7f;
    head->minimal = true;
    head->state = HEAD_LENGTH_OCTETS;
    return 0;
}

static int feed_length_octet(struct smi_ber_head *head, uint8_t octet, struct smi_ber_fault *fault)
{
    if (head->length == 0 && octet == 0)
        head->minimal = false; /* allowed in BER (8.1.3.5, note 2) */
    if (head->length > (uint64_t)INT64_MAX >> 8)
        return malformed(fault, "X.690 8.1.3.5", "length beyond 63 bits");
    head->length = head->length << 8 | octet;
    if (--head->length_left == 0) {
        head->done = true;
        head->minimal = head->minimal && head->length >= 0x80;
    }
    return 0;
}

int smi_ber_head_feed(struct smi_ber_head *head, uint8_t octet, struct smi_ber_fault *fault)
{
    head->octets++;
    switch ((enum head_state)head->state) {
    case HEAD_ID:
        feed_id(head, octet);
        return 0;
    case HEAD_TAG:
        return feed_tag(head, octet, fault);
    case HEAD_LENGTH:
        return feed_length(head, octet, fault);
    case HEAD_LENGTH_OCTETS:
        return feed_length_octet(head, octet, fault);
    }
    return SMIME_E_INTERNAL;
}

int smi_ber_nest_init(struct smi_ber_nest *nest, size_t max_depth)
{
    nest->depth = 0;
    nest->max = max_depth;
    nest->frames = smi_calloc(max_depth, sizeof *nest->frames);
    return nest->frames ? 0 : SMIME_E_NOMEM;
}

void smi_ber_nest_clear(struct smi_ber_nest *nest)
{
    smi_free(nest->frames);
    nest->frames = NULL;
    nest->depth = nest->max = 0;
}

bool smi_ber_is_string(uint32_t number)
{
    /* BIT STRING, OCTET STRING, ObjectDescriptor, UTF8String, the restricted character strings and
     * the two times (18 .. 28), BMPString. */
    const uint32_t strings = 1u << 3 | 1u << 4 | 1u << 7 | 1u << 12 | 0x7ffu << 18 | 1u << 30;
    return number < 31 && (strings >> number & 1u);
}

/* The form that X.690 prescribes for a universal type. */
static int check_form(const struct smi_tag *tag, struct smi_ber_fault *fault)
{
    /* BOOLEAN, INTEGER, NULL, OID, REAL, ENUMERATED, RELATIVE-OID, TIME */
    const uint32_t primitive = 1u << 1 | 1u << 2 | 1u << 5 | 1u << 6 | 1u << 9 | 1u << 10 |
                               1u << 13 | 1u << 14;
    /* EXTERNAL, EMBEDDED PDV, SEQUENCE, SET, CHARACTER STRING */
    const uint32_t constructed = 1u << 8 | 1u << 11 | 1u << 16 | 1u << 17 | 1u << 29;
    if (tag->cls != SMI_UNIVERSAL || tag->number >= 31)
        return 0;
    if (tag->constructed && (primitive >> tag->number & 1u))
        return malformed(fault, "X.690 8.2 - 8.20", "constructed form of a type that has none");
    if (!tag->constructed && (constructed >> tag->number & 1u))
        return malformed(fault, "X.690 8.9.1", "primitive form of a SEQUENCE, SET or EXTERNAL");
    return 0;
}

/* A part of a constructed BIT STRING is a BIT STRING (8.6.4); of any other string, an OCTET STRING
 * (8.7.3, 8.23). For character strings some encoders repeat the string's own type: taken too. */
static int check_chunk(uint8_t string, const struct smi_tag *tag, struct smi_ber_fault *fault)
{
    bool fits = tag->cls == SMI_UNIVERSAL &&
                (tag->number == string ||
                 (tag->number == NUMBER_OCTET_STRING && string != NUMBER_BIT_STRING));
    if (fits)
        return 0;
    return malformed(fault, string == NUMBER_BIT_STRING ? "X.690 8.6.4" : "X.690 8.7.3",
                     "a constructed string holds an element of another type");
}

static int check_eoc(const struct smi_ber_frame *top, const struct smi_ber_head *head,
                     struct smi_ber_fault *fault)
{
    if (head->tag.constructed || head->octets != 2 || head->length != 0)
        return malformed(fault, "X.690 8.1.5", "tag 0 that is not end-of-contents (00 00)");
    if (!top || top->end != SMI_BER_INDEFINITE)
        return malformed(fault, "X.690 8.1.5",
                         "end-of-contents outside an element of indefinite length");
    return 0;
}

static int open_frame(struct smi_ber_nest *nest, const struct smi_ber_head *head, uint64_t at,
                      struct smi_ber_fault *fault)
{
    const struct smi_ber_frame *top = smi_ber_nest_top(nest);
    if (nest->depth >= nest->max) {
        fault->clause = NULL;
        fault->text = "ASN.1 elements are nested too deeply; the limit is asn1_depth";
        return SMIME_E_LIMIT;
    }
    struct smi_ber_frame frame = {.end = SMI_BER_INDEFINITE, .limit = smi_ber_nest_limit(nest)};
    if (head->length != SMI_BER_INDEFINITE)
        frame.end = frame.limit = at + head->length;
    if (top && top->string) {
        frame.string = top->string;
        frame.chunk = true;
    } else if (head->tag.cls == SMI_UNIVERSAL && smi_ber_is_string(head->tag.number)) {
        frame.string = (uint8_t)head->tag.number;
    }
    nest->frames[nest->depth++] = frame;
    return 0;
}

int smi_ber_nest_enter(struct smi_ber_nest *nest, const struct smi_ber_head *head, uint64_t start,
                       bool *eoc, struct smi_ber_fault *fault)
{
    const struct smi_ber_frame *top = smi_ber_nest_top(nest);
    uint64_t at = start + head->octets;
    *eoc = head->tag.cls == SMI_UNIVERSAL && head->tag.number == 0;
    if (*eoc)
        return check_eoc(top, head, fault);
    if (head->length != SMI_BER_INDEFINITE && head->length > smi_ber_nest_limit(nest) - at)
        return malformed(fault, "X.690 8.1.3.3", "an element is longer than the one that holds it");
    if (top && top->string)
        TRY(check_chunk(top->string, &head->tag, fault));
    TRY(check_form(&head->tag, fault));
    return head->tag.constructed ? open_frame(nest, head, at, fault) : 0;
}
