/* SPDX-License-Identifier: ISC
 *
 * near: which word was meant by one that is almost right.
 */
#ifndef RESTANTE_CLIENT_NEAR_H
#define RESTANTE_CLIENT_NEAR_H

/* The candidate nearest so far: { "fecth", NULL, 0 } at first. */
struct near {
	const char *word, *best;
	unsigned distance;
};

/* takes the candidate when it is near enough, and nearer than the best */
void near_try(struct near *n, const char *candidate);

#endif
