/* output_cases.h: the tests of outputs, for test_output.c and (without O_TMPFILE) test_no_tmpfile.c. */
#ifndef OUTPUT_CASES_H
#define OUTPUT_CASES_H

#include "scratch.h"

static int fill_output(struct smime_output *output, struct smi_slice data, size_t memory,
                       struct smi_diag *diag)
{
    struct smi_sink sink = {NULL, NULL};
    TRY(smi_output_begin(output, memory, diag, &sink));
    TRY(smi_sink_write(sink, data));
    TRY(smi_sink_end(sink));
    smi_sink_free(&sink);
    return 0;
}

static void test_output_file(void)
{
    struct smi_buf data;
    mode_t old = umask(022);
    scratch_make();
    make_secret(&data, 200000);
    for (size_t memory = 0; memory <= 1u << 20; memory += 1u << 20) {
        struct smime_output *output = NULL;
        struct smi_diag diag;
        smi_diag_reset(&diag);
        CHECK_INT(smime_output_file(&output, in_scratch("out")), 0);
        CHECK_INT(smi_output_len(output), 0);
        CHECK_INT(fill_output(output, smi_buf_slice(&data), memory, &diag), 0);
        CHECK_INT(smi_output_len(output), data.len);
        CHECK_INT(entries(scratch), 0);
        CHECK_INT(smi_output_commit(output, &diag), 0);
        check_file(in_scratch("out"), smi_buf_slice(&data), 0644);
        CHECK_INT(smi_output_len(output), data.len);
        CHECK_INT(smi_output_commit(output, &diag), SMIME_E_USAGE);
        CHECK_INT(smi_output_restart(output), SMIME_E_USAGE);
        smi_output_discard(output); /* what is committed stays */
        smime_output_free(output);
        CHECK_INT(entries(scratch), 1);
        CHECK_INT(unlink(in_scratch("out")), 0);
    }
    smi_buf_clear(&data);
    scratch_remove();
    umask(old);
}

static void test_output_states(void)
{
    struct smime_output *output = NULL;
    struct smi_sink sink = {NULL, NULL};
    struct smi_diag diag;
    smi_diag_reset(&diag);
    scratch_make();
    CHECK_INT(smime_output_file(&output, in_scratch("out")), 0);
    CHECK_INT(smi_output_commit(output, NULL), SMIME_E_USAGE);
    CHECK_INT(smi_output_restart(output), 0);
    CHECK_INT(smi_output_begin(output, 2, NULL, &sink), 0);
    CHECK_INT(smi_output_begin(output, 2, &diag, &sink), SMIME_E_USAGE);
    CHECK_INT(diag.code, SMIME_E_USAGE);
    CHECK_INT(smi_sink_write(sink, smi_slice("first pass", 10)), 0);
    CHECK_INT(smi_output_restart(output), 0);
    CHECK_INT(smi_output_len(output), 0);
    CHECK_INT(smi_sink_write(sink, smi_slice("second", 6)), 0);
    smi_output_discard(output);
    CHECK_INT(smi_output_len(output), 0);
    CHECK_INT(smi_output_begin(output, 2, NULL, &sink), SMIME_E_USAGE);
    CHECK_INT(smi_output_commit(output, NULL), SMIME_E_USAGE);
    CHECK_INT(smi_output_restart(output), 0);
    CHECK_INT(smi_output_begin(output, 2, NULL, &sink), 0);
    CHECK_INT(smi_sink_write(sink, smi_slice("third", 5)), 0);
    CHECK_INT(smi_output_commit(output, NULL), 0);
    struct smi_buf got = slurp(in_scratch("out"));
    CHECK_BYTES(got.ptr, got.len, "third", 5);
    smi_buf_clear(&got);
    smime_output_free(output);
    smime_output_free(NULL);
    smi_output_discard(NULL);
    CHECK_INT(entries(scratch), 1);
    scratch_remove();
}

static void test_output_usage(void)
{
    struct smime_output *output = NULL;
    CHECK_INT(smime_output_file(&output, NULL), SMIME_E_USAGE);
    CHECK_INT(smime_output_file(&output, ""), SMIME_E_USAGE);
    CHECK_INT(smime_output_fd(&output, -1), SMIME_E_USAGE);
    CHECK_INT(smime_output_callback(&output, NULL, NULL), SMIME_E_USAGE);
}

static void expect_begin_error(const char *path, const char *why)
{
    struct smime_output *output = NULL;
    struct smi_sink sink = {NULL, NULL};
    struct smi_diag diag;
    smi_diag_reset(&diag);
    CHECK_INT(smime_output_file(&output, path), 0);
    CHECK_INT(smi_output_begin(output, 2, &diag, &sink), SMIME_E_IO);
    CHECK(strstr(diag.text, why) != NULL);
    smime_output_free(output);
}

