/* cmd_sign.c: smime sign. */
#include "cli.h"
#include "run_protect.h"

static enum cli_exit run(const struct cli_args *args)
{
    return cli_run_protect(args, SMIME_PROTECT_SIGN);
}

const struct cli_command cli_cmd_sign = {
    "sign", CLI_SIGN, "sign a message",
    "Signs a message with the --key that matches its From field. The result is\n"
    "multipart/signed, or application/pkcs7-mime with --opaque.",
    run};
