/* target.c: what a path given for output means, and how it is replaced in one step.
 *
 * A symbolic link is followed: what it points to is replaced. What is no regular file cannot be
 * replaced and is written to. A file that may not be written is refused, although a rename could
 * replace it: its owner meant it. */
#define _FILE_OFFSET_BITS 64
#include "target.h"

#include <signal.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/mem.h"
#include "fileio.h"
#include "tmpfile.h"

enum { LINKS_MAX = 32, LINK_BYTES = 4096, TRIES = 100 };

/* -- names */

/* first and second joined; heap, or NULL. */
static char *join(const char *first, size_t first_len, const char *second, size_t second_len)
{
    size_t bytes;
    if (smi_add_overflow(first_len, second_len, &bytes) || smi_add_overflow(bytes, 1, &bytes))
        return NULL;
    char *out = smi_malloc(bytes);
    if (!out)
        return NULL;
    memcpy(out, first, first_len);
    memcpy(out + first_len, second, second_len);
    out[bytes - 1] = '\0';
    return out;
}

/* Length of the directory part with its last '/', 0 when there is none. */
static size_t directory_len(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Replaces *path by what the symbolic link there says; *followed: it was one. */
static int follow_link(char **path, bool *followed)
{
    char link[LINK_BYTES];
    *followed = false;
    ssize_t len = readlink(*path, link, sizeof link);
    if (len < 0)
        return errno == EINVAL || errno == ENOENT ? 0 : errno;
    if ((size_t)len == sizeof link)
        return ENAMETOOLONG;
    size_t base = len && link[0] == '/' ? 0 : directory_len(*path);
    char *next = join(*path, base, link, (size_t)len);
    if (!next)
        return ENOMEM;
    smi_free(*path);
    *path = next;
    *followed = true;
    return 0;
}

static int split(struct smi_target *target)
{
    size_t len = directory_len(target->path);
    target->name = target->path + len;
    target->directory = len ? join(target->path, len, "", 0) : join("./", 2, "", 0);
    return target->directory ? 0 : ENOMEM;
}

/* The descriptor that a path stands for. Opening such a path anew would lose its position. */
static bool is_descriptor(const char *path, int *fd)
{
    static const char *const prefixes[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/dev/stderr") == 0) {
        *fd = strcmp(path, "/dev/stdout") == 0 ? STDOUT_FILENO : STDERR_FILENO;
        return true;
    }
    for (size_t i = 0; i < SMI_COUNT(prefixes); i++) {
        size_t len = strlen(prefixes[i]);
        if (strncmp(path, prefixes[i], len) != 0)
            continue;
        int number = 0, digits = 0;
        for (path += len; *path >= '0' && *path <= '9' && digits < 8; path++, digits++)
            number = number * 10 + (*path - '0');
        *fd = number;
        return digits > 0 && *path == '\0';
    }
    return false;
}

/* Ends early, with the kind set, at a descriptor. */
static int follow_links(struct smi_target *target)
{
    bool followed = true;
    for (int i = 0; followed; i++) {
        if (i == LINKS_MAX)
            return ELOOP;
        if (is_descriptor(target->path, &target->fd)) {
            target->kind = SMI_TARGET_DESCRIPTOR;
            return 0;
        }
        TRY(follow_link(&target->path, &followed));
    }
    return 0;
}

/* -- what is there */

static int examine_file(struct smi_target *target, const struct stat *st)
{
    target->exists = true;
    target->mode = st->st_mode & 0777;
    target->owner = st->st_uid;
    target->group = st->st_gid;
    return faccessat(AT_FDCWD, target->path, W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

/* Pipes, terminals, /dev/null. Not by way of their links: those of /proc name no path. */
static bool is_device(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int examine_place(struct smi_target *target)
{
    struct stat st;
    TRY(split(target));
    if (target->name[0] == '\0')
        return target->path[0] ? EISDIR : ENOENT;
    if (stat(target->directory, &st) != 0)
        return errno;
    if (!S_ISDIR(st.st_mode))
        return ENOTDIR;
    if (stat(target->path, &st) != 0)
        return errno == ENOENT ? 0 : errno;
    return S_ISREG(st.st_mode) ? examine_file(target, &st) : EISDIR;
}

static int examine(struct smi_target *target)
{
    TRY(follow_links(target));
    return target->kind == SMI_TARGET_DESCRIPTOR ? 0 : examine_place(target);
}

int smi_target_init(struct smi_target *target, const char *path, struct smi_diag *diag)
{
    memset(target, 0, sizeof *target);
    target->fd = -1;
    target->path = join(path, strlen(path), "", 0);
    if (!target->path)
        return smi_fail_nomem(diag);
    if (!is_descriptor(path, &target->fd) && is_device(path)) {
        target->kind = SMI_TARGET_DEVICE;
        return 0;
    }
    int error = examine(target);
    if (error == 0)
        return 0;
    smi_target_clear(target);
    return error == ENOMEM ? smi_fail_nomem(diag) : smi_io_fail(diag, "write", path, error);
}

void smi_target_clear(struct smi_target *target)
{
    smi_free(target->path);
    smi_free(target->directory);
    memset(target, 0, sizeof *target);
    target->fd = -1;
}

/* -- replacing */

static int open_directory(const struct smi_target *target, int *fd)
{
    *fd = open(target->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *fd < 0 ? errno : 0;
}

/* The mode that the umask (or the directory's default ACL) gives a new file, without touching the
 * umask, which belongs to the whole process. */
static int new_file_mode(const struct smi_target *target, mode_t *mode)
{
    int fd;
    struct stat st;
    TRY(smi_tmpfile_unnamed(&fd, target->directory, false, 0666));
    int rc = fstat(fd, &st) == 0 ? 0 : errno;
    close(fd);
    if (rc == 0)
        *mode = st.st_mode & 0777;
    return rc;
}

/* Best effort for the owner: only root can give files away. */
static int keep_mode(const struct smi_target *target, int fd)
{
    mode_t mode = target->mode;
    if (target->exists) {
        int refused = fchown(fd, target->owner, target->group);
        if (refused)
            refused = fchown(fd, (uid_t)-1, target->group);
        SMI_UNUSED(refused);
    } else {
        TRY(new_file_mode(target, &mode));
    }
    return fchmod(fd, mode) == 0 ? 0 : errno;
}

static int link_unnamed(int fd, int directory_fd, char *name)
{
    char self[48];
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    for (int i = 0; i < TRIES; i++) {
        TRY(smi_tmpfile_name(name));
        if (linkat(AT_FDCWD, self, directory_fd, name, AT_SYMLINK_FOLLOW) == 0)
            return 0;
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

static int rename_in(const struct smi_target *target, int directory_fd, const char *name)
{
    if (renameat(directory_fd, name, directory_fd, target->name) != 0) {
        int error = errno;
        unlinkat(directory_fd, name, 0);
        return error;
    }
    return smi_io_sync(directory_fd);
}

int smi_target_take(const struct smi_target *target, int fd)
{
    int directory_fd;
    char name[SMI_TMP_NAME_BYTES];
    TRY(keep_mode(target, fd));
    TRY(smi_io_sync(fd));
    TRY(open_directory(target, &directory_fd));
    /* Ctrl-C between the two steps would leave the temporary name behind: it waits for them. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = link_unnamed(fd, directory_fd, name);
    if (rc == 0)
        rc = rename_in(target, directory_fd, name);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(directory_fd);
    return rc;
}

int smi_target_create(const struct smi_target *target, char *name, int *fd)
{
    int directory_fd, rc = EEXIST;
    TRY(open_directory(target, &directory_fd));
    /* Nothing there yet: the umask decides, as for any new file. */
    mode_t mode = target->exists ? 0600 : 0666;
    for (int i = 0; i < TRIES && rc == EEXIST; i++) {
        rc = smi_tmpfile_name(name);
        if (rc != 0)
            break;
        *fd = openat(directory_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        rc = *fd < 0 ? errno : 0;
    }
    close(directory_fd);
    return rc;
}

int smi_target_rename(const struct smi_target *target, const char *name, int fd)
{
    int directory_fd, rc = target->exists ? keep_mode(target, fd) : 0;
    if (rc == 0)
        rc = smi_io_sync(fd);
    if (rc == 0)
        rc = open_directory(target, &directory_fd);
    if (rc != 0) {
        smi_target_remove(target, name);
        return rc;
    }
    rc = rename_in(target, directory_fd, name);
    close(directory_fd);
    return rc;
}

void smi_target_remove(const struct smi_target *target, const char *name)
{
    int directory_fd;
    if (open_directory(target, &directory_fd) != 0)
        return;
    unlinkat(directory_fd, name, 0);
    close(directory_fd);
}
