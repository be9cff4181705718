/* SPDX-License-Identifier: ISC
 *
 * sync: the store's asynchronous calls as blocking ones, and maildrops in a
 * temporary directory, for tests.
 */
#ifndef RESTANTE_TESTS_STORE_SYNC_H
#define RESTANTE_TESTS_STORE_SYNC_H

#include "store/store.h"

enum { SYNC_COPIES_MAX = 8 };

struct sync_open {
	enum store_result r;
	struct store_session *s;
	struct store_snapshot *snap;
};

struct sync_begin {
	enum store_result r;
	struct store_delivery *d;
	int fd;
	unsigned carrier;
};

struct sync_outcome {
	enum store_result all;
	unsigned told;		/* calls of each() */
	unsigned in_order;	/* of those, in order */
	enum store_result each[SYNC_COPIES_MAX];
};

struct store *sync_store(const char *engine, const char *root);
struct sync_open sync_open(struct store *st, const char *path);
enum store_result sync_body(struct store_session *s, uint32_t i,
    struct store_body *body_r);
enum store_result sync_bodies(struct store_session *s, uint32_t i,
    unsigned max, struct store_body *bodies_r, unsigned *n_r);
enum store_result sync_commit(struct store_session *s,
    const unsigned char *marks);
/* marks message i alone */
enum store_result sync_commit_one(struct store_session *s, uint32_t count,
    uint32_t i);
void sync_close(struct sync_open *o);

struct sync_begin sync_begin(struct store *st, const char *const *paths,
    unsigned n);
struct sync_outcome sync_deliver_commit(struct store_delivery *d,
    const struct store_copy *copies, uint64_t length, uint64_t wire);
void sync_abort(struct store_delivery *d);
/* When set: called with each outcome as it becomes known. */
extern void (*sync_told)(unsigned i, enum store_result r);
/* When set: all recipients or none. */
extern bool sync_together;
/* When set: headers end with CRLF, and it is told whether lines of the text
 * begin with dots. */
extern bool sync_wire_form;
/* All of it: header "X: <i>\n" for recipient i, then text. */
struct sync_outcome sync_deliver(struct store *st, const char *const *paths,
    unsigned n, const char *text, size_t text_n);

/* wire form of stored text, by the simplest code; free it */
char *sync_wire(const char *text, size_t n, size_t *wire_n_r);

/* All of a body, closes it; free it. */
char *sync_read(const struct store_body *body, size_t *n_r);

/* A fresh directory; sync_rmdir removes it with all in it. */
char *sync_tmpdir(void);
void sync_rmdir(char *dir);
/* new/ cur/ tmp/ in root/drop */
void sync_maildir(const char *root, const char *drop);
/* root/drop/name with these octets */
void sync_file(const char *root, const char *drop, const char *name,
    const char *text, size_t n);
/* files in root/drop/dir; -1: no such directory */
int sync_count(const char *root, const char *drop, const char *dir);

#endif
