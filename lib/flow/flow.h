/* flow.h: the stages that carry octets. All follow base/sink.h. */
#ifndef SMI_FLOW_H
#define SMI_FLOW_H

#include "../base/buf.h"
#include "../base/err.h"
#include "../base/sink.h"

/* -- pump.c: source -> sink, in pieces of 64 KiB (buffer wiped). Calls end or abort. progress may be
 * NULL: called about every 4 MiB. */
int smi_pump(const struct smime_source *source, struct smi_sink sink, struct smi_diag *diag,
             int (*progress)(void *arg, uint64_t octets), void *progress_arg);

/* -- tee.c: each piece to `first`, then to `second`. end: first, then second. */
int smi_tee_new(struct smi_sink *out, struct smi_sink first, struct smi_sink second);

/* -- crlf.c: line ends. */
/* LF without CR before it becomes CRLF; CRLF, bare CR and CRCRLF stay (design 3). */
int smi_crlf_new(struct smi_sink *out, struct smi_sink down);
/* CRLF becomes LF; bare CR and bare LF stay. */
int smi_lf_new(struct smi_sink *out, struct smi_sink down);

/* -- base64_encode.c, base64_decode.c (RFC 2045 6.8): SIMD chosen at run time (base64_simd.c), with a
 * scalar reference (base64_scalar.c). Like all stages here they buffer up to 24 KiB: the last octets
 * reach down with end. */
/* columns: octets a line, a multiple of 4 (76); 0 = one line. Lines end in CRLF; the last one too. */
int smi_base64_encode_new(struct smi_sink *out, struct smi_sink down, unsigned columns);
struct smi_base64_damage { /* what a tolerant reader saw; caller-owned */
    uint64_t illegal;      /* octets outside the alphabet and white space, skipped */
    uint64_t after_padding; /* octets after the padding that are not white space, ignored */
    bool unpadded;         /* the last quantum lacked its '=' */
    bool truncated;        /* a lone last character: its 6 bits are dropped */
};
/* Any line length; white space skipped; stops at padding (MIME-010). damage may be NULL. */
int smi_base64_decode_new(struct smi_sink *out, struct smi_sink down,
                          struct smi_base64_damage *damage);
/* For tests: force the scalar code on (true) or the best on (false). */
void smi_base64_force_scalar(bool on);

/* -- qp_encode.c, qp_decode.c (RFC 2045 6.7) */
/* binary: CR and LF are encoded; otherwise CRLF pairs (and bare LF) are line ends. Lines <= 76;
 * trailing white space, leading "From ", lone "." lines and non-printables are encoded; ends without
 * a soft break. */
int smi_qp_encode_new(struct smi_sink *out, struct smi_sink down, bool binary);
/* Lower-case hex, soft breaks, trailing blanks dropped; illegal sequences pass and are counted
 * (illegal may be NULL). Line ends pass as they are. */
int smi_qp_decode_new(struct smi_sink *out, struct smi_sink down, uint64_t *illegal);

/* -- zlib.c (RFC 3274, RFC 1950). */
int smi_deflate_new(struct smi_sink *out, struct smi_sink down);
/* LIMIT beyond ratio * input + 64 KiB or max_bytes; MALFORMED on damage or truncation. */
int smi_inflate_new(struct smi_sink *out, struct smi_sink down, const struct smime_limits *limits,
                    struct smi_diag *diag, const char *layer);

/* -- spool.c: holds octets until they are proven; memory first, then an unnamed file. */
struct smi_spool;
/* directory: where the file goes (O_TMPFILE, 0600); NULL: $TMPDIR-less default "/var/tmp" then "/tmp"
 * (the environment is not read), encrypted with a one-time key. `encrypt` forces encryption.
 * The file is made only when more than memory_bytes arrive. */
int smi_spool_new(struct smi_spool **out, size_t memory_bytes, const char *directory, bool encrypt,
                  struct smi_diag *diag);
void smi_spool_free(struct smi_spool *spool); /* wipes memory, closes the file */
int smi_spool_write(struct smi_spool *spool, struct smi_slice in);
/* A sink that appends; end and abort do nothing to the spool; free does not free it. */
struct smi_sink smi_spool_sink(struct smi_spool *spool);
uint64_t smi_spool_len(const struct smi_spool *spool);
/* Drops the content and starts again (for a second pass). */
int smi_spool_reset(struct smi_spool *spool);
/* Reads everything from the start into sink (write only; neither end nor abort). Repeatable. */
int smi_spool_replay(struct smi_spool *spool, struct smi_sink sink);
/* A source over the content; rewindable; borrowed from the spool. One at a time: a second one starts
 * the first again. */
void smi_spool_source(struct smi_spool *spool, struct smime_source *out);
/* Gives the content the name path, replacing it in one step: link under a temporary name in the same
 * directory, fsync, rename, fsync of the directory. Content in memory, encrypted or on another file
 * system is written to a fresh O_TMPFILE first (where there is none: to a file of a random name).
 * Keeps the mode of a file that exists; follows a symbolic link to what it names. Afterwards the
 * spool holds nothing and takes nothing until reset. */
int smi_spool_commit_file(struct smi_spool *spool, const char *path);
/* Writes the content to a descriptor; name is for the error text. */
int smi_spool_copy_to_fd(struct smi_spool *spool, int fd, const char *name);
/* Where later errors are recorded. The diag of new or set_diag must outlive the calls that use it. */
void smi_spool_set_diag(struct smi_spool *spool, struct smi_diag *diag);

/* -- output.c: struct smime_output on a spool. */
/* Opens the spool lazily with this memory size; its provisional octets go through the sink. Checks a
 * file's name, directory and write permission, and creates nothing. USAGE when it was used already. */
int smi_output_begin(struct smime_output *output, size_t memory_bytes, struct smi_diag *diag,
                     struct smi_sink *out /* borrowed: free does not free the output */);
/* Drops provisional octets (second pass); the sink of an open output stays valid, a discarded one can
 * begin again. USAGE after commit. */
int smi_output_restart(struct smime_output *output);
int smi_output_commit(struct smime_output *output, struct smi_diag *diag);
void smi_output_discard(struct smime_output *output);
uint64_t smi_output_len(const struct smime_output *output);

#endif
