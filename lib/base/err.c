/* err.c: the error record of an operation, and the names of the codes. */
#include "err.h"

#include <stdarg.h>
#include <stdio.h>

void smi_diag_reset(struct smi_diag *diag)
{
    memset(diag, 0, sizeof *diag);
    diag->offset = SMI_NO_OFFSET;
}

static void filter_controls(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

int smi_fail(struct smi_diag *diag, int code, const char *layer, uint64_t offset,
             const char *clause, const char *format, ...)
{
    if (!diag || diag->code != 0)
        return code;
    va_list args;
    va_start(args, format);
    diag->code = code;
    diag->offset = offset;
    snprintf(diag->layer, sizeof diag->layer, "%s", layer ? layer : "");
    snprintf(diag->clause, sizeof diag->clause, "%s", clause ? clause : "");
    vsnprintf(diag->text, sizeof diag->text, format, args);
    va_end(args);
    filter_controls(diag->text);
    return code;
}

int smi_fail_nomem(struct smi_diag *diag)
{
    return smi_fail(diag, SMIME_E_NOMEM, NULL, SMI_NO_OFFSET, NULL,
                    "out of memory; free some or lower the limits, then try again");
}
