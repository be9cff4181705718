/* SPDX-License-Identifier: ISC
 *
 * control: see control.h.  Blocking, with a limit of time and of octets, so
 * that a daemon that hangs does not make its administrator wait for ever.
 */
#include "admin/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"

/* as control_text writes a line end */
#define LF_TEXT "\\x0a"

enum {
	ANSWER_SECONDS = 30,
	ANSWER_MAX = 256 << 20,
	READ_SIZE = 65536
};

static void
cannot_connect(const char *path)
{
	const char *hint = "";

	if (errno == ENOENT || errno == ECONNREFUSED)
		hint = "; is restanted running, with this configuration?";
	else if (errno == EACCES || errno == EPERM)
		hint = "; run restantectl as root, or as the user restanted "
		    "runs as";
	admin_error("cannot reach restanted at %s: %s%s", path,
	    strerror(errno), hint);
}

static int
connect_to(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		admin_error("%s: too long for the path of a socket", path);
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit,
	    sizeof(limit)) != 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO,
	    &limit, sizeof(limit)) != 0) {
		cannot_connect(path);
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	return fd;
}

static int
send_line(int fd, const char *text)
{
	size_t n = strlen(text);
	ssize_t put;

	while (n > 0) {
		put = send(fd, text, n, MSG_NOSIGNAL);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		text += put;
		n -= (size_t)put;
	}
	return 0;
}

static int
send_request(int fd, const json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT), *line = NULL;
	int r = -1;

	if (text != NULL && asprintf(&line, "%s\n", text) >= 0)
		r = send_line(fd, line);
	else
		errno = ENOMEM;
	free(line);
	free(text);
	return r;
}

/* One line of the answer: 1 it was the last one, 0 not, -1 no JSON object. */
static int
take_line(struct pop_span line, json_t *rows, json_t **last_r)
{
	json_t *row = json_loadb((const char *)line.p, line.n,
	    JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(row)) {
		json_decref(row);
		return -1;
	}
	if (json_object_get(row, "ok") != NULL) {
		*last_r = row;
		return 1;
	}
	return json_array_append_new(rows, row) == 0 ? 0 : -1;
}

static int
take_lines(struct buf *in, size_t *seen, json_t *rows, json_t **last_r)
{
	const unsigned char *end;
	size_t begin = 0;
	int r = 0;

	while (r == 0 && (end = memchr(in->p + *seen, '\n', in->n - *seen)) !=
	    NULL) {
		r = take_line(span_of(in->p + begin, (size_t)(end - in->p) -
		    begin), rows, last_r);
		begin = *seen = (size_t)(end - in->p) + 1;
	}
	buf_consume(in, begin);
	*seen = in->n;
	return r;
}

/* Reads until the last line. 0, or -1 after an error message. */
static int
read_answer(int fd, json_t *rows, json_t **last_r)
{
	struct buf in;
	size_t seen = 0;
	ssize_t got;
	int r = 0;

	buf_init(&in, ANSWER_MAX);
	while (r == 0) {
		if (buf_reserve(&in, READ_SIZE) != BUF_OK) {
			admin_error("restanted's answer is too long");
			break;
		}
		got = recv(fd, in.p + in.n, READ_SIZE, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			admin_error("restanted did not answer: %s",
			    got == 0 ? "it closed the connection" :
			    errno == EAGAIN ? "it took longer than 30 seconds"
			    : strerror(errno));
			break;
		}
		in.n += (size_t)got;
		r = take_lines(&in, &seen, rows, last_r);
		if (r < 0)
			admin_error("restanted answered something that is no "
			    "JSON object; is it of another version?");
	}
	buf_release(&in);
	return r == 1 ? 0 : -1;
}

/* Prints each line of what went wrong. */
static void
print_error(const json_t *last)
{
	char *text = control_text(last, "error"), *line, *end;

	if (text == NULL) {
		admin_error("out of memory");
		return;
	}
	for (line = text; line != NULL; line = end) {
		/* the one control octet that has a meaning here */
		end = strstr(line, LF_TEXT);
		if (end != NULL) {
			*end = '\0';
			end += sizeof(LF_TEXT) - 1;
		}
		admin_error("%s", line);
	}
	free(text);
}

static int
check_last(const json_t *last)
{
	if (json_is_true(json_object_get(last, "ok")))
		return 0;
	print_error(last);
	return -1;
}

static int
talk(int fd, const json_t *request, json_t *rows, json_t **last_r)
{
	if (request == NULL || rows == NULL) {
		admin_error("out of memory");
		return -1;
	}
	if (send_request(fd, request) != 0) {
		admin_error("cannot ask restanted: %s", strerror(errno));
		return -1;
	}
	if (read_answer(fd, rows, last_r) != 0)
		return -1;
	return check_last(*last_r);
}

int
control_ask(const struct admin_args *args, json_t *request, json_t **rows_r,
    json_t **last_r)
{
	char *path = admin_socket_path(args);
	json_t *rows = json_array(), *last = NULL;
	int fd, r = -1;

	fd = path == NULL ? -1 : connect_to(path);
	free(path);
	if (fd >= 0) {
		r = talk(fd, request, rows, &last);
		(void)close(fd);
	}
	json_decref(request);
	if (r != 0) {
		json_decref(rows);
		json_decref(last);
		return -1;
	}
	*rows_r = rows;
	*last_r = last;
	return 0;
}

char *
control_text(const json_t *row, const char *key)
{
	static const char hex[] = "0123456789abcdef";
	const json_t *value = json_object_get(row, key);
	const char *s = json_string_value(value);
	size_t n = json_string_length(value), at = 0;
	char *out;

	if (n == 0)
		return strdup("-");
	out = malloc(n * 4 + 1);
	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= ' ' && c < 0x7f) {
			out[at++] = (char)c;
			continue;
		}
		out[at++] = '\\';
		out[at++] = 'x';
		out[at++] = hex[c >> 4];
		out[at++] = hex[c & 15];
	}
	out[at] = '\0';
	return out;
}
