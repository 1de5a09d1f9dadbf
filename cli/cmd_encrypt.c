/* cmd_encrypt.c: smime encrypt. */
#include "cli.h"
#include "run_protect.h"

static enum cli_exit run(const struct cli_args *args)
{
    return cli_run_protect(args, SMIME_PROTECT_ENCRYPT);
}

const struct cli_command cli_cmd_encrypt = {
    "encrypt", CLI_ENCRYPT, "encrypt a message",
    "Encrypts a message to the certificates (--cert, --to-cert) of its To, Cc and Bcc\n"
    "recipients. It is not signed: protect does both, and is what mail needs.",
    run};
