/* spool_cases.h: the tests of the spool, for test_spool.c and (without O_TMPFILE) test_no_tmpfile.c. */
#ifndef SPOOL_CASES_H
#define SPOOL_CASES_H

#include "scratch.h"

static void check_content(struct smi_spool *spool, struct smi_slice want)
{
    struct smi_buf got;
    for (int again = 0; again < 2; again++) {
        smi_buf_init(&got, 0);
        CHECK_INT(smi_spool_replay(spool, smi_buf_sink(&got)), 0);
        CHECK_BYTES(got.ptr, got.len, want.ptr, want.len);
        smi_buf_clear(&got);
    }
    CHECK_INT(smi_spool_len(spool), want.len);
}

static void check_threshold(const char *directory, bool encrypt, bool visible)
{
    struct smi_spool *spool = NULL;
    struct smi_buf data;
    make_secret(&data, 300000);
    CHECK_INT(smi_spool_new(&spool, 1000, directory, encrypt, NULL), 0);
    check_content(spool, smi_slice(NULL, 0));
    CHECK_INT(smi_spool_write(spool, smi_slice(data.ptr, 1000)), 0);
    CHECK_INT(unnamed_fd(), -1);
    check_content(spool, smi_slice(data.ptr, 1000));
    CHECK_INT(smi_spool_write(spool, smi_slice(data.ptr + 1000, 1)), 0);
    CHECK(unnamed_fd() >= 0);
    check_content(spool, smi_slice(data.ptr, 1001));
    CHECK_INT(smi_spool_write(spool, smi_slice(data.ptr + 1001, data.len - 1001)), 0);
    struct stat st;
    CHECK_INT(fstat(unnamed_fd(), &st), 0);
    CHECK_INT(st.st_mode & 07777, 0600);
    CHECK_INT(unnamed_holds(marker), visible);
    CHECK_INT(entries(scratch), 0);
    check_content(spool, smi_buf_slice(&data));
    smi_spool_free(spool);
    CHECK_INT(unnamed_fd(), -1);
    smi_buf_clear(&data);
}

static void test_threshold(void)
{
    scratch_make();
    check_threshold(scratch, false, SPOOL_PLAIN);
    check_threshold(scratch, true, false);
    check_threshold(NULL, false, false);
    check_threshold(NULL, true, false);
    scratch_remove();
}

static int make_spool_stage(struct smi_sink *out, struct smi_sink down, void *arg)
{
    SMI_UNUSED(down);
    *out = smi_spool_sink(arg);
    return 0;
}

static void test_cuts(void)
{
    struct smi_buf data;
    scratch_make();
    make_secret(&data, 200001);
    for (int encrypt = 0; encrypt < 2; encrypt++)
        for (uint32_t cut = 0; cut < 5; cut++) {
            struct smi_spool *spool = NULL;
            CHECK_INT(smi_spool_new(&spool, cut * 3000, scratch, encrypt, NULL), 0);
            struct stage_case stage = {make_spool_stage, spool, NULL, 0};
            struct smi_buf unused;
            CHECK_INT(run_cut(&stage, smi_buf_slice(&data), cut, &unused), 0);
            check_content(spool, smi_buf_slice(&data));
            smi_spool_free(spool);
        }
    smi_buf_clear(&data);
    scratch_remove();
}

static void read_source(struct smime_source *source, size_t piece, struct smi_slice want)
{
    struct smi_buf got;
    uint8_t buffer[70000];
    smi_buf_init(&got, 0);
    for (size_t n = 1; n != 0;) {
        CHECK_INT(source->read(source->self, buffer, piece, &n), 0);
        CHECK(n <= piece);
        CHECK_INT(smi_buf_add(&got, smi_slice(buffer, n)), 0);
    }
    CHECK_BYTES(got.ptr, got.len, want.ptr, want.len);
    smi_buf_clear(&got);
}

