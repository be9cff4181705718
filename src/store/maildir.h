/* SPDX-License-Identifier: ISC
 *
 * maildir: what the files of the Maildir engine share.
 *
 * One session keeps one descriptor, the maildrop's directory, which carries
 * the lock; new/ and cur/ are opened when they are needed.
 */
#ifndef RESTANTE_STORE_MAILDIR_H
#define RESTANTE_STORE_MAILDIR_H

#include <stdatomic.h>
#include <sys/stat.h>

#include "store/maildir_name.h"
#include "store/store_backend.h"

enum { MAILDIR_PURGE_SLOTS = 4096 };

struct maildir {
	int root;		/* the directory that holds all maildrops */
	uint32_t messages_max;
	char host[MAILDIR_HOST_MAX + 1];
	/* hours since 1970 at which a maildrop with that hash was swept */
	_Atomic uint32_t swept[MAILDIR_PURGE_SLOTS];
};

enum maildir_dir { MAILDIR_NEW, MAILDIR_CUR, MAILDIR_DIRS };
extern const char *const maildir_dir_name[MAILDIR_DIRS];

/* ---- maildir_make.c ---- */

/* The maildrop's directory, made with all it needs when it is not there. A
 * descriptor or -1 with errno. */
__attribute__((warn_unused_result))
int maildir_dir_open(const struct maildir *md, const char *path);
/* Makes what is missing of the maildrop, durably. 0 or -1 with errno. */
__attribute__((warn_unused_result))
int maildir_make(const struct maildir *md, const char *path);

/* ---- maildir_scan.c ---- */

enum maildir_flag {
	MAILDIR_IN_CUR = 1 << 0,
	MAILDIR_TWICE = 1 << 1,	/* more than one file has this base */
	MAILDIR_CRLF = 1 << 2,	/* stored octets are wire octets */
	MAILDIR_NO_DOTS = 1 << 3, /* and its name says that there are none */
	MAILDIR_SIZED = 1 << 4,	/* `disk` is what was measured */
	MAILDIR_LOST = 1 << 5	/* the last scan did not find it */
};

struct maildir_entry {
	struct maildir_name name;
	uint32_t at;		/* of the name in scan.text, with NUL */
	uint16_t n;
	uint8_t flags;
};

/* What new/ and cur/ hold, sorted, each base once. */
struct maildir_scan {
	char *text;
	size_t text_n, text_cap;
	struct maildir_entry *v;
	size_t n, cap;
};

/* fd: the maildrop. 0 or -1 with errno; scan is empty then. */
__attribute__((warn_unused_result))
int maildir_scan(struct maildir_scan *scan, int fd);
void maildir_scan_done(struct maildir_scan *scan);
/* The entry with this base, or NULL. */
struct maildir_entry *maildir_scan_find(const struct maildir_scan *scan,
    const char *name, size_t n);

static inline const char *
maildir_entry_text(const struct maildir_scan *scan,
    const struct maildir_entry *e)
{
	return scan->text + e->at;
}

/* ---- maildir_list.c ---- */

struct maildir_session;

/* Fills session and snapshot from a scan. 0 or -1 with errno. */
__attribute__((warn_unused_result))
int maildir_list(struct maildir_session *s, struct maildir_scan *scan,
    struct store_snapshot **snap_r);
/* Opens the regular file dir/name for reading; -1 with errno, ENOENT for
 * anything but a regular file. */
__attribute__((warn_unused_result))
int maildir_file_open(int fd, unsigned flags, const char *name,
    struct stat *st_r);

/* ---- maildir_session.c ---- */

/*
 * The names of a session stand in one block: `count` offsets, then records of
 * one octet of flags, the disk size (8 octets, if MAILDIR_SIZED) and the
 * name with its NUL.
 */
struct maildir_session {
	struct maildir *md;
	int fd;
	int lock_fd;		/* -1: `fd` carries the lock */
	uint32_t count;
	uint32_t *block;
};

struct maildir_record {
	unsigned flags;
	uint64_t disk;
	const char *name;
};

struct maildir_record maildir_record_of(const struct maildir_session *s,
    uint32_t i);
/* Takes names from a scan: entry i of `pick` for message i; NULL keeps the
 * name it has. 0 or -1 with errno. */
__attribute__((warn_unused_result))
int maildir_session_pack(struct maildir_session *s,
    const struct maildir_scan *scan, struct maildir_entry *const *pick,
    uint32_t count);

enum store_result maildir_open(void *engine, const char *path,
    enum store_lock lock, void **session_r, struct store_snapshot **snap_r);
enum store_result maildir_body(void *session, uint32_t i, bool quick,
    struct store_body *body_r);
enum store_result maildir_commit(void *session, const unsigned char *marks);
void maildir_close(void *session);
/* Takes over the names that files have now. 0 or -1 with errno. */
__attribute__((warn_unused_result))
int maildir_refresh(struct maildir_session *s);

/* ---- maildir_deliver.c, maildir_sweep.c ---- */

enum store_result maildir_begin(void *engine, const char *const *paths,
    unsigned n, void **delivery_r, int *fd_r, unsigned *carrier_r);
enum store_result maildir_deliver(void *delivery,
    const struct store_copy *copies, uint64_t length, uint64_t message_wire,
    unsigned flags, store_each_done *each, void *arg);
void maildir_abort(void *delivery);
/* Removes files that nobody has used for 36 hours from tmp/, if that was
 * not done in the last day. */
void maildir_sweep(struct maildir *md, const char *path);

#endif
