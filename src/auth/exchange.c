/* SPDX-License-Identifier: ISC
 *
 * exchange: one login from its first octets to its answer.
 *
 *	CLIENT	the SASL client's next message is awaited
 *	LINE	other attempts of the address come first
 *	READY	its turn: verified as soon as the stack is unwound
 *	HASH	a worker computes
 *	DELAY	wrong; the answer waits for its time
 *
 * An exchange that was cancelled in HASH or DELAY lives on without a caller,
 * so that hanging up does not make guessing cheaper.  The delay counts from
 * the start of the verification: how long a hash took does not show in the
 * time of a failure's answer.
 */
#include <stdlib.h>

#include "auth/apop.h"
#include "auth/auth_private.h"

enum phase { CLIENT, LINE, READY, HASH, DELAY };

struct auth_exchange {
	struct auth *a;
	struct auth_exchange *prev, *next;	/* a->all */
	struct auth_exchange *ready_next;
	auth_done *done;		/* NULL: cancelled */
	void *arg;
	enum phase phase;
	enum auth_kind kind;
	unsigned char address[16];
	bool throttled;
	bool malformed;			/* denied, whoever it may be */
	bool known;			/* the hash under way is the user's */
	struct throttle_ticket ticket;
	struct sasl_session *sasl;
	uint64_t begin_ms;
	struct due due;			/* when a wrong guess is answered */
	struct buf name, secret, stamp;
	char user[PASSWD_NAME_MAX + 1];	/* as in the file, when known */
};

enum { STAMP_MAX = 512 };

static void pump(struct auth *a);
static void settle(struct auth_exchange *ex, enum hash_result r);

/* ---- life and end -------------------------------------------------------- */

static void
forget_secrets(struct auth_exchange *ex)
{
	buf_wipe(&ex->name);
	buf_wipe(&ex->secret);
	buf_wipe(&ex->stamp);
	sasl_session_free(ex->sasl);
	ex->sasl = NULL;
}

static void
ex_free(struct auth_exchange *ex)
{
	if (ex->prev != NULL)
		ex->prev->next = ex->next;
	else
		ex->a->all = ex->next;
	if (ex->next != NULL)
		ex->next->prev = ex->prev;
	forget_secrets(ex);
	explicit_bzero(ex, sizeof(*ex));
	free(ex);
}

static struct auth_exchange *
ex_new(struct auth *a, const struct auth_req *req, auth_done *done, void *arg)
{
	static const unsigned char local[16];
	struct auth_exchange *ex = calloc(1, sizeof(*ex));

	if (ex == NULL)
		return NULL;
	ex->a = a;
	ex->done = done;
	ex->arg = arg;
	ex->kind = req->kind;
	memcpy(ex->address, req->peer.address, sizeof(ex->address));
	ex->throttled = memcmp(local, ex->address, sizeof(local)) != 0;
	buf_init(&ex->name, PASSWD_NAME_MAX);
	buf_init(&ex->secret, SASL_PREPARED_MAX);
	buf_init(&ex->stamp, STAMP_MAX);
	ex->next = a->all;
	if (a->all != NULL)
		a->all->prev = ex;
	a->all = ex;
	return ex;
}

void
auth_exchanges_drop(struct auth *a)
{
	while (a->all != NULL)
		/* the first has no `prev': it leaves the list */
		ex_free(a->all);	/* NOLINT(clang-analyzer-unix.Malloc) */
}

static struct auth_exchange *
ticket_owner(struct throttle_ticket *k)
{
	return (struct auth_exchange *)(void *)((char *)k -
	    offsetof(struct auth_exchange, ticket));
}

static struct auth_exchange *
due_owner(struct due *d)
{
	return (struct auth_exchange *)(void *)((char *)d -
	    offsetof(struct auth_exchange, due));
}

/* Leaves the address to the next attempt. */
static void
leave(struct auth_exchange *ex)
{
	struct auth *a = ex->a;
	struct throttle_ticket *k;
	struct auth_exchange *next;

	if (ex->ticket.address == NULL)
		return;
	k = throttle_leave(a->throttle, &ex->ticket);
	if (k == NULL)
		return;
	next = ticket_owner(k);
	next->phase = READY;
	next->ready_next = NULL;
	*a->ready_end = next;
	a->ready_end = &next->ready_next;
}

/* The last word: answers, if somebody still listens, and frees. */
static void
finish(struct auth_exchange *ex, enum auth_result r)
{
	struct auth *a = ex->a;
	struct auth_user user = { 0 };
	struct pop_span none = { 0 };

	if (r == AUTH_OK && auth_set_user(a, ex->user, &user) != 0)
		r = AUTH_TEMP;
	leave(ex);
	if (ex->done != NULL)
		ex->done(ex->arg, r, r == AUTH_OK ? &user : NULL, none);
	ex_free(ex);
	pump(a);
}

