/* SPDX-License-Identifier: ISC
 *
 * slurp: a whole small file into memory.
 */
#ifndef RESTANTE_SYS_SLURP_H
#define RESTANTE_SYS_SLURP_H

#include "base/buf.h"

/*
 * Appends the file to `b`, which its caller has given a maximum.  0, or -1
 * with errno: EFBIG when the file is larger than that.  On error `b` may
 * hold a part: release (or wipe) it in any case.
 */
__attribute__((warn_unused_result))
int slurp(const char *path, struct buf *b);

/* The same for a secret: -2, and nothing read, when the file may be read or
 * changed by everybody. */
__attribute__((warn_unused_result))
int slurp_secret(const char *path, struct buf *b);

#define SLURP_IS_PUBLIC "everybody may read or change it; take that away " \
	"with chmod o="

#endif
