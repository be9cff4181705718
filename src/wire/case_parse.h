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

/* lines of a dialogue (dialogue.c) */
/* fails: says how the line is to be written */
int parse_usage(const struct parse *p, const struct wire_stmt *s,
    const char *how);
int parse_number(struct pop_span w, uint64_t *n_r);
bool parse_word_is(const struct wire_stmt *s, size_t i, const char *w);
/* s->text into s->word */
int parse_words(struct parse *p, struct wire_stmt *s);
int parse_check_raw(struct parse *p, struct pop_span raw);
int parse_check_glob(struct parse *p, struct pop_span glob);
int parse_add(struct parse *p, const struct wire_stmt *s);

/* verbs (dialogue_verbs.c) */
int parse_connect(struct parse *p, struct wire_stmt *s);
int parse_use(struct parse *p, struct wire_stmt *s);
int parse_drop(struct parse *p, struct wire_stmt *s);
int parse_tls(struct parse *p, struct wire_stmt *s);
int parse_try(struct parse *p, struct wire_stmt *s);
int parse_login(struct parse *p, struct wire_stmt *s);
int parse_pause(struct parse *p, struct wire_stmt *s);
int parse_differ(struct parse *p, struct wire_stmt *s);
int parse_capa(struct parse *p, struct wire_stmt *s);
int parse_store(struct parse *p, struct wire_stmt *s);
int parse_stored(struct parse *p, struct wire_stmt *s);

#endif