/* ---- verifying ----------------------------------------------------------- */

/* Starts a slow hash; its outcome comes to auth_run. */
static void
hash_later(struct auth_exchange *ex, struct pop_span field)
{
	if (worker_submit(ex->a->pool, field, buf_span(&ex->secret), ex) != 0) {
		finish(ex, AUTH_TEMP);
		return;
	}
	ex->phase = HASH;
}

/* Copies the name as the file has it; the table may change meanwhile. */
static void
know(struct auth_exchange *ex, const struct passwd_user *u)
{
	memcpy(ex->user, u->name, strlen(u->name) + 1);
	ex->known = true;
}

/*
 * An unknown (or locked) user costs what a wrong password costs: the hash of
 * the most common slow kind, or where there is none, of the common cheap one.
 */
static void
verify_password(struct auth_exchange *ex)
{
	const struct passwd_table *t = auth_table(ex->a);
	struct pop_span decoy = passwd_decoy(t), field = decoy;
	struct passwd_user u;
	const char *why;
	enum hash_result r;

	if (passwd_find(t, buf_span(&ex->name), &u)) {
		if (u.kind == HASH_UNKNOWN) {
			settle(ex, HASH_ERROR);
			return;
		}
		if (u.kind != HASH_LOCKED) {
			know(ex, &u);
			field = u.password;
		}
	}
	if (hash_is_slow(hash_classify(field, &why))) {
		hash_later(ex, field);
		return;
	}
	r = hash_check(field, buf_span(&ex->secret));
	if (r == HASH_WRONG && hash_is_slow(hash_classify(decoy, &why))) {
		ex->known = false;
		hash_later(ex, decoy);
		return;
	}
	settle(ex, r);
}

static void
verify_apop(struct auth_exchange *ex)
{
	const struct passwd_table *t = auth_table(ex->a);
	unsigned char secret[HASH_SECRET_MAX] = "nobody has this one";
	struct passwd_user u;
	size_t n = 19;
	enum hash_result r;

	if (passwd_find(t, buf_span(&ex->name), &u) && u.apop &&
	    hash_clear(u.password, secret, &n) == 0)
		know(ex, &u);
	r = apop_check(buf_span(&ex->stamp), span_of(secret, n),
	    buf_span(&ex->secret));
	explicit_bzero(secret, sizeof(secret));
	if (r == HASH_FITS && ex->stamp.n == 0)
		r = HASH_WRONG;
	settle(ex, r);
}

static void
verify(struct auth_exchange *ex)
{
	ex->begin_ms = ex->a->now_ms;
	if (ex->malformed)
		settle(ex, HASH_WRONG);
	else if (ex->kind == AUTH_APOP)
		verify_apop(ex);
	else
		verify_password(ex);
}

static void
settle_wrong(struct auth_exchange *ex)
{
	struct auth *a = ex->a;

	if (!ex->throttled) {
		finish(ex, AUTH_DENIED);
		return;
	}
	ex->due.at_ms = ex->begin_ms + throttle_wrong(a->throttle,
	    &ex->ticket, a->now_ms);
	if (ex->due.at_ms <= a->now_ms)
		finish(ex, AUTH_DENIED);
	else if (due_add(&a->due, &ex->due) != 0)
		finish(ex, AUTH_TEMP);
	else
		ex->phase = DELAY;
}

/* The verification has its result. */
static void
settle(struct auth_exchange *ex, enum hash_result r)
{
	forget_secrets(ex);
	if (r == HASH_FITS && !ex->known)
		r = HASH_WRONG;
	switch (r) {
	case HASH_FITS:
		if (ex->throttled)
			throttle_right(ex->a->throttle, &ex->ticket);
		finish(ex, AUTH_OK);
		return;
	case HASH_WRONG:
		settle_wrong(ex);
		return;
	case HASH_ERROR:
		finish(ex, AUTH_TEMP);
		return;
	}
}

/* Verifies those whose turn has come; never deeper than one level, however
 * many callbacks start new ones. */
static void
pump(struct auth *a)
{
	struct auth_exchange *ex;

	if (a->pumping)
		return;
	a->pumping = true;
	while ((ex = a->ready) != NULL) {
		a->ready = ex->ready_next;
		if (a->ready == NULL)
			a->ready_end = &a->ready;
		if (ex->done == NULL) {
			/* cancelled before it guessed anything */
			leave(ex);
			ex_free(ex);
			continue;
		}
		verify(ex);
	}
	a->pumping = false;
}

/* FNV-1a; names compare without regard to case */
static uint32_t
name_hash(struct pop_span name)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = name.p[i];

		h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 16777619u;
	}
	return h;
}

