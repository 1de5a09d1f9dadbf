/* run_protect.h: sign, encrypt and protect, which differ in the flags. */
#ifndef CLI_RUN_PROTECT_H
#define CLI_RUN_PROTECT_H

#include <smime.h>

#include "opts.h"

/* flags: SMIME_PROTECT_SIGN, SMIME_PROTECT_ENCRYPT or both. */
enum cli_exit cli_run_protect(const struct cli_args *args, unsigned flags);

#endif
