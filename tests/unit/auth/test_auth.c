/* SPDX-License-Identifier: ISC
 *
 * Tests of src/auth/exchange and auth: logins of every kind, alike failures
 * (counted, not timed), the throttle at work, cancelling, reload.  The clock
 * is a number of ours; only the hashing threads are waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "auth/apop.h"
#include "auth/auth.h"
#include "auth/hash.h"

/* of "correct horse battery", at the lowest cost there is */
#define SECRET "correct horse battery"
#define CRYPT5 "$5$rounds=1000$saltsalt$DoN2WcBhpG46VIH/EyfZvcagZwm42q0Yk." \
	"N4cUSDxm1"
#define CRYPTY "$y$j75$saltsaltsaltsalt$i0U6QPeUyGxYtEnutouf42LadE7HLtQuiZw" \
	"w2.qczq7"
#define STAMP "<1896.697170952@dbc.mtview.ca.us>"
#define DIGEST "c4c9334bac560ecc979e58001b3e22fb"

static const char users_text[] =
    "wren:" CRYPTY "\n"
    "robin:" CRYPTY "\n"
    "finch:" CRYPT5 "\n"
    "jay:{PLAIN}tanstaaf\n"
    "mrose:{PLAIN}tanstaaf::::::restante_apop=yes\n"
    "locked:!" CRYPTY "\n"
    "owl:{ARGON2ID}x\n";

static const unsigned char home[16] = { [10] = 255, [11] = 255, 192, 0, 2, 1 };
static const unsigned char away[16] = { [10] = 255, [11] = 255, 192, 0, 2, 2 };

static char users[] = "/tmp/restante-auth.XXXXXX";

/* one login and what became of it */
struct login {
	struct auth_exchange *ex;
	unsigned calls;
	enum auth_result result;
	char name[64], maildrop[64];
	size_t challenge;
	uint64_t *clock, at;	/* when it was answered */
};

struct office {
	struct auth *a;
	uint64_t now;
	struct login logins[1200];
	unsigned n;
};

