/* target.h: the place that a result goes to, and its replacement in one step. */
#ifndef SMI_TARGET_H
#define SMI_TARGET_H

#include <sys/types.h>

#include "../base/err.h"

enum smi_target_kind {
    SMI_TARGET_FILE,      /* a regular file, or nothing yet: replaced by rename */
    SMI_TARGET_DEVICE,    /* a pipe, terminal, /dev/null: opened and written to */
    SMI_TARGET_DESCRIPTOR /* /dev/stdout, /dev/fd/N: written to */
};

struct smi_target {
    enum smi_target_kind kind;
    char *path;      /* symbolic links at its end resolved; heap */
    char *directory; /* heap */
    const char *name; /* within path */
    int fd;          /* DESCRIPTOR */
    bool exists;
    mode_t mode; /* of what exists */
    uid_t owner;
    gid_t group;
};

/* IO, with detail: no such directory, a directory itself, a file that may not be written. */
int smi_target_init(struct smi_target *target, const char *path, struct smi_diag *diag);
void smi_target_clear(struct smi_target *target);

/* What follows returns 0 or an errno value. */

/* The finished unnamed file becomes the target: synchronised, linked, renamed. */
int smi_target_take(const struct smi_target *target, int fd);
/* Where unnamed files cannot be linked: a file of a random name beside the target... */
int smi_target_create(const struct smi_target *target, char *name, int *fd);
/* ... that becomes the target when it is complete (or is removed when that fails) ... */
int smi_target_rename(const struct smi_target *target, const char *name, int fd);
/* ... or is removed. */
void smi_target_remove(const struct smi_target *target, const char *name);

#endif
