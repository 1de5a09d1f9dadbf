/* test_output.c: outputs where the system has O_TMPFILE; sources; the clock. */
#include "output_cases.h"

static void check_source(struct smime_source *source, const char *want, bool rewinds)
{
    struct smi_buf got;
    CHECK_INT(source->rewind != NULL, rewinds);
    for (int pass = 0; pass < (rewinds ? 2 : 1); pass++) {
        size_t n = 1;
        uint8_t piece[3];
        smi_buf_init(&got, 0);
        for (;;) {
            CHECK_INT(source->read(source->self, piece, sizeof piece, &n), 0);
            if (n == 0)
                break;
            CHECK_INT(smi_buf_add(&got, smi_slice(piece, n)), 0);
        }
        CHECK_BYTES(got.ptr, got.len, want, strlen(want));
        smi_buf_clear(&got);
        if (rewinds)
            CHECK_INT(source->rewind(source->self), 0);
    }
    smime_source_close(source);
    smime_source_close(source); /* closing twice does no harm */
}

static void test_sources(void)
{
    struct smime_source source;
    int ends[2];
    scratch_make();
    write_file_at(in_scratch("in"), "0123456789", 0600);
    CHECK_INT(smime_source_file(&source, in_scratch("in")), 0);
    check_source(&source, "0123456789", true);
    CHECK_INT(smime_source_memory(&source, "abcdefg", 7), 0);
    check_source(&source, "abcdefg", true);
    CHECK_INT(smime_source_memory(&source, NULL, 0), 0);
    check_source(&source, "", true);
    int fd = open(in_scratch("in"), O_RDONLY);
    CHECK_INT(lseek(fd, 4, SEEK_SET), 4);
    CHECK_INT(smime_source_fd(&source, fd), 0); /* rewinds to where it was */
    check_source(&source, "456789", true);
    CHECK_INT(close(fd), 0); /* not closed by the source */
    CHECK_INT(pipe(ends), 0);
    CHECK_INT(write(ends[1], "piped", 5), 5);
    close(ends[1]);
    CHECK_INT(smime_source_fd(&source, ends[0]), 0);
    check_source(&source, "piped", false);
    close(ends[0]);
    scratch_remove();
}

static void test_source_errors(void)
{
    struct smime_source source;
    CHECK_INT(smime_source_file(&source, "/nonexistent/file"), SMIME_E_IO);
    CHECK_INT(errno, ENOENT);
    CHECK_INT(smime_source_file(&source, "/tmp"), SMIME_E_IO);
    CHECK_INT(errno, EISDIR);
    CHECK_INT(smime_source_file(&source, NULL), SMIME_E_USAGE);
    CHECK_INT(smime_source_fd(&source, -1), SMIME_E_USAGE);
    CHECK_INT(smime_source_memory(&source, NULL, 1), SMIME_E_USAGE);
    CHECK(source.read == NULL);
    smime_source_close(&source);
    smime_source_close(NULL);
}

static void test_read_error_text(void)
{
    struct smime_source source;
    struct smi_diag diag;
    scratch_make();
    write_file_at(in_scratch("in"), "x", 0600);
    int fd = open(in_scratch("in"), O_WRONLY);
    smi_diag_reset(&diag);
    CHECK_INT(smime_source_fd(&source, fd), 0);
    CHECK_INT(smi_pump(&source, smi_null_sink(NULL), &diag, NULL, NULL), SMIME_E_IO);
    CHECK(strstr(diag.text, "cannot read the input: Bad file descriptor") != NULL);
    smime_source_close(&source);
    close(fd);
    scratch_remove();
}

static int source_run(void *arg)
{
    struct smime_source source;
    SMI_UNUSED(arg);
    TRY(smime_source_file(&source, "/dev/null"));
    smime_source_close(&source);
    return 0;
}

static void test_source_faults(void)
{
    check_faults(source_run, NULL);
}

static void test_clock(void)
{
    CHECK(smime_now() > 1700000000);
}

TEST_MAIN(OUTPUT_TESTS, test_sources, test_source_errors, test_read_error_text, test_source_faults,
          test_clock)
