/* SPDX-License-Identifier: ISC
 *
 * counter: see counter.h.
 */
#include "counter.h"

static void
append(unsigned char **p, size_t *n, size_t *size, const void *q, size_t m)
{
	while (*n + m + 1 > *size) {
		*size = *size ? *size * 2 : 256;
		*p = realloc(*p, *size);
		assert_non_null(*p);
	}
	if (m > 0)
		memcpy(*p + *n, q, m);
	*n += m;
	(*p)[*n] = '\0';
}

static void
log_word(struct counter *k, int events, const char *a, struct pop_span b,
    const char *c)
{
	unsigned char **p = events ? (unsigned char **)&k->events :
	    (unsigned char **)&k->replies;
	size_t *n = &k->log_n[events], *size = &k->log_size[events];

	if (*n > 0)
		append(p, n, size, " ", 1);
	append(p, n, size, a, strlen(a));
	append(p, n, size, b.p, b.n);
	append(p, n, size, c, strlen(c));
}

/* RFC 5321 section 4.2, RFC 2034: the shape of each reply line. */
static void
hear_line(struct counter *k, const unsigned char *p, size_t n)
{
	char word[64];
	size_t used = 3;

	assert_true(n + 2 <= POP_REPLY_MAX);
	assert_true(n >= 4);
	for (size_t i = 0; i < 3; i++)
		assert_true(p[i] >= '0' && p[i] <= '9');
	for (size_t i = 3; i < n; i++)
		assert_true(p[i] >= 0x20 && p[i] < 0x7f);
	if (p[3] == '-')
		return;
	assert_int_equal(p[3], ' ');
	memcpy(word, p, 3);
	if (n > 9 && p[5] == '.' && p[7] == '.') {
		assert_int_equal(p[4], p[0]);	/* the classes agree */
		word[used++] = '/';
		for (size_t i = 4; i < n && p[i] != ' '; i++)
			word[used++] = (char)p[i];
	}
	log_word(k, 0, "", span_of(word, used), "");
}

static void
hear(struct counter *k, struct pop_out *out)
{
	size_t at = k->wire_n;

	append(&k->wire, &k->wire_n, &k->wire_size, out->p, out->n);
	while (at < k->wire_n) {
		unsigned char *lf = memchr(k->wire + at, '\n', k->wire_n - at);

		/* replies are written whole */
		assert_non_null(lf);
		assert_true(lf > k->wire + at && lf[-1] == '\r');
		hear_line(k, k->wire + at, (size_t)(lf - k->wire) - at - 1);
		at = (size_t)(lf - k->wire) + 1;
	}
	out->n = 0;
}

static int
clean(struct pop_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] == 0x7f)
			return 0;
	return 1;
}

static void
answer_rcpt(struct counter *k, const struct pop_smtp_info *i,
    struct pop_out *out)
{
	static const char *const boxes[] = { "wren", "finch", "full",
	    "postmaster", "w ren", "\xc3\xa4" };

	log_word(k, 1, "rcpt<", i->path, ">");
	if (i->domain.n > 0 &&
	    !span_eq_nocase(i->domain, span_str("example.net"))) {
		pop_smtp_answer(k->s, 550, "5.7.1", "not ours", out);
		return;
	}
	for (size_t b = 0; b < COUNT(boxes); b++) {
		if (!span_eq_nocase(i->local, span_str(boxes[b])))
			continue;
		assert_true(k->rcpts < COUNT(k->rcpt));
		snprintf(k->rcpt[k->rcpts++], sizeof(k->rcpt[0]), "%s",
		    boxes[b]);
		pop_smtp_answer(k->s, 250, "2.1.5", "ok", out);
		return;
	}
	pop_smtp_answer(k->s, 550, "5.1.1", "no such mailbox", out);
}

static void
take_piece(struct counter *k, struct pop_span piece)
{
	size_t fails = k->c->spool_fails_at;

	assert_true(k->in_message);
	assert_true(piece.n > 0);
	append(&k->spool, &k->spool_n, &k->spool_size, piece.p, piece.n);
	if (fails > 0)
		assert_true(k->spool_n - piece.n < fails);
	if (fails > 0 && k->spool_n >= fails)
		pop_smtp_spool_failed(k->s, 451, "4.3.0", "store error");
}

