/* boundary.c: boundaries made and recognised (RFC 2046 5.1.1).
 *
 *   delimiter  "--" boundary *LWSP          close  "--" boundary "--" *LWSP
 *
 * The whole line is compared: a boundary that is the beginning of another is told apart (MIME-007).
 * Refused: empty boundaries, those with octets beyond printable ASCII, those that end in a space
 * (they cannot be told from the white space after them) or are longer than SMI_BOUNDARY_MAX. */
#include "mime_internal.h"

bool smi_boundary_usable(struct smi_slice boundary)
{
    if (boundary.len == 0 || boundary.len > SMI_BOUNDARY_MAX ||
        boundary.ptr[boundary.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < boundary.len; i++)
        if (boundary.ptr[i] < 32 || boundary.ptr[i] > 126)
            return false;
    return true;
}

static bool all_blank(struct smi_slice in)
{
    for (size_t i = 0; i < in.len; i++)
        if (!smi_mime_is_blank(in.ptr[i]))
            return false;
    return true;
}

static bool starts_with(struct smi_slice in, const void *text, size_t len)
{
    return in.len >= len && memcmp(in.ptr, text, len) == 0;
}

/* RFC 2046 5.1.1 MIME-007 */
bool smi_boundary_match(struct smi_slice boundary, struct smi_slice line, bool *close)
{
    if (line.len > SMI_BOUNDARY_LINE_MAX || !starts_with(line, "--", 2))
        return false;
    line = smi_slice_skip(line, 2);
    if (!starts_with(line, boundary.ptr, boundary.len))
        return false;
    line = smi_slice_skip(line, boundary.len);
    *close = starts_with(line, "--", 2);
    return all_blank(*close ? smi_slice_skip(line, 2) : line);
}

bool smi_boundary_prefix(struct smi_slice boundary, struct smi_slice line)
{
    bool close;
    if (line.len <= 2)
        return starts_with(smi_slice("--", 2), line.ptr, line.len);
    if (line.ptr[line.len - 1] == '\r')
        line.len--;
    if (!starts_with(line, "--", 2))
        return false;
    struct smi_slice rest = smi_slice_skip(line, 2);
    if (rest.len <= boundary.len)
        return memcmp(rest.ptr, boundary.ptr, rest.len) == 0;
    if (rest.len == boundary.len + 1 && rest.ptr[boundary.len] == '-')
        return memcmp(rest.ptr, boundary.ptr, boundary.len) == 0;
    return smi_boundary_match(boundary, line, &close);
}

/* "=_" occurs neither in base64 nor in quoted-printable (MIME-008). */
void smi_boundary_format(const uint8_t random[16], char out[71])
{
    static const char hex[] = "0123456789abcdef";
    size_t at = 36;
    memset(out, '-', at);
    out[at++] = '=';
    out[at++] = '_';
    for (size_t i = 0; i < 16; i++) {
        out[at++] = hex[random[i] >> 4];
        out[at++] = hex[random[i] & 15];
    }
    out[at] = '\0';
    must(at == 70);
}
