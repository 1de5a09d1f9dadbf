/* test_no_tmpfile.c: spool and outputs as on a system without O_TMPFILE: files of the library are
 * compiled here once more, under other names, with that flag taken away. */
#define _GNU_SOURCE 1
#define _FILE_OFFSET_BITS 64
#include <fcntl.h>
#undef O_TMPFILE

#define smi_tmpfile_name alt_tmpfile_name
#define smi_tmpfile_open alt_tmpfile_open
#define smi_tmpfile_unnamed alt_tmpfile_unnamed
#define smi_target_init alt_target_init
#define smi_target_clear alt_target_clear
#define smi_target_take alt_target_take
#define smi_target_create alt_target_create
#define smi_target_rename alt_target_rename
#define smi_target_remove alt_target_remove
#define smi_spool_new alt_spool_new
#define smi_spool_free alt_spool_free
#define smi_spool_write alt_spool_write
#define smi_spool_sink alt_spool_sink
#define smi_spool_len alt_spool_len
#define smi_spool_reset alt_spool_reset
#define smi_spool_replay alt_spool_replay
#define smi_spool_source alt_spool_source
#define smi_spool_commit_file alt_spool_commit_file
#define smi_spool_copy_to_fd alt_spool_copy_to_fd
#define smi_spool_set_diag alt_spool_set_diag
#define smime_output_file alt_output_file
#define smime_output_fd alt_output_fd
#define smime_output_callback alt_output_callback
#define smime_output_free alt_output_free
#define smi_output_begin alt_output_begin
#define smi_output_restart alt_output_restart
#define smi_output_commit alt_output_commit
#define smi_output_discard alt_output_discard
#define smi_output_len alt_output_len

#define TRIES TMPFILE_TRIES
#define open_file tmpfile_open_file
#include "flow/tmpfile.c"
#undef TRIES
#undef open_file
#define TRIES TARGET_TRIES
#include "flow/target.c"
#undef TRIES
#define fd_write spool_fd_write
#define PIECE_BYTES SPOOL_PIECE_BYTES
#include "flow/spool.c"
#undef fd_write
#undef PIECE_BYTES
#include "flow/output.c"

#define SPOOL_PLAIN false /* without O_TMPFILE each spool's file is encrypted */
#include "output_cases.h"
#include "spool_cases.h"

TEST_MAIN(SPOOL_TESTS, OUTPUT_TESTS)