static int
write_users(const char *text)
{
	int fd = open(users, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		return -1;
	return close(fd);
}

static int
make_users(void **state)
{
	int fd = mkstemp(users);

	(void)state;
	return fd < 0 || close(fd) != 0 ? -1 : 0;
}

static int
remove_users(void **state)
{
	(void)state;
	return unlink(users);
}

static const struct auth_config config = {
	.users = users, .maildrop = "%u", .workers = 2
};

static int
open_office(void **state)
{
	struct office *o = calloc(1, sizeof(*o));
	const char *error;

	if (o == NULL || write_users(users_text) != 0)
		return -1;
	o->a = auth_new(&config, &error);
	o->now = 1000000;
	while (o->a != NULL && auth_message(o->a) != NULL)
		;
	*state = o;
	return o->a == NULL ? -1 : 0;
}

static int
close_office(void **state)
{
	struct office *o = *state;

	auth_free(o->a);
	free(o);
	return 0;
}

static void
answered(void *arg, enum auth_result r, const struct auth_user *user,
    struct pop_span challenge)
{
	struct login *l = arg;

	l->calls++;
	l->result = r;
	l->at = *l->clock;
	l->challenge = challenge.n;
	assert_true((r == AUTH_OK) == (user != NULL));
	if (user != NULL) {
		(void)!snprintf(l->name, sizeof(l->name), "%s", user->name);
		(void)!snprintf(l->maildrop, sizeof(l->maildrop), "%s",
		    user->maildrop);
	}
}

static struct login *
request(struct office *o, const unsigned char *address, struct auth_req req)
{
	struct login *l = &o->logins[o->n++];

	assert_true(o->n <= sizeof(o->logins) / sizeof(o->logins[0]));
	l->clock = &o->now;
	if (address != NULL)
		memcpy(req.peer.address, address, 16);
	auth_request(o->a, &req, o->now, answered, l, &l->ex);
	return l;
}

static struct login *
pass(struct office *o, const unsigned char *address, const char *name,
    const char *secret)
{
	return request(o, address, (struct auth_req){ .kind = AUTH_PASSWORD,
	    .name = span_str(name), .secret = span_str(secret) });
}

static struct login *
apop(struct office *o, const char *name, const char *stamp,
    const char *digest)
{
	return request(o, NULL, (struct auth_req){ .kind = AUTH_APOP,
	    .name = span_str(name), .secret = span_str(digest),
	    .stamp = span_str(stamp) });
}

static struct login *
plain(struct office *o, const char *message, size_t n)
{
	return request(o, NULL, (struct auth_req){ .kind = AUTH_SASL,
	    .mechanism = span_str("PLAIN"), .data = span_of(message, n),
	    .has_data = true });
}

/* Waits for the hashing threads without moving the clock. */
static void
settle(struct office *o)
{
	struct pollfd p = { .fd = auth_fd(o->a), .events = POLLIN };

	while (auth_hashing(o->a) > 0) {
		assert_int_equal(poll(&p, 1, 60000), 1);
		(void)auth_run(o->a, o->now);
	}
}

/* Lets the office work until `l` is answered; the clock jumps when only the
 * clock is awaited. */
static enum auth_result
finish(struct office *o, struct login *l)
{
	int wait;

	settle(o);
	while (l->calls == 0) {
		wait = auth_run(o->a, o->now);
		assert_true(wait >= 0);
		o->now += (uint64_t)wait;
		(void)auth_run(o->a, o->now);
		settle(o);
	}
	return l->result;
}

static unsigned long
slow_hashes(void)
{
	unsigned long n = 0;

	for (enum hash_kind k = HASH_CRYPT_DES; k < HASH_KINDS; k++)
		n += hash_count(k);
	return n;
}

/* ---- kinds of login ------------------------------------------------------ */

static void
passwords(void **state)
{
	static const struct {
		const char *name, *secret, *is;
		enum auth_result want;
	} cases[] = {
		{ "wren", SECRET, "wren", AUTH_OK },
		{ "WREN", SECRET, "wren", AUTH_OK },
		{ "finch", SECRET, "finch", AUTH_OK },
		{ "jay", "tanstaaf", "jay", AUTH_OK },
		{ "mrose", "tanstaaf", "mrose", AUTH_OK },
		{ "wren", "correct horse", NULL, AUTH_DENIED },
		{ "wren", SECRET " ", NULL, AUTH_DENIED },
		{ "wren", " " SECRET, NULL, AUTH_DENIED },
		{ "wren", "", NULL, AUTH_DENIED },
		{ "jay", "", NULL, AUTH_DENIED },
		{ "jay", "tanstaa", NULL, AUTH_DENIED },
		{ "nobody", SECRET, NULL, AUTH_DENIED },
		{ "", SECRET, NULL, AUTH_DENIED },
		{ "locked", SECRET, NULL, AUTH_DENIED },
		{ "owl", SECRET, NULL, AUTH_TEMP }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct office *o = *state;
		struct login *l = pass(o, NULL, cases[i].name,
		    cases[i].secret);

		print_message("%s\n", cases[i].name);
		assert_int_equal(finish(o, l), cases[i].want);
		assert_int_equal(l->calls, 1);
		if (cases[i].is != NULL) {
			assert_string_equal(l->name, cases[i].is);
			assert_string_equal(l->maildrop, cases[i].is);
		}
	}
}

static void
long_and_nul_claims(void **state)
{
	struct office *o = *state;
	char big[20000];
	struct login *l;

	memset(big, 'a', sizeof(big));
	for (size_t n = 250; n <= sizeof(big); n = n < 260 ? n + 1 : n * 2) {
		l = request(o, NULL, (struct auth_req){
		    .kind = AUTH_PASSWORD, .name = span_of(big, n),
		    .secret = span_of(big, n) });
		assert_int_equal(finish(o, l), AUTH_DENIED);
		l = request(o, NULL, (struct auth_req){
		    .kind = AUTH_PASSWORD, .name = span_str("jay"),
		    .secret = span_of(big, n) });
		assert_int_equal(finish(o, l), AUTH_DENIED);
	}
	l = request(o, NULL, (struct auth_req){ .kind = AUTH_PASSWORD,
	    .name = span_of("jay\0", 4), .secret = span_str("tanstaaf") });
	assert_int_equal(finish(o, l), AUTH_DENIED);
	l = request(o, NULL, (struct auth_req){ .kind = AUTH_PASSWORD,
	    .name = span_str("jay"), .secret = span_of("tanstaaf\0", 9) });
	assert_int_equal(finish(o, l), AUTH_DENIED);
}

/* B-39; threats S26: only who was given APOP */
static void
b39_apop(void **state)
{
	struct office *o = *state;
	struct login *l = apop(o, "mrose", STAMP, DIGEST);

	assert_true(auth_has_apop(o->a));
	assert_int_equal(finish(o, l), AUTH_OK);
	assert_string_equal(l->name, "mrose");
	assert_int_equal(finish(o, apop(o, "mrose", STAMP,
	    "C4C9334BAC560ECC979E58001B3E22FB")), AUTH_DENIED);
	assert_int_equal(finish(o, apop(o, "mrose", "<1@x>", DIGEST)),
	    AUTH_DENIED);
	assert_int_equal(finish(o, apop(o, "mrose", "", DIGEST)), AUTH_DENIED);
	/* md5("tanstaaf"): a digest without a stamp proves nothing */
	assert_int_equal(finish(o, apop(o, "mrose", "",
	    "b3aa0ba4e1f957e5f3ef356cfc147008")), AUTH_DENIED);
	/* the same secret, but no APOP */
	assert_int_equal(finish(o, apop(o, "jay", STAMP, DIGEST)),
	    AUTH_DENIED);
	assert_int_equal(finish(o, apop(o, "wren", STAMP, DIGEST)),
	    AUTH_DENIED);
	assert_int_equal(finish(o, apop(o, "nobody", STAMP, DIGEST)),
	    AUTH_DENIED);
}

#define NUL "\0"
#define P(s) s, sizeof(s) - 1

/* RFC 4616 section 2 */
static void
a15_sasl_plain(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		enum auth_result want;
	} cases[] = {
		{ P(NUL "jay" NUL "tanstaaf"), AUTH_OK },
		{ P(NUL "wren" NUL SECRET), AUTH_OK },
		{ P("jay" NUL "jay" NUL "tanstaaf"), AUTH_OK },
		{ P("wren" NUL "jay" NUL "tanstaaf"), AUTH_DENIED },
		{ P("Jay" NUL "jay" NUL "tanstaaf"), AUTH_DENIED },
		{ P(NUL "jay" NUL "tanstaag"), AUTH_DENIED },
		{ P(NUL "jay" NUL "tanstaaf" NUL), AUTH_DENIED },
		{ P(NUL "jay" NUL "tanstaaf" NUL "x"), AUTH_DENIED },
		{ P(NUL NUL "jay" NUL "tanstaaf"), AUTH_DENIED },
		{ P(""), AUTH_DENIED }, { P(NUL), AUTH_DENIED },
		{ P(NUL NUL), AUTH_DENIED }, { P("jay"), AUTH_DENIED },
		{ P(NUL "jay"), AUTH_DENIED },
		{ P(NUL "jay" NUL), AUTH_DENIED },
		{ P(NUL NUL "tanstaaf"), AUTH_DENIED },
		{ P("jay" NUL NUL "tanstaaf"), AUTH_DENIED },
		{ P(NUL "jay" NUL "\xff\xfe"), AUTH_DENIED },
		{ P(NUL "\xff" NUL "x"), AUTH_DENIED }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct office *o = *state;

		print_message("%zu\n", i);
		assert_int_equal(finish(o, plain(o, cases[i].p, cases[i].n)),
		    cases[i].want);
	}
}