static void
forget(struct counter *k)
{
	k->rcpts = 0;
	k->spool_n = 0;
	k->in_message = 0;
}

static void
check_message(const struct counter *k)
{
	for (size_t i = 0; i < k->spool_n; i++) {
		assert_int_not_equal(k->spool[i], '\0');
		if (k->spool[i] == '\n')
			assert_true(i > 0 && k->spool[i - 1] == '\r');
		if (k->spool[i] == '\r')
			assert_true(i + 1 < k->spool_n &&
			    k->spool[i + 1] == '\n');
	}
}

static void
answer_end(struct counter *k, struct pop_out *out)
{
	unsigned n = (k->config.flags & POP_SMTP_LMTP) ? k->rcpts : 1;

	assert_true(k->in_message);
	assert_true(pop_smtp_in_message(k->s));
	assert_true(k->rcpts > 0);
	check_message(k);
	append(&k->stored, &k->stored_n, &k->stored_size, k->spool,
	    k->spool_n);
	for (unsigned i = 0; i < n; i++) {
		struct pop_span none = { 0 };
		struct pop_smtp_info info;

		/* nothing moves until all results are there */
		assert_int_equal(pop_smtp_step(k->s, &none, out, &info),
		    POP_SMTP_WAIT);
		if (strcmp(k->rcpt[i], "full") == 0)
			pop_smtp_result(k->s, 452, "4.2.2", "full", out);
		else
			pop_smtp_result(k->s, 250, "2.0.0", "stored", out);
		hear(k, out);
	}
	assert_false(pop_smtp_in_message(k->s));
	forget(k);
}

static void
handle(struct counter *k, enum pop_smtp_event event,
    const struct pop_smtp_info *i, struct pop_out *out)
{
	struct pop_span none = { 0 };
	unsigned code = k->c->data_code ? k->c->data_code : 250;

	assert_true(clean(i->path) && clean(i->local) && clean(i->domain) &&
	    clean(i->name));
	switch (event) {
	case POP_SMTP_HELO:
		log_word(k, 1, i->extended ? "ehlo:" : "helo:", i->name, "");
		break;
	case POP_SMTP_MAIL:
		assert_int_equal(k->rcpts, 0);
		log_word(k, 1, i->utf8 ? "mail8<" : "mail<", i->path, ">");
		pop_smtp_answer(k->s, 250, "2.1.0", "ok", out);
		break;
	case POP_SMTP_RCPT:
		answer_rcpt(k, i, out);
		break;
	case POP_SMTP_DATA:
		log_word(k, 1, "data", none, "");
		assert_false(k->in_message);
		assert_true(pop_smtp_in_message(k->s));
		assert_true(k->rcpts > 0);
		k->in_message = code == 250;
		pop_smtp_answer(k->s, code, code == 250 ? NULL : "4.3.1",
		    "whatever", out);
		assert_int_equal(pop_smtp_in_message(k->s), code == 250);
		break;
	case POP_SMTP_PIECE:
		take_piece(k, i->piece);
		break;
	case POP_SMTP_END:
		log_word(k, 1, "end", none, "");
		answer_end(k, out);
		break;
	case POP_SMTP_ABORT:
		log_word(k, 1, "abort", none, "");
		assert_false(pop_smtp_in_message(k->s));
		forget(k);
		break;
	case POP_SMTP_TLS:
		log_word(k, 1, "tls", none, "");
		pop_smtp_tls_started(k->s);
		break;
	case POP_SMTP_CLOSE:
		log_word(k, 1, "close", none, "");
		k->closed = 1;
		break;
	case POP_SMTP_MORE:
		k->more = 1;
		break;
	case POP_SMTP_FULL:	/* counter_say has emptied it */
		break;
	case POP_SMTP_WAIT:
		fail();
	}
}

