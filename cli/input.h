/* input.h: opens a file or standard input as a source. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <smime.h>

#include "cli.h"

enum cli_input_kind {
    CLI_INPUT_ONCE,  /* the library reads it, and keeps a copy where it must */
    CLI_INPUT_AGAIN  /* several operations read it: what cannot rewind is copied first */
};

/* path: NULL or "-" is standard input. Close with smime_source_close. Returns CLI_OK, or an exit
 * status (said). */
enum cli_exit cli_input_open(struct smime_source *out, const char *path, enum cli_input_kind kind);

#endif
