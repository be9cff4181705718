/* SPDX-License-Identifier: ISC
 *
 * kernel: what a kernel can answer.  Which errors each call of the seam may
 * give by its manual page, and a kernel (or a file system on a network) that
 * lacks what is new, so that the store takes its other ways.
 */
#ifndef RESTANTE_TESTS_FAULT_KERNEL_H
#define RESTANTE_TESTS_FAULT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "sys/os.h"

/* Errors that this call can give; ends with 0. */
const int *kernel_errors(enum os_op op);
/* Errors with which a call may end though it was done: a reply of a network's
 * file system that was lost. Ends with 0; NULL: none for this call. */
const int *kernel_lost_replies(enum os_op op);
/* whether it may move fewer octets than it was asked to */
bool kernel_short(enum os_op op);

enum kernel_age {
	KERNEL_NEW,
	/* no openat2, no renameat2, no copy_file_range, no locks on
	 * directories, no types in directories, few entries a getdents, few
	 * octets a read */
	KERNEL_OLD,
	KERNEL_AGES
};

extern const char *const kernel_age_name[KERNEL_AGES];

/* Before each run. */
void kernel_set(enum kernel_age age);
/* For the hook's before(): an errno, OS_HOOK_SHORT or 0. May make the call
 * smaller, which belongs to the seam's own copy of it. */
int kernel_before(const struct os_call *call);
/* For its after(). */
void kernel_after(const struct os_call *call, long result);

/* Does the call and forgets its result: for lost replies. */
void kernel_do(const struct os_call *call);
/* "EIO" */
const char *kernel_error_name(int err);

#endif
