/* say.h: one-line messages for people, on standard error. Arguments may come from anywhere: control
 * characters are escaped before they reach a terminal. */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <smime.h>
#include <stdio.h>

#include "cli.h"

/* "smime: error: ..." */
__attribute__((format(printf, 1, 2))) void cli_error(const char *format, ...);
/* "smime: hint: ..." */
__attribute__((format(printf, 1, 2))) void cli_hint(const char *format, ...);
/* "smime: error: WHERE: doing failed: the reason in errno" */
void cli_error_errno(const char *doing, const char *path, int error_number);
/* The library's error, with layer, clause and octet where known; where may be NULL.
 * code is used where info has none. Returns the exit status of the error. */
enum cli_exit cli_error_library(const char *where, int code, const struct smime_error_info *info);
/* Writes text with control characters as \xNN. */
void cli_put_safe(FILE *out, const char *text);

#endif
