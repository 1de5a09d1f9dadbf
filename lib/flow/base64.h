/* base64.h: the block engines behind the base64 stages (RFC 4648 4 / RFC 2045 6.8).
 *
 * An engine knows nothing of damage, padding or cuts: it converts clean blocks and says where it
 * stopped; the stages do the rest octet by octet. Decoders may store up to SMI_STAGE_SLACK octets
 * beyond their result. */
#ifndef SMI_BASE64_H
#define SMI_BASE64_H

#include "../base/slice.h"

enum {
    SMI_B64_SPACE = 64, /* SP TAB CR LF */
    SMI_B64_PAD = 65,   /* '=' */
    SMI_B64_ILLEGAL = 66
};

struct smi_base64_engine {
    /* Lines of `width` alphabet octets (a multiple of 4, >= 4) and a line end of `eol` octets
     * (2: CRLF, 1: LF). Returns how many were clean; stops before the first that is not. */
    size_t (*decode_lines)(uint8_t *out, const uint8_t *in, size_t count, size_t width, size_t eol);
    /* Alphabet octets without line ends. Returns how many were decoded, a multiple of 4. */
    size_t (*decode_run)(uint8_t *out, const uint8_t *in, size_t len);
    /* `count` lines of `columns` octets, each with CRLF, from columns / 4 * 3 octets each. */
    void (*encode_lines)(uint8_t *out, const uint8_t *in, size_t count, size_t columns);
    /* len is a multiple of 3; makes len / 3 * 4 octets. */
    void (*encode_run)(uint8_t *out, const uint8_t *in, size_t len);
};

/* Value of each octet: 0..63, or one of the above. */
extern const uint8_t smi_base64_value[256];
extern const char smi_base64_alphabet[65];

/* The best engine for this processor, unless the scalar one was forced. */
const struct smi_base64_engine *smi_base64_engine(void);
/* The best SIMD engine, or NULL. `level` caps it, for tests: 1 = SSSE3, 2 = AVX2. */
const struct smi_base64_engine *smi_base64_simd(int level);
size_t smi_base64_scalar_decode_run(uint8_t *out, const uint8_t *in, size_t len);
void smi_base64_scalar_encode_run(uint8_t *out, const uint8_t *in, size_t len);

#endif
