/* SPDX-License-Identifier: ISC
 *
 * Fuzz target: what a client reads out of a server's lines: status, response
 * code, APOP stamp, capabilities.  Each is said a second time here, as the
 * RFCs have it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/capa_read.h"
#include "proto/resp_read.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static void
need(int truth)
{
	if (!truth)
		abort();
}

static bool
begins(struct pop_span s, const char *with)
{
	return s.n >= strlen(with) && memcmp(s.p, with, strlen(with)) == 0;
}

static void
check_status(struct pop_span line)
{
	struct pop_span text = { NULL, 0 };
	int r = resp_status(line, &text);

	need(r == 1 ? begins(line, "+OK") : r == 0 ? begins(line, "-ERR") :
	    r == -1);
	if (r < 0)
		return;
	need(text.p + text.n == line.p + line.n);
	need(line.n - text.n <= (r == 1 ? 4U : 5U));
}

/* RFC 2449 section 8: known codes at the front, "/" for deeper levels */
static void
check_code(struct pop_span text)
{
	static const char *const names[] = { "", "AUTH", "IN-USE",
		"LOGIN-DELAY", "SYS/TEMP", "SYS/PERM", "UTF8" };
	struct pop_span rest = text;
	enum pop_code code = resp_code(&rest);
	const unsigned char *end = text.n == 0 ? NULL :
	    memchr(text.p, ']', text.n);

	if (text.n == 0 || text.p[0] != '[' || end == NULL) {
		need(code == POP_CODE_NONE && span_eq(rest, text));
		return;
	}
	need(code != POP_CODE_NONE);
	for (int i = POP_CODE_AUTH; i <= POP_CODE_UTF8; i++) {
		size_t n = strlen(names[i]);
		bool is = text.n > n + 1 && strncasecmp((const char *)text.p +
		    1, names[i], n) == 0 &&
		    (text.p[n + 1] == ']' || text.p[n + 1] == '/');

		need(is == ((int)code == i));
	}
	if (code == POP_CODE_OTHER)
		need(span_eq(rest, text));
	else
		need(rest.p == end + 1 || (rest.p == end + 2 &&
		    end[1] == ' '));
}

/* dots between atoms of RFC 5322, nothing else */
static bool
is_dot_atom(const unsigned char *p, size_t n)
{
	static const char atext[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-/=?^_`{|}~";

	if (n == 0 || p[0] == '.' || p[n - 1] == '.')
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] == '.' ? p[i - 1] == '.' :
		    p[i] == '\0' || strchr(atext, p[i]) == NULL)
			return false;
	}
	return true;
}

static void
check_stamp(struct pop_span greeting)
{
	struct pop_span s = resp_stamp(greeting);
	const unsigned char *open = greeting.n == 0 ? NULL :
	    memchr(greeting.p, '<', greeting.n);
	const unsigned char *close, *at;
	size_t n;
	bool good;

	if (open == NULL) {
		need(s.n == 0);
		return;
	}
	n = greeting.n - (size_t)(open - greeting.p);
	close = memchr(open, '>', n);
	at = memchr(open, '@', n);
	good = close != NULL && at != NULL && at < close &&
	    is_dot_atom(open + 1, (size_t)(at - open) - 1) &&
	    is_dot_atom(at + 1, (size_t)(close - at) - 1);
	need(good == (s.n > 0));
	if (good)
		need(s.p == open && s.p + s.n == close + 1);
}

static void
check_capa(struct pop_span text)
{
	struct pop_capa capa;

	memset(&capa, 0, sizeof(capa));
	while (text.n > 0) {
		const unsigned char *lf = memchr(text.p, '\n', text.n);
		struct pop_span line = span_of(text.p,
		    lf == NULL ? text.n : (size_t)(lf - text.p));
		unsigned before = capa.has;

		capa_read(&capa, line);
		need((capa.has & before) == before);
		need(strnlen(capa.mechanisms, POP_CAPA_TEXT_MAX) <
		    POP_CAPA_TEXT_MAX);
		need(strnlen(capa.implementation, POP_CAPA_TEXT_MAX) <
		    POP_CAPA_TEXT_MAX);
		span_skip(&text, line.n + (lf != NULL));
	}
	for (const char *s = capa.implementation; *s != '\0'; s++)
		need(*s >= 0x20 && *s <= 0x7e);
	for (const char *s = capa.mechanisms; *s != '\0';) {
		char name[24] = "";
		size_t n = strcspn(s, " ");

		need(n > 0 && n <= 20);
		memcpy(name, s, n);
		need(pop_capa_mechanism(&capa, name));
		for (size_t i = 0; i < n; i++)
			need(!(s[i] >= 'a' && s[i] <= 'z'));
		s += n;
		need(*s == '\0' || s[1] != '\0');
		s += *s == ' ';
	}
	need(!(capa.has & POP_CAPA_EXPIRE_NEVER) ||
	    (capa.has & POP_CAPA_EXPIRE));
	need(capa.mechanisms[0] == '\0' || (capa.has & POP_CAPA_SASL));
}

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t n)
{
	struct pop_span text = span_of(data, n);

	check_status(text);
	check_code(text);
	check_stamp(text);
	check_capa(text);
	return 0;
}
