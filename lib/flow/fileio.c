/* fileio.c: complete reads and writes, and what an errno value means to a person. */
#define _FILE_OFFSET_BITS 64
#include "fileio.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { NAME_SHOWN = 140 };

static const char *advice(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return "free some space or choose another place";
    case EACCES:
    case EPERM:
    case EROFS:
        return "check the permissions or choose another place";
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
    case ELOOP:
        return "check the name";
    case EISDIR:
        return "name a file";
    case EPIPE:
        return "the reader closed it early";
    default:
        return "check it, or choose another place";
    }
}

int smi_io_fail(struct smi_diag *diag, const char *verb, const char *name, int error)
{
    char why[96];
    if (strerror_r(error, why, sizeof why) != 0)
        snprintf(why, sizeof why, "error %d", error);
    size_t len = strlen(name), skip = len > NAME_SHOWN ? len - NAME_SHOWN : 0;
    /* The end of a long path says more than its start. */
    return smi_fail(diag, SMIME_E_IO, NULL, SMI_NO_OFFSET, NULL, "cannot %s %s%s: %s; %s", verb,
                    skip ? "..." : "", name + skip, why, advice(error));
}

static int wait_writable(int fd)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    return poll(&wait, 1, -1) < 0 && errno != EINTR ? errno : 0;
}

/* After a failed call: 0 when it should be tried again. */
static int may_retry(int fd)
{
    if (errno == EINTR)
        return 0;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return wait_writable(fd);
    return errno ? errno : EIO;
}

int smi_io_write(int fd, struct smi_slice in)
{
    while (in.len) {
        ssize_t n = write(fd, in.ptr, in.len < SSIZE_MAX ? in.len : SSIZE_MAX);
        if (n > 0)
            in = smi_slice_skip(in, (size_t)n);
        else if (n == 0)
            return EIO;
        else
            TRY(may_retry(fd));
    }
    return 0;
}

int smi_io_write_at(int fd, uint64_t offset, struct smi_slice in)
{
    while (in.len) {
        if (offset > INT64_MAX - in.len)
            return EFBIG;
        ssize_t n = pwrite(fd, in.ptr, in.len, (off_t)offset);
        if (n == 0)
            return EIO;
        if (n < 0) {
            TRY(may_retry(fd));
            continue;
        }
        in = smi_slice_skip(in, (size_t)n);
        offset += (uint64_t)n;
    }
    return 0;
}

int smi_io_read_at(int fd, uint64_t offset, void *out, size_t len)
{
    uint8_t *at = out;
    while (len) {
        ssize_t n = pread(fd, at, len, (off_t)offset);
        if (n == 0)
            return EIO;
        if (n < 0) {
            if (errno != EINTR)
                return errno;
            continue;
        }
        at += n;
        len -= (size_t)n;
        offset += (uint64_t)n;
    }
    return 0;
}

int smi_io_sync(int fd)
{
    while (fsync(fd) != 0) {
        if (errno == EINVAL || errno == EROFS || errno == ENOTSUP)
            return 0;
        if (errno != EINTR)
            return errno;
    }
    return 0;
}
