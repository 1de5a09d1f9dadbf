/* fileio.h: file descriptors without surprises (short writes, EINTR), and errno in words. */
#ifndef SMI_FILEIO_H
#define SMI_FILEIO_H

#include <sys/types.h>

#include "../base/err.h"
#include "../base/slice.h"

/* Records "cannot VERB NAME: <errno's text>; <what to do>" and returns SMIME_E_IO. */
int smi_io_fail(struct smi_diag *diag, const char *verb, const char *name, int error);
/* Writes all, waiting where the descriptor does not block. 0 or an errno value. */
int smi_io_write(int fd, struct smi_slice in);
int smi_io_write_at(int fd, uint64_t offset, struct smi_slice in);
/* Reads exactly len octets at offset; EIO when there are fewer. */
int smi_io_read_at(int fd, uint64_t offset, void *out, size_t len);
/* fsync; what cannot be synchronised (a pipe) is no error. */
int smi_io_sync(int fd);

#endif
