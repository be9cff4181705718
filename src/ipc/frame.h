/* SPDX-License-Identifier: ISC
 *
 * frame: the messages between restanted's processes, and who may send which.
 *
 * A frame is a kind, a session id and a payload of typed fields; it may carry
 * descriptors.  kinds[] in permit.c says for each kind which role may send it
 * to which and whether descriptors come along; anything else ends the
 * sender.  Fields are written and read one by one with the cursor below;
 * never a struct.
 */
#ifndef RESTANTE_IPC_FRAME_H
#define RESTANTE_IPC_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum ipc_role { IPC_PARENT, IPC_FRONT, IPC_AUTH, IPC_STORE };

enum ipc_kind {
	IPC_NONE = 0,
	/* parent -> child */
	IPC_CTL_PEER,		/* u8 role, u32 serial; fd: a new channel */
	IPC_CTL_CONF,		/* bytes: the configuration file's text */
	IPC_CTL_CERTS,		/* u32 n, n x (name, certificate, key) */
	IPC_CTL_DRAIN,		/* finish what is under way, then exit */
	IPC_CTL_WHO,		/* id: of the question */
	IPC_CTL_KICK,		/* id; user or session, one of them empty */
	IPC_CTL_LOG,		/* fd: the log file, opened anew */
	/* child -> parent */
	IPC_CTL_READY,
	IPC_CTL_COMPLAIN,	/* u8 role, u32 serial: broke the rules */
	IPC_CTL_WHO_ROW,	/* id; see front_who */
	IPC_CTL_WHO_END,	/* id; u32 count */
	IPC_CTL_KICKED,		/* id; u32 count */
	/* front -> auth */
	IPC_AUTH_PASS,		/* peer; name, secret */
	IPC_AUTH_APOP,		/* peer; name, stamp, digest */
	IPC_AUTH_SASL,		/* peer; mechanism, u8 has_data, data */
	IPC_AUTH_STEP,		/* data */
	IPC_AUTH_CANCEL,
	IPC_AUTH_RCPT,		/* u32 index, local, domain */
	/* auth -> front */
	IPC_AUTH_OFFER,		/* mechanisms clear, tls; u8 has_apop */
	IPC_AUTH_DENIED,	/* u8 enum auth_result */
	IPC_AUTH_CHALLENGE,	/* data */
	IPC_AUTH_RCPT_R,	/* u32 index, u8 enum auth_lookup */
	/* auth -> store: tickets */
	IPC_TICKET_OPEN,	/* u32 front serial; user, maildrop */
	IPC_TICKET_RCPT,	/* u32 front serial, u32 index, maildrop */
	/* front -> store */
	IPC_STORE_BODY,		/* u32 i, u32 n: of message i and, if it is no
				 * trouble, of those behind it, n in all */
	IPC_STORE_COMMIT,	/* marks */
	IPC_STORE_CLOSE,
	IPC_STORE_BEGIN,	/* u32 count of tickets */
	IPC_STORE_DELIVER,	/* u8 enum store_deliver_flag, u64 length,
				 * u64 wire, u32 n, n x (header, u64 wire) */
	IPC_STORE_ABORT,	/* forget delivery and tickets */
	/* store -> front */
	IPC_STORE_OPENED,	/* u8 enum store_result, user, snapshot */
	IPC_STORE_BODY_R,	/* u8 result, u32 n, n x (u64 offset, u64
				 * length, u64 changed, u8 flags: enum
				 * store_body_flag) and n fds; n > 0 when
				 * the result is OK */
	IPC_STORE_COMMIT_R,	/* u8 result */
	IPC_STORE_BEGIN_R,	/* u8 result, u32 carrier; fd when OK */
	IPC_STORE_EACH_R,	/* u32 i, u8 result */
	IPC_KINDS
};

enum ipc_fd { IPC_FD_NEVER, IPC_FD_ALWAYS, IPC_FD_MAYBE, IPC_FD_SEVERAL };

enum {
	IPC_FDS_MAX = 32,		/* that one frame carries */
	IPC_INLINE_MAX = 32 * 1024,	/* a larger payload goes by memfd */
	IPC_PAYLOAD_MAX = 256 * 1024 * 1024
};

/* whether a frame of this kind may go from one role to the other with that
 * many descriptors */
bool ipc_permitted(enum ipc_kind kind, enum ipc_role from, enum ipc_role to,
    unsigned nfds);

/*
 * A received frame.  payload borrows from the channel (or from `blob`) until
 * ipc_frame_done.
 */
struct ipc_frame {
	enum ipc_kind kind;
	uint32_t id;
	struct pop_span payload;
	int fds[IPC_FDS_MAX];	/* those from `taken` on are the frame's */
	unsigned nfds, taken;
	bool fd_lost;		/* more came along, but descriptors have run
				 * out here; with them, perhaps, the payload */
	void *blob;		/* private */
};

/* takes the next descriptor out of the frame; -1: there is none left */
int ipc_frame_take_fd(struct ipc_frame *f);
/* frees what is left in it; a payload that came by memfd is wiped */
void ipc_frame_done(struct ipc_frame *f);

/* Writing fields into a buf: errors are sticky in the buf's owner. */
struct ipc_writer {
	struct buf b;
	bool failed;		/* full or out of memory: do not send */
};

void ipc_writer_init(struct ipc_writer *w);
void ipc_put_u8(struct ipc_writer *w, unsigned v);
void ipc_put_u32(struct ipc_writer *w, uint32_t v);
void ipc_put_u64(struct ipc_writer *w, uint64_t v);
void ipc_put_bytes(struct ipc_writer *w, const void *p, size_t n);
void ipc_put_span(struct ipc_writer *w, struct pop_span s);
void ipc_put_str(struct ipc_writer *w, const char *s);

/* Reading: after all fields, ipc_reader_end says whether everything was
 * there and nothing is left over. Reads past the end give zeros. */
struct ipc_reader {
	struct pop_span in;
	bool failed;
};

void ipc_reader_init(struct ipc_reader *r, struct pop_span payload);
unsigned ipc_get_u8(struct ipc_reader *r);
uint32_t ipc_get_u32(struct ipc_reader *r);
uint64_t ipc_get_u64(struct ipc_reader *r);
struct pop_span ipc_get_span(struct ipc_reader *r);
/* a copy with a NUL behind it, for the caller to free; NULL when it holds a
 * NUL itself, is longer than `max`, or memory is short (then failed is set) */
char *ipc_get_str(struct ipc_reader *r, size_t max);
__attribute__((warn_unused_result))
bool ipc_reader_end(const struct ipc_reader *r);

#endif
