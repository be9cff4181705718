/* SPDX-License-Identifier: ISC
 *
 * Each allocation is refused, once and for ever, to what the processes of the
 * daemon are made of: buffers, maps, frames between processes, the users
 * file, logins of every kind, the configuration.  What comes out is a clean
 * failure or, where the allocation was not needed, the right result; never a
 * leak, a crash or a wrong yes.
 *
 * libpop is not here: it has no heap (test libpop-symbols).
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "base/buf.h"
#include "base/map.h"
#include "conf/conf.h"
#include "ipc/chan.h"
#include "oom.h"

/* ---- base ---------------------------------------------------------------- */

/* A failed append leaves the buffer as it was. */
static const char *
run_buf(void)
{
	struct buf b;
	size_t want = 0;
	const char *wrong = NULL;

	buf_init(&b, 4096);
	oom_begin();
	for (int i = 0; i < 30 && wrong == NULL; i++) {
		int r = i % 2 == 0 ? buf_append_str(&b, "0123456789012345") :
		    buf_printf(&b, "%s%d", "0123456789", 100000 + i);

		if (r == BUF_OK)
			want += 16;
		else if (r != BUF_ENOMEM)
			wrong = "it is full, it says";
		if (b.n != want)
			wrong = "a failed append has left something";
	}
	oom_disarm();
	for (size_t i = 0; i < b.n && wrong == NULL; i += 16)
		if (memcmp(b.p + i, "0123456789", 10) != 0)
			wrong = "the buffer holds other octets";
	buf_wipe(&b);
	return wrong;
}

static const char *
run_map(void)
{
	static int values[100];
	struct map m = { 0 };
	bool there[100] = { false };
	const char *wrong = NULL;

	oom_begin();
	for (unsigned i = 0; i < 100; i++)
		there[i] = map_put(&m, i * 7919, &values[i]) == 0;
	oom_disarm();
	for (unsigned i = 0; i < 100; i++)
		if ((map_get(&m, i * 7919) == &values[i]) != there[i])
			wrong = "a value is lost, or one came of itself";
	map_release(&m);
	return wrong;
}

/* ---- frames -------------------------------------------------------------- */

static const char *
take_frame(struct ipc_chan *c, const char *want, size_t n)
{
	static unsigned char mem[IPC_RECV_SIZE];
	struct ipc_reader in;
	struct ipc_frame f;
	const char *wrong = NULL;
	char *text;
	int r = ipc_recv(c, mem, &f);

	if (r == IPC_ENOMEM || r == IPC_AGAIN)
		return NULL;
	if (r != IPC_OK)
		return "a frame came broken";
	ipc_reader_init(&in, f.payload);
	text = ipc_get_str(&in, n);
	if (text != NULL && (strlen(text) != n || strcmp(text, want) != 0))
		wrong = "a frame came with other octets";
	if (text == NULL && !in.failed)
		wrong = "a field is missing and nobody says so";
	free(text);
	ipc_frame_done(&f);
	return wrong;
}

/* Frames that are short, long (by a file), and queued because the socket is
 * full. */
static const char *
run_frames(void)
{
	struct ipc_chan front, auth;
	const char *wrong = NULL;
	static char text[60000];
	int fds[2];

	memset(text, 'x', sizeof(text) - 1);
	if (ipc_pair(fds) != 0)
		abort();
	ipc_chan_init(&front, fds[0], IPC_FRONT, IPC_AUTH, 1);
	ipc_chan_init(&auth, fds[1], IPC_AUTH, IPC_FRONT, 2);
	oom_begin();
	for (int i = 0; i < 60; i++) {
		struct ipc_writer w;
		int r;

		ipc_writer_init(&w);
		ipc_put_str(&w, text + (i % 20 == 0 ? 0 :
		    sizeof(text) - 1 - 500));
		r = ipc_send(&front, IPC_AUTH_PASS, (uint32_t)i, &w, -1);
		if (r != IPC_OK && r != IPC_ENOMEM)
			wrong = "the peer is gone, it says";
	}
	for (int i = 0; i < 60 && wrong == NULL; i++) {
		(void)!ipc_flush(&front);
		wrong = take_frame(&auth, text + (i % 20 == 0 ? 0 :
		    sizeof(text) - 1 - 500), i % 20 == 0 ?
		    sizeof(text) - 1 : 500);
		/* one was not sent: those behind it are others */
		if (oom_refused())
			wrong = NULL;
	}
	oom_disarm();
	ipc_chan_done(&front);
	ipc_chan_done(&auth);
	return wrong;
}

