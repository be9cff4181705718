#!/bin/bash
# SPDX-License-Identifier: ISC
# Restante: one front, Maildir with ,S=,W= names, passwords in clear, TLS by
# STLS and implicit.  RESTANTED names the program, built with optimisation.
NAME=restante FORMAT=maildir-sw PORT=21200 TLSPORT=21201 STLS=1 MANY=1
. "$(dirname "$0")/lib.sh"

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
