/* open_sniff.c: what is this input? A message or MIME entity, or CMS in BER, PEM or bare base64.
 *
 *   LOOKING --4 KiB or the end--> PASSING (MIME, BER, base64) | PEM_LABEL
 *   PEM_LABEL --line end--> PEM_BODY --a '-'--> DONE (the rest is ignored)
 *
 * Text may stand before a PEM block, unless it begins like a header: then it is a message that has a
 * PEM block in its body.
 */
#include "../base/mem.h"
#include "open.h"

enum { LOOK_BYTES = 4096 };
enum sniff_state { LOOKING, PASSING, PEM_LABEL, PEM_BODY, DONE };

struct sniff {
    struct open_run *run;
    enum sniff_state state;
    uint8_t head[LOOK_BYTES];
    size_t head_len;
    struct smi_sink down;
};

/* SEQUENCE, then a length, then an OBJECT IDENTIFIER: a ContentInfo. */
static bool looks_ber(struct smi_slice in)
{
    if (in.len < 4 || in.ptr[0] != SMI_ID_SEQUENCE)
        return false;
    size_t length_octets = in.ptr[1] < 0x80 ? 1 : 1u + (in.ptr[1] & 0x7fu);
    return length_octets <= 9 && in.len > 1 + length_octets && in.ptr[1 + length_octets] == SMI_ID_OID;
}

static bool is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/' || c == '=';
}

/* Base64 of SEQUENCE with a long or indefinite length begins with MI or MA; one unbroken run. */
static bool looks_base64(struct smi_slice in)
{
    if (in.len < 16 || in.ptr[0] != 'M' || (in.ptr[1] != 'I' && in.ptr[1] != 'A'))
        return false;
    for (size_t i = 0; i < in.len; i++) {
        if (in.ptr[i] == '\r' || in.ptr[i] == '\n')
            return i >= 16;
        if (!is_base64(in.ptr[i]))
            return false;
    }
    return true;
}

/* A header field or an mbox line at the start: a message. */
static bool looks_header(struct smi_slice in)
{
    size_t i = 0;
    while (i < in.len && in.ptr[i] > ' ' && in.ptr[i] < 0x7f && in.ptr[i] != ':')
        i++;
    bool mbox = i == 4 && memcmp(in.ptr, "From", 4) == 0 && i < in.len && in.ptr[i] == ' ';
    return i > 0 && i < in.len && (in.ptr[i] == ':' || mbox);
}

/* Where "-----BEGIN " begins a line, or in.len. */
static size_t find_pem(struct smi_slice in)
{
    struct smi_slice begin = smi_slice_str("-----BEGIN ");
    size_t at = 0;
    while (at < in.len) {
        size_t hit = at + smi_slice_search(smi_slice_skip(in, at), begin);
        if (hit >= in.len || hit == 0 || in.ptr[hit - 1] == '\n')
            return hit < in.len ? hit : in.len;
        at = hit + 1;
    }
    return in.len;
}

/* A certificate or key given where a message belongs is a common slip. */
static int check_label(struct open_run *run, struct smi_slice pem)
{
    static const char *const wrong[] = {"CERTIFICATE", "PRIVATE KEY", "PUBLIC KEY", "CRL"};
    struct smi_slice label = smi_slice_skip(pem, sizeof "-----BEGIN " - 1);
    label = smi_slice_take(label, smi_slice_find(label, '\n'));
    label = smi_slice_take(label, smi_slice_search(label, smi_slice_str("-----")));
    for (size_t i = 0; i < SMI_COUNT(wrong); i++)
        if (smi_slice_search(label, smi_slice_str(wrong[i])) < label.len)
            return smi_fail(&run->op->diag, SMIME_E_MALFORMED, "0", 0, "RFC 7468",
                            "the input is a PEM %.*s, not a message; give the file of the message",
                            (int)(label.len < 40 ? label.len : 40), (const char *)label.ptr);
    return 0;
}

