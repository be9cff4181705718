/* SPDX-License-Identifier: ISC
 *
 * popsize FILE...: what LIST says about each message, that is how many octets
 * a POP server sends for it, line ends as CRLF and stuffed dots not counted.
 * The smallest program that uses libpop.
 */
#include <inttypes.h>
#include <stdio.h>

#include <pop.h>

static int
print_size(const char *name)
{
	unsigned char octets[65536];
	struct pop_measure m = { 0 };
	struct pop_span piece = { octets, 0 };
	FILE *f = fopen(name, "rb");
	int failed;

	if (f == NULL) {
		perror(name);
		return -1;
	}
	while ((piece.n = fread(octets, 1, sizeof(octets), f)) > 0)
		pop_measure(&m, piece);
	failed = ferror(f);
	if (fclose(f) != 0 || failed) {
		(void)fprintf(stderr, "%s: cannot read it\n", name);
		return -1;
	}
	(void)printf("%" PRIu64 " %s\n", pop_measure_end(&m), name);
	return 0;
}

int
main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: popsize FILE...\n");
		return 2;
	}
	for (int i = 1; i < argc; i++)
		if (print_size(argv[i]) != 0)
			status = 1;
	return status;
}
