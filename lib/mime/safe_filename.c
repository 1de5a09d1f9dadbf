/* safe_filename.c: a file name from a message that can be used on any system. Everything that could
 * leave the folder, hide, run as a device, or turn the reading direction around is dropped. */
#include "mime_internal.h"

enum { NAME_MAX_BYTES = 120 };

static bool is_dropped(uint32_t c)
{
    bool control = c < 32 || (c >= 127 && c < 160);
    bool invisible = (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
                     (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xfffd;
    return control || invisible || (c < 127 && memchr(":*?\"<>|", (int)c, 7));
}

static struct smi_slice last_component(struct smi_slice name)
{
    for (size_t i = name.len; i-- > 0;)
        if (name.ptr[i] == '/' || name.ptr[i] == '\\')
            return smi_slice_skip(name, i + 1);
    return name;
}

/* CON, PRN, AUX, NUL, COM1..9, LPT1..9, with any extension. */
static bool is_device(struct smi_slice name)
{
    static const char *const plain[] = {"con", "prn", "aux", "nul", "conin$", "conout$"};
    struct smi_slice stem = smi_slice_take(name, smi_slice_find(name, '.'));
    while (stem.len && stem.ptr[stem.len - 1] == ' ')
        stem.len--;
    for (size_t i = 0; i < SMI_COUNT(plain); i++)
        if (smi_slice_is_nocase(stem, plain[i]))
            return true;
    if (stem.len < 4 || stem.len > 5)
        return false;
    struct smi_slice port = smi_slice_take(stem, 3), digit = smi_slice_skip(stem, 3);
    bool one = digit.len == 1 && digit.ptr[0] >= '0' && digit.ptr[0] <= '9';
    bool superscript = smi_slice_is(digit, "\xc2\xb9") || smi_slice_is(digit, "\xc2\xb2") ||
                       smi_slice_is(digit, "\xc2\xb3");
    return (one || superscript) &&
           (smi_slice_is_nocase(port, "com") || smi_slice_is_nocase(port, "lpt"));
}

static int put_clean(struct smi_buf *out, struct smi_slice name)
{
    while (name.len) {
        uint32_t c;
        (void)smi_mime_utf8_next(&name, &c);
        bool leading = out->len == 0 && (c == '.' || c == ' ' || c == '-');
        if (!leading && !is_dropped(c))
            TRY(smi_mime_utf8_put(out, c));
    }
    return 0;
}

static size_t whole_characters(struct smi_slice name, size_t max)
{
    if (name.len <= max)
        return name.len;
    while (max && (name.ptr[max] & 0xc0) == 0x80)
        max--;
    return max;
}

/* Shortens the stem, not the extension: what opens it depends on that. */
static void shorten(struct smi_buf *name)
{
    size_t dot = name->len;
    while (dot > 0 && name->len - dot < 16 && name->ptr[dot - 1] != '.')
        dot--;
    bool extension = dot > 1 && name->ptr[dot - 1] == '.';
    size_t tail = extension ? name->len - (dot - 1) : 0;
    if (name->len <= NAME_MAX_BYTES)
        return;
    size_t stem = whole_characters(smi_buf_slice(name), NAME_MAX_BYTES - tail);
    if (tail)
        memmove(name->ptr + stem, name->ptr + name->len - tail, tail);
    name->len = stem + tail;
}

static void trim_end(struct smi_buf *name)
{
    while (name->len && (name->ptr[name->len - 1] == '.' || name->ptr[name->len - 1] == ' '))
        name->len--;
}

int smi_safe_filename(struct smi_buf *out, struct smi_slice name, unsigned index)
{
    struct smi_buf clean;
    smi_buf_init(&clean, 0);
    int rc = put_clean(&clean, last_component(name));
    trim_end(&clean);
    shorten(&clean);
    trim_end(&clean);
    if (rc == 0 && (clean.len == 0 || is_device(smi_buf_slice(&clean))))
        rc = smi_buf_printf(out, "attachment-%u", index);
    else if (rc == 0)
        rc = smi_buf_add(out, smi_buf_slice(&clean));
    smi_buf_clear(&clean);
    return rc;
}