/* parts of 255 octets */
static void
a16_longest_parts(void **state)
{
	struct office *o = *state;
	char name[256], secret[256], file[1024], message[1024];
	int n;

	memset(name, 'n', 255);
	memset(secret, 's', 255);
	name[255] = secret[255] = '\0';
	(void)!snprintf(file, sizeof(file), "%s:{PLAIN}%s\n", name, secret);
	assert_int_equal(write_users(file), 0);
	n = snprintf(message, sizeof(message), "%s%c%s%c%s", name, 0, name, 0,
	    secret);
	assert_int_equal(finish(o, plain(o, message, (size_t)n)), AUTH_OK);
	message[n] = 's';
	assert_int_equal(finish(o, plain(o, message, (size_t)n + 1)),
	    AUTH_DENIED);
	assert_int_equal(finish(o, plain(o, message, 3 * 256)), AUTH_DENIED);
}

/* without an initial response; mechanisms that there are not */
static void
a1_exchange(void **state)
{
	struct office *o = *state;
	struct auth_req req = { .kind = AUTH_SASL,
		.mechanism = span_str("plain") };
	struct login *l = request(o, NULL, req);

	assert_int_equal(l->result, AUTH_CHALLENGE);
	assert_int_equal(l->challenge, 0);
	auth_step(l->ex, span_of(P(NUL "jay" NUL "tanstaaf")), o->now);
	assert_int_equal(l->calls, 2);
	assert_int_equal(finish(o, l), AUTH_OK);
	/* given up */
	l = request(o, NULL, req);
	assert_int_equal(l->result, AUTH_CHALLENGE);
	auth_cancel(l->ex);
	assert_int_equal(l->calls, 1);
	req.mechanism = span_str("FOO");
	assert_int_equal(finish(o, request(o, NULL, req)), AUTH_DENIED);
	req.mechanism = span_str("");
	assert_int_equal(finish(o, request(o, NULL, req)), AUTH_DENIED);
	assert_string_equal(auth_mechanisms(o->a, true), "PLAIN");
	assert_string_equal(auth_mechanisms(o->a, false), "PLAIN");
}

