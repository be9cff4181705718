#!/bin/bash
# SPDX-License-Identifier: ISC
# Restante: one front, Maildir with ,S=,W= names, passwords in clear, TLS by
# STLS and implicit.  RESTANTED names the program, built with optimisation.
# With LINE_ENDS=crlf (restante-crlf.sh) the same mail lies in it as Restante
# delivers it with line_ends = crlf.
STLS=1 MANY=1
if [ "$LINE_ENDS" = crlf ]; then
    NAME=restante-crlf FORMAT=maildir-crlf PORT=21202 TLSPORT=21203
else
    NAME=restante FORMAT=maildir-sw PORT=21200 TLSPORT=21201
fi
. "$(dirname "$0")/lib.sh"
if [ "$LINE_ENDS" = crlf ] && [ ! -e "$PB/mail/maildir-crlf.done" ]; then
    "$BENCH/mail.sh" >/dev/null &&
        python3 "$(dirname "$0")/wire_form.py" "$PB/mail/maildir-sw" \
            "$PB/mail/maildir-crlf" &&
        touch "$PB/mail/maildir-crlf.done" || exit 1
fi

peer_start()
{
    [ -x "$RESTANTED" ] || {
        echo "RESTANTED=/path/to/restanted is not set" >&2
        return 1
    }
    mkdir -p "$RUN/restante"
    users "%s:{PLAIN}$PASSWORD\n" >"$RUN/users"
    chown 0:5102 "$RUN/users"
    chmod 640 "$RUN/users"
    cat >"$RUN/restanted.conf" <<END
[server]
hostname = localhost
run_dir = $RUN/restante
fronts = ${FRONTS:-1}
front_user = 5101:5101
auth_user = 5102:5102
drain_seconds = 1
[mail]
root = $MAIL
store_user = $VMAIL:$VMAIL
store_threads = ${STORE_THREADS:-4}
domains = localhost
line_ends = ${LINE_ENDS:-lf}
[auth]
users = $RUN/users
[limits]
sessions = 20000
sessions_per_user = 100
sessions_per_address = 20000
[tls]
certificate = $PB/ec.crt
key = $PB/ec.key
[listen pop3]
protocol = pop3
address = 127.0.0.1:$PORT
tls = start
clear_login = yes
[listen pop3s]
protocol = pop3
address = 127.0.0.1:$TLSPORT
tls = implicit
END
    launch "$RESTANTED" --foreground --config "$RUN/restanted.conf"
}
peer_main "$@"
