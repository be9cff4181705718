/* SPDX-License-Identifier: ISC
 *
 * dial_lookup: getaddrinfo in a thread of its own.
 *
 * Owns the request that loop and thread share: it has two holders, and the
 * one that leaves last frees it, so that the loop can walk away from a
 * resolver that hangs.  Must not know about connections.
 */
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "net/dial_lookup.h"

struct dial_lookup {
	pthread_mutex_t lock;
	unsigned holders;		/* under lock: loop, thread */
	int fd;				/* eventfd: there is a result */
	char *host;
	unsigned port;
	int result, err;		/* under lock: EAI_*, errno */
	struct addrinfo *list;		/* under lock */
};

static int
ask(const char *host, unsigned port, int flags, struct addrinfo **list_r)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags };
	char service[16];

	text_format(service, sizeof(service), "%u", port);
	return getaddrinfo(host, service, &hints, list_r);
}

int
dial_lookup_numeric(const char *host, unsigned port,
    struct addrinfo **list_r)
{
	return ask(host, port, AI_NUMERICHOST, list_r) == 0 ? 0 : -1;
}

static void
destroy(struct dial_lookup *l)
{
	if (l->list != NULL)
		freeaddrinfo(l->list);
	if (l->fd >= 0)
		close(l->fd);
	pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l);
}

void
dial_lookup_drop(struct dial_lookup *l)
{
	unsigned left;

	pthread_mutex_lock(&l->lock);
	left = --l->holders;
	pthread_mutex_unlock(&l->lock);
	if (left == 0)
		destroy(l);
}

static void *
resolve(void *arg)
{
	struct dial_lookup *l = arg;
	struct addrinfo *list = NULL;
	uint64_t one = 1;
	int result, err;
	ssize_t put;

	result = ask(l->host, l->port, 0, &list);
	err = errno;
	pthread_mutex_lock(&l->lock);
	l->result = result;
	l->err = err;
	l->list = result == 0 ? list : NULL;
	pthread_mutex_unlock(&l->lock);
	/* a counter that goes from 0 to 1 cannot be full */
	do
		put = write(l->fd, &one, sizeof(one));
	while (put < 0 && errno == EINTR);
	dial_lookup_drop(l);
	return NULL;
}

/* detached, and with every signal blocked: those are for the main thread */
static int
start_thread(struct dial_lookup *l)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int ret;

	if (pthread_attr_init(&attr) != 0)
		return -1;
	sigfillset(&all);
	ret = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (ret == 0)
		ret = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (ret == 0) {
		ret = pthread_create(&thread, &attr, resolve, l);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	pthread_attr_destroy(&attr);
	return ret == 0 ? 0 : -1;
}

struct dial_lookup *
dial_lookup_start(const char *host, unsigned port)
{
	struct dial_lookup *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	l->holders = 2;
	l->port = port;
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	l->host = strdup(host);
	if (l->fd >= 0 && l->host != NULL && start_thread(l) == 0)
		return l;
	destroy(l);
	return NULL;
}

int
dial_lookup_fd(const struct dial_lookup *l)
{
	return l->fd;
}

static const char *
reason(int result, int err)
{
	switch (result) {
	case EAI_NONAME:
#ifdef EAI_NODATA
	case EAI_NODATA:
#endif
		return "there is no such host name, or it has no address";
	case EAI_AGAIN:
		return "the name servers do not answer: try again later";
	case EAI_SYSTEM:
		return strerror(err);
	default:
		return gai_strerror(result);
	}
}

int
dial_lookup_result(struct dial_lookup *l, struct addrinfo **list_r,
    char *text, size_t size)
{
	struct addrinfo *list;
	int result, err;

	pthread_mutex_lock(&l->lock);
	list = l->list;
	l->list = NULL;
	result = l->result;
	err = l->err;
	pthread_mutex_unlock(&l->lock);
	if (list == NULL) {
		text_format(text, size, "%s", reason(result, err));
		return -1;
	}
	*list_r = list;
	return 0;
}
