/* pump.c: pulls from a source and pushes into a chain, in pieces of 64 KiB. */
#include <errno.h>

#include "../base/mem.h"
#include "fileio.h"
#include "flow.h"

enum { PIECE_BYTES = 64 << 10, PROGRESS_BYTES = 4 << 20 };

static int read_piece(const struct smime_source *source, uint8_t *piece, size_t *got,
                      uint64_t offset, struct smi_diag *diag)
{
    *got = 0;
    errno = 0;
    int rc = source->read(source->self, piece, PIECE_BYTES, got);
    int error = errno;
    if (rc == 0 && *got <= PIECE_BYTES)
        return 0;
    if (rc == 0)
        return smi_fail(diag, SMIME_E_USAGE, NULL, offset, NULL,
                        "the source returned more octets than were asked for");
    if (rc == SMIME_E_IO && error != 0)
        return smi_io_fail(diag, "read", "the input", error);
    return smi_fail(diag, rc < 0 ? rc : SMIME_E_IO, NULL, offset, NULL,
                    "the input cannot be read: its source reported error %d", rc);
}

static int pump_all(const struct smime_source *source, struct smi_sink sink, uint8_t *piece,
                    struct smi_diag *diag, int (*progress)(void *arg, uint64_t octets), void *arg)
{
    uint64_t octets = 0, next = PROGRESS_BYTES;
    for (;;) {
        size_t got;
        TRY(read_piece(source, piece, &got, octets, diag));
        if (got == 0)
            return 0;
        TRY(smi_sink_write(sink, smi_slice(piece, got)));
        octets += got;
        if (!progress || octets < next)
            continue;
        next = octets + PROGRESS_BYTES;
        if (progress(arg, octets) != 0)
            return smi_fail(diag, SMIME_E_CANCELLED, NULL, octets, NULL,
                            "stopped by the caller's progress function");
    }
}

int smi_pump(const struct smime_source *source, struct smi_sink sink, struct smi_diag *diag,
             int (*progress)(void *arg, uint64_t octets), void *progress_arg)
{
    uint8_t *piece = smi_malloc(PIECE_BYTES);
    int rc = piece ? pump_all(source, sink, piece, diag, progress, progress_arg)
                   : smi_fail_nomem(diag);
    smi_free_wiped(piece, PIECE_BYTES);
    if (rc == 0)
        return smi_sink_end(sink);
    smi_sink_abort(sink, rc);
    return rc;
}
