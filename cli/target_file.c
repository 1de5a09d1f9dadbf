/* target_file.c: opens outputs. */
#include "target_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static int is_stdout(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

/* /dev/null and pipes: a rename over them would take their place. */
static int is_special(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

enum cli_exit cli_target_open(struct cli_target *target, const char *path)
{
    int error;
    target->output = NULL;
    target->fd = -1;
    errno = 0;
    if (is_stdout(path)) {
        error = smime_output_fd(&target->output, STDOUT_FILENO);
    } else if (is_special(path)) {
        target->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        error = target->fd < 0 ? SMIME_E_IO : smime_output_fd(&target->output, target->fd);
    } else {
        error = smime_output_file(&target->output, path);
    }
    if (error == SMIME_E_IO) {
        cli_error_errno("cannot be written", path ? path : "standard output", errno);
        return CLI_FAILED;
    }
    return error ? cli_error_library(path, error, NULL) : CLI_OK;
}

void cli_target_clear(struct cli_target *target)
{
    smime_output_free(target->output);
    if (target->fd >= 0)
        close(target->fd);
    target->output = NULL;
    target->fd = -1;
}

static int put(FILE *file, const char *data, size_t len)
{
    return fwrite(data, 1, len, file) == len && fflush(file) == 0 ? 0 : -1;
}

/* A new file beside path, renamed over it. errno tells why it failed. */
static int replace_file(const char *path, const char *data, size_t len)
{
    static const char suffix[] = ".XXXXXX";
    size_t size = strlen(path) + sizeof suffix;
    char *temporary = malloc(size);
    if (!temporary)
        return -1;
    snprintf(temporary, size, "%s%s", path, suffix);
    int fd = mkstemp(temporary);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");
    int result = file ? put(file, data, len) : -1;
    int error = errno;
    if (file && fclose(file) != 0 && result == 0) {
        result = -1;
        error = errno;
    } else if (!file && fd >= 0) {
        close(fd);
    }
    if (result == 0 && rename(temporary, path) != 0) {
        result = -1;
        error = errno;
    }
    if (result != 0 && fd >= 0)
        unlink(temporary);
    free(temporary);
    errno = error;
    return result;
}

enum cli_exit cli_write_small(const char *path, const char *data, size_t len)
{
    int result;
    if (is_stdout(path)) {
        result = put(stdout, data, len);
    } else if (is_special(path)) {
        FILE *file = fopen(path, "wb");
        result = file ? put(file, data, len) : -1;
        if (file && fclose(file) != 0)
            result = -1;
    } else {
        result = replace_file(path, data, len);
    }
    if (result != 0) {
        cli_error_errno("cannot be written", is_stdout(path) ? "standard output" : path, errno);
        return CLI_FAILED;
    }
    return CLI_OK;
}
