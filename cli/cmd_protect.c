/* cmd_protect.c: smime protect. */
#include "cli.h"
#include "run_protect.h"

static enum cli_exit run(const struct cli_args *args)
{
    return cli_run_protect(args, SMIME_PROTECT_SIGN | SMIME_PROTECT_ENCRYPT);
}

const struct cli_command cli_cmd_protect = {
    "protect", CLI_PROTECT, "sign and encrypt a message",
    "Signs a message with the --key that matches its From field, and encrypts it to the\n"
    "certificates (--cert, --to-cert) of its To, Cc and Bcc recipients.",
    run};