/* ---- users and logins ---------------------------------------------------- */

static char users[] = "/tmp/restante-memory.XXXXXX";

static const struct auth_config config = { .users = users,
	.maildrop = "%u", .domains = "example.org", .recipient_delimiter =
	    "+", .postmaster = "jay", .workers = 1, .failure_delay_ms = 1,
	.failure_delay_max_ms = 1 };

static struct {
	unsigned calls;
	enum auth_result r;
	char name[32];
	struct auth_exchange *ex;
} login;

static void
answered(void *arg, enum auth_result r, const struct auth_user *user,
    struct pop_span challenge)
{
	(void)arg;
	(void)challenge;
	login.calls++;
	login.r = r;
	if (user != NULL && strlen(user->name) < sizeof(login.name))
		memcpy(login.name, user->name, strlen(user->name) + 1);
}

/* until it is answered */
static void
wait_answer(struct auth *a, uint64_t *now)
{
	unsigned before = 0;

	while (login.calls == before) {
		struct pollfd p = { auth_fd(a), POLLIN, 0 };
		int ms = auth_run(a, *now);

		if (login.calls != before)
			break;
		*now += 60000;
		if (ms < 0 && poll(&p, 1, -1) < 0)
			abort();
	}
}

static const char *
try_login(struct auth *a, struct auth_req req, uint64_t *now, bool good)
{
	login.calls = 0;
	login.name[0] = '\0';
	req.peer.address[15] = 1;
	auth_request(a, &req, *now, answered, NULL, &login.ex);
	wait_answer(a, now);
	if (login.calls == 1 && login.r == AUTH_CHALLENGE) {
		login.calls = 0;
		auth_step(login.ex, req.secret, *now);
		wait_answer(a, now);
	}
	if (login.calls != 1)
		return "a login was answered twice";
	if (login.r == AUTH_OK && !good)
		return "a wrong password was let in";
	if (login.r == AUTH_OK && strcmp(login.name, "jay") != 0)
		return "a login as somebody else";
	if (good && login.r != AUTH_OK && !oom_refused())
		return "a good login failed";
	return NULL;
}

#define SASL(m, text) { .kind = AUTH_SASL, \
	.mechanism = { (const unsigned char *)m, sizeof(m) - 1 }, \
	.data = { (const unsigned char *)text, sizeof(text) - 1 }, \
	.has_data = true }

static const char *
try_logins(struct auth *a)
{
	uint64_t now = 1000000;
	const struct {
		struct auth_req req;
		bool good;
	} all[] = {
		{ { .name = span_str("jay"), .secret = span_str("tan") },
		    true },
		{ { .name = span_str("jay"), .secret = span_str("tat") },
		    false },
		{ { .name = span_str("nobody"), .secret = span_str("tan") },
		    false },
		{ SASL("PLAIN", "\0jay\0tan"), true },
		{ SASL("PLAIN", "\0jay\0tat"), false },
		{ SASL("SCRAM-SHA-256", "n,,n=jay,r=abc"), false },
		{ { .kind = AUTH_SASL, .mechanism = span_str("PLAIN"),
		    .secret = span_of("\0jay\0tan", 8) }, true },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *wrong = try_login(a, all[i].req, &now,
		    all[i].good);

		if (wrong != NULL)
			return wrong;
		while (auth_message(a) != NULL)
			;
	}
	return NULL;
}

