# SPDX-License-Identifier: ISC
"""player: plays a server's side from a transcript of
tests/wire/hostile (see the README.md there).

    case = Case(CASES / 'stls-injected-ok.t')
    case.play(desk)         # AssertionError says line and difference
"""
import ast
import base64
import fnmatch
import os
import re
from pathlib import Path

import certs
from desk import letters, stored
from popscript import KNOBS, Drop, Gone, PopServer, Session, on_the_wire

CASES = Path(__file__).resolve().parents[1] / 'wire' / 'hostile'
HEADERS = ('checks', 'ref', 'account', 'server', 'mail', 'exit', 'fault',
           'stored', 'secret', 'sessions', 'left', 'args', 'runs', 'cert',
           'said', 'unsaid', 'tls', 'rule', 'first', 'never', 'again', 'met',
           'login', 'only', 'cost', 'part')
PASSWORD = 'correct horse battery'
# everything that a password could travel in
SECRET_VERBS = ('PASS', 'USER', 'APOP', 'AUTH')


CERTS = {
    'good': lambda: certs.certificate(),
    'other-name': lambda: certs.certificate('DNS:other.example.net',
                                            'other.example.net'),
    'other-address': lambda: certs.certificate('IP:192.0.2.1', '192.0.2.1'),
    'expired': lambda: certs.certificate(days=-1),
    'own': lambda: certs.certificate(own=True),
    'stranger': lambda: certs.certificate(ca='other'),
    'client-only': lambda: certs.certificate(usage='clientAuth'),
    'common-name': lambda: certs.certificate('', 'localhost'),
    'nul': lambda: certs.certificate(
        certs.nul_in_name('localhost', '.evil.example.org')),
    'star': lambda: certs.certificate('DNS:*', '*'),
    'wildcard': lambda: certs.certificate('DNS:*.example.net',
                                          '*.example.net'),
}


class CaseError(AssertionError):
    """A fault in the case itself, or what the client did wrong."""


def unescape(text):
    """RAW with its escapes, as octets."""
    def many(m):
        return unescape(m[2]).decode('latin-1') * int(m[1])
    plain = {'r': '\r', 'n': '\n', 't': '\t', '0': '\0', '\\': '\\',
             's': ' ', '}': '}'}
    text = re.sub(r'\\\{(\d+)\*((?:[^}\\]|\\.)*)\}', many, text)
    text = re.sub(r'\\(x[0-9a-fA-F]{2}|.)', lambda m: chr(int(m[1][1:], 16))
                  if m[1][0] == 'x' and len(m[1]) == 3 else plain[m[1]], text)
    return text.encode('latin-1')


