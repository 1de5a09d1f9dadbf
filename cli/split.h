/* split.h: --split DIR: one copy for To and Cc, one for each Bcc recipient. */
#ifndef CLI_SPLIT_H
#define CLI_SPLIT_H

#include <smime.h>

#include "opts.h"

/* Refuses a folder that exists already, before anything is read. */
enum cli_exit cli_split_check(const char *folder);

/* Writes 00.eml and 00.rcpt for To and Cc (where there are any), 01.eml, 01.rcpt, ... for each Bcc
 * into a new folder beside the final one, which is renamed when it is complete and removed when
 * anything fails. source must rewind. */
enum cli_exit cli_split(const struct cli_args *args, struct smime_ctx *ctx,
                        const struct smime_protect_options *options,
                        const struct smime_source *source, const char *folder);

#endif
