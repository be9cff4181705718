#!/bin/bash
# SPDX-License-Identifier: ISC
# completions.sh: what contrib/completions offers for restante, with a
# `restante` of our own that only knows `config`.
#
#	completions.sh CONTRIB_COMPLETIONS
set -u
dir=$1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

cat >"$tmp/restante" <<'END'
#!/bin/sh
echo "$*" >>"${0%/*}/asked"
case "$*" in
'--config other config') printf '[account far]\n' ;;
config) printf '# a comment\n[restante]\n\n[account work]\nuser = x\n[account home]\n[rule lists]\n' ;;
*) exit 64 ;;
esac
END
chmod +x "$tmp/restante"
PATH=$tmp:$PATH
failed=0

is() {
	if [ "$2" != "$3" ]; then
		printf '%s:\n  is     %s\n  wanted %s\n' "$1" "$2" "$3"
		failed=1
	fi
}

# shellcheck source=/dev/null
. "$dir/restante.bash"
compopt() { :; }	# only there while readline completes

# what TAB offers behind these words; the last one is begun
offers() {
	COMP_WORDS=(restante "$@")
	COMP_CWORD=$#
	_restante
	echo "${COMPREPLY[*]}"
}

is command "$(offers f)" fetch
is commands "$(offers '')" \
    'fetch list show status daemon config setup check import help'
is accounts "$(offers fetch '')" 'work home'
is account "$(offers fetch w)" work
is second "$(offers fetch work h)" home
is one "$(offers list work '')" ''
is option "$(offers fetch --dr)" --dry-run
is 'option before' "$(offers -q --js)" --json
is 'not its option' "$(offers status --onc)" ''
is 'other file' "$(offers --config other fetch '')" far
is 'other file with =' "$(offers --config = other fetch '')" far
is format "$(offers import --from g)" getmail
is 'format with =' "$(offers import --from = m)" mpop
is 'value no command' "$(offers setup --user fetch --tls s)" start
is 'account to check' "$(offers check --port 110 w)" work
is 'no account' "$(offers config '')" ''

# every command and option of --help is offered by both
if [ $# -gt 1 ]; then
	for file in restante.bash _restante; do
		for word in $("$2" --help | sed -n 's/^  \([a-z]*\).*/\1/p') \
		    $(for c in fetch list daemon setup check import; do
			"$2" $c --help
		    done | grep -o -- '--[a-z][a-z-]*' | sort -u); do
			grep -q -- "$word" "$dir/$file" ||
			    is "$file" 'without' "$word"
		done
	done
fi
exit $failed
