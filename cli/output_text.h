/* output_text.h: the report for people. Strings of the report are escaped by the library; nothing
 * else of a message is printed. */
#ifndef CLI_OUTPUT_TEXT_H
#define CLI_OUTPUT_TEXT_H

#include <smime.h>
#include <stdio.h>

/* The verdict in words, then each signer, warnings. error: the operation's error or NULL. */
void cli_text_verdict(FILE *out, const struct smime_report *report,
                      const struct smime_error_info *error);
/* The structure as a tree, with recipients and signers. */
void cli_text_structure(FILE *out, const struct smime_report *report);
/* Warnings and errors alone (sign, encrypt, protect). */
void cli_text_notes(FILE *out, const struct smime_report *report,
                    const struct smime_error_info *error);

#endif
