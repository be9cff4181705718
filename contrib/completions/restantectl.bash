# SPDX-License-Identifier: ISC
# Completion of restantectl(8) for bash: commands, options, and the names of
# users where a user is wanted. Install it as
# /usr/share/bash-completion/completions/restantectl.

_restantectl_users()
{
	local i args=()

	# the same file that the command will use
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--config | --users)
			args+=("${COMP_WORDS[i]}" "${COMP_WORDS[i + 1]}")
			;;
		esac
	done
	"${COMP_WORDS[0]}" user list "${args[@]}" 2>/dev/null |
	    while read -r name _; do
		printf '%s\n' "$name"
	done
}

_restantectl()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local i word words=() options='--config --help --version' choices=

	COMPREPLY=()
	case $prev in
	--config | --users | --socket)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--scheme)
		mapfile -t COMPREPLY < <(compgen -W \
		    'YESCRYPT SHA512-CRYPT SHA256-CRYPT BLF-CRYPT' -- "$cur")
		return
		;;
	--user)
		mapfile -t COMPREPLY < <(compgen -W \
		    "$(_restantectl_users)" -- "$cur")
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--config | --users | --socket | --scheme | --user | \
		    --session)
			((i++))
			;;
		-*) ;;
		*) words+=("$word") ;;
		esac
	done
	case "${words[*]}" in
	'') choices='user who kick reload' ;;
	user) choices='add passwd del list' ;;
	'user add')
		options+=' --users --password-stdin --scheme --apop'
		;;
	'user passwd')
		options+=' --users --password-stdin --scheme --apop'
		choices=$(_restantectl_users)
		;;
	'user del')
		options+=' --users'
		choices=$(_restantectl_users)
		;;
	'user list') options+=' --users --json' ;;
	who) options+=' --socket --json' ;;
	kick)
		options+=' --socket --user --session'
		choices=$(_restantectl_users)
		;;
	reload) options+=' --socket' ;;
	esac
	[[ $cur == -* ]] && choices=$options
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
}

complete -F _restantectl restantectl
