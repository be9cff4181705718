/* SPDX-License-Identifier: ISC
 *
 * smtp_command: what the handlers of command lines share.  For
 * src/proto/smtp_{command,envelope}.c alone.
 */
#ifndef RESTANTE_PROTO_SMTP_COMMAND_H
#define RESTANTE_PROTO_SMTP_COMMAND_H

#include "proto/smtp_machine.h"

struct smtp_command {
	struct pop_span args;
	struct pop_span *in;		/* what stands behind the line */
	struct pop_out *out;
	struct pop_smtp_info *info;
	bool again;			/* present the same line once more */
};

/* All handlers and the first four of these return what a part of the step
 * returns: an event or SMTP_GO_ON. */

int smtp_close_with(struct pop_smtp *s, struct pop_out *out, unsigned code,
    const char *enhanced, const char *text);
/* A mistake of the client: each counts, and too many end the session. */
int smtp_bad(struct pop_smtp *s, struct pop_out *out, unsigned code,
    const char *enhanced, const char *text);
int smtp_bad_sequence(struct pop_smtp *s, struct pop_out *out,
    const char *text);
int smtp_wait_for(struct pop_smtp *s, enum smtp_wait wait,
    enum pop_smtp_event event);
bool smtp_in_transaction(const struct pop_smtp *s);

/* Takes the next word, behind any blanks: 0 when there is none. */
int smtp_next_word(struct pop_span *s, struct pop_span *word_r);

int smtp_run_mail(struct pop_smtp *s, struct smtp_command *c);
int smtp_run_rcpt(struct pop_smtp *s, struct smtp_command *c);

#endif
