/* SPDX-License-Identifier: ISC
 *
 * authd: answers the fronts' questions "who is this?" and "whose mail is
 * this?", and hands the tickets for it to the store itself: a front can ask,
 * but never tell the store whose maildrop to open.
 */
#include "server/authd.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "log/log.h"
#include "server/authd_internal.h"

static struct authd authd;

void
authd_config(const struct conf *c, struct auth_config *out)
{
	*out = (struct auth_config){
		.users = c->users,
		.maildrop = c->maildrop,
		.domains = c->domains ? c->domains : "",
		.recipient_delimiter = c->recipient_delimiter ?
		    c->recipient_delimiter : "",
		.postmaster = c->postmaster ? c->postmaster : "",
		.workers = c->hash_threads,
		.failure_delay_ms = c->failure_delay_ms,
		.failure_delay_max_ms = c->failure_delay_max_ms,
	};
}

/* ---- the auth module ----------------------------------------------------- */

/* after everything that may have read the user file */
void
authd_log(struct authd *d)
{
	const char *text;

	while ((text = auth_message(d->auth)) != NULL)
		log_msg(LOG_LEVEL_WARN, "%s", text);
}

void
authd_schedule(struct authd *d, int ms)
{
	authd_log(d);
	if (ms < 0)
		loop_timer_stop(d->loop, &d->timer);
	else if (loop_timer_set(d->loop, &d->timer, loop_now(d->loop) +
	    (uint64_t)ms) != 0)
		log_msg(LOG_LEVEL_ERROR, "no memory for a timer");
}

/* ---- the process --------------------------------------------------------- */

static void
maybe_exit(struct authd *d)
{
	if (d->draining && d->fronts == 0)
		loop_stop(d->loop);
}

static void
front_gone(struct link *l, bool broke)
{
	struct client *c = l->owner;
	struct authd *d = c->d;
	struct exchange *x;
	size_t pos = 0;

	if (broke)
		control_link_complain(&d->control, l);
	while ((x = map_next(&c->exchanges, &pos)) != NULL) {
		auth_cancel(x->ex);
		free(x);
	}
	map_release(&c->exchanges);
	free(c);
	link_unref(l);
	d->fronts--;
	maybe_exit(d);
}

static void
send_offer(struct authd *d, struct link *front)
{
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_str(&w, auth_mechanisms(d->auth, false));
	ipc_put_str(&w, auth_mechanisms(d->auth, true));
	ipc_put_u8(&w, auth_has_apop(d->auth));
	(void)ipc_send(&front->chan, IPC_AUTH_OFFER, 0, &w, -1);
}

static bool
add_front(struct authd *d, int fd, uint32_t serial)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return false;
	c->d = d;
	c->link = link_new(&d->links, fd, IPC_AUTH, IPC_FRONT, serial,
	    authd_front_frame, front_gone, c);
	if (c->link == NULL) {
		free(c);
		return false;
	}
	d->fronts++;
	send_offer(d, c->link);
	return true;
}

static bool
store_frame(struct link *l, struct ipc_frame *f)
{
	(void)l;
	(void)f;
	return false;		/* the store tells us nothing */
}

static void
store_gone(struct link *l, bool broke)
{
	struct authd *d = l->owner;

	if (broke)
		control_link_complain(&d->control, l);
	if (d->store == l)
		d->store = NULL;
	link_unref(l);
}

static bool
add_peer(void *owner, enum ipc_role role, uint32_t serial, int fd)
{
	struct authd *d = owner;

	if (role == IPC_FRONT)
		return add_front(d, fd, serial);
	if (d->store != NULL)
		link_end(d->store, false);
	d->store = link_new(&d->links, fd, IPC_AUTH, IPC_STORE, serial,
	    store_frame, store_gone, d);
	return d->store != NULL;
}

/* new settings, or a changed user file: the offer may be another */
static bool
new_conf(void *owner, struct conf *conf)
{
	struct authd *d = owner;
	struct auth_config config;
	const char *error;

	authd_config(conf, &config);
	if (auth_reload(d->auth, &config, &error) != 0) {
		log_msg(LOG_LEVEL_ERROR, "users not reloaded: %s", error);
		conf_free(conf);
		return true;
	}
	authd_log(d);
	conf_free(d->conf);
	d->conf = conf;
	for (struct link *l = d->links.first; l != NULL; l = l->next)
		if (l->chan.peer == IPC_FRONT)
			send_offer(d, l);
	return true;
}

static void
drain(void *owner)
{
	struct authd *d = owner;

	d->draining = true;
	maybe_exit(d);
}

static const struct control_ops control_ops = {
	.peer = add_peer,
	.conf = new_conf,
	.drain = drain,
};

static void
work_event(struct loop_io *io, unsigned events)
{
	struct authd *d = (struct authd *)(void *)((char *)io -
	    offsetof(struct authd, work));

	(void)events;
	authd_schedule(d, auth_run(d->auth, loop_now(d->loop)));
}

static void
timer_event(struct loop_timer *t)
{
	struct authd *d = (struct authd *)(void *)((char *)t -
	    offsetof(struct authd, timer));

	authd_schedule(d, auth_run(d->auth, loop_now(d->loop)));
}

static bool
authd_init(struct authd *d, const struct role_start *start)
{
	struct auth_config config;
	const char *error;

	d->conf = start->conf;
	d->loop = loop_new();
	if (d->loop == NULL || links_init(&d->links, d->loop) != 0)
		return false;
	authd_config(d->conf, &config);
	d->auth = auth_new(&config, &error);
	if (d->auth == NULL) {
		log_msg(LOG_LEVEL_ERROR, "%s", error);
		exit(1);
	}
	authd_log(d);
	d->timer.fn = timer_event;
	d->work = (struct loop_io){ .fd = auth_fd(d->auth),
		.fn = work_event };
	if (loop_watch(d->loop, &d->work, LOOP_READ) != 0)
		return false;
	return control_link_init(&d->control, &d->links, start, &control_ops,
	    d);
}

void
authd_main(const struct role_start *start)
{
	struct authd *d = &authd;

	role_drop(start);
	/* before the first thread: Landlock binds only the calling one */
	role_sandbox(start);
	if (!authd_init(d, start)) {
		log_msg(LOG_LEVEL_ERROR, "cannot start: %s", strerror(errno));
		exit(1);
	}
	control_link_ready(&d->control);
	if (loop_run(d->loop) != 0)
		log_msg(LOG_LEVEL_ERROR, "event loop: %s", strerror(errno));
	loop_unwatch(d->loop, &d->work, false);
	auth_free(d->auth);
	control_link_done(&d->control);
	conf_free(d->conf);
	exit(0);
}