void
counter_say(struct counter *k, const void *p, size_t n)
{
	struct pop_out out = { malloc(POP_OUT_MIN), 0, POP_OUT_MIN };

	append(&k->kept, &k->kept_n, &k->kept_size, p, n);
	k->more = 0;
	while (!k->closed && !k->more) {
		/* each time other memory, without an octet to spare */
		unsigned char *copy = malloc(k->kept_n ? k->kept_n : 1);
		struct pop_span in = span_of(copy, k->kept_n);
		struct pop_smtp_info info;
		enum pop_smtp_event event;

		assert_non_null(copy);
		if (k->kept_n > 0)
			memcpy(copy, k->kept, k->kept_n);
		event = pop_smtp_step(k->s, &in, &out, &info);
		assert_true(in.n <= k->kept_n);
		assert_true(in.p + in.n == copy + k->kept_n);
		assert_true(out.n > 0 || event != POP_SMTP_FULL);
		hear(k, &out);
		handle(k, event, &info, &out);
		if (in.n > 0)
			memmove(k->kept, in.p, in.n);
		k->kept_n = in.n;
		hear(k, &out);
		free(copy);
	}
	if (k->more)
		assert_true(k->kept_n <= pop_smtp_line_max(k->s));
	free(out.p);
}

void
counter_open(struct counter *k, const struct counter_case *c)
{
	struct pop_out out = { malloc(POP_OUT_MIN), 0, POP_OUT_MIN };
	void *mem = malloc(pop_smtp_size());

	memset(k, 0, sizeof(*k));
	k->c = c;
	k->config = (struct pop_smtp_config){ .flags = c->flags,
		.hostname = "pop.example.net", .size_max = c->size_max,
		.recipients_max = c->recipients_max,
		.bad_commands_max = c->bad_max,
		.received_max = c->received_max };
	append((unsigned char **)&k->events, &k->log_n[1], &k->log_size[1],
	    "", 0);
	append(&k->stored, &k->stored_n, &k->stored_size, "", 0);
	assert_non_null(mem);
	memset(mem, 0xa5, pop_smtp_size());
	k->s = pop_smtp_init(mem, &k->config, c->tls_on, &out);
	hear(k, &out);
	free(out.p);
}

void
counter_close(struct counter *k)
{
	free(k->s);
	free(k->kept);
	free(k->replies);
	free(k->events);
	free(k->spool);
	free(k->stored);
	free(k->wire);
}

/* What a batch says, with its NULs. */
static char *
batch_octets(const struct counter_case *c, size_t b, size_t *n_r)
{
	char *p = strdup(c->says[b]);

	assert_non_null(p);
	*n_r = strlen(p);
	for (size_t i = 0; c->nul != '\0' && i < *n_r; i++)
		if (p[i] == c->nul)
			p[i] = '\0';
	return p;
}

/* `piece` octets at a time, and cut at `cut` octets from the start. */
static void
play(const struct counter_case *c, size_t piece, size_t cut)
{
	struct counter k;
	size_t at = 0;

	counter_open(&k, c);
	for (size_t b = 0; b < COUNTER_BATCHES && c->says[b] != NULL; b++) {
		size_t n, m;
		char *p = batch_octets(c, b, &n);

		for (size_t i = 0; i < n; i += m, at += m) {
			m = n - i < piece ? n - i : piece;
			if (at < cut && cut < at + m)
				m = cut - at;
			counter_say(&k, p + i, m);
		}
		free(p);
	}
	if (strcmp(k.replies, c->replies) != 0 ||
	    strcmp(k.events, c->events) != 0)
		print_message("case %s, pieces of %zu, cut at %zu\n", c->name,
		    piece, cut);
	assert_string_equal(k.replies, c->replies);
	assert_string_equal(k.events, c->events);
	assert_string_equal((char *)k.stored, c->stored ? c->stored : "");
	assert_int_equal(strlen((char *)k.stored), k.stored_n);
	counter_close(&k);
}

void
counter_check(const struct counter_case *c)
{
	size_t n = 0;

	for (size_t b = 0; b < COUNTER_BATCHES && c->says[b] != NULL; b++)
		n += strlen(c->says[b]);
	play(c, SIZE_MAX, 0);
	if (c->whole_only)
		return;
	play(c, 1, 0);
	for (size_t cut = 1; cut < n; cut++)
		play(c, SIZE_MAX, cut);
}
