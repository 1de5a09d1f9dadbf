/* header.c: one header section to fields (RFC 5322 2.2, 3.6.8).
 *
 * Tolerates LF line ends and blanks before the colon, because mail has them. A line that is neither
 * a field nor a fold is skipped with its folds and reported: guessing where it belongs would let
 * two readers see two messages. */
#include "mime_internal.h"

static size_t line_length(struct smi_slice in)
{
    size_t lf = smi_slice_find(in, '\n');
    return lf < in.len ? lf + 1 : in.len;
}

static bool is_name_octet(uint8_t c)
{
    return c > 32 && c < 127 && c != ':';
}

static size_t name_length(struct smi_slice line)
{
    size_t n = 0;
    while (n < line.len && is_name_octet(line.ptr[n]))
        n++;
    return n;
}

static size_t skip_blanks(struct smi_slice in, size_t at)
{
    while (at < in.len && smi_mime_is_blank(in.ptr[at]))
        at++;
    return at;
}

bool smi_header_is_field(struct smi_slice line)
{
    size_t name = name_length(line), colon = skip_blanks(line, name);
    return name != 0 && colon < line.len && line.ptr[colon] == ':';
}

/* A line and its folds. */
static size_t field_length(struct smi_slice in)
{
    size_t at = line_length(in);
    while (at < in.len && smi_mime_is_blank(in.ptr[at]))
        at += line_length(smi_slice_skip(in, at));
    return at;
}

static void parse_field(struct smi_field *field, struct smi_slice raw)
{
    size_t name = name_length(raw), at = skip_blanks(raw, name) + 1;
    field->raw = raw;
    field->name = smi_slice_take(raw, name);
    if (at < raw.len && smi_mime_is_blank(raw.ptr[at]))
        at++;
    struct smi_slice value = smi_slice_skip(raw, at);
    if (value.len && value.ptr[value.len - 1] == '\n')
        value.len--;
    if (value.len && value.len + at < raw.len && value.ptr[value.len - 1] == '\r')
        value.len--;
    field->value = value;
}

static size_t count_fields(struct smi_slice raw)
{
    size_t count = 0;
    while (raw.len) {
        size_t len = field_length(raw);
        count += smi_header_is_field(smi_slice_take(raw, len));
        raw = smi_slice_skip(raw, len);
    }
    return count;
}

int smi_header_parse(struct smi_header *out, struct smi_slice raw,
                     const struct smime_limits *limits, struct smi_arena *arena)
{
    memset(out, 0, sizeof *out);
    size_t count, bytes;
    if (raw.len > limits->header_bytes)
        return SMIME_E_LIMIT;
    count = count_fields(raw);
    if (count > limits->header_fields) /* MIME-021 */
        return SMIME_E_LIMIT;
    out->raw = raw;
    if (smi_mul_overflow(count, sizeof *out->field, &bytes))
        return SMIME_E_LIMIT;
    out->field = smi_arena_alloc(arena, bytes);
    if (!out->field)
        return smi_mime_arena_error(arena, bytes);
    while (raw.len) {
        struct smi_slice field = smi_slice_take(raw, field_length(raw));
        if (smi_header_is_field(field))
            parse_field(&out->field[out->count++], field);
        else
            out->malformed_line = true;
        raw = smi_slice_skip(raw, field.len);
    }
    return 0;
}

const struct smi_field *smi_header_find(const struct smi_header *header, const char *name,
                                        size_t *count)
{
    const struct smi_field *found = NULL;
    size_t seen = 0;
    for (size_t i = 0; i < header->count; i++) {
        if (!smi_slice_is_nocase(header->field[i].name, name))
            continue;
        seen++;
        if (!found)
            found = &header->field[i];
    }
    if (count)
        *count = seen;
    return found;
}

/* RFC 9787 1.1.1 MIME-016 */
bool smi_field_is_structural(const struct smi_field *field)
{
    static const char content[] = "Content-";
    size_t len = sizeof content - 1;
    return smi_slice_is_nocase(field->name, "MIME-Version") ||
           (field->name.len > len &&
            smi_slice_is_nocase(smi_slice_take(field->name, len), content));
}

/* Unfolding removes line ends alone (RFC 5322 2.2.3); other CR and LF become visible later. */
static int unfold(struct smi_buf *out, struct smi_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];
        bool crlf = c == '\r' && i + 1 < value.len && value.ptr[i + 1] == '\n';
        if (c != '\n' && !crlf)
            TRY(smi_buf_add_byte(out, c));
    }
    return 0;
}

static bool is_control(uint32_t c)
{
    return c < 32 || (c >= 127 && c < 160) || c == 0x2028 || c == 0x2029;
}

static int without_controls(struct smi_buf *out, struct smi_slice text)
{
    while (text.len) {
        uint32_t c;
        (void)smi_mime_utf8_next(&text, &c);
        TRY(smi_mime_utf8_put(out, c == '\t' ? ' ' : is_control(c) ? 0xfffd : c));
    }
    return 0;
}

const char *smi_field_text(const struct smi_field *field, struct smi_arena *arena)
{
    struct smi_buf plain, decoded, clean;
    const char *text = NULL;
    smi_buf_init(&plain, 0);
    smi_buf_init(&decoded, 0);
    smi_buf_init(&clean, 0);
    if (unfold(&plain, smi_slice_trim(field->value)) == 0 &&
        smi_rfc2047_decode(&decoded, smi_buf_slice(&plain)) == 0 &&
        without_controls(&clean, smi_buf_slice(&decoded)) == 0)
        text = smi_arena_str(arena, smi_buf_slice(&clean));
    smi_buf_clear(&plain);
    smi_buf_clear(&decoded);
    smi_buf_clear(&clean);
    return text;
}