static void test_output_early_errors(void)
{
    scratch_make();
    expect_begin_error(in_scratch("none/out"), "No such file or directory");
    expect_begin_error(scratch, "Is a directory");
    CHECK_INT(entries(scratch), 0);
    scratch_remove();
}

static void test_output_empty(void)
{
    struct smime_output *output = NULL;
    struct smi_sink sink = {NULL, NULL};
    scratch_make();
    CHECK_INT(smime_output_file(&output, in_scratch("out")), 0);
    CHECK_INT(smi_output_begin(output, 2, NULL, &sink), 0);
    CHECK_INT(smi_output_commit(output, NULL), 0);
    struct stat st;
    CHECK_INT(stat(in_scratch("out"), &st), 0);
    CHECK_INT(st.st_size, 0);
    smime_output_free(output);
    scratch_remove();
}

/* -- other targets */

static void test_output_fd(void)
{
    struct smi_buf data, got;
    struct smime_output *output = NULL;
    scratch_make();
    make_secret(&data, 200000);
    int fd = open(in_scratch("out"), O_RDWR | O_CREAT | O_APPEND, 0600);
    CHECK_INT(write(fd, "before ", 7), 7);
    CHECK_INT(smime_output_fd(&output, fd), 0);
    CHECK_INT(fill_output(output, smi_buf_slice(&data), 1000, NULL), 0);
    CHECK(!unnamed_holds(marker));
    got = slurp(in_scratch("out"));
    CHECK_INT(got.len, 7);
    smi_buf_clear(&got);
    CHECK_INT(smi_output_commit(output, NULL), 0);
    CHECK_INT(write(fd, " after", 6), 6);
    got = slurp(in_scratch("out"));
    CHECK_INT(got.len, data.len + 13);
    CHECK(got.len > 7 && memcmp(got.ptr + 7, data.ptr, data.len) == 0);
    smime_output_free(output);
    close(fd);
    smi_buf_clear(&got);
    smi_buf_clear(&data);
    scratch_remove();
}

static void test_output_device(void)
{
    static const char *const paths[] = {"/dev/null", "%s/link"};
    scratch_make();
    CHECK_INT(symlink("/dev/null", in_scratch("link")), 0);
    for (size_t i = 0; i < SMI_COUNT(paths); i++) {
        struct smime_output *output = NULL;
        struct stat st;
        CHECK_INT(smime_output_file(&output, i ? in_scratch("link") : paths[0]), 0);
        CHECK_INT(fill_output(output, smi_slice("gone", 4), 0, NULL), 0);
        CHECK(unnamed_fd() >= 0 && i < 2);
        CHECK_INT(smi_output_commit(output, NULL), 0);
        smime_output_free(output);
        CHECK_INT(stat("/dev/null", &st), 0);
        CHECK(S_ISCHR(st.st_mode));
    }
    CHECK_INT(entries(scratch), 1);
    scratch_remove();
}

static void test_output_descriptor_path(void)
{
    struct smime_output *output = NULL;
    char path[64], got[16];
    int ends[2];
    CHECK_INT(pipe(ends), 0);
    static const char *const forms[] = {"/dev/fd/%d", "/proc/self/fd/%d"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, forms[i], ends[1]);
        CHECK_INT(smime_output_file(&output, path), 0);
        CHECK_INT(fill_output(output, smi_slice("hello", 5), 100, NULL), 0);
        CHECK_INT(smi_output_commit(output, NULL), 0);
        CHECK_INT(read(ends[0], got, sizeof got), 5);
        smime_output_free(output);
    }
    close(ends[0]);
    close(ends[1]);
}

static void test_output_pipe_closed(void)
{
    struct smime_output *output = NULL;
    struct smi_diag diag;
    int ends[2];
    void (*old)(int) = signal(SIGPIPE, SIG_IGN);
    smi_diag_reset(&diag);
    CHECK_INT(pipe(ends), 0);
    close(ends[0]);
    CHECK_INT(smime_output_fd(&output, ends[1]), 0);
    CHECK_INT(fill_output(output, smi_slice("hello", 5), 100, &diag), 0);
    CHECK_INT(smi_output_commit(output, &diag), SMIME_E_IO);
    CHECK(strstr(diag.text, "cannot write the output: Broken pipe") != NULL);
    smime_output_free(output);
    close(ends[1]);
    signal(SIGPIPE, old);
}

/* A pipe that does not block takes all, as somebody reads it. */
static int write_nonblocking(void)
{
    struct smi_buf data;
    struct smime_output *output = NULL;
    make_secret(&data, 500000);
    int rc = fcntl(5, F_SETFL, O_NONBLOCK);
    if (rc == 0)
        rc = smime_output_fd(&output, 5);
    if (rc == 0)
        rc = fill_output(output, smi_buf_slice(&data), 100, NULL);
    if (rc == 0)
        rc = smi_output_commit(output, NULL);
    return rc != 0;
}

