/* file_bytes.c: a small file as a whole: certificates and keys, 16 MiB at most. */
#include <errno.h>

#include "../base/mem.h"
#include "../flow/fileio.h"
#include "ring.h"

enum { PIECE_BYTES = 16 << 10 };

static int too_large(struct smi_diag *diag, const char *path)
{
    return smi_fail(diag, SMIME_E_LIMIT, NULL, SMI_NO_OFFSET, NULL,
                    "%s is larger than 16 MiB; it is no file of keys or certificates", path);
}

static int read_all(struct smi_buf *out, const struct smime_source *source, const char *path,
                    struct smi_diag *diag)
{
    for (;;) {
        size_t got;
        int rc = smi_buf_reserve(out, PIECE_BYTES);
        if (rc != 0)
            return rc == SMIME_E_LIMIT ? too_large(diag, path) : smi_fail_nomem(diag);
        errno = 0;
        if (source->read(source->self, out->ptr + out->len, PIECE_BYTES, &got) != 0)
            return smi_io_fail(diag, "read", path, errno);
        if (got == 0)
            return 0;
        out->len += got;
        if (out->len > SMI_RING_FILE_BYTES)
            return too_large(diag, path);
    }
}

int smi_file_bytes(struct smi_buf *out, const char *path, struct smi_diag *diag)
{
    struct smime_source source;
    smi_buf_init(out, SMI_RING_FILE_BYTES + PIECE_BYTES);
    errno = 0;
    int rc = smime_source_file(&source, path);
    if (rc == SMIME_E_NOMEM)
        return smi_fail_nomem(diag);
    if (rc != 0)
        return smi_io_fail(diag, "read", path ? path : "a file without a name", errno);
    rc = read_all(out, &source, path, diag);
    smime_source_close(&source);
    if (rc != 0)
        smi_buf_clear(out);
    return rc;
}
