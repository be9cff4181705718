# SPDX-License-Identifier: ISC
"""judge: plays a case of tests/wire/hostile to any fetcher, and judges it.

    verdict = judge(Case(path), fetchers.Mpop, directory)
    verdict.mark, verdict.text      # see MARKS

What is judged is the same for all of them, whatever they say on the wire;
tests/wire/hostile/README.md has the rules.  The dialogue is played less
strictly than for restante: a client may say other things than a `C` line has,
then it is served by a server that behaves, from there on.
"""
import base64
import collections
import dataclasses
import re
import shutil
import signal
from pathlib import Path

import certs
from desk import RESTANTE, stored
from fetchers import HUNG
from player import PASSWORD, Play
from popscript import Gone

MARKS = {'ok': '✓', 'gave-up': '○', 'fault': '✗', 'not': '–'}
PATIENCE = 50           # seconds in which any run ends by itself
SILENCE = 5             # seconds that each is told to bear silence
MOST = 256 << 20        # octets in memory
WALL = 1 << 30          # so that the machine survives it, too
# sanitizers have memory of their own
SANITIZED = RESTANTE.exists() and b'__asan_init' in RESTANTE.read_bytes()
# what a client must have said before these knobs can hurt it
MET_BY = {'capa': 'CAPA', 'capa_tls': 'CAPA', 'mechs': 'CAPA', 'uidl': 'UIDL',
          'list': 'LIST', 'dele': 'DELE', 'stls': 'STLS', 'quit': 'QUIT',
          'scram': 'AUTH SCRAM', 'challenge': 'AUTH', 'top': 'TOP',
          'login': 'PASS|AUTH|APOP', 'poison': 'RETR', 'hangup': 'RETR'}
# a server that any of them likes
GOOD = {'apop': True, 'mechs': ('SCRAM-SHA-256', 'SCRAM-SHA-1', 'CRAM-MD5',
                                'LOGIN', 'PLAIN')}
NO_MAIL = ('part', 'other')


@dataclasses.dataclass
class Verdict:
    mark: str               # a key of MARKS
    text: str = ''

    def __str__(self):
        return f'{MARKS[self.mark]} {self.text}'.strip()


class Easy(Play):
    """The dialogue, for whoever may say something else."""

    believed = False

    def __init__(self, *args):
        super().__init__(*args)
        self.met = False
        line = self.s.line

        def heard():
            # fetchmail has RETR under another name
            got = line()
            if self.s.knobs['top']:
                got = re.sub(rb'(?i)^TOP (\d+) 9{6,}$', rb'RETR \1', got)
            return got
        self.s.line = heard

    def all(self):
        first = self.steps[0][1] if self.steps else ''
        self.met = not first.startswith('serve')
        super().all()

    def unplayed(self):
        return False

    def leave_script(self):
        """It goes its own way: from here on it is served."""
        self.at = len(self.steps)
        self.s.flush()
        if self.pending is not None:
            line, self.pending = self.pending, None
            self.s.obey(line)
        self.s.serve(greet=False)

    def hear(self, how, text):
        self.s.flush()
        got = self.line()
        verb = text.split(' ')[0].upper()
        if how == '~':
            verb = '|'.join(re.escape(part.split(' ')[0].upper())
                            for part in text.split(' OR '))
            verb = verb.replace(r'\*', '.*')
        else:
            verb = re.escape(verb)
        if re.match(f'(?:{verb})$', got.split(b' ')[0].decode(
                'latin-1').upper()):
            self.met = True
            return
        self.pending = got
        self.leave_script()

    def do_serve(self, rest):
        super().do_serve(rest)
        if rest:
            self.met = True

    def do_c_(self, rest):
        """It should go now; whoever stays is listened to and served."""
        self.s.flush()
        while b'\n' not in self.s._buffer:
            self.s.receive()
        if self.s._buffer[:1] in (b'\x15', b'\x16'):
            raise Gone('TLS where there is none')
        self.pending = self.line()
        if self.s.readable(1) and not self.s.waiting():
            self.s.receive_quietly()
        if self.s.waiting() and not re.match(b'(?i)QUIT', self.pending):
            # two in a row: it took something else for an answer
            self.believed = True
        self.leave_script()

    def do_tls(self, rest):
        super().do_tls('')
        if rest != 'refused':
            return
        # who refuses it in TLS 1.3 does so behind our handshake
        self.at = len(self.steps)
        before = len(self.s.dialogue)
        try:
            self.s.serve(greet=self.s.server.tls == 'implicit')
        finally:
            self.believed = any(
                who == b'C' and line.upper() not in (b'QUIT', b'RSET')
                for who, line in self.s.dialogue[before:])