static void test_output_nonblocking(void)
{
    int ends[2], status = 0;
    size_t total = 0;
    ssize_t n;
    uint8_t piece[3000];
    CHECK_INT(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        _exit(dup2(ends[1], 5) == 5 && ends[1] != 5 ? (close(ends[1]), write_nonblocking())
                                                     : write_nonblocking());
    }
    close(ends[1]);
    while ((n = read(ends[0], piece, sizeof piece)) > 0)
        total += (size_t)n;
    CHECK_INT(total, 500000);
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(ends[0]);
}

struct receiver {
    struct smi_buf got;
    int calls, stop_at;
};

static int receive(void *self, const void *data, size_t len)
{
    struct receiver *receiver = self;
    if (++receiver->calls == receiver->stop_at)
        return 1;
    return smi_buf_add(&receiver->got, smi_slice(data, len));
}

static void test_output_callback(void)
{
    struct smi_buf data;
    make_secret(&data, 300000);
    for (int stop_at = 0; stop_at < 3; stop_at++) {
        struct receiver receiver = {.stop_at = stop_at};
        struct smime_output *output = NULL;
        struct smi_diag diag;
        smi_diag_reset(&diag);
        CHECK_INT(smime_output_callback(&output, receive, &receiver), 0);
        CHECK_INT(fill_output(output, smi_buf_slice(&data), 1000, &diag), 0);
        CHECK_INT(receiver.calls, 0);
        CHECK(!unnamed_holds(marker));
        int rc = smi_output_commit(output, &diag);
        CHECK_INT(rc, stop_at ? SMIME_E_CANCELLED : 0);
        CHECK_INT(diag.code, rc);
        if (stop_at)
            CHECK_INT(receiver.calls, stop_at);
        else
            CHECK_BYTES(receiver.got.ptr, receiver.got.len, data.ptr, data.len);
        smime_output_free(output);
        smi_buf_clear(&receiver.got);
    }
    smi_buf_clear(&data);
}

/* -- killed */

static size_t kill_after;

/* Writes 2 MiB in pieces of 16 KiB to an output and dies after kill_after of them. */
static int die_while_writing(void)
{
    struct smi_buf piece;
    struct smime_output *output = NULL;
    struct smi_sink sink = {NULL, NULL};
    make_secret(&piece, 16384);
    if (smime_output_file(&output, in_scratch("target")) != 0 ||
        smi_output_begin(output, 64 << 10, NULL, &sink) != 0)
        return 1;
    for (size_t i = 0; i <= 128; i++) {
        if (i == kill_after)
            kill(getpid(), SIGKILL);
        if (i < 128 && smi_sink_write(sink, smi_buf_slice(&piece)) != 0)
            return 2;
    }
    return smi_output_commit(output, NULL) != 0;
}

static void test_killed(void)
{
    /* threats 7.12, R40: after SIGKILL no named file holds what was not committed */
    uint32_t seed = 21;
    scratch_make();
    write_file_at(in_scratch("target"), "old", 0600);
    for (int i = 0; i < 12; i++) {
        kill_after = i == 0 ? 128 : next_random(&seed) % 129;
        CHECK_INT(in_child(die_while_writing), 1000 + SIGKILL);
        CHECK_INT(entries(scratch), 1);
        check_file(in_scratch("target"), smi_slice("old", 3), 0600);
    }
    kill_after = 1000;
    CHECK_INT(in_child(die_while_writing), 0);
    struct stat st;
    CHECK_INT(stat(in_scratch("target"), &st), 0);
    CHECK_INT(st.st_size, 2 << 20);
    CHECK_INT(entries(scratch), 1);
    scratch_remove();
}

static int output_run(void *arg)
{
    struct smime_output *output = NULL;
    struct smi_diag diag;
    smi_diag_reset(&diag);
    TRY(smime_output_file(&output, in_scratch("target")));
    int rc = fill_output(output, smi_buf_slice(arg), 100, &diag);
    if (rc == 0)
        rc = smi_output_commit(output, &diag);
    CHECK_INT(diag.code, rc);
    CHECK_INT(entries(scratch), rc == 0);
    smime_output_free(output);
    return rc;
}

static void test_output_faults(void)
{
    struct smi_buf data;
    scratch_make();
    make_secret(&data, 100000);
    check_faults(output_run, &data);
    smi_buf_clear(&data);
    scratch_remove();
}

#define OUTPUT_TESTS                                                                               \
    test_output_file, test_output_states, test_output_usage, test_output_early_errors,             \
        test_output_empty, test_output_fd, test_output_device, test_output_descriptor_path,        \
        test_output_pipe_closed, test_output_nonblocking, test_output_callback, test_killed,       \
        test_output_faults

#endif
