/* SPDX-License-Identifier: ISC
 *
 * maildir_name: reading and making names of Maildir files.  Pure but for the
 * clock, the process id and the kernel's random numbers; must not touch
 * files.
 *
 * The order of a listing is (seconds, microseconds after "M", base name), the
 * one in which Dovecot gives ids to new files, so that clients that have
 * seen a maildrop through it see the same order.
 */
#include "store/maildir_name.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Digits at p, at most `max`; more than that is not a number. */
static const char *
digits(const char *p, const char *end, uint64_t max, uint64_t *v_r,
    bool *ok_r)
{
	const char *start = p;
	uint64_t v = 0;
	bool ok = true;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		unsigned d = (unsigned)(*p - '0');

		if (v > (max - d) / 10)
			ok = false;
		else
			v = v * 10 + d;
	}
	*ok_r = ok && p > start;
	*v_r = *ok_r ? v : 0;
	return p;
}

/* A field from its comma on: which letter, and its value when well formed.
 * Gives the end of the field. */
static const char *
size_field(const char *p, const char *end, char *letter_r, uint64_t *v_r)
{
	const char *stop = memchr(p + 1, ',', (size_t)(end - p - 1));
	bool ok;

	if (stop == NULL)
		stop = end;
	*letter_r = 0;
	*v_r = 0;
	if (stop - p == 4 && memcmp(p, ",D=0", 4) == 0) {
		*letter_r = 'D';
	} else if (stop - p >= 4 && (p[1] == 'S' || p[1] == 'W') &&
	    p[2] == '=') {
		const char *e = digits(p + 3, stop, INT64_MAX, v_r, &ok);

		if (ok && e == stop)
			*letter_r = p[1];
	}
	return stop;
}

bool
maildir_wire_possible(uint64_t disk, uint64_t wire)
{
	if (disk == 0)
		return wire == 0;
	/* one CR an LF at most, or one fewer and an added last line end */
	return wire >= disk && wire - disk <= disk + 1;
}

static void
parse_sizes(struct maildir_name *out, const char *p, size_t n)
{
	const char *end = p + n, *at = memchr(p, ',', n);
	unsigned s = 0, w = 0, d = 0;

	while (at != NULL && at < end) {
		char letter;
		uint64_t v;

		at = size_field(at, end, &letter, &v);
		if (letter == 'S' && s++ == 0)
			out->disk = v;
		if (letter == 'W' && w++ == 0)
			out->wire = v;
		if (letter == 'D')
			d++;
	}
	/* a name that says it twice says nothing */
	out->has_disk = s == 1;
	out->has_wire = w == 1 && (!out->has_disk ||
	    maildir_wire_possible(out->disk, out->wire));
	out->no_dots = d == 1;
}

/*
 * Where the info begins, or the end.  Only ":1," and ":2," begin one
 * (maildir(5)).  Any other colon is a part of the base: names such as
 * "2026-11-21T10:20:30" must not pass for one message, or removing one would
 * remove them all.  A message has a base: what would be without one is all
 * base.
 */
static const char *
base_end(const char *p, size_t n)
{
	for (size_t i = 1; i + 2 < n; i++)
		if (p[i] == ':' && (p[i + 1] == '1' || p[i + 1] == '2') &&
		    p[i + 2] == ',')
			return p + i;
	return p + n;
}

void
maildir_name_parse(struct maildir_name *out, const char *p, size_t n)
{
	const char *end = base_end(p, n), *at;
	uint64_t usec;
	bool ok;

	*out = (struct maildir_name){ .base_n = (uint32_t)(end - p) };
	at = digits(p, end, UINT64_MAX / 2, &out->secs, &ok);
	if (ok && end - at > 2 && at[0] == '.' && at[1] == 'M') {
		digits(at + 2, end, UINT32_MAX, &usec, &ok);
		out->usec = (uint32_t)usec;
	}
	parse_sizes(out, p, out->base_n);
}

size_t
maildir_name_strip(char *out, const char *base, size_t n)
{
	const char *end = base + n, *at = memchr(base, ',', n);
	size_t len = at == NULL ? n : (size_t)(at - base);

	memcpy(out, base, len);
	while (at != NULL && at < end) {
		const char *field = at;
		char letter;
		uint64_t v;

		at = size_field(at, end, &letter, &v);
		if (letter == 0) {
			memcpy(out + len, field, (size_t)(at - field));
			len += (size_t)(at - field);
		}
	}
	return len;
}

int
maildir_name_compare(const struct maildir_name *a, const char *ap,
    const struct maildir_name *b, const char *bp)
{
	uint32_t n = a->base_n < b->base_n ? a->base_n : b->base_n;
	int r;

	if (a->secs != b->secs)
		return a->secs < b->secs ? -1 : 1;
	if (a->usec != b->usec)
		return a->usec < b->usec ? -1 : 1;
	r = memcmp(ap, bp, n);
	if (r != 0)
		return r;
	return a->base_n < b->base_n ? -1 : a->base_n > b->base_n;
}

/* ---- making names -------------------------------------------------------- */

static bool
host_plain(unsigned char c)
{
	return c > 0x20 && c < 0x7F && c != '/' && c != ':' && c != ',' &&
	    c != '\\';
}

void
maildir_host_escape(char out[MAILDIR_HOST_MAX + 1], const char *host)
{
	size_t n = 0;

	if (host == NULL || host[0] == '\0')
		host = "localhost";
	for (; *host != '\0'; host++) {
		unsigned char c = (unsigned char)*host;

		if (n + 4 > MAILDIR_HOST_MAX)
			break;
		if (host_plain(c)) {
			out[n++] = *host;
			continue;
		}
		out[n++] = '\\';
		out[n++] = (char)('0' + (c >> 6));
		out[n++] = (char)('0' + ((c >> 3) & 7));
		out[n++] = (char)('0' + (c & 7));
	}
	out[n] = '\0';
}

/*
 * Each part guards against what the others do not: the count against two
 * threads in one microsecond, the process id against two processes, the
 * random number against a clock set back and process ids that come again (and
 * are the same in two containers).  Creation is exclusive all the same.
 */
int
maildir_unique(char out[MAILDIR_UNIQUE_MAX], const char *host)
{
	static atomic_uint_fast64_t count;
	struct timespec now;
	uint32_t chance = 0;
	int n;

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	if (getrandom(&chance, sizeof(chance), GRND_NONBLOCK) !=
	    (ssize_t)sizeof(chance))
		chance = 0;
	n = snprintf(out, MAILDIR_UNIQUE_MAX,
	    "%" PRId64 ".M%06ldP%ldQ%" PRIu64 "_%08" PRIx32 ".%s",
	    (int64_t)now.tv_sec, now.tv_nsec / 1000, (long)getpid(),
	    (uint64_t)atomic_fetch_add(&count, 1), chance, host);
	return n > 0 && n < MAILDIR_UNIQUE_MAX ? 0 : -1;
}

int
maildir_final_name(char out[MAILDIR_NAME_MAX], const char *unique,
    uint64_t disk, uint64_t wire, bool no_dots)
{
	int n;

	if (maildir_wire_possible(disk, wire))
		n = snprintf(out, MAILDIR_NAME_MAX,
		    "%s,S=%" PRIu64 ",W=%" PRIu64 "%s", unique, disk, wire,
		    no_dots && disk == wire ? ",D=0" : "");
	else
		n = snprintf(out, MAILDIR_NAME_MAX, "%s,S=%" PRIu64, unique,
		    disk);
	if (n > 0 && n < MAILDIR_NAME_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}
