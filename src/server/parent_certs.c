/* SPDX-License-Identifier: ISC
 *
 * parent_certs: reads certificates and keys, hands them to the fronts, and
 * notices when they change.
 *
 * The files' directories are watched, not the files: renewal tools replace
 * files or links.  A pair that does not fit (half renewed) is not sent; the
 * next change brings another try.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log/log.h"
#include "net/listener.h"
#include "net/tls.h"
#include "server/parent.h"
#include "sys/slurp.h"

enum {
	PEM_MAX = 1 << 20,
	SETTLE_MS = 500		/* both files of a pair are written */
};

static bool
put_pair(struct ipc_writer *w, const struct conf_cert *cert)
{
	struct buf certificate, key;
	struct tls_pem pem;
	const char *error = NULL, *warning = NULL;
	bool ok = false;
	int r;

	buf_init(&certificate, PEM_MAX);
	buf_init(&key, PEM_MAX);
	if (slurp(cert->certificate, &certificate) != 0) {
		log_msg(LOG_LEVEL_ERROR, "%s: %s", cert->certificate,
		    strerror(errno));
	} else if ((r = slurp_secret(cert->key, &key)) != 0) {
		log_msg(LOG_LEVEL_ERROR, "%s: %s", cert->key,
		    r == -2 ? SLURP_IS_PUBLIC : strerror(errno));
	} else {
		pem = (struct tls_pem){ cert->certificate,
			(const char *)certificate.p, certificate.n,
			(const char *)key.p, key.n };
		ok = tls_check(&pem, &error, &warning) == 0;
		if (!ok)
			log_msg(LOG_LEVEL_ERROR, "%s", error);
		else if (warning != NULL)
			log_msg(LOG_LEVEL_WARN, "%s", warning);
		ipc_put_span(w, buf_span(&certificate));
		ipc_put_span(w, buf_span(&key));
	}
	buf_wipe(&certificate);
	buf_wipe(&key);
	return ok;
}

bool
certs_send(struct parent *p, struct child *front)
{
	struct ipc_writer w;
	bool ok = true;

	ipc_writer_init(&w);
	ipc_put_u32(&w, (uint32_t)p->conf->ncerts);
	for (size_t i = 0; ok && i < p->conf->ncerts; i++)
		ok = put_pair(&w, &p->conf->certs[i]);
	if (!ok) {
		buf_wipe(&w.b);
		return false;
	}
	return ipc_send_secret(&front->control->chan, IPC_CTL_CERTS, 0, &w) ==
	    IPC_OK;
}

bool
certs_send_none(struct child *front)
{
	struct ipc_writer w;

	ipc_writer_init(&w);
	ipc_put_u32(&w, 0);
	return ipc_send(&front->control->chan, IPC_CTL_CERTS, 0, &w, -1) ==
	    IPC_OK;
}

void
certs_send_all(struct parent *p)
{
	for (size_t i = 0; i < p->nchildren; i++) {
		struct child *c = &p->children[i];

		if (c->role == IPC_FRONT && c->control != NULL &&
		    !certs_send(p, c)) {
			log_msg(LOG_LEVEL_ERROR, "the certificates in use "
			    "stay; mend the above");
			return;
		}
	}
}

/* ---- changes ------------------------------------------------------------- */

static void
settled(struct loop_timer *t)
{
	struct parent *p = (struct parent *)(void *)((char *)t -
	    offsetof(struct parent, watch_timer));

	log_msg(LOG_LEVEL_INFO, "a certificate file changed: loading it");
	certs_send_all(p);
}

static void
watch_event(struct loop_io *io, unsigned events)
{
	struct parent *p = (struct parent *)(void *)((char *)io -
	    offsetof(struct parent, watcher));
	_Alignas(struct inotify_event) char mem[4096];
	bool ours = false;
	ssize_t n;

	(void)events;
	while ((n = read(io->fd, mem, sizeof(mem))) > 0)
		for (char *at = mem; at < mem + n;) {
			const struct inotify_event *e = (void *)at;

			for (size_t i = 0; e->len > 0 &&
			    i < p->conf->ncerts; i++) {
				const struct conf_cert *c =
				    &p->conf->certs[i];
				const char *a = strrchr(c->certificate, '/');
				const char *b = strrchr(c->key, '/');

				ours = ours ||
				    (a && strcmp(a + 1, e->name) == 0) ||
				    (b && strcmp(b + 1, e->name) == 0);
			}
			at += sizeof(*e) + e->len;
		}
	if (ours && loop_timer_set(p->loop, &p->watch_timer,
	    loop_now(p->loop) + SETTLE_MS) != 0)
		certs_send_all(p);
}

static void
watch_directory(int fd, const char *path)
{
	char *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;

	if (slash == NULL) {
		free(dir);
		return;
	}
	slash[slash == dir] = '\0';
	if (inotify_add_watch(fd, dir, IN_CLOSE_WRITE | IN_MOVED_TO |
	    IN_CREATE) < 0)
		log_msg(LOG_LEVEL_WARN, "%s: cannot watch for new "
		    "certificates (%s); send SIGHUP after a renewal", dir,
		    strerror(errno));
	free(dir);
}

void
certs_watch(struct parent *p)
{
	if (p->watcher.fd >= 0) {
		loop_unwatch(p->loop, &p->watcher, false);
		(void)close(p->watcher.fd);
	}
	p->watcher = (struct loop_io){ .fn = watch_event };
	p->watch_timer.fn = settled;
	p->watcher.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (p->watcher.fd < 0)
		return;
	for (size_t i = 0; i < p->conf->ncerts; i++) {
		watch_directory(p->watcher.fd, p->conf->certs[i].certificate);
		watch_directory(p->watcher.fd, p->conf->certs[i].key);
	}
	if (loop_watch(p->loop, &p->watcher, LOOP_READ) != 0)
		log_msg(LOG_LEVEL_WARN, "certificates are not watched: %s",
		    strerror(errno));
}
