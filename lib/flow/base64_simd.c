/* base64_simd.c: base64 blocks with SSSE3 and AVX2, chosen when the program runs.
 *
 * Decoding: the high nibble of an octet names its row of the ASCII table, the low nibble its column.
 * Two 16-entry lookups give bit sets, "rows this is" and "rows in which this column is no base64
 * character"; an octet is legal when they have no bit in common. A third lookup by row gives the
 * distance from character to value. Two multiply-adds then pack four 6-bit values into 24 bits.
 * Encoding goes the other way: multiplications move the 6-bit fields into octets, a lookup by range
 * gives the distance to the character.
 *
 * A line whose length is no multiple of the block ends with a block that overlaps the one before.
 * Other processors: smi_base64_simd says NULL, and the portable code of base64_scalar.c works. */
#include "base64.h"

#if defined(__x86_64__) || defined(__i386__)

#include <immintrin.h>

#define SSSE3 __attribute__((target("ssse3")))
#define AVX2 __attribute__((target("avx2")))

/* Bit 0: row 2, where '+' and '/' are; bit 1: row 3, digits; bit 2: rows 4 and 6, letters from
 * column 1; bit 3: rows 5 and 7, letters to column 10; bit 4: the rows without any. */
#define ROW_BITS 16, 16, 1, 2, 4, 8, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16
#define BAD_COLUMN_BITS                                                                            \
    0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a
/* Entry 1 is for '/', which shares row 2 with '+'. */
#define TO_VALUE 0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0
#define PACK_ORDER 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1
/* By range of value: 26..51, 52..61 (ten entries), 62, 63, 0..25. */
#define TO_CHARACTER 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0

SSSE3 static inline __m128i ssse3_zero(void)
{
    return _mm_setzero_si128();
}

SSSE3 static inline bool ssse3_is_zero(__m128i v)
{
    return _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_setzero_si128())) == 0xffff;
}

/* 16 characters to 12 octets (16 are stored). Adds what is illegal to bad. */
SSSE3 static inline __m128i ssse3_decode_block(uint8_t *out, const uint8_t *in, __m128i bad)
{
    const __m128i low = _mm_set1_epi8(15);
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)in);
    __m128i row = _mm_and_si128(_mm_srli_epi32(text, 4), low);
    __m128i rows = _mm_shuffle_epi8(_mm_setr_epi8(ROW_BITS), row);
    __m128i not_in = _mm_shuffle_epi8(_mm_setr_epi8(BAD_COLUMN_BITS), _mm_and_si128(text, low));
    __m128i slash = _mm_cmpeq_epi8(text, _mm_set1_epi8('/'));
    __m128i move = _mm_shuffle_epi8(_mm_setr_epi8(TO_VALUE), _mm_add_epi8(row, slash));
    __m128i value = _mm_add_epi8(text, move);
    __m128i pairs = _mm_maddubs_epi16(value, _mm_set1_epi32(0x01400140));
    __m128i quads = _mm_madd_epi16(pairs, _mm_set1_epi32(0x00011000));
    _mm_storeu_si128((__m128i *)(void *)out, _mm_shuffle_epi8(quads, _mm_setr_epi8(PACK_ORDER)));
    return _mm_or_si128(bad, _mm_and_si128(rows, not_in));
}

/* 12 octets to 16 characters; reads no more than the 12. */
SSSE3 static inline void ssse3_encode_block(uint8_t *out, const uint8_t *in)
{
    int tail;
    memcpy(&tail, in + 8, 4);
    __m128i raw = _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(const void *)in),
                                     _mm_cvtsi32_si128(tail));
    __m128i spread = _mm_shuffle_epi8(
        raw, _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
    __m128i even = _mm_mulhi_epu16(_mm_and_si128(spread, _mm_set1_epi32(0x0fc0fc00)),
                                   _mm_set1_epi32(0x04000040));
    __m128i odd = _mm_mullo_epi16(_mm_and_si128(spread, _mm_set1_epi32(0x003f03f0)),
                                  _mm_set1_epi32(0x01000010));
    __m128i value = _mm_or_si128(even, odd);
    __m128i upper = _mm_cmpgt_epi8(_mm_set1_epi8(26), value);
    __m128i range = _mm_or_si128(_mm_subs_epu8(value, _mm_set1_epi8(51)),
                                 _mm_and_si128(upper, _mm_set1_epi8(13)));
    __m128i text = _mm_add_epi8(value, _mm_shuffle_epi8(_mm_setr_epi8(TO_CHARACTER), range));
    _mm_storeu_si128((__m128i *)(void *)out, text);
}

/* One line; the last block overlaps the one before it, so that nothing is read beyond the line. */
SSSE3 static inline bool ssse3_decode_line(uint8_t *out, const uint8_t *in, size_t width)
{
    __m128i bad = ssse3_zero();
    size_t at = 0;
    for (; at + 16 <= width; at += 16)
        bad = ssse3_decode_block(out + at / 4 * 3, in + at, bad);
    if (at < width)
        bad = ssse3_decode_block(out + (width - 16) / 4 * 3, in + width - 16, bad);
    return ssse3_is_zero(bad);
}

