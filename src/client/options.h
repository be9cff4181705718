/* SPDX-License-Identifier: ISC
 *
 * options: the command line of `restante`: which command, which options, and
 * what --help says.
 */
#ifndef RESTANTE_CLIENT_OPTIONS_H
#define RESTANTE_CLIENT_OPTIONS_H

#include "client/client.h"

enum command_id {
	COMMAND_FETCH, COMMAND_LIST, COMMAND_SHOW, COMMAND_STATUS,
	COMMAND_DAEMON, COMMAND_CONFIG, COMMAND_SETUP, COMMAND_CHECK,
	COMMAND_IMPORT, COMMAND_HELP, COMMANDS
};

/* what the words behind a command are */
enum command_words {
	WORDS_NONE, WORDS_ACCOUNTS, WORDS_ACCOUNT, WORDS_ACCOUNT_NUMBER,
	WORDS_ADDRESS, WORDS_HOST, WORDS_PATH, WORDS_COMMAND
};

struct command {
	const char *name;
	enum command_words words;
	bool wants_conf;
	unsigned takes;			/* private: which options */
	const char *usage;		/* "fetch [ACCOUNT...]" */
	const char *text;		/* one line */
};

struct options {
	struct client_args args;
	const struct command *command;	/* NULL: none was given */
	enum command_id id;
	bool help, version;
	char error[256];		/* after -1: for people */
};

/* 0, or -1: the command line is wrong, *error says how. args.mode is right in
 * either case; args.config is NULL unless it was given.  May reorder argv. */
__attribute__((warn_unused_result))
int options_parse(int argc, char **argv, struct options *o_r);
/* `id` COMMANDS: about all of them */
void options_help(FILE *out, enum command_id id);
/* the name of each option, without its dashes; NULL behind the last */
const char *options_name(size_t i);
const struct command *options_command(enum command_id id);
/* -1 when there is none of that name; *near_r: one that may be meant, or
 * NULL */
int command_find(const char *name, const char **near_r);

#endif
