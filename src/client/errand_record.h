/* SPDX-License-Identifier: ISC
 *
 * errand_record: the two ends of a visit at the disk: opening the state and
 * recovering from an interrupted visit; writing down what the visit learned.
 */
#ifndef RESTANTE_CLIENT_ERRAND_RECORD_H
#define RESTANTE_CLIENT_ERRAND_RECORD_H

#include "client/errand_internal.h"

/* In a worker: opens state, rules and the first destination; recovers. Sets
 * job_fault and job_text. */
void recover_run(struct work_job *job);
/* In a worker: the listing, the deletions that QUIT confirmed, the facts. */
void record_run(struct work_job *job);
/* before the first draft of a visit: what is left behind will be swept */
void record_drafts_begin(struct errand *e);
void record_drafts_end(const struct errand *e);
/* STATE_DIR/ACCOUNT + ending, for the caller to free; NULL: memory */
char *record_path(const struct errand *e, const char *ending);
/* closes the state, removes a dry run's own */
void record_close(struct errand *e);
/* The TLS session of the last visit, for resumption. It lies beside the
 * state, is no loss, and is not fsynced. */
void record_read_tls(const struct errand *e, struct buf *out);
void record_tls_session(struct errand *e);

#endif
