/* SPDX-License-Identifier: ISC
 *
 * check: cmocka with the headers it wants before it.
 */
#ifndef RESTANTE_TESTS_STORE_CHECK_H
#define RESTANTE_TESTS_STORE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