/* RFC 4013: PASS and PLAIN mean the same password */
static void
passwords_are_prepared(void **state)
{
	struct office *o = *state;

	/* U+00AD vanishes, U+2168 is "IX" (RFC 4013 section 3) */
	assert_int_equal(write_users("jay:{PLAIN}IX\nowl:{PLAIN}\xff\n"), 0);
	assert_int_equal(finish(o, pass(o, NULL, "jay", "I\xc2\xadX")),
	    AUTH_OK);
	assert_int_equal(finish(o, pass(o, NULL, "jay", "\xe2\x85\xa8")),
	    AUTH_OK);
	assert_int_equal(finish(o, plain(o, P(NUL "jay" NUL "I\xc2\xadX"))),
	    AUTH_OK);
	/* what is no UTF-8 stays as it is */
	assert_int_equal(finish(o, pass(o, NULL, "owl", "\xff")), AUTH_OK);
}

/* ---- alike --------------------------------------------------------------- */

struct work {
	unsigned long hashes[HASH_KINDS], apop;
};

static struct work
work_of(struct office *o, struct login *(*login)(struct office *, int),
    int which)
{
	struct work w;

	for (enum hash_kind k = 0; k < HASH_KINDS; k++)
		w.hashes[k] = hash_count(k);
	w.apop = apop_count();
	assert_int_equal(finish(o, login(o, which)), AUTH_DENIED);
	for (enum hash_kind k = 0; k < HASH_KINDS; k++)
		w.hashes[k] = hash_count(k) - w.hashes[k];
	w.apop = apop_count() - w.apop;
	return w;
}

/* wrong password, nobody, locked: by PASS, by PLAIN, by APOP */
static struct login *
denied_login(struct office *o, int which)
{
	static const char *const names[] = { "wren", "nobody", "locked" };
	char message[64];
	int n;

	switch (which / 3) {
	case 0:
		return pass(o, NULL, names[which % 3], "wrong");
	case 1:
		n = snprintf(message, sizeof(message), "%c%s%cwrong", 0,
		    names[which % 3], 0);
		return plain(o, message, (size_t)n);
	}
	return apop(o, which % 3 == 0 ? "mrose" : names[which % 3], STAMP,
	    "00000000000000000000000000000000");
}

/* S27: an unknown user costs the same kind and number of hashes as a wrong
 * password */
static void
s27_failures_cost_the_same(void **state)
{
	struct office *o = *state;

	for (int kind = 0; kind < 3; kind++) {
		struct work wrong = work_of(o, denied_login, 3 * kind);

		assert_int_equal(wrong.hashes[HASH_CRYPT_YESCRYPT],
		    kind < 2 ? 1 : 0);
		assert_int_equal(wrong.apop, kind < 2 ? 0 : 1);
		for (int who = 1; who < 3; who++) {
			struct work w = work_of(o, denied_login,
			    3 * kind + who);

			assert_memory_equal(&w, &wrong, sizeof(w));
		}
	}
}