static const char *
try_lookups(struct auth *a)
{
	struct auth_user user;
	enum auth_lookup r = auth_lookup(a, span_str("jay+x"),
	    span_str("example.org"), &user);

	if (r != AUTH_USER && !(r == AUTH_LOOKUP_TEMP && oom_refused()))
		return "a user is not there";
	r = auth_lookup(a, span_str("nobody"), span_str("example.org"),
	    &user);
	if (r != AUTH_NO_USER && !(r == AUTH_LOOKUP_TEMP && oom_refused()))
		return "somebody is there who is not";
	return NULL;
}

static const char *
run_auth(void)
{
	const char *error = NULL, *wrong = NULL;
	struct auth *a;

	oom_begin();
	a = auth_new(&config, &error);
	if (a == NULL) {
		oom_disarm();
		return !oom_refused() ? "no auth" : error == NULL ||
		    error[0] == '\0' ? "no auth and no reason" : NULL;
	}
	wrong = try_lookups(a);
	if (wrong == NULL)
		wrong = try_logins(a);
	if (wrong == NULL && auth_reload(a, &config, &error) != 0 &&
	    !oom_refused())
		wrong = "it cannot be read again";
	oom_disarm();
	/* and when there is memory again all is as ever */
	if (wrong == NULL)
		wrong = try_lookups(a);
	auth_free(a);
	return wrong;
}

/* ---- configuration ------------------------------------------------------- */

static char *conf_text;
static size_t conf_n;

static char *
dump_conf(const struct conf *c)
{
	char *text;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (f == NULL)
		abort();
	conf_dump(c, f);
	if (fclose(f) != 0)
		abort();
	return text;
}

static bool
same_conf(const struct conf *c)
{
	FILE *null = fopen("/dev/null", "w");
	struct conf *whole = NULL;
	char *a, *b;
	bool same;

	if (null == NULL || conf_read_text("test", conf_text, conf_n, null,
	    &whole) != 0)
		abort();
	(void)fclose(null);
	a = dump_conf(c);
	b = dump_conf(whole);
	same = strcmp(a, b) == 0;
	free(a);
	free(b);
	conf_free(whole);
	return same;
}

static const char *
run_conf(void)
{
	FILE *null = fopen("/dev/null", "w");
	struct conf *c = NULL;
	const char *wrong = NULL;
	int r;

	if (null == NULL)
		abort();
	oom_begin();
	r = conf_read_text("test", conf_text, conf_n, null, &c);
	oom_disarm();
	if ((r == 0) != (c != NULL))
		wrong = "result and outcome differ";
	/* a value that could not be kept must not pass for its default */
	if (r == 0 && oom_refused() && !same_conf(c))
		wrong = "a setting is lost, and nobody says so";
	if (r != 0 && !oom_refused())
		wrong = "a good configuration is refused";
	conf_free(c);
	(void)fclose(null);
	return wrong;
}

static void
read_conf(const char *path)
{
	FILE *f = fopen(path, "r");

	conf_text = malloc(1 << 20);
	if (f == NULL || conf_text == NULL)
		abort();
	conf_n = fread(conf_text, 1, 1 << 20, f);
	(void)fclose(f);
}

int
main(int argc, char **argv)
{
	static const char text[] = "jay:{PLAIN}tan\n"
	    "wren:$5$rounds=1000$saltsalt$DoN2WcBhpG46VIH/EyfZvcagZwm42q0Yk."
	    "N4cUSDxm1\n";
	int fd = mkstemp(users);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) !=
	    sizeof(text) - 1 || close(fd) != 0)
		abort();
	oom_table();
	(void)!oom_sweep("a buffer", run_buf);
	(void)!oom_sweep("a map", run_map);
	(void)!oom_sweep("frames between processes", run_frames);
	(void)!oom_sweep("users, lookups, logins", run_auth);
	for (int i = 1; i < argc; i++) {
		read_conf(argv[i]);
		(void)!oom_sweep("a configuration", run_conf);
		free(conf_text);
	}
	unlink(users);
	return oom_result("memory for the daemon's parts");
}
