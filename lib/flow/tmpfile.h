/* tmpfile.h: files without a name, for octets that are not proven yet. */
#ifndef SMI_TMPFILE_H
#define SMI_TMPFILE_H

#include <sys/types.h>

#include "../base/compiler.h"

enum { SMI_TMP_NAME_BYTES = 32 };

/* Opens a new file (mode 0600, read and write, close-on-exec) in directory that has no name.
 * linkable: it may be given one later. *named_once: it had a name for a moment (no O_TMPFILE here):
 * it must hold ciphertext only, and cannot be linked. 0 or an errno value. */
int smi_tmpfile_open(int *fd, bool *named_once, const char *directory, bool linkable);
/* As above, but only really unnamed; EOPNOTSUPP (or so) where that cannot be. */
int smi_tmpfile_unnamed(int *fd, const char *directory, bool linkable, mode_t mode);
/* ".smime-" and 16 random hex digits. 0 or an errno value. */
int smi_tmpfile_name(char out[SMI_TMP_NAME_BYTES]);

#endif
