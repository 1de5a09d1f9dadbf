/* attach_dir.h: open --attachments DIR. */
#ifndef CLI_ATTACH_DIR_H
#define CLI_ATTACH_DIR_H

#include <smime.h>

#include "cli.h"

struct cli_attach_dir {
    const char *path;
    int made;   /* we created the folder */
    int failed; /* a reason was said */
};

/* The folder is made when the first attachment comes. Attachments appear when the message was
 * opened well; a file that exists is never replaced (the message is then not opened at all). */
void cli_attach_dir_init(struct cli_attach_dir *dir, const char *path,
                         struct smime_attachments *out);
/* After a failure: removes a folder that was made and stayed empty. */
void cli_attach_dir_undo(struct cli_attach_dir *dir);

#endif