/* S27: The same in a file that has cheap hashes alone. */
static void
s27_cheap_file(void **state)
{
	struct office *o = *state;
	struct work wrong, none;

	assert_int_equal(write_users("wren:{PLAIN}a\nlocked:\n"), 0);
	wrong = work_of(o, denied_login, 0);
	assert_int_equal(wrong.hashes[HASH_PLAIN], 1);
	for (int who = 1; who < 3; who++) {
		none = work_of(o, denied_login, who);
		assert_memory_equal(&none, &wrong, sizeof(none));
	}
}

/* S27: A wrong password of a user with a cheap hash costs a slow one, too. */
static void
s27_mixed_file(void **state)
{
	struct office *o = *state;
	unsigned long before = hash_count(HASH_CRYPT_YESCRYPT);

	assert_int_equal(finish(o, pass(o, NULL, "jay", "wrong")),
	    AUTH_DENIED);
	assert_int_equal(hash_count(HASH_CRYPT_YESCRYPT), before + 1);
	/* ... and a secret that fits the decoy opens nothing */
	assert_int_equal(finish(o, pass(o, NULL, "jay", SECRET)),
	    AUTH_DENIED);
	assert_int_equal(finish(o, pass(o, NULL, "nobody", SECRET)),
	    AUTH_DENIED);
	/* a right one costs nothing but itself */
	before = slow_hashes();
	assert_int_equal(finish(o, pass(o, NULL, "jay", "tanstaaf")), AUTH_OK);
	assert_int_equal(slow_hashes(), before);
}

/* ---- the throttle at work ------------------------------------------------ */

/* S27: Unknown, wrong, malformed: their answers come at the same time. */
static void
failures_are_answered_at_their_time(void **state)
{
	static const unsigned char peers[4][16] = {
		{ [10] = 255, [11] = 255, 10, 0, 0, 1 },
		{ [10] = 255, [11] = 255, 10, 0, 0, 2 },
		{ [10] = 255, [11] = 255, 10, 0, 0, 3 },
		{ [10] = 255, [11] = 255, 10, 0, 0, 4 }
	};
	struct office *o = *state;
	uint64_t begin = o->now;
	struct login *l[4];

	l[0] = pass(o, peers[0], "wren", "wrong");
	l[1] = pass(o, peers[1], "nobody", "wrong");
	l[2] = request(o, peers[2], (struct auth_req){ .kind = AUTH_SASL,
	    .mechanism = span_str("PLAIN"), .has_data = true });
	l[3] = request(o, peers[3], (struct auth_req){ .kind = AUTH_APOP,
	    .name = span_str("mrose"), .stamp = span_str(STAMP),
	    .secret = span_str("x") });
	settle(o);
	for (int i = 0; i < 4; i++)
		assert_int_equal(l[i]->calls, 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(finish(o, l[i]), AUTH_DENIED);
		assert_int_equal(l[i]->at, begin + 2000);
	}
}

/* S29: N guesses at once are no faster than one after the other, and
 * nobody else waits for them */
static void
s29_parallel_guesses_stand_in_line(void **state)
{
	static const uint64_t at[] = { 2, 6, 14, 29, 44, 59, 74, 89 };
	struct office *o = *state;
	uint64_t begin = o->now;
	unsigned long before = slow_hashes();
	struct login *l[8], *other;

	for (int i = 0; i < 8; i++)
		l[i] = pass(o, home, i % 2 ? "wren" : "nobody", "wrong");
	other = pass(o, away, "wren", SECRET);
	assert_int_equal(finish(o, other), AUTH_OK);
	assert_int_equal(o->now, begin);
	settle(o);
	/* one guess was verified, and the other address's login */
	assert_int_equal(slow_hashes(), before + 2);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(finish(o, l[i]), AUTH_DENIED);
		assert_int_equal(l[i]->at, begin + at[i] * 1000);
	}
}

/* S29: the right password behind a wrong one waits its turn, then resets;
 * somebody else's right one does not. */
