/* SPDX-License-Identifier: ISC
 *
 * parent: starts, restarts, reloads and ends the other processes.
 *
 * Root (when started so) for the time it runs, without all capabilities that
 * it does not need to start children.  Reads nothing from the network; of
 * its children it believes only what frame.h permits.
 */
#include "server/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/text.h"
#include "log/log.h"
#include "net/listener.h"
#include "server/meter.h"
#include "sys/drop.h"
#include "sys/slurp.h"

enum {
	QUICK_MS = 5000,	/* a child that lived less long failed */
	AGAIN_FIRST_MS = 100, AGAIN_MAX_MS = 30000,
	DRAIN_EXTRA_MS = 5000,
	CONF_TEXT_MAX = 1 << 20
};

static struct parent parent;

/* ---- children's deaths --------------------------------------------------- */

static void
kill_all(struct parent *p, int sig)
{
	for (size_t i = 0; i < p->nchildren; i++)
		if (p->children[i].pid != 0)
			(void)kill(p->children[i].pid, sig);
}

static void
give_up(struct parent *p)
{
	p->status = 1;
	p->draining = 2;
	kill_all(p, SIGKILL);
}

static void
spawn_again(struct loop_timer *t)
{
	struct child *c = (struct child *)(void *)((char *)t -
	    offsetof(struct child, again));
	struct parent *p = &parent;

	if (p->draining || c->pid != 0)
		return;
	log_msg(LOG_LEVEL_INFO, "starting the %s process again",
	    role_name(c->role));
	if (!child_spawn(p, c) && loop_timer_set(p->loop, &c->again,
	    loop_now(p->loop) + AGAIN_MAX_MS) != 0)
		give_up(p);
}

static void
schedule_again(struct parent *p, struct child *c)
{
	uint64_t delay = 0;

	if (loop_now(p->loop) - c->started_ms < QUICK_MS) {
		unsigned shift = c->failures < 9 ? c->failures : 9;

		delay = c->failures == 0 ? 0 :
		    (uint64_t)AGAIN_FIRST_MS << shift;
		if (delay > AGAIN_MAX_MS)
			delay = AGAIN_MAX_MS;
		c->failures++;
	} else {
		c->failures = 0;
	}
	if (loop_timer_set(p->loop, &c->again, loop_now(p->loop) + delay) != 0)
		give_up(p);
}

static void
say_how(const struct child *c, int status)
{
	if (WIFSIGNALED(status))
		log_msg(LOG_LEVEL_ERROR, "the %s process (pid %d) was killed "
		    "by signal %d", role_name(c->role), (int)c->pid,
		    WTERMSIG(status));
	else
		log_msg(LOG_LEVEL_ERROR, "the %s process (pid %d) ended with "
		    "status %d", role_name(c->role), (int)c->pid,
		    WEXITSTATUS(status));
}

static bool
any_left(const struct parent *p, bool fronts_only)
{
	for (size_t i = 0; i < p->nchildren; i++)
		if (p->children[i].pid != 0 && (!fronts_only ||
		    p->children[i].role == IPC_FRONT))
			return true;
	return false;
}

static void
tell(struct parent *p, enum ipc_role role, enum ipc_kind kind)
{
	for (size_t i = 0; i < p->nchildren; i++)
		if (p->children[i].role == role &&
		    p->children[i].control != NULL)
			(void)ipc_send(&p->children[i].control->chan, kind, 0,
			    NULL, -1);
}

/* fronts first: what they still do needs the others */
static void
drain_on(struct parent *p)
{
	if (p->draining == 1 && !any_left(p, true)) {
		p->draining = 2;
		tell(p, IPC_AUTH, IPC_CTL_DRAIN);
		tell(p, IPC_STORE, IPC_CTL_DRAIN);
	}
	if (p->draining == 2 && !any_left(p, false))
		loop_stop(p->loop);
}

static void
child_died(struct parent *p, struct child *c, int status)
{
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (!p->draining || !clean)
		say_how(c, status);
	control_front_gone(p, c);
	c->pid = 0;
	if (c->control != NULL)
		link_end(c->control, false);
	if (p->draining)
		drain_on(p);
	else if (!p->up)
		give_up(p);		/* it cannot even start */
	else
		schedule_again(p, c);
	if (p->draining == 2)
		drain_on(p);
}

static void
reap(struct parent *p)
{
	struct child *c;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		c = child_of_pid(p, pid);
		if (c != NULL)
			child_died(p, c, status);
	}
}

/* ---- signals ------------------------------------------------------------- */

