/* SPDX-License-Identifier: ISC
 *
 * draft_text: the octets of a message as a destination wants them, and back.
 *
 * Streams: any split of the input gives the same output.  No input/output;
 * what comes out is handed to a sink in pieces of any size.
 */
#ifndef RESTANTE_CLIENT_DRAFT_TEXT_H
#define RESTANTE_CLIENT_DRAFT_TEXT_H

#include "base/span.h"

enum draft_form {
	DRAFT_WIRE,	/* as they came */
	DRAFT_LF,	/* CRLF becomes LF; all else stays */
	/* the same, and mboxrd: a line ">*From " gets one ">" more. At the
	 * end a last line without LF gets one, and an empty line follows. */
	DRAFT_MBOX,
	/* a CR that no LF follows becomes a blank: it must not be sent by
	 * SMTP (RFC 5321 section 2.3.8), where some take it for a line end */
	DRAFT_MAIL
};

struct draft_sink {
	int (*put)(struct draft_sink *sink, struct pop_span piece);
};

struct draft_text {
	enum draft_form form;
	struct draft_sink *sink;
	unsigned char line;	/* private: where in a line of MBOX */
	unsigned char matched;	/* private: octets of "From " held back */
	bool cr;		/* private: a CR is held back */
	bool ended;		/* private: no line is open */
	uint64_t quotes;	/* private: ">" held back, reading */
};

/* For writing, and for reading back. `sink` must outlive it. */
void draft_text_init(struct draft_text *t, enum draft_form form,
    struct draft_sink *sink);

/* All of the piece. 0, or what the sink returned when that was not 0. */
__attribute__((warn_unused_result))
int draft_text_write(struct draft_text *t, struct pop_span piece);
__attribute__((warn_unused_result))
int draft_text_write_end(struct draft_text *t);

/*
 * What was written -> wire octets: LF becomes CRLF (in LF and MBOX), quoting
 * is undone.  MBOX: without the From_ line and without the last empty line.
 */
__attribute__((warn_unused_result))
int draft_text_read(struct draft_text *t, struct pop_span piece);
__attribute__((warn_unused_result))
int draft_text_read_end(struct draft_text *t);

#endif
