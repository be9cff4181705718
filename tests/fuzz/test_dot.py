#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""test_dot: our dot codec and Python's, on the same messages.

    test_dot.py DOT_TOOL [ROUNDS [SEED]]

smtplib sends what we have sent, poplib reads what we have read, and counts
the octets that we announce: for messages made of what is hard for a codec,
in pieces of any size.  The sequence is the same each time; SEED changes it.
"""
import io
import poplib
import random
import re
import smtplib
import struct
import subprocess
import sys

# dots, CR and LF next to each other and to other octets
WORDS = [b'.', b'..', b'\r\n', b'\n', b'\r', b'\r\n.', b'\n.', b'\r.', b'a',
         b'.\r\n', b'\r\n.\r\n', b'Subject: x', b'\0', b'\xff', b' ', b'x' * 75]
poplib._MAXLINE = 1 << 20


class Tool:
    def __init__(self, path):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def ask(self, what, piece, octets):
        self.process.stdin.write(what + bytes([piece])
                                 + struct.pack('<I', len(octets)) + octets)
        self.process.stdin.flush()
        n, = struct.unpack('<I', self.process.stdout.read(4))
        return self.process.stdout.read(n)

    def stuff(self, piece, message):
        answer = self.ask(b's', piece, message)
        return struct.unpack('<Q', answer[:8])[0], answer[8:]

    def unstuff(self, piece, wire):
        return self.ask(b'u', piece, wire)

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def canonical(message):
    """A stored message as it is on the wire, without dots put in."""
    text = re.sub(rb'(?<!\r)\n', b'\r\n', message)
    return text + b'\r\n' if text and not text.endswith(b'\n') else text


class Wire:
    """In place of a socket: keeps what is sent."""
    def __init__(self):
        self.sent = b''

    def sendall(self, octets):
        self.sent += octets


def by_smtplib(message):
    client = smtplib.SMTP()
    client.sock = Wire()
    client.file = io.BytesIO(b'354 go\r\n250 ok\r\n')
    client.data(canonical(message))
    wire = client.sock.sent
    client.sock = client.file = None
    return wire[len(b'data\r\n'):]


def by_poplib(wire):
    client = poplib.POP3.__new__(poplib.POP3)
    client._debugging = 0
    client.file = io.BytesIO(b'+OK\r\n' + wire)
    client._putcmd = lambda line: None
    _, lines, octets = client.retr(1)
    assert client.file.read() == b'', 'poplib has left something'
    return b''.join(line + b'\r\n' for line in lines), octets


def check(tool, message, piece):
    size, wire = tool.stuff(piece, message)
    text = canonical(message)
    assert size == len(text), ('announced', size, len(text))
    if message:     # smtplib sends an empty line for an empty message
        assert wire == by_smtplib(message), ('sent', wire)
    assert by_poplib(wire) == (text, size), ('poplib reads', wire)
    assert tool.unstuff(piece, wire) == text, ('read', wire)
    # what another client has sent
    if message:
        assert tool.unstuff(piece, by_smtplib(message)) == text


def main(path, rounds=2000, seed=1):
    rng = random.Random(int(seed))
    tool = Tool(path)
    octets = 0
    for i in range(int(rounds)):
        message = b''.join(rng.choices(WORDS, k=rng.randrange(1 + i % 40)))
        try:
            check(tool, message, rng.randrange(12))
        except AssertionError as error:
            sys.exit(f'round {i}, seed {seed}: {message!r}: {error}')
        octets += len(message)
    if tool.end() != 0:
        sys.exit('dot_tool failed')
    print(f'{rounds} messages, {octets} octets: the same')


if __name__ == '__main__':
    main(*sys.argv[1:])