static void
success_resets(void **state)
{
	struct office *o = *state;
	uint64_t begin = o->now;
	struct login *bad = pass(o, home, "jay", "wrong");
	struct login *good = pass(o, home, "jay", "tanstaaf");

	assert_int_equal(good->calls, 0);
	assert_int_equal(finish(o, bad), AUTH_DENIED);
	assert_int_equal(finish(o, good), AUTH_OK);
	assert_int_equal(good->at, begin + 2000);
	begin = o->now;
	bad = pass(o, home, "JAY", "wrong");
	assert_int_equal(finish(o, bad), AUTH_DENIED);
	assert_int_equal(bad->at, begin + 2000);
	assert_int_equal(finish(o, pass(o, home, "jay", "tanstaaf")), AUTH_OK);
	begin = o->now;
	bad = pass(o, home, "wren", "wrong");
	assert_int_equal(finish(o, bad), AUTH_DENIED);
	assert_int_equal(bad->at, begin + 2000);
	assert_int_equal(finish(o, pass(o, home, "jay", "tanstaaf")), AUTH_OK);
	begin = o->now;
	bad = pass(o, home, "wren", "wrong");
	assert_int_equal(finish(o, bad), AUTH_DENIED);
	assert_int_equal(bad->at, begin + 4000);
}

/* S22, S29: hanging up does not make guessing cheaper; waiting in line may
 * be given up without harm. */
static void
cancelling(void **state)
{
	struct office *o = *state;
	uint64_t begin = o->now;
	unsigned long before = slow_hashes();
	struct login *l[4], *last;

	for (int i = 0; i < 4; i++)
		l[i] = pass(o, home, "wren", "wrong");
	auth_cancel(l[0]->ex);		/* while it is hashed */
	auth_cancel(l[2]->ex);		/* in line */
	assert_int_equal(finish(o, l[1]), AUTH_DENIED);
	assert_int_equal(l[1]->at, begin + 2000 + 4000);
	assert_int_equal(finish(o, l[3]), AUTH_DENIED);
	assert_int_equal(l[3]->at, begin + 2000 + 4000 + 8000);
	assert_int_equal(slow_hashes(), before + 3);
	last = pass(o, home, "wren", "wrong");
	settle(o);
	auth_cancel(last->ex);		/* while its answer is delayed */
	begin = o->now;
	last = pass(o, home, "jay", "tanstaaf");
	assert_int_equal(finish(o, last), AUTH_OK);
	assert_int_equal(last->at, begin + 15000);
	assert_int_equal(l[0]->calls + l[2]->calls, 0);
}

static void
local_callers_are_not_throttled(void **state)
{
	struct office *o = *state;
	uint64_t begin = o->now;

	for (int i = 0; i < 10; i++)
		assert_int_equal(finish(o, pass(o, NULL, "wren", "wrong")),
		    AUTH_DENIED);
	assert_int_equal(o->now, begin);
}

/* Cheap logins of one address behind a slow one, all in one stack frame */
static void
many_in_line(void **state)
{
	struct office *o = *state;
	struct login *first = pass(o, home, "wren", SECRET), *l[1000];

	for (int i = 0; i < 1000; i++)
		l[i] = pass(o, home, "jay", "tanstaaf");
	assert_int_equal(finish(o, first), AUTH_OK);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(l[i]->calls, 1);
		assert_int_equal(l[i]->result, AUTH_OK);
	}
	assert_int_equal(o->now, 1000000);
}

/* More hashes than the queue takes: refused for now, not for ever. */
static void
the_queue_is_bounded(void **state)
{
	struct office *o = *state;
	unsigned ok = 0, temp = 0;

	for (int i = 0; i < 400; i++)
		(void)pass(o, NULL, "finch", SECRET);
	for (int i = 0; i < 400; i++) {
		enum auth_result r = finish(o, &o->logins[i]);

		assert_true(r == AUTH_OK || r == AUTH_TEMP);
		*(r == AUTH_OK ? &ok : &temp) += 1;
	}
	assert_true(ok >= 256);
	assert_true(temp > 0);
	assert_int_equal(finish(o, pass(o, NULL, "finch", SECRET)), AUTH_OK);
}

