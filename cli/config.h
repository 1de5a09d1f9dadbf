/* config.h: the configuration file. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "opts.h"

/* Puts the file's options for this command before those of args. The file is
 * $SMIME_HOME/config, or $XDG_CONFIG_HOME/smime/config (~/.config/smime/config); its absence is no
 * error. Returns CLI_OK or CLI_FAILED (said, with file and line). */
enum cli_exit cli_config_load(struct cli_args *args);

/* The same for one open file; path is for messages and as the base of relative paths. */
enum cli_exit cli_config_read(struct cli_args *args, FILE *file, const char *path);

#endif
