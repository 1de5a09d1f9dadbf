/* output.c: where a result goes: a file, a descriptor, a callback; whole or not at all.
 *
 *     FRESH --begin--> OPEN --commit--> COMMITTED
 *       ^               | \--discard (or a failed commit)--> DISCARDED
 *       +----restart----+--------------------restart-----------+
 *
 * A file's provisional octets rest in its own directory, without a name; those for other targets are
 * encrypted when they outgrow memory. Refuses a second run into one output. EPIPE is an error here:
 * signals are the program's business. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/mem.h"
#include "fileio.h"
#include "flow.h"
#include "target.h"

enum kind { TO_FILE, TO_FD, TO_CALLBACK };
enum state { FRESH, OPEN, COMMITTED, DISCARDED };

struct smime_output {
    enum kind kind;
    enum state state;
    char *path; /* TO_FILE */
    int fd;     /* TO_FD */
    int (*write)(void *self, const void *data, size_t len);
    void *self;
    struct smi_spool *spool; /* OPEN, COMMITTED */
    uint64_t length;
};

static int output_new(struct smime_output **out, enum kind kind)
{
    struct smime_output *output = smi_calloc(1, sizeof *output);
    if (!output)
        return SMIME_E_NOMEM;
    output->kind = kind;
    output->fd = -1;
    *out = output;
    return 0;
}

int smime_output_file(struct smime_output **out, const char *path)
{
    struct smime_output *output;
    if (!out || !path || !*path)
        return SMIME_E_USAGE;
    TRY(output_new(&output, TO_FILE));
    size_t bytes = strlen(path) + 1;
    output->path = smi_malloc(bytes);
    if (!output->path) {
        smi_free(output);
        return SMIME_E_NOMEM;
    }
    memcpy(output->path, path, bytes);
    *out = output;
    return 0;
}

int smime_output_fd(struct smime_output **out, int fd)
{
    struct smime_output *output;
    if (!out || fd < 0)
        return SMIME_E_USAGE;
    TRY(output_new(&output, TO_FD));
    output->fd = fd;
    *out = output;
    return 0;
}

int smime_output_callback(struct smime_output **out,
                          int (*write)(void *self, const void *data, size_t len), void *self)
{
    struct smime_output *output;
    if (!out || !write)
        return SMIME_E_USAGE;
    TRY(output_new(&output, TO_CALLBACK));
    output->write = write;
    output->self = self;
    *out = output;
    return 0;
}

void smime_output_free(struct smime_output *output)
{
    if (!output)
        return;
    smi_spool_free(output->spool);
    smi_free(output->path);
    smi_free(output);
}

static int open_for_path(struct smime_output *output, size_t memory_bytes, struct smi_diag *diag)
{
    struct smi_target target;
    TRY(smi_target_init(&target, output->path, diag));
    const char *directory = target.kind == SMI_TARGET_FILE ? target.directory : NULL;
    int rc = smi_spool_new(&output->spool, memory_bytes, directory, !directory, diag);
    smi_target_clear(&target);
    return rc;
}

int smi_output_begin(struct smime_output *output, size_t memory_bytes, struct smi_diag *diag,
                     struct smi_sink *out)
{
    if (output->state != FRESH)
        return smi_fail(diag, SMIME_E_USAGE, NULL, SMI_NO_OFFSET, NULL,
                        "the output was used already; make a new one for each operation");
    TRY(output->kind == TO_FILE ? open_for_path(output, memory_bytes, diag)
                                : smi_spool_new(&output->spool, memory_bytes, NULL, true, diag));
    output->state = OPEN;
    *out = smi_spool_sink(output->spool);
    return 0;
}

int smi_output_restart(struct smime_output *output)
{
    if (output->state == COMMITTED)
        return SMIME_E_USAGE;
    if (output->state != OPEN) {
        output->state = FRESH;
        return 0;
    }
    return smi_spool_reset(output->spool);
}

/* -- commit */

struct callback_sink {
    struct smime_output *output;
    bool stopped;
};

static int callback_write(void *self, struct smi_slice in)
{
    struct callback_sink *sink = self;
    sink->stopped = sink->output->write(sink->output->self, in.ptr, in.len) != 0;
    return sink->stopped ? SMIME_E_CANCELLED : 0;
}

static int commit_callback(struct smime_output *output, struct smi_diag *diag)
{
    /* smi_spool_replay only writes. */
    static const struct smi_sink_ops ops = {callback_write, NULL, NULL, NULL};
    struct callback_sink self = {output, false};
    struct smi_sink sink = {&ops, &self};
    int rc = smi_spool_replay(output->spool, sink);
    return self.stopped ? smi_fail(diag, rc, NULL, SMI_NO_OFFSET, NULL,
                                   "stopped by the output's write function")
                        : rc;
}

static int commit_device(struct smime_output *output, const char *path, struct smi_diag *diag)
{
    int fd;
    do
        fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return smi_io_fail(diag, "write", path, errno);
    int rc = smi_spool_copy_to_fd(output->spool, fd, path);
    if (close(fd) != 0 && rc == 0 && errno != EINTR)
        rc = smi_io_fail(diag, "write", path, errno);
    return rc;
}

static int commit_path(struct smime_output *output, struct smi_diag *diag)
{
    struct smi_target target;
    int rc;
    TRY(smi_target_init(&target, output->path, diag));
    if (target.kind == SMI_TARGET_DESCRIPTOR)
        rc = smi_spool_copy_to_fd(output->spool, target.fd, output->path);
    else if (target.kind == SMI_TARGET_DEVICE)
        rc = commit_device(output, target.path, diag);
    else
        rc = smi_spool_commit_file(output->spool, output->path);
    smi_target_clear(&target);
    return rc;
}

static int commit(struct smime_output *output, struct smi_diag *diag)
{
    switch (output->kind) {
    case TO_FILE:
        return commit_path(output, diag);
    case TO_FD:
        return smi_spool_copy_to_fd(output->spool, output->fd, "the output");
    case TO_CALLBACK:
        return commit_callback(output, diag);
    default:
        return SMIME_E_INTERNAL;
    }
}

int smi_output_commit(struct smime_output *output, struct smi_diag *diag)
{
    if (output->state != OPEN)
        return smi_fail(diag, SMIME_E_USAGE, NULL, SMI_NO_OFFSET, NULL,
                        "the output holds nothing to commit");
    smi_spool_set_diag(output->spool, diag);
    output->length = smi_spool_len(output->spool);
    int rc = commit(output, diag);
    smi_spool_free(output->spool);
    output->spool = NULL;
    output->state = rc == 0 ? COMMITTED : DISCARDED;
    return rc;
}

void smi_output_discard(struct smime_output *output)
{
    if (!output || output->state == COMMITTED)
        return;
    smi_spool_free(output->spool);
    output->spool = NULL;
    output->state = DISCARDED;
}

uint64_t smi_output_len(const struct smime_output *output)
{
    if (output->state == OPEN)
        return smi_spool_len(output->spool);
    return output->state == COMMITTED ? output->length : 0;
}
