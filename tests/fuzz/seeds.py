#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""seeds: makes fuzz seeds of the transcripts.

    seeds.py DIRECTORY      DIRECTORY/TARGET/NAME, for tools/fuzz

What clients say in tests/wire becomes seeds of the server machines, what
servers say in tests/wire/hostile seeds of the client machine and of its
login; the transcripts themselves are seeds of their reader.  A seed need not
be right: variables that a dialogue would have are empty.
"""
import base64
import hashlib
import pathlib
import re
import sys

TESTS = pathlib.Path(__file__).resolve().parent.parent
SEED_MAX = 20000
REPEAT_MAX = 3000
ESCAPES = {'r': 13, 'n': 10, 't': 9, '0': 0, 's': 32}
LOGIN = b'USER wren\r\nPASS correct horse battery\r\n'


def matching(text, at):
    """Index of the } that closes the { before text[at]."""
    depth = 0
    while at < len(text):
        if text[at] == '\\' and text[at + 1:at + 2] != '{':
            at += 1
        elif text[at] == '{':
            depth += 1
        elif text[at] == '}':
            if depth == 0:
                return at
            depth -= 1
        at += 1
    return len(text)


def substitute(inside):
    kind, colon, rest = inside.partition(':')
    if not colon:
        return b''
    value = expand(rest)
    if kind == 'base64':
        return base64.b64encode(value)
    digest = hashlib.md5(value).hexdigest()
    return (digest.upper() if kind == 'md5upper' else digest).encode()


def repeat(text, at):
    """\\{N*RAW} at text[at], behind the brace: its octets and its end."""
    end = matching(text, at)
    count, _, raw = text[at:end].partition('*')
    return expand(raw) * min(int(count or 0), REPEAT_MAX), end + 1


def expand(text):
    """RAW of tests/wire/README.md as octets."""
    out, at = bytearray(), 0
    while at < len(text):
        c, behind = text[at], text[at + 1:at + 2]
        if c == '{':
            end = matching(text, at + 1)
            out += substitute(text[at + 1:end])
            at = end + 1
        elif c == '\\' and behind == '{':
            octets, at = repeat(text, at + 2)
            out += octets
        elif c == '\\' and behind == 'x':
            out.append(int(text[at + 2:at + 4], 16))
            at += 4
        elif c == '\\':
            out.append(ESCAPES.get(behind, ord(behind or '\\')))
            at += 2
        else:
            out += c.encode()
            at += 1
    return bytes(out)


def lines_of(path):
    """The header's fields and the dialogue's lines."""
    head, _, dialogue = path.read_text('utf-8').partition('\n\n')
    fields = dict(re.findall(r'^(\w+): (.*)$', head, re.M))
    return fields, [l for l in dialogue.split('\n')
                    if l and not l.startswith(';')]


def said(line, who):
    """Octets that this line puts on the wire, None for another line."""
    count = re.match(r'repeat (\d+) ', line)
    if count:
        octets = said(line[count.end():], who)
        return octets and octets * min(int(count[1]), 100)
    if line.startswith(who + ': ') or line == who + ':':
        return line[3:].encode() + b'\r\n'
    if line.startswith(who + '~ '):
        return expand(line[3:]) + b'\r\n'
    if line.startswith(who + '| '):
        return expand(line[3:])
    return None


def client_text(dialogue, wait):
    """What all clients say; `wait` stands where they wait for a reply."""
    out = []
    for line in dialogue:
        octets = said(line, 'C')
        if octets is not None:
            out.append(octets)
        elif re.match(r'login\b', line):
            out.append(LOGIN)
        elif line.startswith('S') and out and out[-1] != wait:
            out.append(wait)
    return b''.join(out)


def pop_server(fields, dialogue):
    """With the heads of fuzz_pop_server.c: config, how, answers, pieces, ..."""
    needs = fields.get('needs', '').split()
    flags = 0
    flags |= 0 if 'no-tls' in needs else 1
    flags |= 0 if 'tls-only' in needs else 2
    flags |= 4 if 'strict-crlf' in needs else 0
    flags |= 8 if 'last' in needs else 0
    text = client_text(dialogue, b'')
    for tls in (0, 1):
        yield bytes([flags, 2 | tls << 2, 5, 3, 0, 0]) + text
    if fields.get('fixture') != 'empty':
        message = b'a: b\r\n\r\n.x\nlast'
        yield bytes([flags, 1, 0, 4, 9, len(message)]) + message + \
            text.replace(LOGIN, b'')


def smtp(fields, dialogue):
    needs = fields.get('needs', '').split()
    choice = 1 if fields['protocol'] == 'lmtp' else 0
    choice |= 0 if 'no-tls' in needs else 2
    choice |= 4 if 'tls-only' in needs else 0
    choice |= 8 if 'normalize' in needs else 0
    text = client_text(dialogue, b'\x01')
    # an answer that accepts everything, and others
    for random in (44, 7):
        yield bytes([choice, random]) + text
        yield bytes([choice | 16, random]) + text


def server_text(dialogue):
    out = []
    for line in dialogue:
        octets = said(line, 'S')
        many = re.match(r'many (\d+) (.*)', line)
        mail = re.match(r'mail (\d+)( without end)?', line)
        if octets is not None:
            out.append(octets)
        elif line.startswith('split '):
            out.append(expand(line[6:]))
        elif many:
            out.append(expand(many[2]) * min(int(many[1]), REPEAT_MAX))
        elif mail:
            out.append(b'Subject: x\r\n\r\n..dot\r\n'
                       + (b'' if mail[2] else b'.\r\n'))
        elif line.startswith('serve'):
            out.append(b'+OK\r\n' * 3)
    return b''.join(out)


def pop_client(dialogue):
    text = server_text(dialogue)
    if text:
        for head in (b'\x01\x00\x05\x03', b'\x81\x08\x09\x02',
                     b'\x41\x00\x21\x05'):
            yield head + text


def login(dialogue):
    text = server_text(dialogue)
    if text:
        yield b'\x02\x01\x03\x04' + text


def write(directory, target, name, seeds):
    where = directory / target
    where.mkdir(parents=True, exist_ok=True)
    for i, octets in enumerate(seeds):
        (where / f'{name}-{i}').write_bytes(octets[:SEED_MAX])


def main(directory):
    ours = [p for where in ('pop3', 'smtp', 'lmtp')
            for p in TESTS.glob(f'wire/{where}/*.t')]
    for path in sorted(ours):
        fields, dialogue = lines_of(path)
        name = f'{path.parent.name}-{path.stem}'
        if fields.get('protocol') in ('smtp', 'lmtp'):
            write(directory, 'smtp', name, smtp(fields, dialogue))
        elif fields.get('protocol') == 'pop3':
            write(directory, 'pop_server', name, pop_server(fields, dialogue))
        write(directory, 'wire_case', name, [path.read_bytes()])
    for path in sorted(TESTS.glob('wire/hostile/*.t')):
        _, dialogue = lines_of(path)
        write(directory, 'pop_client', path.stem, pop_client(dialogue))
        write(directory, 'login', path.stem, login(dialogue))


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
