/* input.c: files, pipes and standard input.
 *
 * A pipe that several operations read (--split) is copied into a file that has no name from its
 * creation on (mode 0600, in $TMPDIR or /tmp), so that nothing is left behind whatever happens. */
#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

/* An unnamed file, or -1. */
static int unnamed_file(void)
{
    static const char name[] = "/smime-XXXXXX";
    const char *folder = getenv("TMPDIR");
    if (!folder || *folder != '/')
        folder = "/tmp";
    size_t size = strlen(folder) + sizeof name;
    char *path = malloc(size);
    if (!path)
        return -1;
    snprintf(path, size, "%s%s", folder, name);
    int fd = mkstemp(path);
    if (fd >= 0)
        unlink(path);
    free(path);
    return fd;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len) {
        ssize_t done = write(fd, data, len);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return -1;
        data += done;
        len -= (size_t)done;
    }
    return 0;
}

/* Copies the rest of from to an unnamed file at its start; -1 on failure (errno tells). */
static int copy_to_unnamed(int from)
{
    char buffer[16384];
    int fd = unnamed_file();
    if (fd < 0)
        return -1;
    for (;;) {
        ssize_t got = read(from, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0 && lseek(fd, 0, SEEK_SET) == 0)
            return fd;
        if (got <= 0 || write_all(fd, buffer, (size_t)got) != 0)
            break;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* A source that closes its descriptor. */
struct owned_fd {
    struct smime_source inner;
    int fd;
};

static int owned_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct owned_fd *owned = self;
    return owned->inner.read(owned->inner.self, buffer, cap, got);
}

static int owned_rewind(void *self)
{
    struct owned_fd *owned = self;
    return owned->inner.rewind ? owned->inner.rewind(owned->inner.self) : SMIME_E_IO;
}

static void owned_close(void *self)
{
    struct owned_fd *owned = self;
    smime_source_close(&owned->inner);
    close(owned->fd);
    free(owned);
}

static enum cli_exit open_copy(struct smime_source *out, int from, const char *name)
{
    int fd = copy_to_unnamed(from);
    if (fd < 0) {
        cli_error_errno("cannot be copied", name, errno);
        return CLI_FAILED;
    }
    struct owned_fd *owned = calloc(1, sizeof *owned);
    int error = owned ? smime_source_fd(&owned->inner, fd) : SMIME_E_NOMEM;
    if (error) {
        free(owned);
        close(fd);
        return cli_error_library(name, error, NULL);
    }
    owned->fd = fd;
    out->read = owned_read;
    out->rewind = owned_rewind;
    out->close = owned_close;
    out->self = owned;
    return CLI_OK;
}

static enum cli_exit open_stdin(struct smime_source *out, enum cli_input_kind kind)
{
    if (isatty(STDIN_FILENO) == 1)
        cli_hint("reading from the terminal; Ctrl-D ends the input");
    if (kind == CLI_INPUT_AGAIN && lseek(STDIN_FILENO, 0, SEEK_CUR) < 0)
        return open_copy(out, STDIN_FILENO, "standard input");
    int error = smime_source_fd(out, STDIN_FILENO);
    return error ? cli_error_library("standard input", error, NULL) : CLI_OK;
}

enum cli_exit cli_input_open(struct smime_source *out, const char *path, enum cli_input_kind kind)
{
    struct stat st;
    memset(out, 0, sizeof *out);
    if (!path || strcmp(path, "-") == 0)
        return open_stdin(out, kind);
    if (stat(path, &st) != 0 || access(path, R_OK) != 0) {
        cli_error_errno("cannot be read", path, errno);
        return CLI_FAILED;
    }
    if (S_ISDIR(st.st_mode)) {
        cli_error("%s: a folder, not a message", path);
        return CLI_FAILED;
    }
    if (kind == CLI_INPUT_AGAIN && !S_ISREG(st.st_mode)) {
        FILE *pipe = fopen(path, "rb");
        if (!pipe) {
            cli_error_errno("cannot be read", path, errno);
            return CLI_FAILED;
        }
        enum cli_exit status = open_copy(out, fileno(pipe), path);
        fclose(pipe);
        return status;
    }
    int error = smime_source_file(out, path);
    return error ? cli_error_library(path, error, NULL) : CLI_OK;
}
