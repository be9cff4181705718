/* SPDX-License-Identifier: ISC
 *
 * version: libpop's version and its public names for what base does.
 */
#include "base/base64.h"

const char *
pop_version(void)
{
	return RESTANTE_VERSION;
}

int
pop_base64_decode(unsigned char *out, size_t *n_r, struct pop_span text)
{
	return base64_decode(out, n_r, text);
}

size_t
pop_base64_encode(unsigned char *out, const void *p, size_t n)
{
	return base64_encode(out, p, n);
}
