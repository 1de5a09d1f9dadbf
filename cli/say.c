/* say.c: one-line messages. A message that cannot be built for want of memory is said without its
 * details. */
#include "say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"

void cli_put_safe(FILE *out, const char *text)
{
    for (const char *s = text; *s; s++) {
        unsigned char c = (unsigned char)*s;
        unsigned char next = (unsigned char)s[1];
        if (c < 0x20 || c == 0x7F) {
            fprintf(out, "\\x%02x", c);
        } else if (c == 0xC2 && next >= 0x80 && next < 0xA0) {
            /* C1 control characters: terminals obey them too. */
            fprintf(out, "\\x%02x", next);
            s++;
        } else {
            putc(c, out);
        }
    }
}

static void say(const char *kind, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *line = length < 0 ? NULL : malloc((size_t)length + 1);
    if (line)
        vsnprintf(line, (size_t)length + 1, format, args);
    fprintf(stderr, "smime: %s: ", kind);
    cli_put_safe(stderr, line ? line : "out of memory");
    putc('\n', stderr);
    free(line);
}

void cli_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("error", format, args);
    va_end(args);
}

void cli_hint(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say("hint", format, args);
    va_end(args);
}

void cli_error_errno(const char *doing, const char *path, int error_number)
{
    if (error_number)
        cli_error("%s: %s: %s", path, doing, strerror(error_number));
    else
        cli_error("%s: %s", path, doing);
}

enum cli_exit cli_error_library(const char *where, int code, const struct smime_error_info *info)
{
    const char *text = info && info->text && *info->text ? info->text : smime_error_name(code);
    const char *layer = info && info->layer ? info->layer : "";
    const char *clause = info && info->clause ? info->clause : "";
    char octet[40] = "";
    if (info && info->code && info->offset != UINT64_MAX)
        snprintf(octet, sizeof octet, "octet %llu", (unsigned long long)info->offset);
    int both = *clause && *octet;
    int any = *clause || *octet;
    cli_error("%s%s%s%s%s%s%s%s%s%s", where ? where : "", where ? ": " : "", layer,
              *layer ? ": " : "", text, any ? " (" : "", clause, both ? ", " : "", octet,
              any ? ")" : "");
    return cli_exit_of_error(code);
}
