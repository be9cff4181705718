/* SPDX-License-Identifier: ISC
 *
 * The two machines with one another, over wires that carry a random number of
 * octets at a time: what the client gets is what the maildrop holds, what
 * LIST announces is what RETR brings, and what CAPA announces works.
 */
#include "office.h"

static const struct office_message mail[] = {
	{ "Subject: plain\n\nbody\n", 0, "a" },
	{ "", 0, "!" },
	{ ".", 0, "b" },
	{ ".\r\n.\r\n..\r\n", 0, "c" },
	{ "a\n.\n\r\n.\r\n\r\r\n.\rx\n", 0, "d" },
	{ "nul\0.\n\0\n.\0", 10, "e" },
	{ "\x80\xff\n\xc3\xa9", 0, "f" },
	{ "no end\r", 0, "g" },
	{ "\n", 0, "h" },
	{ "\r\n.", 0, "0123456789012345678901234567890123456789"
	    "012345678901234567890123456789" },
};

enum { MAIL = COUNT(mail), PLAN_MAX = 4 * MAIL + 16 };

struct pair {
	struct office o;
	struct pop_client *c;
	struct pop_client_config config;
	uint64_t seed;
	struct pop_request plan[PLAN_MAX];
	size_t next, count;
	unsigned char to_client[1 << 16];
	size_t to_client_n, sent;	/* sent: of the office's wire */
	uint64_t listed[MAIL + 1], received[MAIL + 1];
	char uidls[MAIL + 1][POP_UIDL_MAX + 1];
	unsigned char body[256];
	size_t body_n;
	int closed, bodies;
	unsigned max_under_way;
};

static void
plan(struct pair *p, enum pop_command command, uint32_t number)
{
	assert_true(p->count < PLAN_MAX);
	p->plan[p->count].command = command;
	p->plan[p->count].lines = 1000;
	p->plan[p->count++].number = number;
}

static void
check_body(const struct pair *p, uint32_t number)
{
	const struct office_message *m = &mail[number - 1];
	size_t n = m->n > 0 ? m->n : strlen(m->octets), k = 0;
	unsigned char want[256];

	for (size_t i = 0; i < n; i++) {
		if (m->octets[i] == '\n' &&
		    (i == 0 || m->octets[i - 1] != '\r'))
			want[k++] = '\r';
		want[k++] = (unsigned char)m->octets[i];
	}
	if (n > 0 && m->octets[n - 1] != '\n') {
		want[k++] = '\r';
		want[k++] = '\n';
	}
	assert_int_equal(p->body_n, k);
	if (k > 0)
		assert_memory_equal(p->body, want, k);
}

static void
take(struct pair *p, enum pop_client_event ev,
    const struct pop_client_info *i)
{
	switch (ev) {
	case POP_CLIENT_BEGIN:
		p->body_n = 0;
		break;
	case POP_CLIENT_PIECE:
		assert_true(p->body_n + i->piece.n <= sizeof(p->body));
		memcpy(p->body + p->body_n, i->piece.p, i->piece.n);
		p->body_n += i->piece.n;
		break;
	case POP_CLIENT_ROW:
		if (i->command == POP_CMD_LIST)
			p->listed[i->number] = i->octets;
		if (i->command == POP_CMD_UIDL)
			memcpy(p->uidls[i->number], i->uidl.p, i->uidl.n);
		break;
	case POP_CLIENT_END:
		if (i->command == POP_CMD_RETR || i->command == POP_CMD_TOP) {
			check_body(p, i->number);
			p->received[i->number] = i->octets;
			p->bodies++;
		}
		break;
	case POP_CLIENT_GREETING:
	case POP_CLIENT_REPLY:
		if (!i->ok)
			fail_msg("%.*s", (int)i->text.n, i->text.p);
		if (i->command == POP_CMD_STAT)
			assert_int_equal(i->count, MAIL);
		break;
	case POP_CLIENT_CLOSE:
		p->closed = 1;
		break;
	case POP_CLIENT_MORE:
		break;
	case POP_CLIENT_FULL:
	case POP_CLIENT_WAIT:
	case POP_CLIENT_BAD:
	case POP_CLIENT_CHALLENGE:
	case POP_CLIENT_TLS:
	case POP_CLIENT_ERROR:
		fail_msg("event %d, error %d", (int)ev, (int)i->error);
	}
}

