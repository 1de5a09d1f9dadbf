/* attach_dir.c: the names come from the message. The library sanitises them; what could leave the
 * folder all the same is refused here once more. */
#include "attach_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "say.h"

static int name_is_safe(const char *name)
{
    return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int make_folder(struct cli_attach_dir *dir)
{
    struct stat st;
    if (mkdir(dir->path, 0777) == 0) {
        dir->made = 1;
        return 0;
    }
    if (errno == EEXIST && stat(dir->path, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    cli_error_errno("cannot be made", dir->path, errno);
    return SMIME_E_IO;
}

static int open_file(const char *path, struct smime_output **out)
{
    struct stat st;
    if (lstat(path, &st) == 0) {
        cli_error("%s: exists, and an attachment never replaces a file", path);
        return SMIME_E_IO;
    }
    errno = 0;
    int error = smime_output_file(out, path);
    if (error)
        cli_error_errno("cannot be written", path, errno);
    return error;
}

static int begin(void *self, const char *name, const char *media_type, struct smime_output **out)
{
    struct cli_attach_dir *dir = self;
    (void)media_type;
    *out = NULL;
    int error = SMIME_E_IO;
    char *path = NULL;
    if (!name_is_safe(name)) {
        cli_error("%s: an attachment's name that cannot be used", name);
    } else if (make_folder(dir) == 0) {
        size_t size = strlen(dir->path) + strlen(name) + 2;
        path = malloc(size);
        if (path) {
            snprintf(path, size, "%s/%s", dir->path, name);
            error = open_file(path, out);
        } else {
            cli_error("out of memory");
            error = SMIME_E_NOMEM;
        }
    }
    free(path);
    dir->failed = error != 0;
    return error;
}

void cli_attach_dir_init(struct cli_attach_dir *dir, const char *path,
                         struct smime_attachments *out)
{
    dir->path = path;
    dir->made = dir->failed = 0;
    out->begin = begin;
    out->self = dir;
}

void cli_attach_dir_undo(struct cli_attach_dir *dir)
{
    /* rmdir fails by itself where anything is inside. */
    if (dir->made)
        rmdir(dir->path);
}