static void
drain_over(struct loop_timer *t)
{
	struct parent *p = (struct parent *)(void *)((char *)t -
	    offsetof(struct parent, drain_timer));

	log_msg(LOG_LEVEL_WARN, "sessions did not end in time");
	p->draining = 2;
	kill_all(p, SIGKILL);
}

static void
begin_drain(struct parent *p)
{
	if (p->draining) {		/* asked twice: at once, then */
		p->draining = 2;
		kill_all(p, SIGKILL);
		return;
	}
	p->draining = 1;
	log_msg(LOG_LEVEL_INFO, "ending: no new connections, %u s for those "
	    "that are open", p->conf->drain_seconds);
	listener_notify("STOPPING=1");
	tell(p, IPC_FRONT, IPC_CTL_DRAIN);
	if (loop_timer_set(p->loop, &p->drain_timer, loop_now(p->loop) +
	    p->conf->drain_seconds * 1000ULL + DRAIN_EXTRA_MS) != 0)
		kill_all(p, SIGKILL);
	drain_on(p);
}

static void
send_conf(struct parent *p)
{
	for (size_t i = 0; i < p->nchildren; i++) {
		struct ipc_writer w;

		if (p->children[i].control == NULL)
			continue;
		ipc_writer_init(&w);
		ipc_put_bytes(&w, p->text, p->text_len);
		(void)ipc_send(&p->children[i].control->chan, IPC_CTL_CONF, 0,
		    &w, -1);
	}
}

/* Sockets are bound once and know their section by its place: a section that
 * moved would give its protocol, and its leave to log in without TLS, to the
 * socket of another. */
static bool
same_sockets(const struct conf *a, const struct conf *b)
{
	if (a->nlistens != b->nlistens)
		return false;
	for (size_t i = 0; i < a->nlistens; i++) {
		const struct conf_listen *l = &a->listens[i];
		const struct conf_listen *m = &b->listens[i];

		if (strcmp(l->name, m->name) != 0 ||
		    l->naddresses != m->naddresses)
			return false;
		for (size_t k = 0; k < l->naddresses; k++)
			if (strcmp(l->addresses[k], m->addresses[k]) != 0)
				return false;
	}
	return true;
}

int
parent_reload(struct parent *p, const char **error_r)
{
	struct conf *conf;
	struct buf text;

	buf_init(&text, CONF_TEXT_MAX);
	if (slurp(p->conf->path, &text) != 0) {
		*error_r = strerror(errno);
		buf_release(&text);
		return -1;
	}
	if (conf_read_text(p->conf->path, (const char *)text.p, text.n,
	    stderr, &conf) != 0) {
		*error_r = "the configuration has mistakes (restanted --check "
		    "lists them); the old one stays in force";
		buf_release(&text);
		return -1;
	}
	if (!same_sockets(conf, p->conf)) {
		*error_r = "[listen] sections came, went or moved, or their "
		    "addresses changed: restart for that";
		conf_free(conf);
		buf_release(&text);
		return -1;
	}
	conf_free(p->conf);
	free(p->text);
	p->conf = conf;
	p->text = (char *)text.p;
	p->text_len = text.n;
	send_conf(p);
	certs_send_all(p);
	certs_watch(p);
	log_msg(LOG_LEVEL_INFO, "configuration loaded anew");
	return 0;
}

static void
reopen_log(struct parent *p)
{
	log_reopen();
	for (size_t i = 0; i < p->nchildren; i++)
		if (p->children[i].control != NULL)
			(void)ipc_send(&p->children[i].control->chan,
			    IPC_CTL_LOG, 0, NULL, fcntl(log_fd(),
			    F_DUPFD_CLOEXEC, 3));
}

static void
hang_up(struct parent *p)
{
	const char *error;

	listener_notify("RELOADING=1");
	if (parent_reload(p, &error) != 0)
		log_msg(LOG_LEVEL_ERROR, "not reloaded: %s: %s",
		    p->conf->path, error);
	listener_notify("READY=1");
}

static void
signal_event(struct loop_io *io, unsigned events)
{
	struct parent *p = (struct parent *)(void *)((char *)io -
	    offsetof(struct parent, signals));
	struct signalfd_siginfo info;

	(void)events;
	while (read(io->fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(p);
		else if (info.ssi_signo == SIGHUP && !p->draining)
			hang_up(p);
		else if (info.ssi_signo == SIGUSR1)
			reopen_log(p);
		else if (info.ssi_signo == SIGTERM ||
		    info.ssi_signo == SIGINT)
			begin_drain(p);
	}
}

static int
signals_init(struct parent *p)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGUSR1);
	(void)signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	p->signals = (struct loop_io){ .fn = signal_event };
	p->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signals.fd < 0 ? -1 :
	    loop_watch(p->loop, &p->signals, LOOP_READ);
}

