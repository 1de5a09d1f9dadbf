/* check.h: the unit tests' harness. Each test is a function; a failed CHECK is reported and counted,
 * the test goes on. main() is  TEST_MAIN(test_a, test_b, ...)  and prints "N passed, N failed". */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check_failures;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            check_failures++;                                                                      \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond);                             \
        }                                                                                          \
    } while (0)

#define CHECK_INT(got, want)                                                                       \
    do {                                                                                           \
        long long got_ = (long long)(got), want_ = (long long)(want);                              \
        if (got_ != want_) {                                                                       \
            check_failures++;                                                                      \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #got, got_, want_); \
        }                                                                                          \
    } while (0)

#define CHECK_BYTES(got, got_len, want, want_len)                                                  \
    do {                                                                                           \
        size_t gl_ = (got_len), wl_ = (want_len);                                                  \
        if (gl_ != wl_ || (gl_ && memcmp((got), (want), gl_) != 0)) {                              \
            check_failures++;                                                                      \
            fprintf(stderr, "%s:%d: %s: %zu octets differ from the %zu wanted\n", __FILE__,        \
                    __LINE__, #got, gl_, wl_);                                                     \
        }                                                                                          \
    } while (0)

#define CHECK_STR(got, want)                                                                       \
    do {                                                                                           \
        const char *g_ = (got), *w_ = (want);                                                      \
        if (!g_ || strcmp(g_, w_) != 0) {                                                          \
            check_failures++;                                                                      \
            fprintf(stderr, "%s:%d: %s is \"%s\", not \"%s\"\n", __FILE__, __LINE__, #got,         \
                    g_ ? g_ : "(null)", w_);                                                       \
        }                                                                                          \
    } while (0)

typedef void (*check_test)(void);

static inline int check_run(const char *names, const check_test *tests, size_t count)
{
    int passed = 0, failed = 0;
    for (size_t i = 0; i < count; i++) {
        int before = check_failures;
        tests[i]();
        if (check_failures == before)
            passed++;
        else {
            failed++;
            fprintf(stderr, "failed: test %zu of (%s)\n", i + 1, names);
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}

#define TEST_MAIN(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const check_test tests_[] = {__VA_ARGS__};                                                 \
        return check_run(#__VA_ARGS__, tests_, sizeof tests_ / sizeof tests_[0]);                  \
    }

#endif
