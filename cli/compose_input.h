/* compose_input.h: --to --cc --bcc --subject --text --attach build a message from nothing. */
#ifndef CLI_COMPOSE_INPUT_H
#define CLI_COMPOSE_INPUT_H

#include <smime.h>

#include "input.h"
#include "opts.h"

struct cli_compose {
    struct smime_compose *compose;
    struct smime_source *parts; /* the text and the attachments, borrowed by compose */
    size_t count;
};

/* 1: --text or --attach stand there. */
int cli_compose_wanted(const struct cli_args *args);
/* What does not fit together; said. */
enum cli_exit cli_compose_check(const struct cli_args *args);
/* *out reads the message and belongs to c. Clear c in any case (zeroed before). */
enum cli_exit cli_compose_open(struct cli_compose *c, struct smime_source *out,
                               struct smime_ctx *ctx, const struct cli_args *args, int64_t now,
                               enum cli_input_kind kind);
void cli_compose_clear(struct cli_compose *c);

#endif
