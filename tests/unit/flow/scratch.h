/* scratch.h: a directory to break things in, files without names, and a process of its own. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "flow_test.h"

static const char marker[] = "SECRET-MARKER-7f3a";

/* -- directories and files */

static char scratch[64];

static inline void scratch_make(void)
{
    strcpy(scratch, "/tmp/smime-test-XXXXXX");
    if (!mkdtemp(scratch))
        abort();
}

static inline const char *in_scratch(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static inline int entries(const char *directory)
{
    int count = 0;
    DIR *dir = opendir(directory);
    if (!dir)
        return -1;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2;
}

static inline void scratch_remove(void)
{
    DIR *dir = opendir(scratch);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2) {
            unlink(in_scratch(entry->d_name));
            rmdir(in_scratch(entry->d_name));
        }
    if (dir)
        closedir(dir);
    CHECK_INT(rmdir(scratch), 0);
}

static inline void write_file_at(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    CHECK_INT(write(fd, text, strlen(text)), strlen(text));
    CHECK_INT(fchmod(fd, mode), 0);
    close(fd);
}

static inline struct smi_buf slurp(const char *path)
{
    struct smi_buf out;
    smi_buf_init(&out, 0);
    int fd = open(path, O_RDONLY);
    uint8_t piece[4096];
    ssize_t n;
    while (fd >= 0 && (n = read(fd, piece, sizeof piece)) > 0)
        CHECK_INT(smi_buf_add(&out, smi_slice(piece, (size_t)n)), 0);
    if (fd >= 0)
        close(fd);
    return out;
}

static inline void check_file(const char *path, struct smi_slice want, int mode)
{
    struct stat st;
    struct smi_buf got = slurp(path);
    CHECK_BYTES(got.ptr, got.len, want.ptr, want.len);
    CHECK_INT(stat(path, &st), 0);
    CHECK_INT(st.st_mode & 07777, mode);
    smi_buf_clear(&got);
}

/* The descriptor of a file without a name that this process holds open, or -1. */
static inline int unnamed_fd(void)
{
    for (int fd = 3; fd < 256; fd++) {
        struct stat st;
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0)
            return fd;
    }
    return -1;
}

static inline bool unnamed_holds(const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", unnamed_fd());
    struct smi_buf content = slurp(path);
    CHECK(content.len > 0);
    bool found = smi_slice_search(smi_buf_slice(&content), smi_slice_str(text)) < content.len;
    smi_buf_clear(&content);
    return found;
}

static inline void make_secret(struct smi_buf *out, size_t len)
{
    smi_buf_init(out, 0);
    while (out->len < len) {
        CHECK_INT(smi_buf_add_str(out, marker), 0);
        CHECK_INT(smi_buf_add_byte(out, (uint8_t)(out->len / 19)), 0);
    }
    out->len = len;
}

static inline int in_child(int (*run)(void))
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        _exit(run());
    CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

#endif
