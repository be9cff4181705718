/* SPDX-License-Identifier: ISC
 *
 * smtp_path: the paths of MAIL and RCPT (RFC 5321 section 4.1.2, RFC 6531
 * section 3.3) out of a command line into one canonical form in memory of
 * the caller.  What comes out never holds a control character.
 */
#ifndef RESTANTE_PROTO_SMTP_PATH_H
#define RESTANTE_PROTO_SMTP_PATH_H

#include <stddef.h>

#include "base/span.h"

enum {
	/* RFC 5321 section 4.5.3.1 demands that 64 and 255 are accepted;
	 * senders' local parts are often longer, so both get 255 */
	SMTP_LOCAL_MAX = 255,
	SMTP_DOMAIN_MAX = 255,
	/* each octet of the local part quoted, quotes, "@", domain */
	SMTP_PATH_MAX = 2 * SMTP_LOCAL_MAX + 2 + 1 + SMTP_DOMAIN_MAX
};

struct smtp_path {
	unsigned char text[SMTP_PATH_MAX];	/* local "@" domain */
	unsigned char local[SMTP_LOCAL_MAX];	/* quotes resolved */
	size_t text_n;
	size_t local_n;
	size_t domain_at;	/* where in text the domain begins */
	int has_domain;
	int non_ascii;		/* needs SMTPUTF8; is valid UTF-8 */
};

static inline struct pop_span
smtp_path_text(const struct smtp_path *p)
{
	return span_of(p->text, p->text_n);
}

static inline struct pop_span
smtp_path_local(const struct smtp_path *p)
{
	return span_of(p->local, p->local_n);
}

static inline struct pop_span
smtp_path_domain(const struct smtp_path *p)
{
	return p->has_domain ?
	    span_of(p->text + p->domain_at, p->text_n - p->domain_at) :
	    span_of(p->text + p->text_n, 0);
}

enum smtp_path_kind {
	SMTP_PATH_REVERSE,	/* "<>" may stand here */
	SMTP_PATH_FORWARD	/* "<Postmaster>" may stand here */
};

/*
 * Takes "<...>" off the front of *s.  0, or -1 when there is no such path or
 * it is too long (then *s and *path_r are undefined). A source route is
 * checked and dropped.
 */
__attribute__((warn_unused_result))
int smtp_path_parse(struct pop_span *s, enum smtp_path_kind kind,
    struct smtp_path *path_r);

/* 1 when `s` is a domain or an address literal; letters beyond ASCII are
 * welcome when `utf8` */
int smtp_domain_valid(struct pop_span s, int utf8);

/* Octets of the well-formed UTF-8 character beyond ASCII at the front of
 * `s`, or 0; C1 control characters (U+0080..U+009F) count as malformed. */
size_t smtp_utf8_length(struct pop_span s);

#endif