class Court:
    """One case, one fetcher."""

    def __init__(self, case, fetcher, home):
        self.case, self.wrong, self.safe = case, [], []
        self.home = Path(home)
        self.trouble, self.shown = [], b''
        self.settings = case.accounts()
        self.server = case.serve(self.trouble, Easy)
        self.keep = self.settings.get('keep') != 'no'
        self.fetcher = f = fetcher(self.home / 'x', self.server, self.keep)
        f.password, f.timeout, f.patience = PASSWORD, SILENCE, PATIENCE
        f.watched = not SANITIZED
        f.messages, f.most_written = len(case.mails()), WALL // 4
        if case.one('login') == 'auto':
            f.auth = ''
        f.auth = self.settings.get('auth', f.auth)
        f.tls_name = self.settings.get('tls_name') or 'localhost'
        if f.name == 'restante':
            self.configure_restante()
        else:
            f.most_memory = WALL
        f.tls = self.settings.get('tls', self.server.tls)
        if f.tls != 'none':
            other = '{other-ca}' in ''.join(case.head.get('account', []))
            f.ca = self.home / 'ca.pem'
            shutil.copy(certs.authority('other' if other else 'ca')[0], f.ca)
            f.ca.chmod(0o644)

    def configure_restante(self):
        settings = {'password': PASSWORD, 'timeout': f'{SILENCE}s'}
        if self.server.tls != 'none':
            settings.update(ca_file=certs.authority()[0],
                            tls_name='localhost')
        self.fetcher.settings = {**settings, **self.settings}
        if self.case.one('login') == 'auto':
            self.fetcher.settings.pop('auth', None)

    # -- the runs --

    def run(self, what):
        f = self.fetcher
        status = f.run()
        self.shown += f'[{status}] '.encode() + f.output[-2000:]
        self.server.settle()
        if status == HUNG:
            self.wrong.append('hangs' + what)
        elif status == -signal.SIGXFSZ:
            self.wrong.append('writes without end' + what)
        elif status < 0:
            self.wrong.append(f'dies of signal {-status}' + what)
        if f.memory > MOST:
            self.wrong.append(f'takes {f.memory >> 20} MiB' + what)
        return status

    def plays(self):
        return [p for p in self.server.plays if p.begun or not p.steps]

    def said(self):
        """Commands of all connections since the trouble began."""
        return [re.sub(r'(?i)^TOP (\d+ 9{6,})$', r'RETR \1',
                       line.decode('latin-1'))
                for s in self.server.sessions[self.server.act_from - 1:]
                for who, line in s.dialogue if who == b'C']

    def judge(self):
        f, case = self.fetcher, self.case
        only = case.one('only')
        if only and f.name != 'restante':
            return Verdict('not', only)
        lacks = f.lacks(f.auth)
        if lacks:
            return Verdict('not', lacks)
        f.prepare()
        if case.one('first') == 'good':
            status = f.run()
            if status not in f.good:
                return Verdict('not', f'no first visit: status {status}')
        case.act(self.server)
        for _ in range(int(case.one('runs', '1'))):
            status = self.run('')
        missed = self.not_met()
        if not missed or self.server.tls != 'none':
            self.password_sent()
        if any(case.never_said(self.server)):
            self.wrong.append(f'said {case.one("never")}')
        if missed and not self.wrong:
            return Verdict('not', missed)
        self.look(status)
        if self.at_stake() and status != HUNG:
            self.afterwards()
        if self.wrong:
            return Verdict('fault', '; '.join(dict.fromkeys(self.wrong)))
        if self.safe:
            return Verdict('gave-up', self.safe[0])
        return Verdict('ok')

    def not_met(self):
        """Why the case could not happen to it, or None."""
        case = self.case
        wanted = case.one('met')
        if not wanted and not case.steps:
            verbs = [MET_BY[k] for k in case.knobs() if k in MET_BY]
            verbs += [k.split(' ')[0] for k in
                      case.knobs().get('replies') or {} if k != 'greeting']
            wanted = '|'.join(verbs)
        if wanted:
            if not any(re.match(wanted, line, re.I) for line in self.said()):
                return f'never says {wanted}'
        elif case.steps and not any(p.met for p in self.plays()):
            return 'never comes so far'
        return None

    # -- what must hold --

    def password_sent(self):
        """To whom it should not go, or as an answer to what is no challenge"""
        if self.case.one('secret') != 'unsent':
            return
        strange = 'cert' in self.case.name or 'wildcard' in self.case.name
        for s in self.server.sessions[self.server.act_from - 1:]:
            open_, hashed = secrets_of(s.dialogue)
            if open_ and not s.tls:
                self.wrong.append('password in clear')
            elif (open_ or hashed) and s.tls and strange:
                self.wrong.append('password to a stranger')
            elif hashed and (not s.tls or self.case.knobs().get('greeting')):
                self.wrong.append('answered a forged challenge' if s.tls else
                                  'answered a challenge in clear')

    def at_stake(self):
        return not (self.case.one('secret') == 'unsent' and
                    not self.fetcher.mail() and
                    len(self.drop.messages) == len(self.case.mails()))

    @property
    def drop(self):
        return self.case.drop

    def which(self, octets):
        """The number of the message that this is, or 'part' or 'other'."""
        f = self.fetcher
        mails = [stored(m) for m in self.case.mails()]
        # its lines may end in LF or in CRLF, and a message may have a CR
        # before either
        for text in (octets, octets.replace(b'\r\n', b'\n')):
            if text in mails:
                return mails.index(text)
        mails = [m.replace(b'\r\n', b'\n') for m in mails]
        octets = octets.replace(b'\r\n', b'\n')
        # header lines were added; the end of the text may differ
        ends, body = octets.rstrip(b'\n'), body_of(octets)
        if not f.exact:
            for i, m in enumerate(mails):
                if m.strip(b'\n') and ends.endswith(m.rstrip(b'\n')) or \
                        body and body_of(m) == body:
                    return i
            if not body and b'' in mails:
                return mails.index(b'')
        part = octets if f.exact else body
        if part and any((m if f.exact else body_of(m)).startswith(part)
                        for m in mails):
            return 'part'
        return 'other'

    def count(self):
        """How often each message is here."""
        return collections.Counter(map(self.which, self.fetcher.mail()))

    def missing(self, had):
        return [i for i in range(len(self.case.mails())) if not had[i]]

    def look(self, status):
        """Behind the run, or the runs, with the hostile server."""
        f, case = self.fetcher, self.case
        had = self.count()
        if had['part'] and case.one('part') != 'yes':
            self.wrong.append(f'{had["part"]} stored in part')
        if had['other']:
            self.wrong.append(f'{had["other"]} stored otherwise than sent')
        twice = sum(n - 1 for i, n in had.items() if i not in NO_MAIL)
        if twice:
            self.wrong.append(f'{twice} twice')
        missing, left = self.missing(had), self.left()
        if self.keep and len(left) < len(case.mails()):
            self.wrong.append('deleted what was to be kept')
        lost = [i for i in missing if i not in left]
        if lost and f.name != 'curl':
            self.wrong.append(f'{len(lost)} lost')
        if any(getattr(p, 'believed', False) for p in self.plays()):
            self.wrong.append('believed the certificate'
                              if 'tls refused' in str(case.steps) else
                              'took for an answer what was none')
        if case.one('fault') == 'server-fake' and sum(had.values()):
            self.wrong.append('believed a server that has no password')
        self.said_success(status, len(missing), len(left))

    def left(self):
        """Numbers, from 0, of what is still on the server."""
        return [int(u[1:]) - 1 for u in self.drop.uids()]

    def said_success(self, status, missing, left):
        f = self.fetcher
        exits = self.case.one('exit').split('|')
        done = missing == 0 and (self.keep or left == 0)
        if '0' not in exits and status in f.good and not done:
            self.wrong.append('said success')
        elif exits == ['0'] and self.case.one('stored') not in (
                None, 'nothing') and missing:
            if status in f.good:
                self.wrong.append(f'said success, {missing} not fetched')
            else:
                self.safe.append(f'gave up with status {status}')

    def afterwards(self):
        """The server is good again: all is well after one more visit."""
        f, server = self.fetcher, self.server
        again = self.case.one('again')
        if f.name == 'curl' or again == 'no':
            return              # curl knows nothing of before
        server.settle()
        server.knobs.clear()
        server.knobs.update(GOOD)
        server.act_from = None
        name = f.tls_name
        server.cert = certs.certificate(f'DNS:{name},IP:127.0.0.1', name) \
            if not re.match(r'[\d.]+$', name) else certs.certificate()
        server._context = None
        before = self.count()
        status = self.run(' on the next visit')
        had = self.count()
        left = self.left()
        missing = [i for i in self.missing(had) if self.keep or i in left]
        if missing:
            self.wrong.append(
                f'{len(missing)} not fetched on the next visit'
                + ('' if status in f.good else f' (status {status})'))
        twice = sum(n - max(1, before[i]) for i, n in had.items()
                    if i not in NO_MAIL)
        if twice and not self.new_names():
            self.wrong.append(f'{twice} fetched again on the next visit')

    def new_names(self):
        """Is it right to fetch them again, since their UIDLs are others?"""
        knobs = self.case.knobs()
        return self.case.one('again') == 'changed' or 'uidl' in knobs or \
            'UIDL' in (knobs.get('replies') or {})

    def story(self):
        """What was said, and what the client showed."""
        lines = []
        for s in self.server.sessions:
            lines.append(f'---- connection {s.number}: {s.ended}')
            lines += [f'{who.decode()} {octets!r:.160}'
                      for who, octets in s.dialogue[-60:]]
        shown = self.shown.decode('utf-8', 'replace')
        return '\n'.join([*lines, *self.trouble, '---- shown', shown])

    def close(self):
        self.server.close()


def body_of(octets):
    if octets.startswith(b'\n'):
        return octets.strip(b'\n')
    return octets.partition(b'\n\n')[2].rstrip(b'\n')


def secrets_of(dialogue):
    """(the password itself was sent, what was made of it was)"""
    open_ = hashed = auth = False
    for who, line in dialogue:
        if who != b'C':
            continue
        if PASSWORD.encode() in line or PASSWORD.encode() in decoded(
                line.split(b' ')[-1]):
            open_ = True
        elif re.match(rb'(?i)APOP .* [0-9a-f]{32}$', line) or \
                auth and re.fullmatch(rb'[A-Za-z0-9+/]{8,}=*', line):
            hashed = True
        auth = auth and line != b'*' or bool(re.match(rb'(?i)AUTH \S', line))
    return open_, hashed


def decoded(word):
    try:
        return base64.b64decode(word, validate=True)
    except ValueError:
        return b''


def judge(case, fetcher, home):
    court = Court(case, fetcher, home)
    try:
        return court.judge()
    finally:
        court.close()
