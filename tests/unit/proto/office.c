/* SPDX-License-Identifier: ISC
 *
 * office: see office.h.
 */
#include "office.h"

static char body1[121], body2[201], body3[452];

static const struct office_message three[] = {
	{ body1, 0, "uid-one" },
	{ body2, 0, "uid-two" },
	{ body3, 0, "uid-three" },
};

/* A message of exactly `n` wire octets. */
static void
make_body(char *p, size_t n, const char *subject)
{
	int used = snprintf(p, n + 1, "Subject: %s\r\n\r\n", subject);

	assert_true(used > 0 && (size_t)used < n - 2);
	for (size_t i = (size_t)used; i < n - 2; i++)
		p[i] = (char)('a' + i % 26);
	memcpy(p + n - 2, "\r\n", 3);
}

uint64_t
office_octets(void *ctx, uint32_t i)
{
	const struct office *o = ctx;
	const struct office_message *m = &o->messages[i];
	struct pop_measure measure = { 0 };

	pop_measure(&measure,
	    span_of(m->octets, m->n > 0 ? m->n : strlen(m->octets)));
	return pop_measure_end(&measure);
}

struct pop_span
office_uidl(void *ctx, uint32_t i)
{
	const struct office *o = ctx;

	return span_str(o->messages[i].uidl);
}

void
office_init(struct office *o)
{
	memset(o, 0, sizeof(*o));
	make_body(body1, 120, "one");
	make_body(body2, 200, "two");
	make_body(body3, 451, "three");
	o->config = (struct pop_server_config){
		.flags = POP_SERVER_CLEAR_OK | POP_SERVER_HAS_TLS,
		.greeting = "pop.example.net ready",
		.implementation = "Restante",
		.mechanisms_clear = "SCRAM-SHA-256 PLAIN",
		.mechanisms_tls = "SCRAM-SHA-256 PLAIN",
	};
	o->user = "wren";
	o->password = "correct horse battery";
	o->messages = three;
	o->count = COUNT(three);
}

static void
emit(struct office *o, const struct pop_out *out)
{
	if (out->n == 0)
		return;
	while (o->wire_n + out->n + 1 > o->wire_size) {
		o->wire_size = o->wire_size * 2 + 4096;
		o->wire = realloc(o->wire, o->wire_size);
		assert_non_null(o->wire);
	}
	memcpy(o->wire + o->wire_n, out->p, out->n);
	o->wire_n += out->n;
	o->wire[o->wire_n] = '\0';
}

void
office_open(struct office *o)
{
	unsigned char room[POP_OUT_MIN];
	struct pop_out out = { room, 0, sizeof(room) };
	void *mem = malloc(pop_server_size());

	assert_non_null(mem);
	memset(mem, 0xaa, pop_server_size());
	o->listing = (struct pop_listing){ o->count, o, office_octets,
	    office_uidl, o->marks };
	assert_true(o->count <= sizeof(o->marks) * 8);
	o->s = o->authenticated ?
	    pop_server_init_authenticated(mem, &o->config, &o->listing, &out) :
	    pop_server_init(mem, &o->config, o->stamp, o->tls, &out);
	o->held = guarded_new(POP_SASL_MAX + 65536);
	emit(o, &out);
}

static void
login(struct office *o, int good, struct pop_out *out)
{
	if (!good)
		pop_server_auth_failed(o->s, POP_FAIL_AUTH,
		    "wrong user or password", out);
	else if (o->login_failure != POP_FAIL_PLAIN)
		pop_server_auth_failed(o->s, o->login_failure,
		    o->login_text, out);
	else
		pop_server_auth_ok(o->s, &o->listing, out);
}

static void
answer_pass(struct office *o, const struct pop_server_info *info,
    struct pop_out *out)
{
	o->passes++;
	assert_true(info->secret.n < sizeof(o->last_secret));
	memcpy(o->last_secret, info->secret.p, info->secret.n);
	o->last_secret[info->secret.n] = '\0';
	login(o, span_eq(info->name, span_str(o->user)) &&
	    span_eq(info->secret, span_str(o->password)), out);
}

/* The digest of RFC 1939's example is all the arithmetic it does. */
static void
answer_apop(struct office *o, const struct pop_server_info *info,
    struct pop_out *out)
{
	login(o, span_eq(info->name, span_str("mrose")) &&
	    span_eq(info->secret,
	    span_str("c4c9334bac560ecc979e58001b3e22fb")), out);
}

/* PLAIN in earnest; SCRAM-SHA-256 is one challenge and then a refusal. */
static void
answer_sasl(struct office *o, const struct pop_server_info *info,
    struct pop_out *out)
{
	unsigned char raw[POP_SASL_MAX], want[64];
	size_t n = 0, want_n;

	if (info->mechanism.n > 0)
		o->scram = info->mechanism.n == 13;
	if (!info->has_data) {
		assert_int_equal(pop_server_sasl_challenge(o->s,
		    span_of("", 0), out), 0);
		return;
	}
	assert_int_equal(pop_base64_decode(raw, &n, info->data), 0);
	if (o->scram && !o->challenged) {
		o->challenged = 1;
		assert_int_equal(pop_server_sasl_challenge(o->s,
		    span_str("r=xyz"), out), 0);
		return;
	}
	want_n = (size_t)snprintf((char *)want, sizeof(want), "%c%s%c%s", 0,
	    o->user, 0, o->password);
	login(o, span_eq(span_of(raw, n), span_of(want, want_n)), out);
}