static void
client_turn(struct pair *p)
{
	unsigned char room[512];
	struct pop_out out = { room, 0, sizeof(room) };
	struct pop_span in = { p->to_client, p->to_client_n };
	struct pop_client_info info;
	enum pop_client_event ev;

	do {
		ev = pop_client_step(p->c, &in, &out, &info);
		take(p, ev, &info);
	} while (ev != POP_CLIENT_MORE && ev != POP_CLIENT_CLOSE);
	memmove(p->to_client, in.p, in.n);
	p->to_client_n = in.n;
	while (p->next < p->count) {
		enum pop_send e = pop_client_send(p->c, &p->plan[p->next],
		    &out);

		if (e == POP_SEND_BUSY || e == POP_SEND_FULL)
			break;
		assert_int_equal(e, POP_SEND_OK);
		p->next++;
	}
	if (pop_client_under_way(p->c) > p->max_under_way)
		p->max_under_way = pop_client_under_way(p->c);
	office_say(&p->o, room, out.n, 1 + next_random(&p->seed) % 40,
	    next_random(&p->seed) % 200);
}

static void
wire_turn(struct pair *p)
{
	size_t n = 1 + next_random(&p->seed) % 100;

	if (n > p->o.wire_n - p->sent)
		n = p->o.wire_n - p->sent;
	memcpy(p->to_client + p->to_client_n, p->o.wire + p->sent, n);
	p->to_client_n += n;
	p->sent += n;
}

static void
open_pair(struct pair *p, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	p->seed = seed;
	p->config.flags = POP_CLIENT_CLEAR_OK;
	office_init(&p->o);
	p->o.stamp = "<1896.697170952@dbc.mtview.ca.us>";
	p->o.messages = mail;
	p->o.count = MAIL;
	p->o.body_piece = next_random(&p->seed) % 4;
	office_open(&p->o);
	p->c = pop_client_init(malloc(pop_client_size()), &p->config, 0);
}

static void
plan_login(struct pair *p, int how)
{
	plan(p, POP_CMD_CAPA, 0);
	plan(p, how == 0 ? POP_CMD_USER : how == 1 ? POP_CMD_APOP :
	    POP_CMD_AUTH, 0);
	p->plan[p->count - 1].arg[0] = span_str(how == 0 ? "wren" :
	    how == 1 ? "mrose" : "PLAIN");
	p->plan[p->count - 1].arg[1] = how == 1 ?
	    span_str("c4c9334bac560ecc979e58001b3e22fb") :
	    span_of("\0wren\0correct horse battery", 27);
	p->plan[p->count - 1].has_response = how == 2;
	if (how == 0) {
		plan(p, POP_CMD_PASS, 0);
		p->plan[p->count - 1].arg[0] =
		    span_str("correct horse battery");
	}
}

static void
visit(struct pair *p, int how)
{
	plan_login(p, how);
	plan(p, POP_CMD_STAT, 0);
	plan(p, POP_CMD_LIST, 0);
	plan(p, POP_CMD_UIDL, 0);
	plan(p, POP_CMD_NOOP, 0);
	for (uint32_t i = 1; i <= MAIL; i++) {
		plan(p, POP_CMD_RETR, i);
		plan(p, POP_CMD_TOP, i);
		plan(p, POP_CMD_DELE, i);
	}
	plan(p, POP_CMD_QUIT, 0);
	for (int turns = 0; !p->closed; turns++) {
		assert_true(turns < 100000);
		wire_turn(p);
		client_turn(p);
	}
}

static void
test_visits(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 60; seed++) {
		struct pair *p = malloc(sizeof(*p));

		open_pair(p, seed);
		visit(p, (int)(seed % 3));
		assert_int_equal(p->bodies, 2 * MAIL);
		assert_int_equal(p->next, p->count);
		assert_int_equal(p->o.committed, 1);
		assert_int_equal(p->sent, p->o.wire_n);
		assert_true(p->max_under_way > 10);
		for (uint32_t i = 1; i <= MAIL; i++) {
			assert_int_equal(p->listed[i], p->received[i]);
			assert_string_equal(p->uidls[i], mail[i - 1].uidl);
			assert_true(p->o.marks[(i - 1) / 8] >>
			    (i - 1) % 8 & 1);
		}
		assert_int_equal(pop_client_capa(p->c)->has, POP_CAPA_TOP |
		    POP_CAPA_UIDL | POP_CAPA_USER | POP_CAPA_SASL |
		    POP_CAPA_RESP_CODES | POP_CAPA_AUTH_RESP_CODE |
		    POP_CAPA_PIPELINING | POP_CAPA_IMPLEMENTATION |
		    POP_CAPA_STLS);
		office_close(&p->o);
		free(p->c);
		free(p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_visits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
