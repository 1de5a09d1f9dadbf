/* open_kit.h: messages of every kind, and opening them from a source that is cut as told. */
#ifndef TESTS_OPEN_KIT_H
#define TESTS_OPEN_KIT_H

#include "msg_kit.h"

static struct smime_ctx *ctx;
static struct smime_keys *alice, *bob;
static struct smime_certs *everyone, *anchors;

static inline void open_kit_start(void)
{
    if (ctx)
        return;
    kit_start();
    ctx = kit_ctx(SMIME_POLICY_COMPATIBLE);
    kit_ok(smime_keys_new(ctx, &alice) == 0 && smime_keys_new(ctx, &bob) == 0);
    kit_ok(smime_certs_new(ctx, &everyone) == 0 && smime_certs_new(ctx, &anchors) == 0);
    kit_add_key(alice, &kit_alice);
    kit_add_key(bob, &kit_bob);
    kit_add_cert(everyone, kit_bob.cert);
    kit_add_cert(anchors, kit_root.cert);
}

/* A source over memory whose reads end at `cut` (0: nowhere) and never give more than `most` octets. */
struct cut_source {
    struct smi_slice data;
    size_t at, cut, most;
};

static inline int cut_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct cut_source *s = self;
    size_t left = s->data.len - s->at;
    if (s->at < s->cut && s->cut - s->at < left)
        left = s->cut - s->at;
    if (s->most && left > s->most)
        left = s->most;
    *got = left < cap ? left : cap;
    if (*got)
        memcpy(buffer, s->data.ptr + s->at, *got);
    s->at += *got;
    return 0;
}

static inline int cut_rewind(void *self)
{
    struct cut_source *s = self;
    s->at = 0;
    return 0;
}

struct opened {
    int rc;
    struct smi_buf out, json;
    enum smime_verdict verdict;
};

static inline void open_cut(struct opened *r, struct smi_slice wire, size_t cut, size_t most,
                            bool rewinds)
{
    struct cut_source state = {wire, 0, cut, most};
    struct smime_source source = {cut_read, rewinds ? cut_rewind : NULL, NULL, &state};
    struct smime_open_options options;
    struct smime_output *output;
    struct smime_op *op;
    SMIME_INIT(&options);
    options.keys = bob;
    options.anchors = anchors;
    options.now = KIT_NOW;
    smi_buf_init(&r->out, 0);
    smi_buf_init(&r->json, 0);
    kit_ok(smime_op_new(ctx, &op) == 0);
    kit_ok(smime_output_callback(&output, kit_collect, &r->out) == 0);
    r->rc = smime_open(op, &options, &source, output);
    r->verdict = smime_op_report(op)->verdict;
    kit_ok(smi_buf_add_str(&r->json, smime_op_report_json(op)) == 0);
    smime_output_free(output);
    smime_op_free(op);
}

static inline void opened_clear(struct opened *r)
{
    smi_buf_clear(&r->out);
    smi_buf_clear(&r->json);
}

static inline bool opened_same(const struct opened *a, const struct opened *b)
{
    return a->rc == b->rc && smi_slice_eq(smi_buf_slice(&a->out), smi_buf_slice(&b->out)) &&
           smi_slice_eq(smi_buf_slice(&a->json), smi_buf_slice(&b->json));
}

static inline void make(const char *text, size_t len, unsigned flags, const char *cipher,
                        struct smi_buf *out)
{
    struct smime_protect_options options;
    struct smime_source source;
    struct smime_output *output;
    struct smime_op *op;
    SMIME_INIT(&options);
    options.flags = flags;
    options.cipher = cipher;
    options.keys = alice;
    options.certs = everyone;
    options.now = KIT_NOW;
    smi_buf_init(out, 0);
    kit_ok(smime_op_new(ctx, &op) == 0);
    kit_ok(smime_source_memory(&source, text, len) == 0);
    kit_ok(smime_output_callback(&output, kit_collect, out) == 0);
    CHECK_INT(smime_protect(op, &options, &source, output), 0);
    smime_output_free(output);
    smime_source_close(&source);
    smime_op_free(op);
}

