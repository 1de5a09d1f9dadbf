/* ber_tree.h: random BER trees with their normal form, a recording handler, and pushes in pieces;
 * shared by the tests of the tokenizer. The normal form is built beside the tree, by other means
 * than the library's: so that the one proves the other. */
#ifndef TESTS_BER_TREE_H
#define TESTS_BER_TREE_H

#include "asn1/ber.h"
#include "asn1/der_write.h"
#include "base/mem.h"
#include "check.h"

struct rng {
    uint64_t state;
};

static inline uint32_t rng_next(struct rng *rng)
{
    rng->state = rng->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng->state >> 33);
}

static inline uint32_t rng_below(struct rng *rng, uint32_t bound)
{
    return rng_next(rng) % bound;
}

/* ---- building ---- */

static inline void tree_add(struct smi_buf *buf, const void *ptr, size_t len)
{
    CHECK_INT(smi_buf_add(buf, smi_slice(ptr, len)), 0);
}

static inline void tree_byte(struct smi_buf *buf, unsigned byte)
{
    CHECK_INT(smi_buf_add_byte(buf, (uint8_t)byte), 0);
}

/* Length octets, `padding` zeros more than needed (0: the minimal form). */
static inline void tree_length(struct smi_buf *buf, size_t len, unsigned padding)
{
    unsigned octets = 1;
    if (len < 0x80 && padding == 0) {
        tree_byte(buf, (unsigned)len);
        return;
    }
    for (size_t rest = len >> 8; rest; rest >>= 8)
        octets++;
    tree_byte(buf, 0x80 | (octets + padding - (len < 0x80)));
    for (unsigned i = 0; i < padding - (len < 0x80 ? 1u : 0u); i++)
        tree_byte(buf, 0);
    for (unsigned i = octets; i-- > 0;)
        tree_byte(buf, (unsigned)(len >> (8 * i)) & 0xff);
}

/* Identifier, then the content in one of the forms that BER allows. */
static inline void tree_put(struct smi_buf *ber, const uint8_t *id, size_t id_len,
                            const struct smi_buf *content, struct rng *rng)
{
    bool constructed = (id[0] & 0x20) != 0;
    tree_add(ber, id, id_len);
    if (constructed && rng_below(rng, 2) == 0) {
        tree_byte(ber, 0x80);
        tree_add(ber, content->ptr, content->len);
        tree_add(ber, "\0\0", 2);
        return;
    }
    tree_length(ber, content->len, rng_below(rng, 4) == 0 ? 1 + rng_below(rng, 3) : 0);
    tree_add(ber, content->ptr, content->len);
}

static inline void tree_put_normal(struct smi_buf *der, const uint8_t *id, size_t id_len,
                                   const struct smi_buf *content)
{
    tree_add(der, id, id_len);
    tree_length(der, content->len, 0);
    tree_add(der, content->ptr, content->len);
}

static inline void tree_random_octets(struct smi_buf *buf, struct rng *rng)
{
    unsigned len = rng_below(rng, 30) == 0 ? 100 + rng_below(rng, 400) : rng_below(rng, 6);
    for (unsigned i = 0; i < len; i++)
        tree_byte(buf, rng_next(rng) & 0xff);
}

/* Cuts value into parts of a constructed string: elements with chunk_id, some constructed. */
static inline void tree_chunks(struct smi_buf *ber, struct smi_slice value, uint8_t chunk_id,
                               unsigned depth, struct rng *rng)
{
    while (value.len || rng_below(rng, 4) == 0) {
        size_t len = value.len ? 1 + rng_below(rng, (uint32_t)value.len) : 0;
        bool last = len == value.len;
        struct smi_buf part;
        uint8_t id = chunk_id;
        smi_buf_init(&part, 0);
        if (depth > 0 && rng_below(rng, 4) == 0 && (!last || chunk_id != 0x03)) {
            id |= 0x20;
            tree_chunks(&part, smi_slice_take(value, len), chunk_id, depth - 1, rng);
        } else {
            if (chunk_id == 0x03)
                tree_byte(&part, 0);
            tree_add(&part, value.ptr, len);
        }
        tree_put(ber, &id, 1, &part, rng);
        smi_buf_clear(&part);
        value = smi_slice_skip(value, len);
    }
}

static inline void tree_string(struct smi_buf *ber, struct smi_buf *der, struct rng *rng)
{
    static const uint8_t types[] = {0x03, 0x04, 0x0c, 0x13, 0x16, 0x1e};
    uint8_t id = types[rng_below(rng, sizeof types)], constructed = id | 0x20;
    struct smi_buf value, content;
    smi_buf_init(&value, 0);
    smi_buf_init(&content, 0);
    if (id == 0x03)
        tree_byte(&value, 0);
    tree_random_octets(&value, rng);
    tree_put_normal(der, &id, 1, &value);
    if (rng_below(rng, 2) == 0) {
        tree_put(ber, &id, 1, &value, rng);
    } else {
        size_t skip = id == 0x03 ? 1 : 0;
        tree_chunks(&content, smi_slice_skip(smi_buf_slice(&value), skip),
                    id == 0x03 ? 0x03 : 0x04, 2, rng);
        tree_put(ber, &constructed, 1, &content, rng);
    }
    smi_buf_clear(&value);
    smi_buf_clear(&content);
}

