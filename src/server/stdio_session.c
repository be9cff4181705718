/* SPDX-License-Identifier: ISC
 *
 * stdio_session: the whole server as a single process with one client.
 *
 * Works with the rights of whoever calls it; started by root it becomes the
 * mail's owner first.  The same machine and the same store as everywhere,
 * only waited for.  Who may be USER is the business of whoever lets it run.
 */
#include "server/stdio_session.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pop.h>

#include "auth/auth.h"
#include "base/buf.h"
#include "conf/conf.h"
#include "server/authd.h"
#include "server/listing.h"
#include "server/stored.h"
#include "store/store.h"
#include "sys/drop.h"

enum { IN_SIZE = 32 * 1024, OUT_SIZE = 160 * 1024, FILE_SIZE = 64 * 1024 };

/* a store operation, waited for */
struct wait {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool done;
	enum store_result result;
	struct store_session *session;
	struct store_snapshot *snap;
	struct store_body body;
};

struct desk {
	struct pop_server *machine;
	struct wait w;
	struct listing *listing;
	unsigned char *in, *out, *file;
	size_t in_n;
	bool quit;
};

static void
wait_begin(struct wait *w)
{
	w->done = false;
}

/* the pool's side: the last thing it does with w */
static void
wait_done(struct wait *w, enum store_result r)
{
	pthread_mutex_lock(&w->lock);
	w->result = r;
	w->done = true;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

static enum store_result
wait_end(struct wait *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->done)
		pthread_cond_wait(&w->cond, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return w->result;
}

static void
opened(void *arg, enum store_result r, struct store_session *session,
    struct store_snapshot *snap)
{
	struct wait *w = arg;

	w->session = session;
	w->snap = snap;
	wait_done(w, r);
}

static void
body_came(void *arg, enum store_result r, const struct store_body *body)
{
	struct wait *w = arg;

	w->body = *body;
	wait_done(w, r);
}

static void
over(void *arg, enum store_result r)
{
	wait_done(arg, r);
}

/* ---- input and output ---------------------------------------------------- */

static bool
write_out(const struct pop_out *out)
{
	size_t done = 0;

	while (done < out->n) {
		ssize_t n = write(STDOUT_FILENO, out->p + done,
		    out->n - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* more input behind what is kept; false at the end */
static bool
read_in(struct desk *d)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, d->in + d->in_n, IN_SIZE - d->in_n);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	d->in_n += (size_t)n;
	return true;
}

/* ---- the session --------------------------------------------------------- */

/* the message in w->body, whole; false: the connection must end */
static bool
send_message(struct desk *d)
{
	struct store_body *b = &d->w.body;
	struct pop_out out = { d->out, 0, OUT_SIZE };
	uint64_t left = b->length;
	int enough = 0;

	pop_server_body_begin(d->machine, &out);
	while (left > 0 && !enough) {
		size_t want = left < FILE_SIZE ? (size_t)left : FILE_SIZE;
		ssize_t n = pread(b->fd, d->file, want, (off_t)b->offset);
		struct pop_span piece;

		if (n <= 0)
			return false;
		piece = (struct pop_span){ d->file, (size_t)n };
		while (piece.n > 0 && !enough) {
			enough = pop_server_body(d->machine, &piece, &out);
			if (!write_out(&out))
				return false;
			out.n = 0;
		}
		left -= (uint64_t)n;
		b->offset += (uint64_t)n;
	}
	/* there is room: out was emptied */
	return pop_server_body_end(d->machine, &out) == 0 && write_out(&out);
}

static bool
give_body(struct desk *d, uint32_t number, struct pop_out *out)
{
	bool ok;

	wait_begin(&d->w);
	store_body(d->w.session, number - 1, body_came, &d->w);
	if (wait_end(&d->w) != STORE_OK) {
		pop_server_body_failed(d->machine,
		    d->w.result == STORE_CORRUPT ? POP_FAIL_SYS_PERM :
		    POP_FAIL_SYS_TEMP, "the message cannot be read", out);
		return true;
	}
	/* what stands in `out` comes first; send_message uses its memory */
	ok = write_out(out);
	out->n = 0;
	ok = ok && send_message(d);
	(void)close(d->w.body.fd);
	return ok;
}

static void
commit(struct desk *d, struct pop_out *out)
{
	enum pop_commit how = POP_COMMIT_DONE;

	d->quit = true;
	if (listing_marked(d->listing) > 0) {
		wait_begin(&d->w);
		store_commit(d->w.session, d->listing->view.marks, over,
		    &d->w);
		if (wait_end(&d->w) == STORE_UNKNOWN)
			how = POP_COMMIT_UNKNOWN;
		else if (d->w.result != STORE_OK)
			how = POP_COMMIT_PARTIAL;
	}
	wait_begin(&d->w);
	store_close(d->w.session, over, &d->w);
	(void)wait_end(&d->w);
	d->w.session = NULL;
	pop_server_committed(d->machine, how, out);
}

/* one event; false: the end */
static bool
handle(struct desk *d, enum pop_server_event ev,
    const struct pop_server_info *info, struct pop_out *out)
{
	switch (ev) {
	case POP_SERVER_MORE:
	case POP_SERVER_FULL:
		if (!write_out(out))
			return false;
		out->n = 0;
		return ev == POP_SERVER_FULL || read_in(d);
	case POP_SERVER_BODY:
		return give_body(d, info->number, out);
	case POP_SERVER_COMMIT:
		commit(d, out);
		return true;
	case POP_SERVER_CLOSE:
		(void)write_out(out);
		return false;
	case POP_SERVER_WAIT:
	case POP_SERVER_PASS:
	case POP_SERVER_APOP:
	case POP_SERVER_SASL:
	case POP_SERVER_SASL_DATA:
	case POP_SERVER_SASL_CANCEL:
	case POP_SERVER_TLS:
		break;		/* not in TRANSACTION */
	}
	return false;
}

static void
talk(struct desk *d, struct pop_out *out)
{
	struct pop_server_info info;
	bool go_on = true;

	while (go_on) {
		struct pop_span in = { d->in, d->in_n };
		enum pop_server_event ev = pop_server_step(d->machine, &in,
		    out, &info);

		if (in.n > 0 && in.n < d->in_n)
			memmove(d->in, in.p, in.n);
		d->in_n = in.n;
		go_on = handle(d, ev, &info, out);
	}
}

static int
session(struct desk *d, const char *hostname)
{
	struct pop_server_config config = {
		.greeting = hostname,
		.implementation = "Restante-" RESTANTE_VERSION,
		.mechanisms_clear = "", .mechanisms_tls = "",
	};
	struct pop_out out = { NULL, 0, OUT_SIZE };

	d->listing = listing_of_snapshot(d->w.snap);
	d->machine = malloc(pop_server_size());
	d->in = malloc(IN_SIZE);
	d->out = malloc(OUT_SIZE);
	d->file = malloc(FILE_SIZE);
	if (d->listing != NULL && d->machine != NULL && d->in != NULL &&
	    d->out != NULL && d->file != NULL) {
		out.p = d->out;
		(void)pop_server_init_authenticated(d->machine, &config,
		    &d->listing->view, &out);
		talk(d, &out);
	}
	listing_free(d->listing);
	free(d->machine);
	free(d->in);
	free(d->out);
	free(d->file);
	return d->quit ? 0 : 1;
}

/* ---- who and where ------------------------------------------------------- */

static char *
find_maildrop(const struct conf *conf, const char *user)
{
	struct auth_config config;
	struct auth_user found;
	const char *error = NULL;
	struct auth *a;
	char *maildrop = NULL;

	authd_config(conf, &config);
	a = auth_new(&config, &error);
	if (a == NULL)
		(void)fprintf(stderr, "restanted: %s\n", error);
	else if (auth_find(a, span_str(user), &found) != AUTH_USER)
		(void)fprintf(stderr, "restanted: no user \"%s\" in %s\n",
		    user, conf->users);
	else
		maildrop = strdup(found.maildrop);
	auth_free(a);
	return maildrop;
}

static bool
become_store(const struct conf *conf)
{
	const char *error = "no store_user is configured";
	unsigned uid, gid;

	if (geteuid() != 0)
		return true;
	if (conf_identity_resolve(&conf->store_user, &uid, &gid, &error) ==
	    0 && drop_identity(uid, gid) == 0)
		return true;
	(void)fprintf(stderr, "restanted: cannot become the mail's owner: "
	    "%s\n", error);
	return false;
}

static int
with_store(struct store *st, const struct conf *conf, const char *maildrop)
{
	struct desk d;
	int status = 1;

	memset(&d, 0, sizeof(d));
	(void)pthread_mutex_init(&d.w.lock, NULL);
	(void)pthread_cond_init(&d.w.cond, NULL);
	store_open(st, maildrop, conf->session_lock ? STORE_LOCK_EXCLUSIVE :
	    STORE_LOCK_SHARED, opened, &d.w);
	if (wait_end(&d.w) != STORE_OK) {
		(void)printf("-ERR [%s] %s\r\n", d.w.result == STORE_IN_USE ?
		    "IN-USE" : "SYS/TEMP", store_result_text(d.w.result));
		(void)fflush(stdout);
	} else {
		status = session(&d, conf->hostname);
		store_snapshot_free(d.w.snap);
		if (d.w.session != NULL)
			store_close(d.w.session, NULL, NULL);
	}
	(void)pthread_cond_destroy(&d.w.cond);
	(void)pthread_mutex_destroy(&d.w.lock);
	return status;
}

int
stdio_main(const struct conf *conf, const char *user)
{
	struct store_config config;
	const char *error;
	struct store *st;
	char *maildrop = find_maildrop(conf, user);
	int status;

	if (maildrop == NULL || !become_store(conf)) {
		free(maildrop);
		return 1;
	}
	stored_config(conf, &config);
	st = store_new(&config, &error);
	if (st == NULL) {
		(void)fprintf(stderr, "restanted: %s\n", error);
		free(maildrop);
		return 1;
	}
	status = with_store(st, conf, maildrop);
	store_free(st);
	free(maildrop);
	return status;
}
