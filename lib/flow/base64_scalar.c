/* base64_scalar.c: base64 blocks in portable C: the reference, and the choice of the engine. */
#include "base64.h"
#include "flow.h"

const char smi_base64_alphabet[65] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* clang-format off */
const uint8_t smi_base64_value[256] = {
    66, 66, 66, 66, 66, 66, 66, 66, 66, 64, 64, 66, 66, 64, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    64, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 62, 66, 66, 66, 63,
    52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 66, 66, 66, 65, 66, 66,
    66,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
    15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 66, 66, 66, 66, 66,
    66, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66,
    66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66, 66
};
/* clang-format on */

static bool force_scalar; /* test hook */

void smi_base64_force_scalar(bool on)
{
    force_scalar = on;
}

static inline bool decode_quantum(uint8_t *out, const uint8_t *in)
{
    uint32_t a = smi_base64_value[in[0]], b = smi_base64_value[in[1]];
    uint32_t c = smi_base64_value[in[2]], d = smi_base64_value[in[3]];
    if ((a | b | c | d) > 63)
        return false;
    out[0] = (uint8_t)(a << 2 | b >> 4);
    out[1] = (uint8_t)(b << 4 | c >> 2);
    out[2] = (uint8_t)(c << 6 | d);
    return true;
}

size_t smi_base64_scalar_decode_run(uint8_t *out, const uint8_t *in, size_t len)
{
    size_t done = 0;
    while (len - done >= 4 && decode_quantum(out, in + done)) {
        out += 3;
        done += 4;
    }
    return done;
}

static bool is_line_end(const uint8_t *in, size_t eol)
{
    return eol == 2 ? in[0] == '\r' && in[1] == '\n' : in[0] == '\n';
}

static size_t decode_lines(uint8_t *out, const uint8_t *in, size_t count, size_t width, size_t eol)
{
    for (size_t line = 0; line < count; line++) {
        if (!is_line_end(in + width, eol) ||
            smi_base64_scalar_decode_run(out, in, width) != width)
            return line;
        in += width + eol;
        out += width / 4 * 3;
    }
    return count;
}

void smi_base64_scalar_encode_run(uint8_t *out, const uint8_t *in, size_t len)
{
    for (size_t i = 0; i + 3 <= len; i += 3, out += 4) {
        uint32_t bits = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | in[i + 2];
        out[0] = (uint8_t)smi_base64_alphabet[bits >> 18];
        out[1] = (uint8_t)smi_base64_alphabet[bits >> 12 & 63];
        out[2] = (uint8_t)smi_base64_alphabet[bits >> 6 & 63];
        out[3] = (uint8_t)smi_base64_alphabet[bits & 63];
    }
}

static void encode_lines(uint8_t *out, const uint8_t *in, size_t count, size_t columns)
{
    for (; count; count--) {
        smi_base64_scalar_encode_run(out, in, columns / 4 * 3);
        out[columns] = '\r';
        out[columns + 1] = '\n';
        in += columns / 4 * 3;
        out += columns + 2;
    }
}

const struct smi_base64_engine *smi_base64_engine(void)
{
    static const struct smi_base64_engine scalar = {
        decode_lines, smi_base64_scalar_decode_run, encode_lines, smi_base64_scalar_encode_run};
    const struct smi_base64_engine *simd = force_scalar ? NULL : smi_base64_simd(2);
    return simd ? simd : &scalar;
}
