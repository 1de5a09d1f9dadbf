/* text.h: from the octets of text parts to what a person reads; media types by file name. */
#ifndef SMI_TEXT_H
#define SMI_TEXT_H

#include "../mime/mime.h"

/* -- readable_text.c: octets in a character set -> UTF-8 with LF line ends, ended by one; controls
 * other than TAB and LF become U+FFFD (they would steer a terminal). charset is copied; empty:
 * UTF-8. UTF-16 is collected whole, at most max_bytes (LIMIT). */
int smi_readable_new(struct smi_sink *out, struct smi_sink down, struct smi_slice charset,
                     size_t max_bytes);
/* -- html_text.c: HTML in UTF-8 -> its text. Tags, scripts and styles go; nothing is fetched. */
int smi_html_text_new(struct smi_sink *out, struct smi_sink down);

/* -- media_type.c */
/* By the extension; "application/octet-stream" when it is not known. Static. */
const char *smi_media_type_of(struct smi_slice file_name);
/* "pdf" for "application/pdf", or "". Static. */
const char *smi_media_extension(struct smi_slice media_type);

#endif