/* Everything is known that the client has to say. */
static void
attempt(struct auth_exchange *ex)
{
	struct auth *a = ex->a;

	if (!ex->throttled) {
		verify(ex);
		return;
	}
	ex->ticket.who = name_hash(buf_span(&ex->name));
	switch (throttle_enter(a->throttle, &ex->ticket, ex->address,
	    a->now_ms)) {
	case THROTTLE_GO:
		verify(ex);
		return;
	case THROTTLE_WAIT:
		ex->phase = LINE;
		return;
	case THROTTLE_FULL:
		finish(ex, AUTH_TEMP);
		return;
	}
}

/* ---- what the client says ------------------------------------------------ */

/* A name that is too long is nobody's: it stays empty. */
static int
keep_claim(struct auth_exchange *ex, struct pop_span name,
    struct pop_span secret, bool prepare)
{
	unsigned char prepared[SASL_PREPARED_MAX];
	int r;

	if (name.n <= PASSWD_NAME_MAX &&
	    buf_append(&ex->name, name.p, name.n) != BUF_OK)
		return -1;
	if (prepare)
		secret = span_of(prepared, sasl_prepare(secret, prepared));
	if (secret.n > SASL_PREPARED_MAX)
		secret.n = SASL_PREPARED_MAX;
	r = buf_append(&ex->secret, secret.p, secret.n);
	explicit_bzero(prepared, sizeof(prepared));
	return r == BUF_OK ? 0 : -1;
}

static void
sasl_go(struct auth_exchange *ex, struct pop_span data, bool has_data)
{
	struct sasl_claim claim;

	switch (sasl_step(ex->sasl, data, has_data, &claim)) {
	case SASL_CHALLENGE:
		ex->phase = CLIENT;
		ex->done(ex->arg, AUTH_CHALLENGE, NULL, claim.challenge);
		return;
	case SASL_PASSWORD:
		if (keep_claim(ex, claim.name, claim.secret, false) != 0)
			break;
		attempt(ex);
		return;
	case SASL_DENIED:
		ex->malformed = true;
		attempt(ex);
		return;
	case SASL_TEMP:
		break;
	}
	finish(ex, AUTH_TEMP);
}

static void
begin_sasl(struct auth_exchange *ex, const struct auth_req *req)
{
	ex->sasl = sasl_session_new(ex->a->sasl, req->mechanism);
	if (ex->sasl == NULL) {
		/* not offered: there is nothing to guess */
		finish(ex, AUTH_DENIED);
		return;
	}
	sasl_go(ex, req->data, req->has_data);
}

static void
begin_claim(struct auth_exchange *ex, const struct auth_req *req)
{
	bool apop = req->kind == AUTH_APOP;

	if (keep_claim(ex, req->name, req->secret, !apop) != 0 || (apop &&
	    buf_append(&ex->stamp, req->stamp.p, req->stamp.n) != BUF_OK)) {
		finish(ex, AUTH_TEMP);
		return;
	}
	attempt(ex);
}

void
auth_request(struct auth *a, const struct auth_req *req, uint64_t now_ms,
    auth_done *done, void *arg, struct auth_exchange **ex_r)
{
	struct auth_exchange *ex = ex_new(a, req, done, arg);
	struct pop_span none = { 0 };

	a->now_ms = now_ms;
	*ex_r = ex;
	if (ex == NULL)
		done(arg, AUTH_TEMP, NULL, none);
	else if (req->kind == AUTH_SASL)
		begin_sasl(ex, req);
	else
		begin_claim(ex, req);
}

void
auth_step(struct auth_exchange *ex, struct pop_span data, uint64_t now_ms)
{
	ex->a->now_ms = now_ms;
	sasl_go(ex, data, true);
}

void
auth_cancel(struct auth_exchange *ex)
{
	ex->done = NULL;
	switch (ex->phase) {
	case CLIENT:
	case LINE:
		/* nothing was guessed; it holds nothing but its place */
		leave(ex);
		ex_free(ex);
		return;
	case READY:
	case HASH:
	case DELAY:
		return;
	}
}

int
auth_run(struct auth *a, uint64_t now_ms)
{
	struct auth_exchange *ex;
	enum hash_result r;
	uint64_t left;

	a->now_ms = now_ms;
	while ((ex = worker_take(a->pool, &r)) != NULL)
		settle(ex, r);
	while (a->due.n > 0 && due_first(&a->due)->at_ms <= now_ms)
		finish(due_owner(due_take(&a->due)), AUTH_DENIED);
	if (a->due.n == 0)
		return -1;
	left = due_first(&a->due)->at_ms - now_ms;
	return left > INT32_MAX ? INT32_MAX : (int)left;
}
