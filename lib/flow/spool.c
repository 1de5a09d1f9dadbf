/* spool.c: octets that are not proven yet: memory first, then a file without a name (design 3).
 *
 *     [0, in_file)        in the file, encrypted when there is a cipher
 *     [in_file, length)   in the memory buffer
 *
 * Plaintext goes only into a file that never had a name, in the target's directory; a file that had
 * one for a moment, and each one elsewhere, is encrypted with a key that dies with the spool (threats
 * 7.12, R29, R40). Starting again takes a new file and a new key: one key never hides two texts. */
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <unistd.h>

#include "../base/mem.h"
#include "../crypto/spool_cipher.h"
#include "fileio.h"
#include "flow.h"
#include "target.h"
#include "tmpfile.h"

enum { PIECE_BYTES = 64 << 10 };

struct smi_spool {
    size_t memory_bytes;
    char *directory; /* NULL: a place for temporary files */
    bool encrypt;
    bool committed;
    int failed;
    int fd; /* -1: all is in memory */
    struct smi_spool_cipher *cipher;
    struct smi_buf memory;
    uint64_t in_file;
    uint64_t length;
    uint64_t source_at; /* of the one source over it */
    struct smi_diag *diag;
};

static size_t least(uint64_t a, size_t b)
{
    return a < b ? (size_t)a : b;
}

static int sticky(struct smi_spool *spool, int code)
{
    if (spool->failed == 0)
        spool->failed = code;
    return spool->failed;
}

static int fail_nomem(struct smi_spool *spool)
{
    return sticky(spool, smi_fail_nomem(spool->diag));
}

static int fail_cipher(struct smi_spool *spool, int rc)
{
    if (rc == SMIME_E_NOMEM)
        return fail_nomem(spool);
    return sticky(spool, smi_fail(spool->diag, rc, NULL, SMI_NO_OFFSET, NULL,
                                  "a temporary file cannot be encrypted: the cryptographic library "
                                  "failed; check its installation"));
}

static int fail_file(struct smi_spool *spool, const char *verb, int error)
{
    return sticky(spool, smi_io_fail(spool->diag, verb,
                                     spool->directory ? spool->directory : "/var/tmp", error));
}

/* -- life */

int smi_spool_new(struct smi_spool **out, size_t memory_bytes, const char *directory, bool encrypt,
                  struct smi_diag *diag)
{
    struct smi_spool *spool = smi_calloc(1, sizeof *spool);
    if (!spool)
        return smi_fail_nomem(diag);
    spool->memory_bytes = memory_bytes;
    spool->encrypt = encrypt || !directory;
    spool->fd = -1;
    spool->diag = diag;
    smi_buf_init(&spool->memory, 0);
    if (directory) {
        size_t bytes = strlen(directory) + 1;
        spool->directory = smi_malloc(bytes);
        if (!spool->directory) {
            smi_free(spool);
            return smi_fail_nomem(diag);
        }
        memcpy(spool->directory, directory, bytes);
    }
    *out = spool;
    return 0;
}

static void drop_content(struct smi_spool *spool)
{
    if (spool->fd >= 0)
        close(spool->fd);
    spool->fd = -1;
    smi_spool_cipher_free(spool->cipher);
    spool->cipher = NULL;
    smi_buf_clear(&spool->memory);
    spool->in_file = 0;
    spool->source_at = 0;
}

void smi_spool_free(struct smi_spool *spool)
{
    if (!spool)
        return;
    drop_content(spool);
    smi_free(spool->directory);
    smi_free(spool);
}

int smi_spool_reset(struct smi_spool *spool)
{
    drop_content(spool);
    spool->length = 0;
    spool->failed = 0;
    spool->committed = false;
    return 0;
}

uint64_t smi_spool_len(const struct smi_spool *spool)
{
    return spool->length;
}

void smi_spool_set_diag(struct smi_spool *spool, struct smi_diag *diag)
{
    spool->diag = diag;
}

/* -- writing */

static int open_somewhere(struct smi_spool *spool, bool *named_once)
{
    if (spool->directory)
        return smi_tmpfile_open(&spool->fd, named_once, spool->directory, !spool->encrypt);
    int rc = smi_tmpfile_open(&spool->fd, named_once, "/var/tmp", false);
    return rc == 0 ? 0 : smi_tmpfile_open(&spool->fd, named_once, "/tmp", false);
}