class Case:
    """One file: its header, and what is to be played."""

    def __init__(self, path):
        self.path = Path(path)
        lines = self.path.read_text(encoding='utf-8').split('\n')
        if not lines[0].startswith('# '):
            raise CaseError(f'{path}:1: no title')
        self.title, self.head, self.steps = lines[0][2:], {}, []
        body = False
        for number, line in enumerate(lines[1:], 2):
            if line.startswith(';'):
                continue
            if not body and not line:
                body = True
            elif not body:
                name, colon, value = line.partition(': ')
                if not colon or name not in HEADERS:
                    raise CaseError(f'{path}:{number}: header {line!r}')
                self.head.setdefault(name, []).append(value)
            elif line:
                self.steps.append((number, line))
        for needed in ('checks', 'exit'):
            if needed not in self.head:
                raise CaseError(f'{path}: no {needed}:')

    @property
    def name(self):
        return self.path.stem

    def one(self, name, default=None):
        return self.head.get(name, [default])[0]

    def knobs(self):
        out = {}
        for line in self.head.get('server', []):
            key, _, value = line.partition(' = ')
            if key not in KNOBS:
                raise CaseError(f'{self.path}: no knob {key!r}')
            out[key] = ast.literal_eval(value)
        return out

    def mails(self):
        given = self.head.get('mail')
        if given is None:
            return letters(3)
        if given == ['none']:
            return []
        if re.fullmatch(r'\d+', given[0]):
            return letters(int(given[0]))
        return [unescape(m) for m in given]

    def accounts(self):
        """Settings of the account, as restante.conf has them."""
        out = {}
        for line in self.head.get('account', []):
            key, _, value = line.partition(' = ')
            value = value.replace('{ca}', str(certs.authority()[0])) \
                .replace('{other-ca}', str(certs.authority('other')[0]))
            out[key] = None if value == '(none)' else value
        return out

    # -- playing --

    def serve(self, trouble, way=None):
        """
        A server that plays this case from the next connection on, once its
        act_from says which that is; before that it behaves.
        """
        case = self

        class Scripted(Session):
            def run(self):
                act = self.server.act_from
                play = (way or Play)(case, self, self.number - (act or 0))
                self.server.plays.append(play)
                try:
                    if act is not None and case.steps and \
                            case.connections() > self.number - act:
                        play.all()
                    else:
                        super().run()
                except Gone as e:
                    self.ended = str(e)
                    if play.begun and play.unplayed():
                        trouble.append(f'{play.where()}: {e}')
                except CaseError as e:
                    trouble.append(str(e))
                finally:
                    self.leave()

        self.drop = Drop(self.mails())
        server = PopServer({'wren': (PASSWORD, self.drop)},
                           tls=self.one('tls', 'none'), session=Scripted,
                           cert=CERTS[self.one('cert', 'good')]())
        server.act_from, server.plays = None, []
        return server

    def act(self, server):
        """What was good so far is so no more."""
        server.settle()
        server.knobs.update(self.knobs())
        server.act_from = len(server.sessions) + 1

    def play(self, desk):
        """Runs restante against the case; AssertionError when it differs."""
        trouble = []
        with self.serve(trouble) as server:
            self.configure(desk, server)
            if self.one('first') == 'good':
                desk.fetch()
            self.act(server)
            for _ in range(int(self.one('runs', '1'))):
                done = desk.fetch(*self.one('args', '').split(), status='any')
                server.settle()
            self.dialogue = [d for s in server.sessions for d in s.dialogue]
            trouble += self.differences(desk, server, self.drop, done)
        if trouble:
            talk = '\n'.join(f'{w.decode()}: {o!r:.200}'
                             for w, o in self.dialogue[-30:])
            raise CaseError('\n'.join([self.title, *trouble, '', talk,
                                       str(done)]))

    def connections(self):
        return 1 + sum(line == 'connect' for _, line in self.steps)

    def configure(self, desk, server):
        stalls = any(line == 'stall' for _, line in self.steps)
        settings = {'password': PASSWORD, 'timeout': '2s' if stalls else '20s'}
        if server.tls != 'none':
            settings.update(ca_file=certs.authority()[0],
                            tls_name='localhost')
        settings.update(self.accounts())
        desk.account('work', server, **settings)
        for i, line in enumerate(self.head.get('rule', [])):
            desk.rule(f'r{i}', **dict(
                part.split(' = ', 1) for part in line.split(' ; ')))

    def differences(self, desk, server, drop, done):
        wanted = self.one('exit')
        good = {'0': done.status == 0, 'bad': done.status != 0}.get(
            wanted, str(done.status) in wanted.split('|'))
        if not good:
            yield f'exit: wanted {wanted}, got {done.status}'
        fault = self.one('fault')
        if fault and not set(fault.split()) & set(done.faults):
            yield f'fault: wanted one of {fault}, got {done.faults}'
        if not fault and wanted == '0' and done.faults:
            yield f'fault: wanted none, got {done.faults}'
        yield from self.stored_differs(desk)
        left = self.one('left')
        if left is not None and left != ' '.join(
                str(int(u[1:])) for u in drop.uids()):
            yield f'left: wanted {left}, on the server are {drop.uids()}'
        sessions = self.one('sessions')
        had = len(server.sessions) - server.act_from + 1
        if sessions and had != int(sessions):
            yield f'sessions: wanted {sessions}, got {had}'
        yield from self.never_said(server)
        if self.one('secret') == 'unsent':
            yield from self.secret_sent(server)
        for word in self.head.get('said', []):
            if unescape(word) not in done.raw:
                yield f'not said: {word}'
        for word in self.head.get('unsaid', []):
            if unescape(word) in done.raw:
                yield f'said: {word}'

    def never_said(self, server):
        never = self.one('never')
        for s in server.sessions[server.act_from - 1:] if never else ():
            for who, line in s.dialogue:
                if who == b'C' and re.match(never, line.decode('latin-1')):
                    yield f'said what is never to be said: {line!r}'

    def stored_differs(self, desk):
        wanted = self.one('stored')
        if wanted is None:
            return
        have = sorted(desk.mail())
        mails = self.mails()
        should = sorted(stored(mails[int(n) - 1]) for n in wanted.split()) \
            if wanted != 'nothing' else []
        if have != should:
            yield (f'stored: wanted {wanted}, got {len(have)} messages: '
                   + repr([m[:300] for m in have])[:900])
        if desk.leftovers():
            yield f'left behind: {desk.leftovers()}'

    def secret_sent(self, server):
        for s in server.sessions[server.act_from - 1:]:
            for form in (PASSWORD.encode(),
                         base64.b64encode(PASSWORD.encode())):
                if form in s.raw_in:
                    yield f'the password was sent: {s.raw_in[:300]!r}'
            for who, line in s.dialogue:
                verb = line.split(b' ')[0].upper().decode('latin-1')
                if who == b'C' and verb in SECRET_VERBS:
                    yield f'credentials were sent: {line!r}'


