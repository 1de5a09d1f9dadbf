/* harden.h: what the process does for its secrets before it loads them. */
#ifndef CLI_HARDEN_H
#define CLI_HARDEN_H

/* Descriptors 0 to 2 exist afterwards, so that no file that is opened later is taken for one of
 * them. Returns 0 or -1. */
int cli_harden_descriptors(void);
/* No core dump and no debugger of the same user from here on. */
void cli_harden_secrets(void);

#endif