/* Sends a body through outputs that may be as small as 5 octets. */
static void
answer_body(struct office *o, const struct pop_server_info *info,
    struct pop_out *out, size_t room)
{
	const struct office_message *m = &o->messages[info->number - 1];
	struct pop_span all = span_of(m->octets,
	    m->n > 0 ? m->n : strlen(m->octets));
	struct pop_out small = { out->p, 0, room < 5 ? 5 : room };
	int enough = 0;

	assert_in_range(info->number, 1, o->count);
	pop_server_body_begin(o->s, out);
	emit(o, out);
	out->n = 0;
	if (small.size > out->size)
		small.size = out->size;
	while (all.n > 0 && !enough) {
		struct pop_span piece = all;
		size_t given;

		if (o->body_piece > 0 && piece.n > o->body_piece)
			piece.n = o->body_piece;
		given = piece.n;
		enough = pop_server_body(o->s, &piece, &small);
		assert_true(small.n <= small.size);
		assert_true(small.n > 0 || given > piece.n || enough);
		span_skip(&all, given - piece.n);
		emit(o, &small);
		small.n = 0;
	}
	assert_int_equal(pop_server_body_end(o->s, &small), 0);
	emit(o, &small);
}

static void
check_waits(struct office *o, struct pop_out *out)
{
	struct pop_server_info info;
	struct pop_span in = span_of("NOOP\r\n", 6);
	size_t n = out->n;

	assert_int_equal(pop_server_step(o->s, &in, out, &info),
	    POP_SERVER_WAIT);
	assert_int_equal(in.n, 6);
	assert_int_equal(out->n, n);
}

static void
answer(struct office *o, enum pop_server_event ev,
    const struct pop_server_info *info, struct pop_out *out, size_t room)
{
	struct pop_server_info copy = *info;

	switch (ev) {
	case POP_SERVER_PASS:
		answer_pass(o, &copy, out);
		break;
	case POP_SERVER_APOP:
		answer_apop(o, &copy, out);
		break;
	case POP_SERVER_SASL:
	case POP_SERVER_SASL_DATA:
		answer_sasl(o, &copy, out);
		break;
	case POP_SERVER_TLS:
		check_waits(o, out);
		o->tls_asked++;
		pop_server_tls_started(o->s);
		break;
	case POP_SERVER_BODY:
		check_waits(o, out);
		answer_body(o, &copy, out, room);
		break;
	case POP_SERVER_COMMIT:
		check_waits(o, out);
		assert_true(pop_server_logged_in(o->s));
		o->committed++;
		pop_server_committed(o->s, o->commit, out);
		break;
	case POP_SERVER_SASL_CANCEL:
		o->cancels++;
		break;
	case POP_SERVER_CLOSE:
		o->closed = 1;
		break;
	case POP_SERVER_MORE:
	case POP_SERVER_FULL:
	case POP_SERVER_WAIT:
		fail_msg("event %d needs no answer", (int)ev);
	}
}

/* Steps until the machine wants more input or closes. */
static void
pump(struct office *o, size_t room)
{
	unsigned char *mem = o->held.p;
	size_t size = room == 0 ? 65536 : room < POP_OUT_MIN ? POP_OUT_MIN :
	    room;
	struct guarded gout = guarded_new(size);

	for (;;) {
		struct pop_out out = { gout.p, 0, size };
		struct pop_span in = span_of(mem, o->held_n);
		struct pop_server_info info;
		enum pop_server_event ev;
		int before = o->tls_asked;

		ev = pop_server_step(o->s, &in, &out, &info);
		assert_true(out.n <= out.size);
		assert_true(in.n <= o->held_n);
		if (ev == POP_SERVER_FULL)
			assert_true(out.size - out.n < POP_OUT_MIN);
		if (ev > POP_SERVER_WAIT)
			answer(o, ev, &info, &out, room);
		emit(o, &out);
		memmove(mem, in.p, in.n);
		o->held_n = in.n;
		if (o->tls_asked != before)
			assert_int_equal(o->held_n, 0);
		if (ev == POP_SERVER_MORE)
			assert_true(in.n < pop_server_line_max(o->s));
		if (ev == POP_SERVER_MORE || ev == POP_SERVER_CLOSE)
			break;
	}
	guarded_free(gout);
}

void
office_say(struct office *o, const void *p, size_t n, size_t piece,
    size_t room)
{
	const unsigned char *from = p;

	while (n > 0 && !o->closed) {
		size_t k = piece == 0 || piece > n ? n : piece;
		struct guarded old = o->held;

		/* the input ends where the process may not read */
		o->held = guarded_new(o->held_n + k);
		memcpy(o->held.p, old.p, o->held_n);
		guarded_free(old);
		memcpy(o->held.p + o->held_n, from, k);
		o->held_n += k;
		from += k;
		n -= k;
		pump(o, room);
	}
}

const char *
office_heard(struct office *o)
{
	return o->wire == NULL ? "" : (const char *)o->wire;
}

void
office_close(struct office *o)
{
	guarded_free(o->held);
	free(o->s);
	free(o->wire);
	o->wire = NULL;
}
