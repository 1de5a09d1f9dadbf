/* tmpfile.c: O_TMPFILE where the system and the file system have it, else a file that loses its name
 * at once. */
#define _GNU_SOURCE 1
#define _FILE_OFFSET_BITS 64
#include "tmpfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { TRIES = 100 };

int smi_tmpfile_name(char out[SMI_TMP_NAME_BYTES])
{
    uint64_t number;
    if (getentropy(&number, sizeof number) != 0)
        return errno;
    snprintf(out, SMI_TMP_NAME_BYTES, ".smime-%016llx", (unsigned long long)number);
    return 0;
}

int smi_tmpfile_unnamed(int *fd, const char *directory, bool linkable, mode_t mode)
{
#ifdef O_TMPFILE
    int flags = O_TMPFILE | O_RDWR | O_CLOEXEC | (linkable ? 0 : O_EXCL);
    do
        *fd = open(directory, flags, mode);
    while (*fd < 0 && errno == EINTR);
    return *fd < 0 ? errno : 0;
#else
    SMI_UNUSED(directory);
    SMI_UNUSED(linkable);
    SMI_UNUSED(mode);
    *fd = -1;
    return EOPNOTSUPP;
#endif
}

/* What open() says where the kernel or the file system has no O_TMPFILE. */
static bool is_unsupported(int error)
{
    return error == EOPNOTSUPP || error == ENOTSUP || error == EISDIR || error == EINVAL ||
           error == ENOENT;
}

static int open_and_unlink(int *fd, int directory_fd)
{
    char name[SMI_TMP_NAME_BYTES];
    for (int i = 0; i < TRIES; i++) {
        TRY(smi_tmpfile_name(name));
        *fd = openat(directory_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (*fd >= 0 && unlinkat(directory_fd, name, 0) == 0)
            return 0;
        int error = errno;
        if (*fd >= 0) {
            close(*fd);
            *fd = -1;
            return error;
        }
        if (error != EEXIST && error != EINTR)
            return error;
    }
    return EEXIST;
}

int smi_tmpfile_open(int *fd, bool *named_once, const char *directory, bool linkable)
{
    *named_once = false;
    int rc = smi_tmpfile_unnamed(fd, directory, linkable, 0600);
    if (rc == 0 || !is_unsupported(rc))
        return rc;
    *named_once = true;
    int directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_fd < 0)
        return errno;
    rc = open_and_unlink(fd, directory_fd);
    close(directory_fd);
    return rc;
}