/* ---- the beginning ------------------------------------------------------- */

/* once: everything works */
void
parent_up(struct parent *p)
{
	char state[128];

	p->up = true;
	(void)text_format(state, sizeof(state),
	    "READY=1\nSTATUS=%zu fronts serve %zu listeners\n",
	    p->nchildren - 2, p->conf->nlistens);
	listener_notify(state);
	log_msg(LOG_LEVEL_INFO, "ready");
}

static int
make_run_dir(const struct parent *p)
{
	char empty[1024];
	int n = snprintf(empty, sizeof(empty), "%s/empty", p->conf->run_dir);

	if (n < 0 || (size_t)n >= sizeof(empty))
		return -1;
	if ((mkdir(p->conf->run_dir, 0755) != 0 && errno != EEXIST) ||
	    (mkdir(empty, 0755) != 0 && errno != EEXIST)) {
		log_msg(LOG_LEVEL_ERROR, "%s: %s", empty, strerror(errno));
		return -1;
	}
	return 0;
}

static int
children_init(struct parent *p, unsigned fronts)
{
	p->nchildren = fronts + 2;
	p->children = calloc(p->nchildren, sizeof(*p->children));
	p->meter = meter_new(fronts);
	if (p->children == NULL || p->meter == NULL)
		return -1;
	p->children[0].role = IPC_STORE;
	p->children[1].role = IPC_AUTH;
	for (unsigned f = 0; f < fronts; f++) {
		p->children[2 + f].role = IPC_FRONT;
		p->children[2 + f].slot = f;
	}
	for (size_t i = 0; i < p->nchildren; i++)
		p->children[i].again.fn = spawn_again;
	return 0;
}

static unsigned
front_count(const struct conf *c)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	if (c->fronts != 0)
		return c->fronts;
	return cores < 1 ? 1 : cores > 128 ? 128 : (unsigned)cores;
}

static int
start_up(struct parent *p)
{
	unsigned fronts = front_count(p->conf);

	(void)prctl(PR_SET_NAME, "restanted");
	(void)drop_raise_files(65536);
	/* its configuration file is out of the children's reach */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
	p->loop = loop_new();
	if (p->loop == NULL || links_init(&p->links, p->loop) != 0 ||
	    signals_init(p) != 0 || children_init(p, fronts) != 0) {
		log_msg(LOG_LEVEL_ERROR, "cannot start: %s", strerror(errno));
		return -1;
	}
	p->links.owner = p;
	if (make_run_dir(p) != 0 || parent_listen(p, fronts) != 0)
		return -1;
	p->control = control_new(p);
	certs_watch(p);
	if (p->is_root && drop_capabilities(1ULL << CAP_SETUID |
	    1ULL << CAP_SETGID | 1ULL << CAP_SYS_CHROOT |
	    1ULL << CAP_KILL) != 0) {
		log_msg(LOG_LEVEL_ERROR, "cannot drop capabilities: %s",
		    strerror(errno));
		return -1;
	}
	for (size_t i = 0; i < p->nchildren; i++)
		if (!child_spawn(p, &p->children[i])) {
			log_msg(LOG_LEVEL_ERROR, "cannot start the %s "
			    "process", role_name(p->children[i].role));
			return -1;
		}
	return 0;
}

static void
clean_up(struct parent *p)
{
	control_free(p->control);
	for (size_t i = 0; i < p->nchildren; i++)
		loop_timer_stop(p->loop, &p->children[i].again);
	while (p->links.first != NULL)
		link_end(p->links.first, false);
	for (size_t i = 0; i < p->nendpoints; i++)
		(void)close(p->endpoints[i].fd);
	free(p->endpoints);
	free(p->children);
	meter_free(p->meter);
	conf_free(p->conf);
	free(p->text);
	if (p->loop != NULL)
		loop_free(p->loop);
}

int
parent_run(struct conf *conf, char *text, size_t text_len)
{
	struct parent *p = &parent;

	p->conf = conf;
	p->text = text;
	p->text_len = text_len;
	p->is_root = geteuid() == 0;
	p->watcher.fd = -1;
	p->drain_timer.fn = drain_over;
	if (start_up(p) != 0) {
		p->status = 1;
		p->draining = 2;
		kill_all(p, SIGKILL);
		while (waitpid(-1, NULL, 0) > 0)
			;
	} else if (loop_run(p->loop) != 0) {
		log_msg(LOG_LEVEL_ERROR, "event loop: %s", strerror(errno));
		p->status = 1;
	}
	clean_up(p);
	return p->status;
}