/* One element: as BER in some form, and in normal form. */
static inline void tree_element(struct smi_buf *ber, struct smi_buf *der, unsigned depth,
                                struct rng *rng)
{
    static const uint8_t ids[][4] = {{0x30}, {0x31}, {0xa0}, {0xa3}, {0x61}, {0xbf, 0x87, 0x68},
                                     {0x02}, {0x06}, {0x80}, {0x9f, 0x1f}, {0x05}, {0xc1}};
    static const uint8_t id_lens[] = {1, 1, 1, 1, 1, 3, 1, 1, 1, 2, 1, 1};
    struct smi_buf content, normal;
    if (rng_below(rng, 3) == 0) {
        tree_string(ber, der, rng);
        return;
    }
    unsigned type = rng_below(rng, depth ? 6 + 6 : 6) + (depth ? 0 : 6);
    smi_buf_init(&content, 0);
    smi_buf_init(&normal, 0);
    if (type < 6) {
        for (unsigned n = rng_below(rng, 5); n > 0; n--)
            tree_element(&content, &normal, depth - 1, rng);
        tree_put_normal(der, ids[type], id_lens[type], &normal);
    } else {
        tree_random_octets(&content, rng);
        tree_put_normal(der, ids[type], id_lens[type], &content);
    }
    tree_put(ber, ids[type], id_lens[type], &content, rng);
    smi_buf_clear(&content);
    smi_buf_clear(&normal);
}

/* ---- recording ---- */

/* Everything that the handler is told, as text; data() pieces are joined. */
struct record {
    struct smi_buf text;
    enum smi_ber_action (*choose)(void *arg, struct smi_tag tag, unsigned depth, uint64_t offset);
    void *arg;
    bool in_data;
};

static inline int record_hex(struct record *r, struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++) {
        int rc = smi_buf_printf(&r->text, "%02x", in.ptr[i]);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static inline int record_element(void *self, struct smi_tag tag, unsigned depth, uint64_t length,
                                 uint64_t offset, enum smi_ber_action *action)
{
    struct record *r = self;
    *action = r->choose(r->arg, tag, depth, offset);
    return smi_buf_printf(&r->text, "%s%c%u.%u/%u@%u:%lld ", r->in_data ? " " : "",
                          "WCSK"[*action], (unsigned)tag.cls, tag.number, depth, (unsigned)offset,
                          (long long)length);
}

static inline int record_captured(void *self, unsigned depth, struct smi_slice raw,
                                  struct smi_slice der, uint64_t offset)
{
    struct record *r = self;
    int rc = smi_buf_printf(&r->text, "captured%u@%u %s", depth, (unsigned)offset,
                            raw.ptr == der.ptr ? "same " : "");
    if (rc == 0)
        rc = record_hex(r, raw);
    if (rc == 0)
        rc = smi_buf_add_str(&r->text, "=");
    if (rc == 0)
        rc = record_hex(r, der);
    return rc ? rc : smi_buf_add_str(&r->text, " ");
}

static inline int record_data(void *self, struct smi_slice in)
{
    struct record *r = self;
    r->in_data = true;
    CHECK(in.len > 0);
    return record_hex(r, in);
}

static inline int record_leave(void *self, unsigned depth)
{
    struct record *r = self;
    int rc = smi_buf_printf(&r->text, "%sleave%u ", r->in_data ? " " : "", depth);
    r->in_data = false;
    return rc;
}

/* Walks constructed elements, streams OCTET STRINGs and [n] primitives, captures the rest. */
static inline enum smi_ber_action choose_by_type(void *arg, struct smi_tag tag, unsigned depth,
                                                 uint64_t offset)
{
    (void)arg;
    (void)depth;
    (void)offset;
    if (tag.cls == SMI_UNIVERSAL && tag.number == 4)
        return SMI_BER_STREAM;
    if (tag.cls == SMI_UNIVERSAL && tag.number != 16 && tag.number != 17)
        return SMI_BER_CAPTURE;
    return tag.constructed ? SMI_BER_WALK : SMI_BER_STREAM;
}

/* Pushes in pieces: cut 0 = all at once; below 1000 = of so many octets; else random ones up to 16.
 * Leaves the trace, followed by the outcome, in *text. */
static inline int record_push(struct smi_slice in, size_t cut, struct rng *rng, struct record *r,
                              const struct smime_limits *limits)
{
    struct smi_ber_handler handler = {r, record_element, record_captured, record_data,
                                      record_leave};
    struct smi_diag diag;
    struct smi_ber *ber;
    bool suspicious;
    smi_diag_reset(&diag);
    int rc = smi_ber_new(&ber, &handler, limits, &diag, "test");
    if (rc != 0)
        return rc;
    while (rc == 0 && in.len) {
        size_t len = cut == 0 ? in.len : cut < 1000 ? cut : 1 + rng_below(rng, 16);
        if (len > in.len)
            len = in.len;
        /* a copy of its own, so that the sanitizer sees a read beyond the piece */
        uint8_t *piece = malloc(len);
        memcpy(piece, in.ptr, len);
        rc = smi_ber_push(ber, smi_slice(piece, len));
        free(piece);
        in = smi_slice_skip(in, len);
    }
    if (rc == 0)
        rc = smi_ber_finish(ber);
    else
        CHECK_INT(smi_ber_push(ber, smi_slice("\0", 1)), rc); /* sticky */
    unsigned trailing = (unsigned)smi_ber_trailing(ber, &suspicious);
    int written = rc == 0 ? smi_buf_printf(&r->text, "rc0 trailing%u,%d", trailing, suspicious)
                          : smi_buf_printf(&r->text, "rc%d@%lld %s", rc, (long long)diag.offset,
                                           diag.clause);
    CHECK(written == 0 || written == SMIME_E_NOMEM);
    CHECK(diag.code == rc || rc == SMIME_E_NOMEM);
    smi_ber_free(ber);
    return rc ? rc : written;
}

#endif