SSSE3 static inline size_t ssse3_decode_same(uint8_t *out, const uint8_t *in, size_t count,
                                              size_t width, size_t eol)
{
    for (size_t line = 0; line < count; line++) {
        bool ended = eol == 2 ? in[width] == '\r' && in[width + 1] == '\n' : in[width] == '\n';
        if (!ended || !ssse3_decode_line(out, in, width))
            return line;
        in += width + eol;
        out += width / 4 * 3;
    }
    return count;
}

SSSE3 static size_t ssse3_decode_lines(uint8_t *out, const uint8_t *in, size_t count,
                                        size_t width, size_t eol)
{
    if (width < 16) /* No mail has such lines; octet by octet is fast enough. */
        return 0;
    if (width == 76 && eol == 2) /* Constants let the compiler unroll the usual case. */
        return ssse3_decode_same(out, in, count, 76, 2);
    return ssse3_decode_same(out, in, count, width, eol);
}

SSSE3 static size_t ssse3_decode_run(uint8_t *out, const uint8_t *in, size_t len)
{
    size_t done = 0;
    while (len - done >= 16) {
        if (!ssse3_is_zero(ssse3_decode_block(out + done / 4 * 3, in + done, ssse3_zero())))
            break;
        done += 16;
    }
    return done + smi_base64_scalar_decode_run(out + done / 4 * 3, in + done, len - done);
}

SSSE3 static void ssse3_encode_run(uint8_t *out, const uint8_t *in, size_t len)
{
    size_t done = 0;
    for (; len - done >= 12; done += 12)
        ssse3_encode_block(out + done / 3 * 4, in + done);
    smi_base64_scalar_encode_run(out + done / 3 * 4, in + done, len - done);
}

SSSE3 static inline void ssse3_encode_same(uint8_t *out, const uint8_t *in, size_t count,
                                            size_t columns)
{
    size_t octets = columns / 4 * 3;
    for (; count; count--) {
        size_t at = 0;
        for (; at + 12 <= octets; at += 12)
            ssse3_encode_block(out + at / 3 * 4, in + at);
        if (at < octets)
            ssse3_encode_block(out + columns - 16, in + octets - 12);
        out[columns] = '\r';
        out[columns + 1] = '\n';
        in += octets;
        out += columns + 2;
    }
}

SSSE3 static void ssse3_encode_lines(uint8_t *out, const uint8_t *in, size_t count,
                                      size_t columns)
{
    if (columns == 76)
        ssse3_encode_same(out, in, count, 76);
    else if (columns >= 16)
        ssse3_encode_same(out, in, count, columns);
    else
        for (; count; count--, in += columns / 4 * 3, out += columns + 2) {
            smi_base64_scalar_encode_run(out, in, columns / 4 * 3);
            out[columns] = '\r';
            out[columns + 1] = '\n';
        }
}

AVX2 static inline __m256i avx2_zero(void)
{
    return _mm256_setzero_si256();
}

AVX2 static inline bool avx2_is_zero(__m256i v)
{
    return _mm256_testz_si256(v, v) != 0;
}

/* 32 characters to 24 octets (28 are stored). */
AVX2 static inline __m256i avx2_decode_block(uint8_t *out, const uint8_t *in, __m256i bad)
{
    const __m256i low = _mm256_set1_epi8(15);
    __m256i text = _mm256_loadu_si256((const __m256i *)(const void *)in);
    __m256i row = _mm256_and_si256(_mm256_srli_epi32(text, 4), low);
    __m256i rows = _mm256_shuffle_epi8(_mm256_setr_epi8(ROW_BITS, ROW_BITS), row);
    __m256i not_in = _mm256_shuffle_epi8(_mm256_setr_epi8(BAD_COLUMN_BITS, BAD_COLUMN_BITS),
                                         _mm256_and_si256(text, low));
    __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
    __m256i move = _mm256_shuffle_epi8(_mm256_setr_epi8(TO_VALUE, TO_VALUE),
                                       _mm256_add_epi8(row, slash));
    __m256i value = _mm256_add_epi8(text, move);
    __m256i pairs = _mm256_maddubs_epi16(value, _mm256_set1_epi32(0x01400140));
    __m256i quads = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    __m256i packed = _mm256_shuffle_epi8(quads, _mm256_setr_epi8(PACK_ORDER, PACK_ORDER));
    _mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(packed));
    _mm_storeu_si128((__m128i *)(void *)(out + 12), _mm256_extracti128_si256(packed, 1));
    return _mm256_or_si256(bad, _mm256_and_si256(rows, not_in));
}

/* 24 octets to 32 characters. The second half is loaded 4 octets early, so that no octet beyond the
 * 24 is read. */
