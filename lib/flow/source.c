/* source.c: files, descriptors and memory as sources. After a failed open or read errno still tells
 * why; smi_pump puts it into words. */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <smime.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/mem.h"
#include "../base/slice.h"

struct fd_source {
    int fd;
    bool owned;
    off_t start;
};

struct memory_source {
    struct smi_slice all, left;
};

static int fd_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct fd_source *source = self;
    ssize_t n;
    do
        n = read(source->fd, buffer, cap < SSIZE_MAX ? cap : SSIZE_MAX);
    while (n < 0 && errno == EINTR);
    *got = n > 0 ? (size_t)n : 0;
    return n < 0 ? SMIME_E_IO : 0;
}

static int fd_rewind(void *self)
{
    struct fd_source *source = self;
    return lseek(source->fd, source->start, SEEK_SET) < 0 ? SMIME_E_IO : 0;
}

static void fd_close(void *self)
{
    struct fd_source *source = self;
    if (source->owned)
        close(source->fd);
    smi_free(source);
}

/* Only regular files and block devices: a terminal claims to seek, too. */
static bool can_rewind(int fd, const struct stat *st, off_t *start)
{
    *start = S_ISREG(st->st_mode) || S_ISBLK(st->st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
    return *start >= 0;
}

static int from_fd(struct smime_source *out, int fd, bool owned)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return errno == EBADF ? SMIME_E_USAGE : SMIME_E_IO;
    if (S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return SMIME_E_IO;
    }
    struct fd_source *source = smi_calloc(1, sizeof *source);
    if (!source)
        return SMIME_E_NOMEM;
    source->fd = fd;
    source->owned = owned;
    out->read = fd_read;
    out->rewind = can_rewind(fd, &st, &source->start) ? fd_rewind : NULL;
    out->close = fd_close;
    out->self = source;
    return 0;
}

int smime_source_fd(struct smime_source *out, int fd)
{
    memset(out, 0, sizeof *out);
    return fd < 0 ? SMIME_E_USAGE : from_fd(out, fd, false);
}

int smime_source_file(struct smime_source *out, const char *path)
{
    int fd;
    memset(out, 0, sizeof *out);
    if (!path)
        return SMIME_E_USAGE;
    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return SMIME_E_IO;
    int rc = from_fd(out, fd, true);
    if (rc != 0) {
        int error = errno;
        close(fd);
        errno = error;
    }
    return rc;
}

static int memory_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct memory_source *source = self;
    *got = source->left.len < cap ? source->left.len : cap;
    if (*got)
        memcpy(buffer, source->left.ptr, *got);
    source->left = smi_slice_skip(source->left, *got);
    return 0;
}

static int memory_rewind(void *self)
{
    struct memory_source *source = self;
    source->left = source->all;
    return 0;
}

int smime_source_memory(struct smime_source *out, const void *data, size_t len)
{
    memset(out, 0, sizeof *out);
    if (!data && len)
        return SMIME_E_USAGE;
    struct memory_source *source = smi_calloc(1, sizeof *source);
    if (!source)
        return SMIME_E_NOMEM;
    source->all = source->left = smi_slice(data, len);
    out->read = memory_read;
    out->rewind = memory_rewind;
    out->close = smi_free;
    out->self = source;
    return 0;
}

void smime_source_close(struct smime_source *source)
{
    if (source && source->close)
        source->close(source->self);
    if (source)
        memset(source, 0, sizeof *source);
}
