/* password.h: where a key's password comes from. */
#ifndef CLI_PASSWORD_H
#define CLI_PASSWORD_H

#include <smime.h>

struct cli_password {
    const char *file; /* --pass-file; NULL: ask on the terminal */
    int asked;        /* set when a person was asked */
};

/* A smime_password_fn; arg is a struct cli_password. From the file: its first line without the line
 * end. Otherwise asks on /dev/tty with echo off. PASSWORD where there is no terminal. */
int cli_password_get(void *arg, const char *hint, char *password, size_t cap, size_t *len);

/* Overwrites memory in a way that the compiler keeps. */
void cli_wipe(void *memory, size_t len);

#endif