AVX2 static inline void avx2_encode_block(uint8_t *out, const uint8_t *in)
{
    __m256i raw = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)in)),
        _mm_loadu_si128((const __m128i *)(const void *)(in + 8)), 1);
    __m256i spread = _mm256_shuffle_epi8(
        raw, _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 5, 4, 6, 5, 8, 7,
                              9, 8, 11, 10, 12, 11, 14, 13, 15, 14));
    __m256i even = _mm256_mulhi_epu16(_mm256_and_si256(spread, _mm256_set1_epi32(0x0fc0fc00)),
                                      _mm256_set1_epi32(0x04000040));
    __m256i odd = _mm256_mullo_epi16(_mm256_and_si256(spread, _mm256_set1_epi32(0x003f03f0)),
                                     _mm256_set1_epi32(0x01000010));
    __m256i value = _mm256_or_si256(even, odd);
    __m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), value);
    __m256i range = _mm256_or_si256(_mm256_subs_epu8(value, _mm256_set1_epi8(51)),
                                    _mm256_and_si256(upper, _mm256_set1_epi8(13)));
    __m256i move = _mm256_shuffle_epi8(_mm256_setr_epi8(TO_CHARACTER, TO_CHARACTER), range);
    _mm256_storeu_si256((__m256i *)(void *)out, _mm256_add_epi8(value, move));
}

AVX2 static inline bool avx2_decode_line(uint8_t *out, const uint8_t *in, size_t width)
{
    __m256i bad = avx2_zero();
    size_t at = 0;
    for (; at + 32 <= width; at += 32)
        bad = avx2_decode_block(out + at / 4 * 3, in + at, bad);
    if (at < width)
        bad = avx2_decode_block(out + (width - 32) / 4 * 3, in + width - 32, bad);
    return avx2_is_zero(bad);
}

AVX2 static inline size_t avx2_decode_same(uint8_t *out, const uint8_t *in, size_t count,
                                              size_t width, size_t eol)
{
    for (size_t line = 0; line < count; line++) {
        bool ended = eol == 2 ? in[width] == '\r' && in[width + 1] == '\n' : in[width] == '\n';
        if (!ended || !avx2_decode_line(out, in, width))
            return line;
        in += width + eol;
        out += width / 4 * 3;
    }
    return count;
}

AVX2 static size_t avx2_decode_lines(uint8_t *out, const uint8_t *in, size_t count,
                                        size_t width, size_t eol)
{
    if (width < 32) /* No mail has such lines; octet by octet is fast enough. */
        return 0;
    if (width == 76 && eol == 2) /* Constants let the compiler unroll the usual case. */
        return avx2_decode_same(out, in, count, 76, 2);
    return avx2_decode_same(out, in, count, width, eol);
}

AVX2 static size_t avx2_decode_run(uint8_t *out, const uint8_t *in, size_t len)
{
    size_t done = 0;
    while (len - done >= 32) {
        if (!avx2_is_zero(avx2_decode_block(out + done / 4 * 3, in + done, avx2_zero())))
            break;
        done += 32;
    }
    return done + smi_base64_scalar_decode_run(out + done / 4 * 3, in + done, len - done);
}

AVX2 static void avx2_encode_run(uint8_t *out, const uint8_t *in, size_t len)
{
    size_t done = 0;
    for (; len - done >= 24; done += 24)
        avx2_encode_block(out + done / 3 * 4, in + done);
    smi_base64_scalar_encode_run(out + done / 3 * 4, in + done, len - done);
}

AVX2 static inline void avx2_encode_same(uint8_t *out, const uint8_t *in, size_t count,
                                            size_t columns)
{
    size_t octets = columns / 4 * 3;
    for (; count; count--) {
        size_t at = 0;
        for (; at + 24 <= octets; at += 24)
            avx2_encode_block(out + at / 3 * 4, in + at);
        if (at < octets)
            avx2_encode_block(out + columns - 32, in + octets - 24);
        out[columns] = '\r';
        out[columns + 1] = '\n';
        in += octets;
        out += columns + 2;
    }
}

AVX2 static void avx2_encode_lines(uint8_t *out, const uint8_t *in, size_t count,
                                      size_t columns)
{
    if (columns == 76)
        avx2_encode_same(out, in, count, 76);
    else if (columns >= 32)
        avx2_encode_same(out, in, count, columns);
    else
        for (; count; count--, in += columns / 4 * 3, out += columns + 2) {
            smi_base64_scalar_encode_run(out, in, columns / 4 * 3);
            out[columns] = '\r';
            out[columns + 1] = '\n';
        }
}

const struct smi_base64_engine *smi_base64_simd(int level)
{
    static const struct smi_base64_engine ssse3 = {ssse3_decode_lines, ssse3_decode_run,
                                                   ssse3_encode_lines, ssse3_encode_run};
    static const struct smi_base64_engine avx2 = {avx2_decode_lines, avx2_decode_run,
                                                  avx2_encode_lines, avx2_encode_run};
    if (level >= 2 && __builtin_cpu_supports("avx2"))
        return &avx2;
    return level >= 1 && __builtin_cpu_supports("ssse3") ? &ssse3 : NULL;
}

#else

const struct smi_base64_engine *smi_base64_simd(int level)
{
    SMI_UNUSED(level);
    return NULL;
}

#endif
