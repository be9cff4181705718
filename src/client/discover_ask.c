/* SPDX-License-Identifier: ISC
 *
 * discover_ask: one question to a name server, in a thread of its own.
 *
 * libresolv blocks; several questions wait at the same time this way.  Must
 * not interpret the answer: see discover_dns.c.
 */
#include "client/discover.h"

#include <sys/types.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <pthread.h>
#include <resolv.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"

enum { ANSWER_MAX = 16 << 10, TRIES = 2, SECONDS = 3 };

struct discover_question {
	pthread_t thread;
	bool waiting;
	char name[DISCOVER_NAME_MAX + 32];
	int type;
	const char *server;
	unsigned char answer[ANSWER_MAX];
	size_t n;
};

/* For tests: "127.0.0.1:5353" instead of the system's name servers. */
static int
use_server(struct __res_state *rs, const char *server)
{
	const char *colon = strrchr(server, ':');
	char address[INET_ADDRSTRLEN];
	struct sockaddr_in *sin = &rs->nsaddr_list[0];
	uint64_t port;

	if (colon == NULL || text_format(address, sizeof(address), "%.*s",
	    (int)(colon - server), server) ||
	    num_parse_u64(span_str(colon + 1), 65535, &port) != 0)
		return -1;
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)port);
	if (inet_pton(AF_INET, address, &sin->sin_addr) != 1)
		return -1;
	rs->nscount = 1;
	return 0;
}

static void *
work(void *arg)
{
	struct discover_question *q = arg;
	struct __res_state *rs = calloc(1, sizeof(*rs));
	int n = -1;

	if (rs == NULL)
		return NULL;
	if (res_ninit(rs) == 0) {
		rs->retry = TRIES;
		rs->retrans = SECONDS;
		if (q->server == NULL || use_server(rs, q->server) == 0)
			n = res_nquery(rs, q->name, ns_c_in, q->type,
			    q->answer, sizeof(q->answer));
		res_nclose(rs);
	}
	free(rs);
	if (n > 0)
		q->n = (size_t)n < sizeof(q->answer) ? (size_t)n :
		    sizeof(q->answer);
	return NULL;
}

struct discover_question *
discover_ask(const char *name, int type, const char *server)
{
	struct discover_question *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->type = type;
	q->server = server;
	if (text_format(q->name, sizeof(q->name), "%s", name) ||
	    pthread_create(&q->thread, NULL, work, q) != 0) {
		free(q);
		return NULL;
	}
	q->waiting = true;
	return q;
}

struct pop_span
discover_answer(struct discover_question *q)
{
	if (q->waiting)
		(void)pthread_join(q->thread, NULL);
	q->waiting = false;
	return span_of(q->answer, q->n);
}

void
discover_question_free(struct discover_question *q)
{
	if (q == NULL)
		return;
	(void)discover_answer(q);
	free(q);
}
