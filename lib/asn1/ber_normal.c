/* ber_normal.c: one BER element to definite minimal lengths and primitive universal strings.
 *
 * Two passes over the input with the same reader: the first finds the length of every constructed
 * element in normal form, in order of appearance; the second writes. Linear in the input,
 * iterative, with 8 octets of memory for each constructed element.
 *
 * Values are not touched: the order of SET members, DEFAULT values, BOOLEAN ff, unused bits stay.
 * Refuses what ber_nest.c refuses, octets behind the element, and BIT STRING parts that are empty
 * or have unused bits before the last part (X.690 8.6.4).
 */
#include "../base/mem.h"
#include "ber_nest.h"
#include "der_write.h"

enum { NUMBER_BIT_STRING = 3 };

struct normaliser {
    struct smi_slice in;
    size_t pos;
    struct smi_ber_nest nest;
    struct smi_buf sizes; /* uint64_t for each constructed element that stays one, or is a string */
    size_t next;          /* elements seen in this pass */
    uint64_t total;       /* octets of the whole normal form */
    struct smi_buf *out;  /* NULL in the first pass */
    size_t bits_at;       /* where in out the initial octet of the current BIT STRING is */
    uint8_t bits_unused;  /* of its last part */
    struct smi_ber_head head;
    size_t start;
};

static void set_size(struct normaliser *n, size_t node, uint64_t size)
{
    memcpy(n->sizes.ptr + node * sizeof size, &size, sizeof size);
}

static uint64_t get_size(const struct normaliser *n, size_t node)
{
    uint64_t size;
    memcpy(&size, n->sizes.ptr + node * sizeof size, sizeof size);
    return size;
}

static int read_head(struct normaliser *n)
{
    struct smi_ber_fault fault;
    memset(&n->head, 0, sizeof n->head);
    n->start = n->pos;
    while (!n->head.done) {
        if (n->pos >= n->in.len || n->pos >= smi_ber_nest_limit(&n->nest))
            return SMIME_E_MALFORMED;
        TRY(smi_ber_head_feed(&n->head, n->in.ptr[n->pos], &fault));
        n->pos++;
    }
    return 0;
}

/* Adds to the contents of the element that is open, or to the whole. */
static void count(struct normaliser *n, uint64_t octets)
{
    struct smi_ber_frame *top = smi_ber_nest_top(&n->nest);
    if (top)
        top->size += octets;
    else
        n->total += octets;
}

static uint64_t element_head_len(unsigned id_octets, uint64_t length)
{
    return id_octets - 1 + smi_der_header_len(length);
}

/* Identifier as received (primitive = true: the constructed bit cleared), minimal length. */
static int write_head(struct normaliser *n, bool primitive, uint64_t length)
{
    const uint8_t *id = n->in.ptr + n->start;
    if (n->head.id_octets == 1)
        return smi_der_put_header(n->out, (uint8_t)(primitive ? id[0] & ~0x20 : id[0]), length);
    TRY(smi_buf_add(n->out, smi_slice(id, n->head.id_octets - 1)));
    return smi_der_put_header(n->out, id[n->head.id_octets - 1], length);
}

/* A part of a BIT STRING: initial octet, then bits. */
static int bit_chunk(struct normaliser *n, struct smi_slice content)
{
    if (content.len == 0 || content.ptr[0] > 7 || (content.len == 1 && content.ptr[0] != 0))
        return SMIME_E_MALFORMED;
    if (n->bits_unused != 0)
        return SMIME_E_MALFORMED;
    n->bits_unused = content.ptr[0];
    count(n, content.len - 1);
    if (!n->out)
        return 0;
    n->out->ptr[n->bits_at] = n->bits_unused;
    return smi_buf_add(n->out, smi_slice_skip(content, 1));
}

static int primitive(struct normaliser *n)
{
    const struct smi_ber_frame *top = smi_ber_nest_top(&n->nest);
    if (n->head.length > n->in.len - n->pos)
        return SMIME_E_MALFORMED;
    struct smi_slice content = smi_slice(n->in.ptr + n->pos, (size_t)n->head.length);
    n->pos += content.len;
    if (top && top->string == NUMBER_BIT_STRING)
        return bit_chunk(n, content);
    if (!top || !top->string) {
        count(n, element_head_len(n->head.id_octets, content.len));
        if (n->out)
            TRY(write_head(n, false, content.len));
    }
    count(n, content.len);
    return n->out ? smi_buf_add(n->out, content) : 0;
}

/* A constructed element that has a head of its own in the normal form. */
static int opened(struct normaliser *n)
{
    static const uint64_t unknown = 0;
    struct smi_ber_frame *top = smi_ber_nest_top(&n->nest);
    top->node = n->next++;
    top->id_octets = (uint8_t)n->head.id_octets;
    if (n->out)
        TRY(write_head(n, top->string != 0, get_size(n, top->node)));
    else
        TRY(smi_buf_add(&n->sizes, smi_slice(&unknown, sizeof unknown)));
    if (top->string != NUMBER_BIT_STRING)
        return 0;
    n->bits_unused = 0;
    count(n, 1);
    if (!n->out)
        return 0;
    n->bits_at = n->out->len;
    return smi_buf_add_byte(n->out, 0);
}

static void closed(struct normaliser *n)
{
    const struct smi_ber_frame top = *smi_ber_nest_top(&n->nest);
    n->nest.depth--;
    count(n, top.size);
    if (top.chunk)
        return;
    count(n, element_head_len(top.id_octets, top.size));
    if (!n->out)
        set_size(n, top.node, top.size);
}

static int element(struct normaliser *n)
{
    struct smi_ber_fault fault;
    bool eoc;
    TRY(read_head(n));
    TRY(smi_ber_nest_enter(&n->nest, &n->head, n->start, &eoc, &fault));
    if (eoc)
        closed(n);
    else if (!n->head.tag.constructed)
        TRY(primitive(n));
    else if (!smi_ber_nest_top(&n->nest)->chunk)
        TRY(opened(n));
    while (smi_ber_nest_ends(&n->nest, n->pos))
        closed(n);
    return 0;
}

static int pass(struct normaliser *n, struct smi_buf *out)
{
    n->pos = n->next = 0;
    n->total = 0;
    n->out = out;
    do
        TRY(element(n));
    while (n->nest.depth > 0);
    return n->pos == n->in.len ? 0 : SMIME_E_MALFORMED;
}

int smi_ber_normalise(struct smi_buf *out, struct smi_slice in, size_t max_depth)
{
    struct normaliser n = {.in = in};
    smi_buf_init(&n.sizes, 0);
    TRY(smi_ber_nest_init(&n.nest, max_depth));
    int rc = pass(&n, NULL);
    if (rc == 0)
        rc = (size_t)n.total != n.total ? SMIME_E_LIMIT : smi_buf_reserve(out, (size_t)n.total);
    if (rc == 0)
        rc = pass(&n, out);
    smi_buf_clear(&n.sizes);
    smi_ber_nest_clear(&n.nest);
    return rc;
}
