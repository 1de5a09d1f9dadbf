/* compiler.h: what differs between compilers. The only header with #if on the toolchain. */
#ifndef SMI_COMPILER_H
#define SMI_COMPILER_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#if defined(__GNUC__)
#define SMI_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define SMI_NODISCARD __attribute__((warn_unused_result))
#define SMI_NORETURN __attribute__((noreturn))
#define SMI_LIKELY(x) __builtin_expect(!!(x), 1)
#else
#define SMI_PRINTF(f, a)
#define SMI_NODISCARD
#define SMI_NORETURN
#define SMI_LIKELY(x) (x)
#endif

#define SMI_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SMI_UNUSED(x) ((void)(x))

/* The one control-flow macro. Allowed only while the function owns nothing. */
#define TRY(expr)                                                                                  \
    do {                                                                                           \
        int try_rc_ = (expr);                                                                      \
        if (try_rc_ != 0)                                                                          \
            return try_rc_;                                                                        \
    } while (0)

/* Programmer errors that touch memory safety abort in every build. Never depends on input. */
SMI_NORETURN void smi_must_failed(const char *what, const char *file, int line);
#define must(x) (SMI_LIKELY(x) ? (void)0 : smi_must_failed(#x, __FILE__, __LINE__))

#endif
