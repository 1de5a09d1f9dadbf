/* session.h: what a command works with: context, keys, certificates, time. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include <smime.h>

#include "opts.h"

struct cli_session {
    struct smime_ctx *ctx;
    struct smime_keys *keys; /* never NULL after opening; may be empty */
    struct smime_certs *certs;
    struct smime_certs *anchors;  /* NULL without --trust */
    struct smime_certs *to_certs; /* NULL without --to-cert */
    struct smime_certs *signer;   /* NULL without --signer */
    enum smime_policy policy;
    int64_t now;
};

/* Loads what the options name. Returns CLI_OK, or the exit status (said). Clear it in both cases. */
enum cli_exit cli_session_open(struct cli_session *session, const struct cli_args *args);
void cli_session_clear(struct cli_session *session);

#endif
