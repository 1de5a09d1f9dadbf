/* pem.c: PEM blocks (RFC 7468) in a text: anything before, between and after them is ignored. */
#include "x509.h"

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Illegal octets and what follows the padding are skipped: the DER behind it decides. */
static int decode(struct smi_buf *out, struct smi_slice in)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < in.len && in.ptr[i] != '='; i++) {
        int v = value_of(in.ptr[i]);
        if (v < 0)
            continue;
        bits = (bits << 6) | (uint32_t)v;
        have += 6;
        if (have >= 8) {
            have -= 8;
            TRY(smi_buf_add_byte(out, (uint8_t)(bits >> have)));
        }
    }
    return 0;
}

/* Traditional keys have "Proc-Type: ..." lines and an empty line before the base64. */
static struct smi_slice skip_headers(struct smi_slice in)
{
    for (;;) {
        size_t line = smi_slice_find(in, '\n');
        if (smi_slice_find(smi_slice_take(in, line), ':') == line || line == in.len)
            return in;
        in = smi_slice_skip(in, line + 1);
    }
}

bool smi_pem_next(struct smi_slice *rest, struct smi_slice *label, struct smi_buf *body)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ", dashes[] = "-----";
    for (;;) {
        size_t at = smi_slice_search(*rest, smi_slice_str(begin));
        if (at == rest->len)
            return false;
        struct smi_slice in = smi_slice_skip(*rest, at + sizeof begin - 1);
        size_t close = smi_slice_search(in, smi_slice_str(dashes));
        size_t line = smi_slice_find(in, '\n');
        *rest = in;
        if (close == in.len || close > line)
            continue;
        *label = smi_slice_take(in, close);
        in = smi_slice_skip(in, close + sizeof dashes - 1);
        size_t stop = smi_slice_search(in, smi_slice_str(end));
        if (stop == in.len)
            return false;
        *rest = smi_slice_skip(in, stop);
        smi_buf_clear(body);
        if (decode(body, skip_headers(smi_slice_take(in, stop))) == 0)
            return true;
    }
}
