/* result.h: says how an operation ended, as text or JSON, where the options want it. */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include <smime.h>

#include "opts.h"

enum cli_result_kind {
    CLI_RESULT_SENT,    /* sign, encrypt, protect */
    CLI_RESULT_OPENED,  /* open, verify, decrypt */
    CLI_RESULT_SHOWN    /* show: the report is the result */
};

/* error: what the operation returned. Returns CLI_OK, or CLI_FAILED when the report could not be
 * written (said). */
enum cli_exit cli_result(const struct cli_args *args, enum cli_result_kind kind,
                         struct smime_op *op, int error);

#endif