/* auth_free with exchanges in every phase: no callback, no leak */
static void
closing_with_logins_under_way(void **state)
{
	struct office *o = *state;

	(void)pass(o, home, "nobody", "x");
	(void)pass(o, home, "wren", SECRET);
	(void)request(o, away, (struct auth_req){ .kind = AUTH_SASL,
	    .mechanism = span_str("PLAIN") });
	(void)request(o, away, (struct auth_req){ .kind = AUTH_SASL,
	    .mechanism = span_str("PLAIN"), .has_data = true });
	for (int i = 0; i < 20; i++)
		(void)pass(o, NULL, "finch", SECRET);
	auth_free(o->a);
	for (unsigned i = 0; i < o->n; i++)
		assert_true(o->logins[i].calls == 0 ||
		    o->logins[i].result == AUTH_CHALLENGE);
	o->a = NULL;
}

/* ---- reload -------------------------------------------------------------- */

static void
users_change_under_us(void **state)
{
	struct office *o = *state;
	struct login *l = pass(o, NULL, "wren", SECRET);

	/* the hash under way ends by what it began with */
	assert_int_equal(write_users("heron:{PLAIN}x\n"), 0);
	assert_int_equal(finish(o, pass(o, NULL, "heron", "x")), AUTH_OK);
	assert_int_equal(finish(o, l), AUTH_OK);
	assert_int_equal(finish(o, pass(o, NULL, "wren", SECRET)),
	    AUTH_DENIED);
	assert_false(auth_has_apop(o->a));
	assert_int_equal(write_users("heron:{PLAIN}x\nbad name:x\n"), 0);
	assert_int_equal(finish(o, pass(o, NULL, "heron", "x")), AUTH_OK);
	assert_non_null(strstr(auth_message(o->a), ":2: not a user name"));
	assert_non_null(strstr(auth_message(o->a), "old users stay in force"));
	assert_null(auth_message(o->a));
}

static void
settings_change(void **state)
{
	struct office *o = *state;
	struct auth_config c = config;
	const char *error = NULL;
	struct login *l;

	c.maildrop = "mail/%n";
	c.failure_delay_ms = 500;
	assert_int_equal(auth_reload(o->a, &c, &error), 0);
	assert_non_null(strstr(auth_message(o->a), "'owl' cannot log in"));
	l = pass(o, home, "jay", "tanstaaf");
	assert_int_equal(finish(o, l), AUTH_OK);
	assert_string_equal(l->maildrop, "mail/jay");
	l = pass(o, home, "jay", "x");
	assert_int_equal(finish(o, l), AUTH_DENIED);
	assert_int_equal(l->at, 1000500);
	/* a bad one changes nothing */
	c.maildrop = "/mail/%u";
	assert_int_equal(auth_reload(o->a, &c, &error), -1);
	assert_non_null(strstr(error, "maildrop = /mail/%u: "));
	c = config;
	c.users = "/nonexistent/users";
	assert_int_equal(auth_reload(o->a, &c, &error), -1);
	assert_non_null(strstr(error, "/nonexistent/users: cannot read"));
	l = pass(o, home, "jay", "tanstaaf");
	assert_int_equal(finish(o, l), AUTH_OK);
	assert_string_equal(l->maildrop, "mail/jay");
}

static void
bad_settings(void **state)
{
	static const struct { struct auth_config c; const char *why; } bad[] = {
		{ { .users = NULL }, "no user file" },
		{ { .users = "" }, "no user file" },
		{ { .users = "/nonexistent/u" }, "No such file" },
		{ { .users = "/" }, "not a regular file" },
		{ { .users = users, .maildrop = "%z" }, "unknown variable" }
	};
	const char *error;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error = NULL;
		assert_null(auth_new(&bad[i].c, &error));
		assert_non_null(error);
		assert_non_null(strstr(error, bad[i].why));
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, open_office, close_office)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(passwords), CASE(long_and_nul_claims), CASE(b39_apop),
		CASE(a15_sasl_plain), CASE(a16_longest_parts),
		CASE(a1_exchange), CASE(passwords_are_prepared),
		CASE(s27_failures_cost_the_same), CASE(s27_cheap_file),
		CASE(s27_mixed_file),
		CASE(failures_are_answered_at_their_time),
		CASE(s29_parallel_guesses_stand_in_line),
		CASE(success_resets), CASE(cancelling),
		CASE(local_callers_are_not_throttled), CASE(many_in_line),
		CASE(the_queue_is_bounded),
		CASE(closing_with_logins_under_way),
		CASE(users_change_under_us), CASE(settings_change),
		CASE(bad_settings)
	};

	return cmocka_run_group_tests(tests, make_users, remove_users);
}
