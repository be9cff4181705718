/* SPDX-License-Identifier: ISC
 *
 * case_parse: what case.c (file, header) and dialogue.c share while a
 * transcript is read.  Nobody else includes it.
 */
#ifndef WIRE_CASE_PARSE_H
#define WIRE_CASE_PARSE_H

#include "wire/case.h"

struct parse {
	struct wire_case *c;
	struct pop_span rest;		/* of the file */
	unsigned line;
	size_t room;			/* of c->stmt */
	size_t open[4];			/* EITHER and OR waiting for an END */
	size_t opens;
	bool has_proto, has_mail, has_fixture;
};

/* says file, line and what; returns -1 */
int parse_fail(const struct parse *p, const char *what, struct pop_span where);
bool parse_line(struct parse *p, struct pop_span *line_r);
/* checks RAW, appends what it is while no variable has a value */
int parse_raw(struct parse *p, struct pop_span raw, struct buf *out);
int parse_proto(struct pop_span w, enum wire_proto *proto_r);
int parse_dialogue(struct parse *p);

#endif
