/* pem.c: a tolerant scanner for PEM (RFC 7468, the lax form of its section 3; the encapsulated
 * headers of RFC 1421 4.6 are passed over).
 *
 * A block begins at a line "-----BEGIN label-----" (blanks around it are fine) and ends at the next
 * line that begins with "-----END". Text around blocks is ignored. A block that is cut off, begins
 * anew before its end, is empty, or holds characters that are no base64 is passed over.
 */
#include "../base/mem.h"
#include "x509.h"

static struct smi_slice next_line(struct smi_slice *rest)
{
    size_t lf = smi_slice_find(*rest, '\n');
    struct smi_slice line = smi_slice_take(*rest, lf);
    *rest = smi_slice_skip(*rest, lf < rest->len ? lf + 1 : lf);
    return smi_slice_trim(line);
}

static bool begins(struct smi_slice in, const char *with)
{
    struct smi_slice prefix = smi_slice_str(with);
    return in.len >= prefix.len && smi_slice_eq(smi_slice_take(in, prefix.len), prefix);
}

static bool is_begin_line(struct smi_slice line, struct smi_slice *label)
{
    static const char head[] = "-----BEGIN ", tail[] = "-----";
    if (begins(line, "\xef\xbb\xbf")) /* what some editors put before the first line */
        line = smi_slice_skip(line, 3);
    if (!begins(line, head))
        return false;
    line = smi_slice_skip(line, sizeof head - 1);
    size_t end = smi_slice_search(line, smi_slice_str(tail));
    *label = smi_slice_take(line, end);
    return end > 0 && end + sizeof tail - 1 == line.len;
}

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

struct base64 {
    uint32_t bits;
    unsigned have; /* bits that are not written yet: 0, 2, 4, 6 */
    size_t sextets, pads;
};

/* False: no base64, or out of memory. */
static bool decode_line(struct base64 *state, struct smi_slice line, struct smi_buf *body)
{
    for (size_t i = 0; i < line.len; i++) {
        uint8_t c = line.ptr[i];
        if (c == ' ' || c == '\t' || c == '\r')
            continue;
        int value = value_of(c);
        if (c == '=') {
            state->pads++;
            continue;
        }
        if (value < 0 || state->pads)
            return false;
        state->sextets++;
        state->bits = (state->bits << 6 | (uint32_t)value) & 0xfff;
        state->have += 6;
        if (state->have < 8)
            continue;
        state->have -= 8;
        if (smi_buf_add_byte(body, (uint8_t)(state->bits >> state->have)) != 0)
            return false;
    }
    return true;
}

/* Missing padding is tolerated, wrong padding is not. */
static bool base64_complete(const struct base64 *state)
{
    return state->sextets % 4 != 1 &&
           (state->pads == 0 || (state->pads <= 2 && (state->sextets + state->pads) % 4 == 0));
}

/* Reads the lines of one block; *rest is left behind it, or before the line that begins another. */
static bool read_block(struct smi_slice *rest, struct smi_buf *body)
{
    struct base64 state = {0};
    bool good = true, in_header = false;
    while (rest->len) {
        struct smi_slice before = *rest, other, line = next_line(rest);
        if (begins(line, "-----END"))
            return good && base64_complete(&state) && body->len > 0;
        if (is_begin_line(line, &other)) {
            *rest = before;
            return false;
        }
        /* "Name: value", perhaps continued, up to an empty line */
        bool header = state.sextets == 0 && (in_header || smi_slice_find(line, ':') < line.len);
        in_header = header && line.len > 0;
        if (!header && good)
            good = decode_line(&state, line, body);
    }
    return false;
}

static void empty(struct smi_buf *body)
{
    smi_wipe(body->ptr, body->len);
    body->len = 0;
}

bool smi_pem_next(struct smi_slice *rest, struct smi_slice *label, struct smi_buf *body)
{
    empty(body);
    while (rest->len) {
        struct smi_slice line = next_line(rest);
        if (!is_begin_line(line, label))
            continue;
        if (read_block(rest, body))
            return true;
        empty(body);
    }
    return false;
}