static int open_file(struct smi_spool *spool)
{
    bool named_once;
    int rc = open_somewhere(spool, &named_once);
    if (rc != 0) {
        spool->fd = -1;
        return fail_file(spool, "make a temporary file in", rc);
    }
    if (!spool->encrypt && !named_once)
        return 0;
    rc = smi_spool_cipher_new(&spool->cipher);
    return rc == 0 ? 0 : fail_cipher(spool, rc);
}

/* Moves what is in memory to the file. */
static int flush(struct smi_spool *spool)
{
    struct smi_buf *memory = &spool->memory;
    if (spool->cipher) {
        int rc = smi_spool_cipher_xor(spool->cipher, spool->in_file, memory->ptr, memory->len);
        if (rc != 0)
            return fail_cipher(spool, rc);
    }
    int error = smi_io_write_at(spool->fd, spool->in_file, smi_buf_slice(memory));
    if (error != 0)
        return fail_file(spool, "write a temporary file in", error);
    spool->in_file += memory->len;
    smi_wipe(memory->ptr, memory->len);
    memory->len = 0;
    return 0;
}

static int add_memory(struct smi_spool *spool, struct smi_slice in)
{
    if (smi_buf_add(&spool->memory, in) != 0)
        return fail_nomem(spool);
    spool->length += in.len;
    return 0;
}

static int write_file(struct smi_spool *spool, struct smi_slice in)
{
    while (in.len) {
        if (spool->memory.len >= PIECE_BYTES)
            TRY(flush(spool));
        size_t n = least(in.len, PIECE_BYTES - spool->memory.len);
        TRY(add_memory(spool, smi_slice_take(in, n)));
        in = smi_slice_skip(in, n);
    }
    return 0;
}

int smi_spool_write(struct smi_spool *spool, struct smi_slice in)
{
    if (spool->failed)
        return spool->failed;
    if (spool->committed)
        return sticky(spool, SMIME_E_USAGE);
    if (in.len > INT64_MAX - spool->length)
        return sticky(spool, SMIME_E_LIMIT);
    if (spool->fd < 0) {
        if (spool->length <= spool->memory_bytes && in.len <= spool->memory_bytes - spool->length)
            return in.len ? add_memory(spool, in) : 0;
        TRY(open_file(spool));
    }
    return write_file(spool, in);
}

static int sink_write(void *self, struct smi_slice in)
{
    return smi_spool_write(self, in);
}

static int sink_end(void *self)
{
    return ((struct smi_spool *)self)->failed;
}

static void sink_abort(void *self, int why)
{
    SMI_UNUSED(self);
    SMI_UNUSED(why);
}

static void sink_free(void *self)
{
    SMI_UNUSED(self);
}

struct smi_sink smi_spool_sink(struct smi_spool *spool)
{
    static const struct smi_sink_ops ops = {sink_write, sink_end, sink_abort, sink_free};
    struct smi_sink sink = {&ops, spool};
    return sink;
}

/* -- reading */

/* Up to cap octets at `at`; *got is 0 only at the end. */
static int read_at(struct smi_spool *spool, uint64_t at, uint8_t *out, size_t cap, size_t *got)
{
    *got = 0;
    if (at >= spool->in_file) {
        struct smi_slice rest = smi_slice_skip(smi_buf_slice(&spool->memory),
                                               (size_t)(at - spool->in_file));
        *got = least(rest.len, cap);
        if (*got)
            memcpy(out, rest.ptr, *got);
        return 0;
    }
    size_t n = least(spool->in_file - at, cap);
    int error = smi_io_read_at(spool->fd, at, out, n);
    if (error != 0)
        return fail_file(spool, "read back a temporary file in", error);
    int rc = spool->cipher ? smi_spool_cipher_xor(spool->cipher, at, out, n) : 0;
    if (rc != 0)
        return fail_cipher(spool, rc);
    *got = n;
    return 0;
}

static int replay_file(struct smi_spool *spool, struct smi_sink sink, uint8_t *piece)
{
    for (uint64_t at = 0; at < spool->in_file;) {
        size_t got, cap = least(spool->in_file - at, PIECE_BYTES);
        TRY(read_at(spool, at, piece, cap, &got));
        TRY(smi_sink_write(sink, smi_slice(piece, got)));
        at += got;
    }
    return 0;
}

int smi_spool_replay(struct smi_spool *spool, struct smi_sink sink)
{
    if (spool->failed || spool->committed)
        return spool->failed ? spool->failed : SMIME_E_USAGE;
    if (spool->in_file) {
        uint8_t *piece = smi_malloc(PIECE_BYTES);
        if (!piece)
            return smi_fail_nomem(spool->diag);
        int rc = replay_file(spool, sink, piece);
        smi_free_wiped(piece, PIECE_BYTES);
        TRY(rc);
    }
    return smi_sink_write(sink, smi_buf_slice(&spool->memory));
}