class Play:
    """One case on its way; the steps of one connection."""

    def __init__(self, case, session, number=0):
        self.case, self.s = case, session
        parts, part = [], []
        for step in case.steps:
            if step[1] == 'connect':
                parts.append(part)
                part = []
            else:
                part.append(step)
        parts.append(part)
        self.steps = parts[number] if number < len(parts) else []
        self.at = 0
        self.begun = False
        self.pending = None         # a line that `serve until` has met
        self.at_ease = False        # the client may go when it likes

    def unplayed(self):
        """Is there a step that the client must not leave out?"""
        return self.at < len(self.steps) and not self.at_ease

    def where(self):
        number, line = self.steps[min(self.at, len(self.steps) - 1)]
        return f'{self.case.path.name}:{number}: {line}'

    def fail(self, text):
        raise CaseError(f'{self.where()}: {text}')

    def all(self):
        self.begun = True
        if self.s.server.tls == 'implicit' and \
                self.steps[0][1].split(' ')[0] not in (
                    'tls', 'await', 'stall', 'raw'):
            self.s.start_tls()
        while self.at < len(self.steps):
            line = self.steps[self.at][1]
            self.step(line)
            self.at += 1
        self.s.flush()
        # whoever falls silent here gets what the case had to say; now the
        # client has its turn until it leaves
        self.s.ended = 'the case was played'

    def line(self):
        if self.pending is not None:
            line, self.pending = self.pending, None
            return line
        return self.s.line()

    def step(self, line):
        two = line[:2]
        if two in ('S:', 'S~', 'S|'):
            self.say(two[1], line[3:])
        elif two in ('C:', 'C~', 'C|'):
            self.hear(two[1], line[3:])
        else:
            word, _, rest = line.partition(' ')
            name = 'do_' + word.replace('!', '_').replace('-', '_').lower()
            handler = getattr(self, name, None)
            if handler is None:
                self.fail('not understood')
            handler(rest)

    def say(self, how, text):
        if how == ':':
            self.s.put(text.encode())
        elif how == '~':
            self.s.put(unescape(text))
        else:
            self.s.say(unescape(text))

    def hear(self, how, text):
        self.s.flush()
        got = self.line()
        if how == ':':
            good = got == text.encode()
        elif how == '|':
            good = got == unescape(text)
        else:
            good = any(fnmatch.fnmatchcase(got.decode('latin-1'), glob)
                       for glob in text.split(' OR '))
        if not good:
            self.fail(f'the client said {got!r}')

    # -- directives --

    def do_c_(self, rest):
        """C! closed: the client goes without another octet."""
        if rest != 'closed':
            self.fail('not understood')
        self.s.flush()
        before = len(self.s.raw_in)
        try:
            while True:
                self.s.receive_quietly()
        except Gone as e:
            if 'timed out' in str(e):
                self.fail('the client does not close')
        got = self.s.raw_in[before:]
        # a TLS alert is no word, nor is the handshake that was expected
        if got and got != b'QUIT\r\n' and got[:1] not in b'\x15\x16':
            self.fail(f'before it closed the client said {got[:200]!r}')

    def do_serve(self, rest):
        """serve | serve until PATTERN: the behaving server takes over."""
        self.s.flush()
        word, _, pattern = rest.partition(' ')
        greeted = any(who == b'S' for who, _ in self.s.dialogue)
        if word == 'until':
            self.pending = self.s.serve(until=pattern, greet=not greeted)
        elif not rest:
            self.at = len(self.steps)
            self.s.serve(greet=not greeted)
        else:
            self.fail('not understood')

    def do_mail(self, rest):
        """mail N [without end | half]: a whole message, stuffed."""
        number, _, how = rest.partition(' ')
        wire = on_the_wire(self.case.mails()[int(number) - 1])
        most = {'': len(wire), 'half': len(wire) // 2,
                'without end': len(wire) - 3}[how]
        self.s.say(wire[:most])

    def do_rows(self, rest):
        """rows N RAW: N lines, each with its number before RAW."""
        number, _, raw = rest.partition(' ')
        text, n = unescape(raw), int(number)
        for i in range(1, n + 1, 10000):
            self.s.say(b''.join(b'%d %s\r\n' % (k, text) for k in
                                range(i, min(n, i + 9999) + 1)))
            self.s.flush()

    def do_answer(self, rest):
        """answer N RAW: the next N lines are answered so."""
        number, _, raw = rest.partition(' ')
        for _ in range(int(number)):
            self.s.flush()
            self.line()
            self.s.say(unescape(raw))

    def do_await(self, _):
        """Octets come, whatever they are: the hello of TLS."""
        self.s.flush()
        self.s.receive_quietly()

    def do_raw(self, rest):
        """raw RAW: octets below TLS."""
        self.s.flush()
        try:
            os.write(self.s.sock.fileno(), unescape(rest))
        except OSError as e:
            raise Gone(f'write: {e}') from None

    def do_many(self, rest):
        """many N RAW: RAW N times, in pieces, until the client goes."""
        number, _, raw = rest.partition(' ')
        piece = unescape(raw)
        n = int(number)
        per = max(1, 65536 // len(piece))
        while n > 0:
            self.s.say(piece * min(n, per))
            self.s.flush()
            n -= per

    def do_maybe(self, _):
        """From here on the client may close at any moment."""
        self.at_ease = True

    def do_split(self, rest):
        """split RAW: said octet by octet."""
        for octet in unescape(rest):
            self.s.say(bytes([octet]))
            self.s.flush()

    def do_tls(self, rest):
        """tls | tls refused: our side of the handshake."""
        try:
            self.s.start_tls()
            # TLS 1.3: the client's refusal comes with its first octets
            if rest == 'refused':
                self.s.receive_quietly()
        except Gone:
            if rest != 'refused':
                raise
            return
        if rest == 'refused':
            self.fail('the client took the certificate')

    def do_close(self, _):
        self.s.flush()
        self.at = len(self.steps)
        self.s.cut('fin')

    def do_notify(self, _):
        self.s.flush()
        self.at = len(self.steps)
        self.s.cut('notify')

    def do_reset(self, _):
        self.s.flush()
        self.at = len(self.steps)
        self.s.cut('rst')

    def do_stall(self, _):
        self.s.flush()
        self.at = len(self.steps)
        self.s.cut('stall')


def all_cases():
    return sorted(CASES.glob('*.t'))
