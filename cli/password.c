/* password.c: reads into the library's own buffer (which the library wipes) with read(2) alone, so
 * that no stdio buffer keeps a copy. */
#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "interrupt.h"
#include "say.h"

void cli_wipe(void *memory, size_t len)
{
    volatile unsigned char *p = memory;
    while (len--)
        *p++ = 0;
}

/* Up to the first line end or the end of input. Returns 0, or an error with password wiped. */
static int read_line_fd(int fd, char *password, size_t cap, size_t *len)
{
    size_t n = 0;
    int error = 0;
    for (;;) {
        char c;
        ssize_t got = cli_interrupt_wait(fd) == 0 ? read(fd, &c, 1) : -1;
        if (got < 0 && errno == EINTR && !cli_interrupted())
            continue;
        if (got < 0)
            error = SMIME_E_IO;
        if (got <= 0 || c == '\n')
            break;
        if (n == cap) {
            error = SMIME_E_PASSWORD;
            break;
        }
        password[n++] = c;
    }
    if (n && password[n - 1] == '\r')
        n--;
    if (error) {
        cli_wipe(password, cap);
        return error;
    }
    *len = n;
    return 0;
}

static int from_file(const char *path, char *password, size_t cap, size_t *len)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int error = SMIME_E_IO;
    if (fd >= 0) {
        error = read_line_fd(fd, password, cap, len);
        close(fd);
    }
    if (error == SMIME_E_IO)
        cli_error_errno("cannot be read", path, errno);
    else if (error)
        cli_error("%s: the password is too long", path);
    return error;
}

static int from_terminal(const char *hint, char *password, size_t cap, size_t *len)
{
    FILE *tty = fopen("/dev/tty", "w");
    int fd = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct termios before;
    int error = SMIME_E_PASSWORD;
    if (tty && fd >= 0 && tcgetattr(fd, &before) == 0) {
        struct termios silent = before;
        silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        cli_interrupt_catch();
        /* Silent before the question is seen: what is typed after it is neither shown nor lost. */
        tcsetattr(fd, TCSAFLUSH, &silent);
        fputs("Password for ", tty);
        cli_put_safe(tty, hint && *hint ? hint : "the private key");
        fputs(": ", tty);
        fflush(tty);
        error = read_line_fd(fd, password, cap, len);
        tcsetattr(fd, TCSAFLUSH, &before);
        fputc('\n', tty);
        fflush(tty);
        cli_interrupt_release();
    } else {
        cli_hint("the key is encrypted and there is no terminal to ask on: give --pass-file");
    }
    if (tty)
        fclose(tty);
    if (fd >= 0)
        close(fd);
    return error;
}

int cli_password_get(void *arg, const char *hint, char *password, size_t cap, size_t *len)
{
    struct cli_password *from = arg;
    if (from->file)
        return from_file(from->file, password, cap, len);
    int error = from_terminal(hint, password, cap, len);
    from->asked = error == 0;
    return error;
}
