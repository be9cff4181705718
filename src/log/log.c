/* SPDX-License-Identifier: ISC
 *
 * log: builds a line and writes it.
 *
 * Owns the escaping: whatever a peer sends, a line stays one line and a key
 * of ours cannot be forged inside a value, not even for a reader that only
 * looks for " key=".  Must not be used below server, client and admin.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"
#include "base/num.h"

/*
 * A value keeps at most VALUE_MAX octets of what it was, and TAIL octets of a
 * line are kept free for the mark and the line end: no value of a peer can
 * push the others out unseen.
 */
#define MARK " truncated=1"
enum { VALUE_MAX = 256, MESSAGE_MAX = 1024, TAIL = sizeof(MARK "\n") };

static const size_t SUPPRESSED = (size_t)-1;

static struct {
	char *path;		/* NULL: standard error */
	char program[32];
	int fd;
	bool journal;
	enum log_level level;
} sink = { .program = "restante", .fd = STDERR_FILENO,
	.level = LOG_LEVEL_INFO };

/* ---- where lines go ---- */

/* $JOURNAL_STREAM names the file that was the journal; whether standard
 * error still is that file is ours to see (systemd.exec(5)). */
static bool
is_journal(int fd)
{
	const char *s = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	/* a number that is too large is no journal of ours */
	/* NOLINTNEXTLINE(cert-err34-c) */
	if (s == NULL || sscanf(s, "%20llu:%20llu", &dev, &ino) != 2 ||
	    fstat(fd, &st) != 0)
		return false;
	return st.st_dev == dev && st.st_ino == ino;
}

static int
open_file(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
	    O_NOCTTY, 0640);
}

static void
replace_fd(int fd)
{
	if (sink.fd != STDERR_FILENO)
		close(sink.fd);
	sink.fd = fd;
}

void
log_program(const char *program)
{
	/* one that is too long is cut: it is one of ours */
	if (snprintf(sink.program, sizeof(sink.program), "%s", program) < 0)
		sink.program[0] = '\0';
}

int
log_open(const char *path, const char *program)
{
	char *copy = NULL;
	int fd = STDERR_FILENO, saved;

	tzset();	/* now: gmtime_r would open files in a sandbox */
	if (path != NULL && strcmp(path, "stderr") != 0) {
		copy = strdup(path);
		if (copy == NULL)
			return -1;
		fd = open_file(path);
		if (fd < 0) {
			saved = errno;
			free(copy);
			errno = saved;
			return -1;
		}
	}
	free(sink.path);
	sink.path = copy;
	replace_fd(fd);
	sink.journal = copy == NULL && is_journal(fd);
	log_program(program);
	return 0;
}

void
log_reopen(void)
{
	int fd;

	if (sink.path == NULL)
		return;
	fd = open_file(sink.path);
	if (fd < 0) {
		log_msg(LOG_LEVEL_ERROR, "cannot reopen the log %s: %s",
		    sink.path, strerror(errno));
		return;
	}
	replace_fd(fd);
}

int
log_fd(void)
{
	return sink.fd;
}

void
log_adopt(int fd)
{
	replace_fd(fd);
}

void
log_set_level(enum log_level level)
{
	sink.level = level;
}

/* ---- building ---- */

/* room for n more octets before the tail? */
static bool
fits(const struct log_line *l, size_t n)
{
	return l->n + n + TAIL <= sizeof(l->text);
}

static void
put(struct log_line *l, const char *p, size_t n)
{
	memcpy(l->text + l->n, p, n);
	l->n += n;
}

static void
put_str(struct log_line *l, const char *s)
{
	if (fits(l, strlen(s)))
		put(l, s, strlen(s));
}

/* "2026-11-21T21:58:55.123Z " */
static void
put_time(struct log_line *l)
{
	struct timespec ts;
	struct tm tm;
	char s[64];
	int n;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (gmtime_r(&ts.tv_sec, &tm) == NULL)
		return;
	n = snprintf(s, sizeof(s), "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ ",
	    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
	    tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000000);
	if (n > 0 && (size_t)n < sizeof(s))
		put_str(l, s);
}