static void test_source(void)
{
    static const size_t pieces[] = {1013, 65536, 70000, 7};
    struct smi_buf data;
    make_secret(&data, 150000);
    for (int i = 0; i < 4; i++) {
        struct smi_spool *spool = NULL;
        struct smime_source source;
        CHECK_INT(smi_spool_new(&spool, i % 2 ? 200000 : 100, NULL, true, NULL), 0);
        CHECK_INT(smi_spool_write(spool, smi_buf_slice(&data)), 0);
        smi_spool_source(spool, &source);
        for (int pass = 0; pass < 2; pass++) {
            read_source(&source, pieces[i], smi_buf_slice(&data));
            CHECK_INT(source.rewind(source.self), 0);
        }
        smime_source_close(&source);
        CHECK(source.read == NULL);
        smi_spool_free(spool);
    }
    smi_buf_clear(&data);
}

static void test_reset_changes_key(void)
{
    struct smi_spool *spool = NULL;
    struct smi_buf data, first, second;
    char path[64];
    make_secret(&data, 100000);
    CHECK_INT(smi_spool_new(&spool, 0, NULL, true, NULL), 0);
    CHECK_INT(smi_spool_write(spool, smi_buf_slice(&data)), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", unnamed_fd());
    first = slurp(path);
    CHECK_INT(smi_spool_reset(spool), 0);
    CHECK_INT(smi_spool_len(spool), 0);
    CHECK_INT(unnamed_fd(), -1);
    check_content(spool, smi_slice(NULL, 0));
    CHECK_INT(smi_spool_write(spool, smi_buf_slice(&data)), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", unnamed_fd());
    second = slurp(path);
    CHECK(first.len >= 65536 && first.len == second.len);
    CHECK(memcmp(first.ptr, second.ptr, first.len) != 0);
    check_content(spool, smi_buf_slice(&data));
    smi_spool_free(spool);
    smi_buf_clear(&data);
    smi_buf_clear(&first);
    smi_buf_clear(&second);
}

static void check_commit(const char *name, size_t memory, bool encrypt, const char *directory,
                         int mode)
{
    struct smi_spool *spool = NULL;
    struct smi_diag diag;
    struct smi_buf data;
    smi_diag_reset(&diag);
    make_secret(&data, 100000);
    CHECK_INT(smi_spool_new(&spool, memory, directory, encrypt, &diag), 0);
    CHECK_INT(smi_spool_write(spool, smi_buf_slice(&data)), 0);
    CHECK_INT(smi_spool_commit_file(spool, in_scratch(name)), 0);
    CHECK_STR(diag.text, "");
    check_file(in_scratch(name), smi_buf_slice(&data), mode);
    /* the file is the user's: the spool has let go of it */
    CHECK_INT(smi_spool_write(spool, smi_slice("x", 1)), SMIME_E_USAGE);
    CHECK_INT(smi_spool_replay(spool, smi_null_sink(NULL)), SMIME_E_USAGE);
    CHECK_INT(smi_spool_commit_file(spool, in_scratch(name)), SMIME_E_USAGE);
    CHECK_INT(smi_spool_reset(spool), 0);
    CHECK_INT(smi_spool_write(spool, smi_slice("x", 1)), 0);
    smi_spool_free(spool);
    check_file(in_scratch(name), smi_buf_slice(&data), mode);
    smi_buf_clear(&data);
}

static void test_commit(void)
{
    mode_t old = umask(027);
    scratch_make();
    for (int i = 0; i < 4; i++) {
        check_commit("new", i % 2 ? 0 : 1u << 20, i / 2, scratch, 0640);
        CHECK_INT(entries(scratch), 1);
        write_file_at(in_scratch("new"), "old content", 0604);
        check_commit("new", i % 2 ? 0 : 1u << 20, i / 2, scratch, 0604);
        CHECK_INT(entries(scratch), 1);
        unlink(in_scratch("new"));
    }
    check_commit("elsewhere", 0, false, "/dev/shm", 0640); /* perhaps another file system */
    check_commit("encrypted", 0, true, NULL, 0640);
    CHECK_INT(entries(scratch), 2);
    scratch_remove();
    umask(old);
}

static void test_commit_link(void)
{
    struct stat st;
    scratch_make();
    write_file_at(in_scratch("real"), "old", 0600);
    CHECK_INT(symlink("real", in_scratch("link")), 0);
    CHECK_INT(symlink(in_scratch("link"), in_scratch("link2")), 0);
    check_commit("link2", 0, false, scratch, 0600);
    CHECK_INT(lstat(in_scratch("link"), &st), 0);
    CHECK(S_ISLNK(st.st_mode));
    CHECK_INT(lstat(in_scratch("real"), &st), 0);
    CHECK(S_ISREG(st.st_mode) && st.st_size == 100000);
    CHECK_INT(symlink("not-yet", in_scratch("dangling")), 0);
    mode_t old = umask(022);
    check_commit("dangling", 10, false, scratch, 0644);
    umask(old);
    CHECK_INT(lstat(in_scratch("not-yet"), &st), 0);
    CHECK_INT(symlink("loop", in_scratch("loop")), 0);
    CHECK_INT(entries(scratch), 6);
    scratch_remove();
}

static void expect_commit_error(const char *path, const char *why)
{
    struct smi_spool *spool = NULL;
    struct smi_diag diag;
    smi_diag_reset(&diag);
    CHECK_INT(smi_spool_new(&spool, 100, scratch, false, &diag), 0);
    CHECK_INT(smi_spool_write(spool, smi_slice("data", 4)), 0);
    CHECK_INT(smi_spool_commit_file(spool, path), SMIME_E_IO);
    CHECK_INT(diag.code, SMIME_E_IO);
    CHECK(strstr(diag.text, why) != NULL);
    if (!strstr(diag.text, why))
        fprintf(stderr, "  %s: %s\n", path, diag.text);
    /* nothing was lost: it can go elsewhere */
    smi_diag_reset(&diag);
    CHECK_INT(smi_spool_commit_file(spool, in_scratch("second-try")), 0);
    smi_spool_free(spool);
    CHECK_INT(unlink(in_scratch("second-try")), 0);
}

static void test_commit_errors(void)
{
    scratch_make();
    expect_commit_error(in_scratch("no/such/file"), "No such file or directory");
    expect_commit_error(scratch, "Is a directory");
    expect_commit_error("/tmp/", "Is a directory");
    expect_commit_error("/dev/null", "not a regular file");
    CHECK_INT(symlink("loop", in_scratch("loop")), 0);
    expect_commit_error(in_scratch("loop"), "ymbolic link");
    write_file_at(in_scratch("file"), "x", 0600);
    expect_commit_error(in_scratch("file/below"), "Not a directory");
    char longname[400];
    memset(longname, 'n', sizeof longname - 1);
    longname[399] = '\0';
    memcpy(longname, "/tmp/", 5);
    expect_commit_error(longname, "File name too long; check");
    CHECK_INT(entries(scratch), 2);
    scratch_remove();
}

/* As somebody whom permissions stop (root is not stopped by them). */
static void test_permissions(void)
{
    bool root = geteuid() == 0;
    scratch_make();
    write_file_at(in_scratch("readonly"), "keep", 0444);
    if (root)
        CHECK_INT(chown(scratch, 65534, 65534) | chown(in_scratch("readonly"), 65534, 65534), 0);
    if (root)
        CHECK_INT(seteuid(65534), 0);
    expect_commit_error(in_scratch("readonly"), "Permission denied; check the permissions");
    CHECK_INT(chmod(scratch, 0500), 0);
    struct smi_spool *spool = NULL;
    struct smi_diag diag;
    smi_diag_reset(&diag);
    CHECK_INT(smi_spool_new(&spool, 10, scratch, false, &diag), 0);
    CHECK_INT(smi_spool_write(spool, smi_slice(marker, 10)), 0);
    CHECK_INT(smi_spool_commit_file(spool, in_scratch("new")), SMIME_E_IO);
    CHECK(strstr(diag.text, "Permission denied") != NULL);
    smi_diag_reset(&diag);
    CHECK_INT(smi_spool_write(spool, smi_slice(marker, 10)), SMIME_E_IO);
    CHECK(strstr(diag.text, "Permission denied") != NULL);
    CHECK_INT(smi_spool_write(spool, smi_slice(marker, 1)), SMIME_E_IO); /* sticky */
    smi_spool_free(spool);
    CHECK_INT(chmod(scratch, 0700), 0);
    CHECK_INT(entries(scratch), 1);
    if (root)
        CHECK_INT(seteuid(0), 0);
    scratch_remove();
}

static void test_absent_directory(void)
{
    struct smi_spool *spool = NULL;
    struct smi_diag diag;
    smi_diag_reset(&diag);
    CHECK_INT(smi_spool_new(&spool, 0, "/nonexistent/dir", false, &diag), 0);
    CHECK_INT(smi_spool_write(spool, smi_slice("x", 1)), SMIME_E_IO);
    CHECK(strstr(diag.text, "/nonexistent/dir: No such file or directory") != NULL);
    smi_spool_free(spool);
}

/* -- a full disk, by way of a limit on file sizes, in a process of its own */

static void limit_files(rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};
    signal(SIGXFSZ, SIG_IGN);
    CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int full_while_writing(void)
{
    struct smi_spool *spool = NULL;
    struct smi_diag diag;
    struct smi_buf data;
    int before = check_failures;
    make_secret(&data, 500000);
    for (int encrypt = 0; encrypt < 2; encrypt++) {
        smi_diag_reset(&diag);
        limit_files(100000);
        CHECK_INT(smi_spool_new(&spool, 1000, scratch, encrypt, &diag), 0);
        CHECK_INT(smi_spool_write(spool, smi_buf_slice(&data)), SMIME_E_IO);
        CHECK(strstr(diag.text, "File too large; free some space") != NULL);
        CHECK_INT(smi_spool_commit_file(spool, in_scratch("target")), SMIME_E_IO);
        smi_spool_free(spool);
    }
    smi_buf_clear(&data);
    return check_failures - before;
}

static int full_while_committing(void)
{
    struct smi_spool *spool = NULL;
    struct smi_diag diag;
    struct smi_buf data;
    int before = check_failures;
    make_secret(&data, 500000);
    smi_diag_reset(&diag);
    CHECK_INT(smi_spool_new(&spool, 1u << 20, scratch, false, &diag), 0);
    CHECK_INT(smi_spool_write(spool, smi_buf_slice(&data)), 0);
    limit_files(100000);
    CHECK_INT(smi_spool_commit_file(spool, in_scratch("target")), SMIME_E_IO);
    CHECK(strstr(diag.text, "target: File too large; free some space") != NULL);
    smi_spool_free(spool);
    smi_buf_clear(&data);
    return check_failures - before;
}

static void test_disk_full(void)
{
    scratch_make();
    write_file_at(in_scratch("target"), "old", 0640);
    CHECK_INT(in_child(full_while_writing), 0);
    CHECK_INT(in_child(full_while_committing), 0);
    check_file(in_scratch("target"), smi_slice("old", 3), 0640);
    CHECK_INT(entries(scratch), 1);
    scratch_remove();
}

static int spool_run(void *arg)
{
    struct smi_spool *spool = NULL;
    struct smi_diag diag;
    smi_diag_reset(&diag);
    TRY(smi_spool_new(&spool, 100, scratch, true, &diag));
    int rc = smi_spool_write(spool, smi_buf_slice(arg));
    if (rc == 0)
        rc = smi_spool_replay(spool, smi_null_sink(NULL));
    if (rc == 0)
        rc = smi_spool_commit_file(spool, in_scratch("target"));
    CHECK_INT(diag.code, rc);
    if (rc != 0)
        CHECK_INT(entries(scratch), 0);
    smi_spool_free(spool);
    return rc;
}

static void test_spool_faults(void)
{
    struct smi_buf data;
    mode_t old = umask(022);
    scratch_make();
    make_secret(&data, 100000);
    check_faults(spool_run, &data);
    check_file(in_scratch("target"), smi_buf_slice(&data), 0644);
    smi_buf_clear(&data);
    scratch_remove();
    umask(old);
}

#define SPOOL_TESTS                                                                                \
    test_threshold, test_cuts, test_source, test_reset_changes_key, test_commit, test_commit_link, \
        test_commit_errors, test_permissions, test_absent_directory, test_disk_full,               \
        test_spool_faults

#endif
