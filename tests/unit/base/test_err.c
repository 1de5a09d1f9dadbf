/* err.c: the first error wins; filtered, bounded text. */
#include "base/err.h"
#include "check.h"

static void first_wins(void)
{
    struct smi_diag diag;
    smi_diag_reset(&diag);
    CHECK_INT(diag.code, 0);
    CHECK(diag.offset == SMI_NO_OFFSET);
    CHECK_INT(smi_fail(&diag, SMIME_E_MALFORMED, "0.1", 7, "RFC 5652 5", "broken %d", 3),
              SMIME_E_MALFORMED);
    CHECK_INT(smi_fail(&diag, SMIME_E_LIMIT, "0.2", 9, "x", "later"), SMIME_E_LIMIT);
    CHECK_INT(smi_fail_nomem(&diag), SMIME_E_NOMEM);
    CHECK_INT(diag.code, SMIME_E_MALFORMED);
    CHECK_INT(diag.offset, 7);
    CHECK_STR(diag.layer, "0.1");
    CHECK_STR(diag.clause, "RFC 5652 5");
    CHECK_STR(diag.text, "broken 3");
    smi_diag_reset(&diag);
    CHECK_INT(smi_fail_nomem(&diag), SMIME_E_NOMEM);
    CHECK_INT(diag.code, SMIME_E_NOMEM);
    CHECK_STR(diag.layer, "");
    CHECK_STR(diag.clause, "");
    CHECK(diag.text[0] != '\0' && diag.offset == SMI_NO_OFFSET);
}

static void without_record(void)
{
    CHECK_INT(smi_fail(NULL, SMIME_E_IO, NULL, 0, NULL, "x"), SMIME_E_IO);
    CHECK_INT(smi_fail_nomem(NULL), SMIME_E_NOMEM);
}

static void filtered_and_bounded(void)
{
    struct smi_diag diag;
    char longer[1000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    smi_diag_reset(&diag);
    smi_fail(&diag, SMIME_E_IO, longer, 0, longer, "a\x1b[1m\r\n\x7f\xc3\xbc%s", longer);
    CHECK(memcmp(diag.text, "a?[1m???\xc3\xbc" "aaa", 13) == 0);
    CHECK_INT(strlen(diag.text), sizeof diag.text - 1);
    CHECK_INT(strlen(diag.layer), sizeof diag.layer - 1);
    CHECK_INT(strlen(diag.clause), sizeof diag.clause - 1);
}

TEST_MAIN(first_wins, without_record, filtered_and_bounded)
