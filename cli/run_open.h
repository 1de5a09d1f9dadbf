/* run_open.h: open, verify, decrypt and show, which differ in the goal. */
#ifndef CLI_RUN_OPEN_H
#define CLI_RUN_OPEN_H

#include <smime.h>

#include "opts.h"

enum cli_exit cli_run_open(const struct cli_args *args, enum smime_goal goal);

#endif
