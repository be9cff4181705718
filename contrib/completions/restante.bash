# SPDX-License-Identifier: ISC
# Completion of restante(1) for bash: commands, options, and the names of
# accounts where they are wanted. Install it as
# /usr/share/bash-completion/completions/restante.

_restante_accounts()
{
	local i args=() line

	# the same file that the command will use
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--config)
			if [[ ${COMP_WORDS[i + 1]} == = ]]; then
				((i++))
			fi
			args=(--config "${COMP_WORDS[i + 1]}")
			;;
		esac
	done
	"${COMP_WORDS[0]}" "${args[@]}" config 2>/dev/null |
	    while IFS= read -r line; do
		[[ $line =~ ^\[account\ ([^]]+)\]$ ]] &&
		    printf '%s\n' "${BASH_REMATCH[1]}"
	done
}

_restante()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local i word words=() choices=
	local options='--config --quiet --verbose --json --help --version'

	COMPREPLY=()
	# --config=FILE is three words for readline
	[[ $cur == = ]] && cur=
	[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}
	case $prev in
	--config | --output | --ca-file | --transcripts | --action)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	--from)
		mapfile -t COMPREPLY < <(compgen -W \
		    'getmail fetchmail mpop thunderbird' -- "$cur")
		return
		;;
	--tls)
		mapfile -t COMPREPLY < <(compgen -W 'implicit start' -- "$cur")
		return
		;;
	--password-command)
		mapfile -t COMPREPLY < <(compgen -c -- "$cur")
		return
		;;
	--server | --user | --account | --destination | --keep | --only | \
	    --port | --tls-port | --tls-name | --smtp | --lmtp | \
	    --recipient | --have)
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--config | --output | --ca-file | --from | --tls | \
		    --server | --user | --account | --destination | --keep | \
		    --password-command | --only | --port | --tls-port | \
		    --tls-name | --smtp | --lmtp | --recipient | --have | \
		    --transcripts | --action)
			[[ ${COMP_WORDS[i + 1]} == = ]] && ((i++))
			((i++))
			;;
		-*) ;;
		*) words+=("$word") ;;
		esac
	done
	case ${words[0]-} in
	'')
		choices='fetch list show status daemon config setup check
			import help'
		;;
	fetch)
		options+=' --dry-run --all --debug'
		choices=$(_restante_accounts)
		;;
	list)
		options+=' --all --debug'
		[[ ${#words[@]} -eq 1 ]] && choices=$(_restante_accounts)
		;;
	show)
		options+=' --debug'
		[[ ${#words[@]} -eq 1 ]] && choices=$(_restante_accounts)
		;;
	status) choices=$(_restante_accounts) ;;
	daemon)
		options+=' --once --debug'
		choices=$(_restante_accounts)
		;;
	setup)
		options+=' --dry-run --output --yes --server --tls --user
			--account --destination --keep --password-command
			--ca-file --tell-address --debug'
		;;
	check)
		options+=' --user --password-command --ca-file --port --tls-port
			--tls-name --only --list --conformance --smtp --lmtp
			--recipient --transcripts --action --have --clear-login
			--yes'
		[[ ${#words[@]} -eq 1 ]] && choices=$(_restante_accounts)
		;;
	import)
		options+=' --from --dry-run --output --yes'
		[[ $cur != -* ]] && compopt -o default 2>/dev/null
		;;
	help)
		choices='fetch list show status daemon config setup check
			import'
		;;
	esac
	[[ $cur == -* ]] && choices=$options
	mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$cur")
}

complete -F _restante restante
