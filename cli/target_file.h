/* target_file.h: where results go: -o FILE, standard output, small files beside them. */
#ifndef CLI_TARGET_FILE_H
#define CLI_TARGET_FILE_H

#include <smime.h>

#include "opts.h"

struct cli_target {
    struct smime_output *output;
    int fd; /* of a device or pipe that we opened; -1: none */
};

/* The target that -o names, standard output without it or for "-". A device or a pipe is written
 * to, never replaced. Returns CLI_OK, or an exit status (said). Clear it in both cases. */
enum cli_exit cli_target_open(struct cli_target *target, const char *path);
void cli_target_clear(struct cli_target *target);

/* Writes a small file whole or not at all (a temporary name, then rename); "-" and NULL: standard
 * output. */
enum cli_exit cli_write_small(const char *path, const char *data, size_t len);

#endif