/* The n-th kind of message, n < KINDS. */
enum { KINDS = 10 };

static inline void put(struct smi_buf *out, const char *text)
{
    kit_ok(smi_buf_add_str(out, text) == 0);
}

/* A mailing list's wrapper around the signed entity of `inner`: header, wrapper, footer. */
static inline void wrap(struct smi_buf *out, const struct smi_buf *inner)
{
    struct smi_slice all = smi_buf_slice(inner);
    size_t entity = smi_slice_search(all, smi_slice_str("Content-Type: multipart/signed"));
    smi_buf_init(out, 0);
    put(out, "From: alice@example.org\nSubject: list\nMIME-Version: 1.0\n"
             "Content-Type: multipart/mixed; boundary=outer\n\n--outer\n");
    kit_ok(smi_buf_add(out, smi_slice_skip(all, entity)) == 0);
    put(out, "\n--outer\nContent-Type: text/plain\n\nlist footer\n--outer--\n");
}

static inline void to_crlf(struct smi_buf *buf)
{
    struct smi_buf crlf;
    smi_buf_init(&crlf, 0);
    for (size_t i = 0; i < buf->len; i++) {
        if (buf->ptr[i] == '\n')
            kit_ok(smi_buf_add_byte(&crlf, '\r') == 0);
        kit_ok(smi_buf_add_byte(&crlf, buf->ptr[i]) == 0);
    }
    smi_buf_clear(buf);
    *buf = crlf;
}

static inline void make_kind(unsigned n, struct smi_buf *out)
{
    static const char text[] = "From: alice@example.org\nTo: bob@example.org\nSubject: Plans\n"
                               "Date: Tue, 24 Nov 2026 19:53:20 +0000\nMIME-Version: 1.0\n"
                               "Content-Type: multipart/mixed; boundary=b\n\n"
                               "--b\n\nGreetings \nFrom here\n--b\nContent-Type: text/html\n\n"
                               "<p>x</p>\n--b--\n";
    const unsigned sign = SMIME_PROTECT_SIGN, encrypt = SMIME_PROTECT_ENCRYPT;
    static const struct {
        unsigned flags;
        const char *cipher;
    } kinds[] = {{SMIME_PROTECT_SIGN, NULL},
                 {SMIME_PROTECT_SIGN | SMIME_PROTECT_OPAQUE, NULL},
                 {SMIME_PROTECT_ENCRYPT, "aes256-cbc"},
                 {SMIME_PROTECT_ENCRYPT, "aes256-gcm"},
                 {SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT, "aes128-cbc"},
                 {SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT | SMIME_PROTECT_OPAQUE, "aes128-gcm"}};
    struct smi_buf inner;
    switch (n) {
    case 6: /* partly signed */
        make(text, sizeof text - 1, sign, NULL, &inner);
        wrap(out, &inner);
        smi_buf_clear(&inner);
        break;
    case 7: /* CRLF transport, altered content */
        make(text, sizeof text - 1, sign, NULL, out);
        out->ptr[smi_slice_search(smi_buf_slice(out), smi_slice_str("Greetings"))] = 'g';
        to_crlf(out);
        break;
    case 8: /* bare CMS */
        make(text, sizeof text - 1, sign | SMIME_PROTECT_OPAQUE | SMIME_PROTECT_RAW_CMS, NULL, out);
        break;
    case 9: /* altered ciphertext: the tag does not fit */
        make(text, sizeof text - 1, encrypt | SMIME_PROTECT_RAW_CMS, "aes256-gcm", out);
        out->ptr[out->len - 60] ^= 1;
        break;
    default:
        make(text, sizeof text - 1, kinds[n].flags, kinds[n].cipher, out);
    }
}

#endif