static int cms_down(struct sniff *sniff, bool base64)
{
    struct open_cms_spec spec = {"0", true, NULL};
    sniff->run->raw_input = true;
    TRY(open_cms_new(&sniff->down, sniff->run, &spec));
    if (!base64)
        return 0;
    struct smi_sink decoder;
    TRY(smi_base64_decode_new(&decoder, sniff->down, NULL));
    sniff->down = decoder;
    return 0;
}

/* *drop: octets of the head that are no part of what follows. */
static int decide(struct sniff *sniff, size_t *drop)
{
    struct smi_slice head = smi_slice(sniff->head, sniff->head_len);
    size_t pem = looks_header(head) ? head.len : find_pem(head);
    *drop = 0;
    sniff->state = PASSING;
    if (looks_ber(head))
        return cms_down(sniff, false);
    if (pem < head.len) {
        TRY(check_label(sniff->run, smi_slice_skip(head, pem)));
        sniff->state = PEM_LABEL;
        *drop = pem;
        return cms_down(sniff, true);
    }
    if (looks_base64(head))
        return cms_down(sniff, true);
    return open_layer_new(&sniff->down, sniff->run, "0", true);
}

static int pass(struct sniff *sniff, struct smi_slice in)
{
    if (sniff->state == PEM_LABEL) {
        size_t line_end = smi_slice_find(in, '\n');
        if (line_end == in.len)
            return 0;
        in = smi_slice_skip(in, line_end + 1);
        sniff->state = PEM_BODY;
    }
    if (sniff->state == PEM_BODY) {
        size_t dash = smi_slice_find(in, '-');
        if (dash < in.len)
            sniff->state = DONE;
        return smi_sink_write(sniff->down, smi_slice_take(in, dash));
    }
    return sniff->state == PASSING ? smi_sink_write(sniff->down, in) : 0;
}

static int flush_head(struct sniff *sniff)
{
    size_t drop;
    TRY(decide(sniff, &drop));
    struct smi_slice head = smi_slice_skip(smi_slice(sniff->head, sniff->head_len), drop);
    return head.len ? pass(sniff, head) : 0;
}

static int sniff_write(void *self, struct smi_slice in)
{
    struct sniff *sniff = self;
    if (sniff->state == LOOKING) {
        size_t room = LOOK_BYTES - sniff->head_len, take = in.len < room ? in.len : room;
        memcpy(sniff->head + sniff->head_len, in.ptr, take);
        sniff->head_len += take;
        in = smi_slice_skip(in, take);
        if (sniff->head_len < LOOK_BYTES)
            return 0;
        TRY(flush_head(sniff));
    }
    return in.len ? pass(sniff, in) : 0;
}

static int sniff_end(void *self)
{
    struct sniff *sniff = self;
    if (sniff->state == LOOKING) {
        if (sniff->head_len == 0)
            return smi_fail(&sniff->run->op->diag, SMIME_E_MALFORMED, "0", 0, NULL,
                            "the input is empty; give a message");
        TRY(flush_head(sniff));
    }
    return smi_sink_end(sniff->down);
}

static void sniff_abort(void *self, int why)
{
    struct sniff *sniff = self;
    smi_sink_abort(sniff->down, why);
}

static void sniff_free(void *self)
{
    struct sniff *sniff = self;
    smi_sink_free(&sniff->down);
    smi_free_wiped(sniff, sizeof *sniff);
}

int open_sniff_new(struct smi_sink *out, struct open_run *run)
{
    static const struct smi_sink_ops ops = {sniff_write, sniff_end, sniff_abort, sniff_free};
    struct sniff *sniff = smi_calloc(1, sizeof *sniff);
    if (!sniff)
        return smi_fail_nomem(&run->op->diag);
    sniff->run = run;
    out->ops = &ops;
    out->self = sniff;
    return 0;
}
