/* test_spool.c: the spool where the system has O_TMPFILE. */
#define SPOOL_PLAIN true /* an unencrypted spool's file shows its content */
#include "spool_cases.h"

TEST_MAIN(SPOOL_TESTS)
