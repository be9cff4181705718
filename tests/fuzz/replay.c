/* SPDX-License-Identifier: ISC
 *
 * replay: runs a fuzz target without a fuzzer: each seed file whole, every
 * beginning of it, and with single octets changed, always the same ones.
 * The files of directories behind --as-is are run whole only.
 *
 *	TARGET [--plays N] DIRECTORY... [--as-is DIRECTORY...]
 *
 * --plays: at most so many beginnings, and changes, of one seed (2000).
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

enum { SEED_MAX = 1 << 20 };
/* octets for the beginnings of a seed, and as many for its changes */
enum { EFFORT = 1 << 17 };

static size_t plays_max = 2000;

/* A fresh copy of exactly n octets: reading past them is seen. */
static void
run(const unsigned char *data, size_t n)
{
	unsigned char *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, data, n);
	if (LLVMFuzzerTestOneInput(copy, n) != 0)
		abort();
	free(copy);
}

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static void
play(unsigned char *data, size_t n)
{
	static const unsigned char nasty[] = { 0, '\n', '\r', '.', '[', ']',
		'=', ' ', 0x7f, 0x80, 0xff };
	uint32_t state = 1;
	size_t plays = EFFORT / (n + 1);

	if (plays > plays_max)
		plays = plays_max;
	run(data, n);
	for (size_t i = 0; i < n && i < plays; i++)
		run(data, i);
	for (size_t k = 0; k < plays && n > 0; k++) {
		size_t at = next_random(&state) % n;
		unsigned char old = data[at];

		data[at] = nasty[next_random(&state) % sizeof(nasty)];
		run(data, n);
		data[at] = old;
	}
}

static int
play_file(const char *dir, const char *name, bool as_is)
{
	static unsigned char data[SEED_MAX];
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f;
	size_t n;

	if (len < 0 || (size_t)len >= sizeof(path))
		return -1;
	f = fopen(path, "re");
	if (!f)
		return -1;
	n = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	if (as_is)
		run(data, n);
	else
		play(data, n);
	return 0;
}

/* The count of seeds in a directory, or -1. */
static int
play_directory(const char *path, bool as_is)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	int count = 0;

	if (!dir)
		return -1;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (play_file(path, e->d_name, as_is) != 0) {
			(void)closedir(dir);
			return -1;
		}
		count++;
	}
	(void)closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	bool as_is = false;

	for (int i = 1; i < argc; i++) {
		int count;

		if (strcmp(argv[i], "--as-is") == 0) {
			as_is = true;
			continue;
		}
		if (strcmp(argv[i], "--plays") == 0 && i + 1 < argc) {
			plays_max = strtoul(argv[++i], NULL, 10);
			continue;
		}
		count = play_directory(argv[i], as_is);
		if (count <= 0) {
			(void)fprintf(stderr, "%s: no seeds\n", argv[i]);
			return 1;
		}
		printf("%s: %d seeds\n", argv[i], count);
	}
	return argc > 1 ? 0 : 1;
}
