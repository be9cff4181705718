#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""test_player: the player finds what it has to find.

A transcript that cannot be parsed is refused with its line, an expectation
that does not hold is a failure, and a server that breaks the rules of the
wire is caught.  Usage: test_player.py PLAY
"""
import contextlib
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HEADER = '# t\nchecks: B-1\nref: x\nprotocol: pop3\n{}\n'
BAD, FAILED, PASSED, SKIPPED = 2, 1, 0, 77

# header lines, dialogue, what is said about it
BROKEN = [
    ('nonsense: 1\n', 'S~ *', 'header line'),
    ('needs: wings\n', 'S~ *', 'needs'),
    ('needs: bad=x\n', 'S~ *', 'needs'),
    ('fixture: large\n', 'S~ *', 'base or empty'),
    ('fixture: base\nmail: x\n', 'S~ *', 'together'),
    ('only: engine\n', 'S~ *', 'reason'),
    ('only: tuesday because\n', 'S~ *', 'engine or socket'),
    ('protocol: imap\n', 'S~ *', 'pop3, smtp or lmtp'),
    ('mail: \\q\n', 'S~ *', 'escape'),
    ('choice: \n', 'S~ *', 'choice: wants a reason'),
    ('changes: weather\n', 'S~ *', 'changes: maildrop'),
    ('user: wren\n', 'S~ *', 'user: NAME PASSWORD'),
    ('', '', 'no dialogue'),
    ('', 'hello', 'a line that nobody knows'),
    ('', ' S~ *', 'a line that nobody knows'),
    ('', 'S:+OK', 'a space behind the mark'),
    ('', 'S? x', 'a line that nobody knows'),
    ('', 'S~ [a', '[ begins a set'),
    ('', 'S~ {A}', '{ begins a variable'),
    ('', 'S~ {...}x', '{ begins a variable'),
    ('', 'S~ x\\', 'lone backslash'),
    ('', 'C~ {nobody knows}', '{ begins a substitution'),
    ('', 'C~ {rot13:x}', 'function'),
    ('', 'C~ \\x4', 'two hex digits'),
    ('', 'C~ \\{10x}', 'a count and a `*`'),
    ('', 'C~ \\{10*x', 'not closed'),
    ('', 'S= mail 4', 'no such message'),
    ('', 'S= mail 1 top', 'top'),
    ('', 'S= many octets', 'S= what?'),
    ('', 'S! open', 'closed'),
    ('', 'repeat 0 S~ *', 'repeat'),
    ('', 'repeat 3 C: x', 'repeat'),
    ('', 'or', '`or` without'),
    ('', 'end', '`end` without'),
    ('', 'either\nS~ *', '`either` without'),
    ('', 'either\nC: x\nend', 'a branch begins with'),
    ('', 'connect 77', 'connect [N]'),
    ('', 'use', 'use N'),
    ('', 'tls 1.2 refused', 'tls'),
    ('', 'tls 1.1 refused', 'only: socket'),
    ('', 'connect 1 tls-raw', 'only: socket'),
    ('', 'pause 1', 'only: socket'),
    ('', 'try luck', 'try tls'),
    ('', 'store burn wren', 'store what?'),
    ('', 'store remove wren', 'count of words'),
    ('', 'stored wren', 'stored USER N'),
    ('', 'stored wren 1 trace', 'only: socket'),
    ('', '| x', 'a line that nobody knows'),
    ('', 'capa a contains b', 'capa NAME'),
]

HELLO = 'S~ +OK*\n'
IN = HELLO + 'login\n'

# dialogues that our own machine does not fit
WRONG = [
    ('S: +OK\n', 'expected: S: +OK'),
    ('S~ -ERR*\n', 'expected: S~ -ERR*'),
    ('S| \\x00\n', 'expected: S| '),
    ('C: NOOP\n' + HELLO, 'nothing more from the server'),
    (HELLO + 'S~ *\n', 'expected: a reply line'),
    (HELLO + 'S! closed\n', 'that the server closes'),
    (HELLO + 'C: QUIT\nS! closed\n', 'expected: S! closed'),
    (HELLO + 'C: QUIT\n' + HELLO + 'S~ *\n', 'the server has closed'),
    (HELLO + 'C: QUIT\n' + HELLO + 'S! closed\nC: NOOP\nS~ *\n',
     'the server has closed'),
    (HELLO + 'login wren wrong\n', 'expected: a login'),
    (IN + 'C: LIST\n' + HELLO + 'S... [12] *\n', 'each line'),
    (IN + 'C: RETR 1\n' + HELLO + 'S= 119 octets\n', '119 octets'),
    (IN + 'C: RETR 1\n' + HELLO + 'S= mail 2\n', 'mail 2'),
    (IN + 'C: TOP 1 1\n' + HELLO + 'S= mail 1 top 2\n', 'top 2'),
    (IN + 'C: LIST\n' + HELLO + 'S= mail 1\n', 'mail 1'),
    (IN + 'C: RETR 1\n' + HELLO + 'S= uidl\n', 'number'),
    (IN + 'C: RETR 1\n' + HELLO + 'S= capa a\n', 'a capability'),
    (IN + 'C: UIDL 1\nS~ +OK 1 {a}\nC: UIDL 2\nS~ +OK 2 {a}\n',
     'S~ +OK 2 {a}'),
    (IN + 'C: UIDL 1\nS~ +OK 1 {a}\nC: UIDL 1\nS~ +OK 1 {b}\ndiffer a b\n',
     'two values that differ'),
    (HELLO + 'differ a b\n', 'two variables'),
    (HELLO + 'C~ {a}\n', 'without a value'),
    (HELLO + 'C: CAPA\n' + HELLO + 'S= capa a\ncapa a lacks TOP\n',
     'without TOP'),
    (HELLO + 'C: CAPA\n' + HELLO + 'S= capa a\ncapa a has NOSE\n',
     'with NOSE'),
    (HELLO + 'C: CAPA\n' + HELLO + 'S= capa a\ncapa a has SASL=NOSE\n',
     'with SASL=NOSE'),
    (HELLO + 'C: CAPA\n' + HELLO + 'S= capa a\ncapa a has SASL/7\n',
     'with SASL/7'),
    (HELLO + 'C: CAPA\n' + HELLO + 'S= capa a\nlogin\nC: CAPA\n' + HELLO +
     'S= capa b\ncapa a within b\n', 'with STLS'),
    ('either\nS: x\nor\nS! closed\nend\n', 'one of the branches'),
    (HELLO + 'tls\n', 'a TLS handshake'),
    (HELLO + 'connect\n', 'a free connection number'),
    (HELLO + 'use 2\n', 'an open connection'),
    (HELLO + 'stored wren 2\n', '2 messages (there are 3)'),
    (HELLO + 'stored wren 1 is\n| From: ada@example.org\n',
     'the end of the message'),
    (HELLO + 'stored wren 1 is\n| From: eve@example.org\n',
     '| From: eve@example.org'),
    (HELLO + 'store remove wren 9\n', 'no such message'),
    (IN + 'C: STAT\nS~ +OK 3 {size12}\n', '+OK 3 {size12}'),
    (IN + 'C: LIST 1\nS~ +OK {...}\n', '+OK {...}'),
    (IN + 'C: LIST 1\nS~ +OK 1 12{...}\n', '+OK 1 12{...}'),
    (HELLO + 'login {other} {password}\n', 'expected: a login'),
    (IN + 'C~ {size4}\n', 'without a value'),
    (IN + 'C: DELE 1\nC: QUIT\nrepeat 2 S~ +OK*\nS! closed\n',
     'the header line `changes: maildrop`'),
]

# what the built-in variables say of our own world
RIGHT = [
    # each number once as we know it and once as the variable says
    IN + 'C: LIST\n' + HELLO + 'S~ 1 {size1}\nS~ 2 {size2}\n'
    'S~ 3 {size3}\nS: .\nC: LIST\n' + HELLO + 'S: 1 120\nS: 2 200\n'
    'S: 3 451\nS: .\n',
    HELLO + 'C~ {md5:{size12} {size13} {size23} {size123}}\n'
    'C~ {md5:320 571 651 771}\nrepeat 2 S~ {answer*}\n',
    IN + 'C: STAT\nS~ +OK 3 {size123}{...}\nC: STAT\nS~ +OK{...}\n'
    'C: STAT\nS~ +OK 3{...}\n',
    IN + 'C: DELE 1\nC: STAT\n' + HELLO + 'S~ +OK 2 {size23}\n',
    HELLO + 'C~ USER {user}\nC: USER wren\nC~ PASS {password}\n'
    'repeat 3 S~ +OK*\n',
    HELLO + 'login {other} {other_password}\n',
    HELLO + 'C~ AUTH PLAIN {base64:\\0{user}\\0{password}}\n' + HELLO,
    HELLO + 'C~ {md5:{user}}\nC~ {md5:wren}\nrepeat 2 S~ -ERR{a*}\n',
]

# a server that says this, and a dialogue that is right but for it
LIES = [
    (b'+OK hi\n', HELLO, 'ends with CRLF'),
    (b'+OK a\nb\r\n', HELLO, 'ends with CRLF'),
    (b'+OK', HELLO, 'whole reply line'),
    (b'+ok hi\r\n', 'S~ *\n' + HELLO, 'the server has closed'),
    (b'+OKAY\r\n', 'S~ *\n', 'a space behind'),
    (b'+OK a\x07\r\n', 'S~ *\n', 'control characters'),
    (b'+OK a\rb\r\n', 'S~ *\n', 'control characters'),
    (b'+OK [XCLIENT] x\r\n', 'S~ *\n', 'registered response code'),
    (b'-ERR [NOSE] x\r\n', 'S~ *\n', 'registered response code'),
    (b'-ERR [AUTHOR] x\r\n', 'S~ *\n', 'registered response code'),
    (b'-ERR [AUTH x\r\n', 'S~ *\n', 'registered response code'),
    (b'-ERR [SYS] x\r\n', 'S~ *\n', 'registered response code'),
    (b'+OK [AUTH] x\r\n', 'S~ *\n', 'registered response code'),
    (b'+OK ' + b'x' * 507 + b'\r\n', 'S~ *\n', '512 octets'),
    (b'+OK\r\n.x\r\n.\r\n', HELLO + 'S= 4 octets\n', 'a stuffed dot'),
    (b'+OK\r\nx\ny\r\n.\r\n', HELLO + 'S= 5 octets\n', 'CRLF'),
    (b'+OK\r\nx\r\n', HELLO + 'S= 3 octets\n', 'the server has closed'),
    (b'+OK\r\n1 a b\r\n.\r\n', HELLO + 'S= uidl\n', '0x21 to 0x7e'),
    (b'+OK\r\n1 ' + b'x' * 71 + b'\r\n.\r\n', HELLO + 'S= uidl\n', '1 to 70'),
    (b'+OK\r\n1 \r\n.\r\n', HELLO + 'S= uidl\n', '1 to 70'),
    (b'+OK\r\n2 a\r\n1 b\r\n.\r\n', HELLO + 'S= uidl\n', 'larger'),
    (b'+OK\r\nA.B\r\n.\r\n', HELLO + 'S= capa a\n', 'a tag'),
    (b'+OK\r\n' + b'A' * 511 + b'\r\n.\r\n', HELLO + 'S= capa a\n', '512'),
    (b'+OK\r\n+OK more\r\n', HELLO, 'nothing more from the server'),
    (b'+OK\r\nx', HELLO + 'S! closed\n', 'S! closed'),
    (b'+OK\r\n', 'S! refused\n', 'S! refused'),
    (b'+OK\r\nextra', HELLO + 'tls\n', 'nothing before the handshake'),
]


class Liar:
    """Says its piece to each that connects, takes what comes, closes."""

    def __init__(self, piece):
        self.piece = piece
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                conn, _ = self.listener.accept()
            except OSError:
                return
            with conn, contextlib.suppress(OSError):
                conn.sendall(self.piece)
                conn.shutdown(socket.SHUT_WR)
                while conn.recv(4096):
                    pass

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Tester:
    def __init__(self, play, directory):
        self.play = play
        self.path = Path(directory) / 'case.t'
        self.count = 0

    def run(self, text, *args):
        self.path.write_text(text)
        done = subprocess.run([self.play, *args, str(self.path)],
                              capture_output=True, text=True,
                              errors='replace')
        return done.returncode, done.stdout + done.stderr

    def want(self, code, text, said, *args):
        got, out = self.run(text, *args)
        assert got == code and said in out, \
            f'{text!r}\nwanted {code} and {said!r}, got {got} and:\n{out}'
        self.count += 1


def test_parsing(t):
    for header, dialogue, said in BROKEN:
        text = HEADER.format(header) + dialogue + '\n'
        t.want(BAD, text, said, '--check')
    t.want(BAD, 'no title\n', 'the first line', '--check')
    t.want(BAD, '# t\n\nS~ *\n', 'is missing', '--check')
    # what is said has the number of the line
    t.want(BAD, HEADER.format('') + HELLO + '\n; x\nnonsense\n',
           'case.t:9: ', '--check')


def test_playing(t):
    for dialogue, said in WRONG:
        text = HEADER.format('') + dialogue
        t.want(FAILED, text, said, '--engine', '--mode', 'whole')
        t.want(FAILED, text, said, '--engine', '--mode', 'bytes')
    text = HEADER.format('') + IN + 'C: STAT\nS: +OK 3 772\n'
    t.want(FAILED, text, 'case.t:9: played random with --seed 42',
           '--engine', '--mode', 'random', '--seed', '42')
    t.want(PASSED, text.replace('772', '771'), '1 passed', '--engine')
    for dialogue in RIGHT:
        t.want(PASSED, HEADER.format('') + dialogue, '1 passed', '--engine')
    t.want(SKIPPED, HEADER.format('only: socket why not\n') + HELLO,
           'SKIP why not', '--engine')


def test_liars(t):
    for piece, dialogue, said in LIES:
        liar = Liar(piece)
        args = ('--connect', f'127.0.0.1:{liar.port}', '--mode', 'whole',
                '--timeout', '5', '--have', 'clear,tls')
        t.want(FAILED, HEADER.format('') + dialogue, said, *args)
        liar.close()
    for code in (b'AUTH', b'auth', b'AUTH/EXPIRED', b'SYS/TEMP/DISK'):
        liar = Liar(b'-ERR [' + code + b'] x\r\n')
        args = ('--connect', f'127.0.0.1:{liar.port}', '--have', 'clear')
        t.want(PASSED, HEADER.format('') + 'S~ -ERR*\n', '1 passed', *args)
        liar.close()


def test_needs(t):
    liar = Liar(b'+OK hi\r\n')
    to = ('--connect', f'127.0.0.1:{liar.port}')
    text = HEADER.format('needs: apop bad=3\n') + HELLO
    t.want(SKIPPED, text, 'SKIP apop', *to, '--have', 'clear')
    t.want(SKIPPED, text, 'SKIP bad=3', *to, '--have', 'clear,apop')
    t.want(SKIPPED, text, 'SKIP clear', *to, '--have', 'apop,bad=3')
    t.want(PASSED, text, '1 passed', *to, '--have', 'apop,bad=3,clear')
    text = HEADER.format('') + HELLO + 'tls\n'
    t.want(SKIPPED, text, 'SKIP tls', *to, '--have', 'clear')
    text = HEADER.format('') + HELLO + 'stored wren 1\n'
    t.want(SKIPPED, text, 'SKIP access to the store', *to, '--have', 'clear')
    liar.close()


def main():
    with tempfile.TemporaryDirectory() as tmp:
        t = Tester(sys.argv[1], tmp)
        for test in (test_parsing, test_playing, test_liars, test_needs):
            test(t)
    print(f'{t.count} transcripts were told right from wrong')


if __name__ == '__main__':
    main()