/* "<6>": the journal's priorities are those of syslog(3) */
static const char *
priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "<3>";
	case LOG_LEVEL_WARN:
		return "<4>";
	case LOG_LEVEL_INFO:
		return "<6>";
	case LOG_LEVEL_DEBUG:
		return "<7>";
	}
	return "<6>";
}

static const char *
level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARN:
		return "warn";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "info";
}

void
log_begin(struct log_line *l, enum log_level level, const char *event)
{
	char s[80];
	int n;

	l->level = level;
	l->n = 0;
	l->cut = false;
	if (level > sink.level) {
		l->n = SUPPRESSED;
		return;
	}
	if (sink.journal)
		put_str(l, priority(level));
	else
		put_time(l);
	n = snprintf(s, sizeof(s), "%s[%ld]: level=%s", sink.program,
	    (long)getpid(), level_name(level));
	if (n > 0 && (size_t)n < sizeof(s))
		put_str(l, s);
	log_str(l, "event", event);
}

static bool
is_safe(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '=' &&
	    c != '\\';
}

/* whether the value can stand there as it is */
static bool
is_bare(struct pop_span v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (!is_safe(v.p[i]))
			return false;
	return v.n > 0;
}

/* one octet inside quotes; a blank may stay there */
static size_t
escape(unsigned char c, char out[4])
{
	static const char hex[] = "0123456789abcdef";

	if (is_safe(c) || c == ' ') {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = 'x';
	out[2] = hex[c >> 4];
	out[3] = hex[c & 15];
	return 4;
}

/* "..." behind the closing quote says that the value was longer; an octet
 * inside could never look like that */
static void
put_quoted(struct log_line *l, struct pop_span v, size_t max)
{
	char out[4];
	size_t i, n;

	put(l, "\"", 1);
	for (i = 0; i < v.n && i < max; i++) {
		n = escape(v.p[i], out);
		if (!fits(l, n + 4))
			break;
		put(l, out, n);
	}
	put(l, "\"", 1);
	if (i < v.n)
		put(l, "...", 3);
}

static void
put_pair(struct log_line *l, const char *key, struct pop_span value,
    size_t max)
{
	size_t n = strlen(key);

	if (l->n == SUPPRESSED)
		return;
	/* the key, "=" and at least an empty cut value */
	if (!fits(l, n + 2 + 5 + 4)) {
		l->cut = true;
		return;
	}
	put(l, " ", 1);
	put(l, key, n);
	put(l, "=", 1);
	if (is_bare(value) && value.n <= max && fits(l, value.n))
		put(l, (const char *)value.p, value.n);
	else
		put_quoted(l, value, max);
}

void
log_span(struct log_line *l, const char *key, struct pop_span value)
{
	put_pair(l, key, value, VALUE_MAX);
}

void
log_str(struct log_line *l, const char *key, const char *value)
{
	log_span(l, key, span_str(value != NULL ? value : ""));
}

void
log_u64(struct log_line *l, const char *key, uint64_t value)
{
	unsigned char s[NUM_U64_DIGITS];

	log_span(l, key, span_of(s, num_format_u64(s, value)));
}

void
log_end(struct log_line *l)
{
	ssize_t put_n;

	if (l->n == SUPPRESSED)
		return;
	if (l->cut)
		put(l, MARK, sizeof(MARK) - 1);
	put(l, "\n", 1);
	do
		put_n = write(sink.fd, l->text, l->n);
	while (put_n < 0 && errno == EINTR);
	/* a log that cannot be written cannot be reported either */
	(void)put_n;
}

void
log_msg(enum log_level level, const char *fmt, ...)
{
	struct log_line l;
	char s[MESSAGE_MAX + 2];	/* one more than fits: shows the cut */
	va_list ap;
	int n;

	log_begin(&l, level, "message");
	if (l.n == SUPPRESSED)
		return;
	va_start(ap, fmt);
	n = vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	put_pair(&l, "msg", span_str(s), MESSAGE_MAX);
	log_end(&l);
}
