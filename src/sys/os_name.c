/* SPDX-License-Identifier: ISC
 *
 * os_name: the system calls of the seam by name, for tests and messages.
 */
#include "sys/os.h"

const char *
os_op_name(enum os_op op)
{
	static const char *const names[OS_OPS] = {
		[OS_OPENAT] = "openat",
		[OS_OPENAT2] = "openat2",
		[OS_CLOSE] = "close",
		[OS_DUP] = "dup",
		[OS_READ] = "read",
		[OS_PREAD] = "pread",
		[OS_WRITE] = "write",
		[OS_COPY_FILE_RANGE] = "copy_file_range",
		[OS_FSYNC] = "fsync",
		[OS_FDATASYNC] = "fdatasync",
		[OS_FSTAT] = "fstat",
		[OS_FSTATAT] = "fstatat",
		[OS_GETDENTS] = "getdents",
		[OS_LSEEK] = "lseek",
		[OS_MKDIRAT] = "mkdirat",
		[OS_LINKAT] = "linkat",
		[OS_RENAMEAT2] = "renameat2",
		[OS_UNLINKAT] = "unlinkat",
		[OS_FLOCK] = "flock",
		[OS_PWRITE] = "pwrite",
		[OS_FTRUNCATE] = "ftruncate",
		[OS_SYNC_FILE_RANGE] = "sync_file_range",
		[OS_LOCK] = "fcntl",
	};

	return op < OS_OPS ? names[op] : "?";
}
