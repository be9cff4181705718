/* SPDX-License-Identifier: ISC
 *
 * text: RAW texts with escapes, globs with captures, and the variables of
 * one case.
 */
#ifndef WIRE_TEXT_H
#define WIRE_TEXT_H

#include <stdbool.h>

#include "base/buf.h"

enum { TEXT_MAX = 64 << 20, VARS_MAX = 48, VAR_NAME_MAX = 31 };

struct var {
	char name[VAR_NAME_MAX + 1];
	struct buf value;
};

struct vars {
	struct var v[VARS_MAX];
	size_t n;
};

void vars_init(struct vars *v);
void vars_done(struct vars *v);
/* NULL when the variable has no value */
const struct buf *vars_get(const struct vars *v, struct pop_span name);
/* a new variable; 0, or -1 without room */
__attribute__((warn_unused_result))
int vars_add(struct vars *v, const char *name, struct pop_span value);

/*
 * Appends what `raw` stands for. `vars` NULL: checks the syntax only, each
 * variable is empty. 0, or -1 and *why_r.
 */
int text_expand(struct pop_span raw, const struct vars *vars,
    struct buf *out, const char **why_r);

/* NULL when the glob is well-formed, else what is wrong with it */
const char *text_match_fault(struct pop_span glob);
/* Variables that the glob names and that have no value get one when it
 * matches. */
bool text_match(struct pop_span glob, struct pop_span s, struct vars *vars);

/* Appends `s` so that a person can read it: \r, \n, \xHH. */
void text_show(struct buf *out, struct pop_span s);

#endif