static int source_read(void *self, void *buffer, size_t cap, size_t *got)
{
    struct smi_spool *spool = self;
    *got = 0;
    if (spool->failed || spool->committed)
        return spool->failed ? spool->failed : SMIME_E_USAGE;
    TRY(read_at(spool, spool->source_at, buffer, cap, got));
    spool->source_at += *got;
    return 0;
}

static int source_rewind(void *self)
{
    ((struct smi_spool *)self)->source_at = 0;
    return 0;
}

void smi_spool_source(struct smi_spool *spool, struct smime_source *out)
{
    memset(out, 0, sizeof *out);
    spool->source_at = 0;
    out->read = source_read;
    out->rewind = source_rewind;
    out->self = spool;
}

/* -- commit */

struct fd_sink {
    int fd, error;
};

static int fd_write(void *self, struct smi_slice in)
{
    struct fd_sink *sink = self;
    sink->error = smi_io_write(sink->fd, in);
    return sink->error == 0 ? 0 : SMIME_E_IO;
}

int smi_spool_copy_to_fd(struct smi_spool *spool, int fd, const char *name)
{
    /* smi_spool_replay only writes. */
    static const struct smi_sink_ops ops = {fd_write, NULL, NULL, NULL};
    struct fd_sink out = {fd, 0};
    struct smi_sink sink = {&ops, &out};
    int rc = smi_spool_replay(spool, sink);
    return out.error ? smi_io_fail(spool->diag, "write", name, out.error) : rc;
}

/* Where linking fails for a reason that writing the file afresh may get around: another file system,
 * no /proc, no O_TMPFILE. */
static bool may_copy(int error)
{
    return error == EXDEV || error == ENOENT || error == EPERM || error == EOPNOTSUPP ||
           error == ENOTSUP || error == EISDIR || error == EINVAL || error == EACCES;
}

/* Content as a new unnamed file; *error: an errno value when the file cannot be made or linked. */
static int commit_unnamed(struct smi_spool *spool, const struct smi_target *target,
                          const char *path, int *error)
{
    int fd;
    *error = smi_tmpfile_unnamed(&fd, target->directory, true, 0600);
    if (*error != 0)
        return 0;
    int rc = smi_spool_copy_to_fd(spool, fd, path);
    if (rc == 0)
        *error = smi_target_take(target, fd);
    close(fd);
    return rc;
}

/* The last resort. All was proven before: the name is not the target's for a moment only. */
static int commit_named(struct smi_spool *spool, const struct smi_target *target, const char *path)
{
    int fd = -1;
    char name[SMI_TMP_NAME_BYTES];
    int error = smi_target_create(target, name, &fd);
    if (error != 0)
        return smi_io_fail(spool->diag, "write", path, error);
    int rc = smi_spool_copy_to_fd(spool, fd, path);
    if (rc != 0)
        smi_target_remove(target, name);
    else if ((error = smi_target_rename(target, name, fd)) != 0)
        rc = smi_io_fail(spool->diag, "write", path, error);
    close(fd);
    return rc;
}

static int commit_to(struct smi_spool *spool, const struct smi_target *target, const char *path)
{
    int error = EXDEV;
    if (spool->fd >= 0 && !spool->cipher && !spool->encrypt) {
        TRY(flush(spool));
        error = smi_target_take(target, spool->fd);
        if (error == 0)
            return 0;
    }
    if (may_copy(error))
        TRY(commit_unnamed(spool, target, path, &error));
    if (error == 0)
        return 0;
    if (may_copy(error))
        return commit_named(spool, target, path);
    return smi_io_fail(spool->diag, "write", path, error);
}

int smi_spool_commit_file(struct smi_spool *spool, const char *path)
{
    struct smi_target target;
    if (spool->failed || spool->committed)
        return spool->failed ? spool->failed : SMIME_E_USAGE;
    TRY(smi_target_init(&target, path, spool->diag));
    int rc = target.kind == SMI_TARGET_FILE
                 ? commit_to(spool, &target, path)
                 : smi_fail(spool->diag, SMIME_E_IO, NULL, SMI_NO_OFFSET, NULL,
                            "cannot replace %.140s: it is not a regular file", path);
    smi_target_clear(&target);
    if (rc == 0) {
        /* The file is the user's now: nothing more may reach it through this spool. */
        drop_content(spool);
        spool->committed = true;
    }
    return rc;
}
