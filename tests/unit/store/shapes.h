/* SPDX-License-Identifier: ISC
 *
 * shapes: messages whose size on the wire is easily got wrong (RFC 1939
 * section 11; check B-12).  The sizes are counted by hand.
 */
#ifndef RESTANTE_TESTS_STORE_SHAPES_H
#define RESTANTE_TESTS_STORE_SHAPES_H

#include <stddef.h>
#include <stdint.h>

struct shape {
	const char *label;
	const char *text;
	size_t n;
	uint64_t wire;
};

#define SHAPE(label, text, wire) { label, text, sizeof(text) - 1, wire }

static const struct shape shapes[] = {
	SHAPE("bare LF", "A: b\n\nhi\n", 12),
	SHAPE("CRLF", "A: b\r\n\r\nhi\r\n", 12),
	SHAPE("mixed", "A: b\n\r\nhi\nho\r\n", 16),
	SHAPE("no final newline", "A: b\n\nhi", 12),
	SHAPE("CRLF, no final newline", "A: b\r\n\r\nhi", 12),
	SHAPE("NUL", "A: b\n\n\0hi\0\n", 14),
	SHAPE("bare CR", "A: b\n\nh\ri\r\r\n", 14),
	SHAPE("ends with CR", "A: b\n\nhi\r", 13),
	SHAPE("dot as first octet", ".A: b\n\nhi\n", 13),
	SHAPE("dots", "A: b\n\n.\n..\n.x\n", 19),
	SHAPE("empty", "", 0),
	SHAPE("one LF", "\n", 2),
	SHAPE("one CR", "\r", 3),
	SHAPE("one octet", "x", 3),
	SHAPE("header without blank line", "A: b\nC: d\n", 12),
	SHAPE("8 bit", "A: b\n\n\xc3\xa4\xff\n", 13),
};

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

#endif
