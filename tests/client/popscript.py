# SPDX-License-Identifier: ISC
"""popscript: POP3 servers for a client under test.

PopServer behaves, unless one of its knobs says otherwise (KNOBS has them
all), and writes down what was said.  The player of transcripts (player.py)
stands on the same Session.

    drop = Drop([b'Subject: one\r\n\r\nx\r\n'])
    with PopServer({'wren': ('secret', drop)}) as server:
        server.knobs['top'] = False         # from now on
        server.once.append({'uidl': 'err'}) # in the next session alone
        ...
        server.settle()
        assert server.sessions[-1].retrieved == {drop.messages[0].uid: 1}

A session is a thread.  Nothing waits for time, except where a knob has a
number of seconds in it.
"""
import base64
import collections
import contextlib
import hashlib
import re
import select
import socket
import ssl
import struct
import threading

import scram

PATIENCE = 60       # seconds; a client that is silent for longer is broken
KEPT = 16 << 20     # octets of what was said

KNOBS = {
    'greeting': None,       # whole line, octets; None: "+OK ready"
    'apop': False,          # a timestamp in the greeting, and APOP
    'capa': True,           # False: -ERR; a list: exactly these lines
    'capa_tls': None,       # the same under TLS; None: as capa
    'mechs': ('PLAIN',),    # SASL
    'user': True,           # USER and PASS
    'top': True,            # 'whole': as RETR, whatever was asked for
    'pipelining': True,     # announced; False: not
    'uidl': True,           # see _uidl_rows
    'list': True,           # the same
    'login': None,          # octets: the answer to whoever proved himself
    'login_delay': None,    # CAPA
    'expire': None,         # CAPA
    'implementation': 'popscript',
    'poison': (),           # uids: RETR is refused
    'dele': None,           # octets: the answer to each DELE (which is void)
    'quit': 'ok',           # ok, err, close, stall (and nothing expunged);
                            # keep: acknowledged and nothing expunged;
                            # mute: expunged and never acknowledged
    'stls': 'ok',           # ok, err, plain, stall, or octets: the answer,
                            # and then the handshake
    'interleave': False,    # WildDuck: the next +OK before the final dot
    'hangup': False,        # o2.pl: announces PIPELINING, hangs up on it;
                            # 'retr': only on a pipelined RETR
    'cut': None,            # (k, how): after k octets; fin rst stall notify
    'cut_retr': None,       # (uid, k, how): ... of the answer to that RETR
    'latency': 0,           # seconds: how long it listens for more first
    'scram': None,          # wrong-v no-v early-ok huge-i bad-nonce
    'challenge': None,      # octets: the line with the first challenge
    'empty': b'+ ',         # how an empty challenge is written
    'max_line': 0,          # octets; longer commands are refused
    'tokens': ('token',),   # OAuth: the good ones
    'replies': None,        # {'RETR 2' or 'RETR' or 'greeting': octets}
    'drip': False,          # every octet goes out by itself
    'renumber': False,      # DELE changes the numbers of those behind it
    'ghosts': False,        # what was deleted is still listed, and served
    'slow': 0,              # seconds before each RETR is answered
    'lock': True,           # one session a maildrop
    'tls_client': False,    # asks for a client certificate
}


class Gone(Exception):
    """The connection has ended, by either side."""


class Message:
    """One message: its octets as the wire has them, and its id."""

    def __init__(self, raw, uid):
        self.raw, self.uid = raw, uid
        self.size = len(raw)    # as LIST says; may lie


class Drop:
    """A maildrop; what is in it outlives sessions."""

    def __init__(self, mails=(), prefix='u'):
        self.prefix, self.count, self.messages = prefix, 0, []
        self.lock = threading.Lock()    # held by a session
        for raw in mails:
            self.add(raw)

    def add(self, raw, uid=None):
        self.count += 1
        self.messages.append(Message(raw, uid or
                                     f'{self.prefix}{self.count:04d}'))
        return self.messages[-1]

    def uids(self):
        return [m.uid for m in self.messages]


def on_the_wire(raw):
    """Dots are doubled only where a CRLF stands before them."""
    if raw and not raw.endswith(b'\r\n'):
        raw += b'\r\n'
    if raw.startswith(b'.'):
        raw = b'.' + raw
    return raw.replace(b'\r\n.', b'\r\n..') + b'.\r\n'


def top_of(raw, lines):
    head, gap, body = raw.partition(b'\r\n\r\n')
    if not gap:
        return raw
    return head + gap + b''.join(body.splitlines(True)[:lines])


class Session:
    """One connection, and what was said on it."""

    def __init__(self, server, sock, knobs, number):
        self.server, self.sock, self.number = server, sock, number
        self.knobs = {**KNOBS, **knobs}
        unknown = set(self.knobs) - set(KNOBS)
        assert not unknown, f'no such knob: {unknown}'
        self.raw_in = b''       # every octet that came, under TLS decrypted
        self.raw_out = bytearray()      # every octet that left (the first KEPT)
        self.dialogue = []      # (b'C' or b'S', octets)
        self.commands = []      # verbs and arguments, as text
        self.retrieved = collections.Counter()  # complete answers, by uid
        self.topped = collections.Counter()
        self.asked = []         # DELE: uids
        self.expunged = []      # at QUIT: uids
        self.marks = []         # (octets sent before it, command)
        self.round_trips = 0
        self.since_tls = 0      # of these, behind the handshake
        self.user = self.mechanism = None
        self.tls = self.reused = False
        self.quit = False
        self.ended = None       # by whom or why
        self._buffer = b''
        self._out = bytearray()
        self.sent = 0
        self._limit = self.knobs['cut']
        self._wrote = False
        self._early = False     # the +OK to the next RETR has gone out
        self._complete = []     # uids of messages in _out
        self._drop = None
        self._snapshot, self._gone = [], set()

    # -- octets --

    def readable(self, wait=0):
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return True
        return bool(select.select([self.sock], [], [], wait)[0])

    def receive(self):
        """Some octets more; Gone when there are none."""
        if (self._out or self._wrote) and \
                not self.readable(self.knobs['latency']):
            self.round_trips += 1
            self.since_tls += self.tls
        self.flush()
        self._wrote = False
        try:
            data = self.sock.recv(65536)
            while data and self.knobs['latency'] and \
                    self.readable(self.knobs['latency']):
                more = self.sock.recv(65536)
                data += more
                if not more:
                    break
        except (OSError, ValueError) as e:
            raise Gone(f'read: {e}') from None
        if not data:
            raise Gone('closed by the client')
        self.raw_in += data
        self._buffer += data

    def line(self):
        """One line of the client, without its end."""
        while b'\n' not in self._buffer:
            self.receive()
        line, _, self._buffer = self._buffer.partition(b'\n')
        line = line.removesuffix(b'\r')
        self.dialogue.append((b'C', line))
        return line

    def waiting(self):
        """Does a whole line wait that was not read yet?"""
        while b'\n' not in self._buffer and self.readable():
            self.receive_quietly()
        return b'\n' in self._buffer

    def receive_quietly(self):
        try:
            data = self.sock.recv(65536)
        except OSError as e:
            raise Gone(f'read: {e}') from None
        if not data:
            raise Gone('closed by the client')
        self.raw_in += data
        self._buffer += data

    def say(self, octets):
        self.dialogue.append((b'S', bytes(octets[:300])))
        self._out += octets

    def put(self, line):
        self.say(line + b'\r\n')

    def flush(self):
        out, self._out = bytes(self._out), bytearray()
        if not out:
            return
        if self._limit and self.sent + len(out) >= self._limit[0]:
            self.write(out[:self._limit[0] - self.sent])
            self.cut(self._limit[1])
        self.write(out)
        self.retrieved.update(self._complete)
        self._complete.clear()

    def write(self, out):
        try:
            for piece in [bytes([o]) for o in out] \
                    if self.knobs['drip'] else [out]:
                self.sock.sendall(piece)
        except OSError as e:
            raise Gone(f'write: {e}') from None
        self.sent += len(out)
        if len(self.raw_out) < KEPT:
            self.raw_out += out
        self._wrote = self._wrote or bool(out)

    def cut(self, how):
        """Ends the connection in one of the ways in which they end."""
        if how == 'stall':
            with contextlib.suppress(Gone, OSError):
                while True:
                    self.receive_quietly()
            raise Gone('stalled until the client left')
        if how == 'rst':
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack('ii', 1, 0))
        elif how == 'notify' and isinstance(self.sock, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self.sock.settimeout(2)
                self.sock.unwrap()
        elif how == 'fin':
            # unread octets would make an RST of it
            with contextlib.suppress(Gone, OSError):
                self.sock.shutdown(socket.SHUT_WR)
                self.sock.settimeout(2)
                while True:
                    self.receive_quietly()
        raise Gone(f'cut: {how}')

    def start_tls(self):
        """The handshake; what was said before is forgotten."""
        self.flush()
        try:
            self.sock = self.server.context(self.knobs).wrap_socket(
                self.sock, server_side=True, suppress_ragged_eofs=True)
        except (OSError, ValueError) as e:
            raise Gone(f'TLS: {e}') from None
        self.tls, self._wrote = True, False
        self.reused = bool(self.sock.session_reused)

    # -- the maildrop --

    def _rows(self, knob, ordinary):
        """
        Rows (number, text) as the knob wants them: True, a callable that
        gets the rows and gives others, ('short', N) the first N, 'empty',
        ('many', N) invented ones up to N.
        """
        rows = ordinary
        if callable(knob):
            rows = knob(rows)
        elif isinstance(knob, tuple) and knob[0] == 'short':
            rows = rows[:knob[1]]
        elif isinstance(knob, tuple) and knob[0] == 'many':
            rows = rows + [(n, n) for n in range(len(rows) + 1, knob[1] + 1)]
        elif knob == 'empty':
            rows = []
        elif knob == 'same':
            rows = [(n, 'same') for n, _ in rows]
        elif knob == 'changing':
            rows = [(n, f's{self.number}.{n}') for n, _ in rows]
        return rows

    def _uidl_rows(self):
        return self._rows(self.knobs['uidl'], [
            (n, m.uid) for n, m in self._numbered()])

    def _list_rows(self):
        return self._rows(self.knobs['list'], [
            (n, m.size) for n, m in self._numbered()])

    def _numbered(self):
        left = [(i + 1, m) for i, m in self._left()]
        return list(enumerate((m for _, m in left), 1)) \
            if self.knobs['renumber'] else left

    def _left(self):
        return [(i, m) for i, m in enumerate(self._snapshot)
                if i not in self._gone or self.knobs['ghosts']]

    def _message(self, word):
        if re.fullmatch(r'[0-9]{1,9}', word or ''):
            i = int(word) - 1
            if self.knobs['renumber']:
                left = [i for i, _ in self._left()]
                return left[i] if 0 <= i < len(left) else None
            if 0 <= i < len(self._snapshot) and (
                    i not in self._gone or self.knobs['ghosts']):
                return i
        return None

    def enter(self, user, mechanism):
        """Whoever he is, he has proved it."""
        if self.knobs['login']:
            self.put(self.knobs['login'])
            return
        drop = self.server.users[user][1]
        if self.knobs['lock'] and not drop.lock.acquire(blocking=False):
            self.put(b'-ERR [IN-USE] another session has it')
            return
        if self.knobs['lock']:
            self._drop = drop
        self.drop, self.user, self.mechanism = drop, user, mechanism
        self._snapshot = list(drop.messages)
        self.put(b'+OK logged in')

    # -- the dialogue --

    def run(self):
        try:
            if self.server.tls == 'implicit':
                self.start_tls()
            self.serve()
        except Gone as e:
            self.ended = str(e)
        finally:
            self.leave()

    def leave(self):
        """The end, whoever has brought it about."""
        if self._drop:
            self._drop.lock.release()
            self._drop = None
        with contextlib.suppress(OSError):
            self.sock.close()

    def greet(self):
        self.stamp = f'<{self.number}.{id(self):x}@popscript.example>'
        line = self.knobs['greeting']
        if self._replaced('greeting', ''):
            return
        if line is None:
            line = b'+OK ready'
            if self.knobs['apop']:
                line += b' ' + self.stamp.encode()
        self.put(line)

    def serve(self, until=None, greet=True):
        """Serves; returns the first line that fits the pattern `until`."""
        if greet:
            self.greet()
        while True:
            line = self.line()
            if until and re.match(until, line.decode('latin-1'), re.I):
                return line
            self.obey(line)

    def _replaced(self, verb, rest):
        replies = self.knobs['replies'] or {}
        whole = f'{verb} {rest}'.strip()
        for key in (whole, verb):
            if key in replies:
                reply = replies[key]
                self.say(reply(self, rest) if callable(reply) else reply)
                self.flush()
                return True
        return False

    def obey(self, line):
        text = line.decode('latin-1')
        verb, _, rest = text.partition(' ')
        verb = verb.upper()
        self.commands.append(text)
        self.marks.append((self.sent + len(self._out), text))
        if self.knobs['hangup'] and self.waiting() and \
                (self.knobs['hangup'] is True or verb == 'RETR'):
            raise Gone('hung up on pipelining')
        if self.knobs['max_line'] and len(line) + 2 > self.knobs['max_line']:
            self.put(b'-ERR line too long')
        elif self._replaced(verb, rest):
            pass
        else:
            handler = getattr(self, f'on_{verb.lower()}', None)
            needs = verb in ('STAT', 'LIST', 'UIDL', 'RETR', 'TOP', 'DELE',
                             'NOOP', 'RSET', 'LAST')
            if handler is None or needs != (self.user is not None) and \
                    verb not in ('CAPA', 'QUIT', 'UTF8', 'LANG'):
                self.put(b'-ERR what?')
            else:
                handler(rest)
        # big answers leave at once, small ones together
        if len(self._out) > 16384:
            self.flush()

    # -- commands --

    def on_capa(self, _):
        capa = self.knobs['capa']
        if self.tls and self.knobs['capa_tls'] is not None:
            capa = self.knobs['capa_tls']
        if capa is False:
            self.put(b'-ERR what?')
            return
        if capa is True:
            capa = self._capabilities()
        self.put(b'+OK')
        for line in capa:
            self.put(line if isinstance(line, bytes) else line.encode())
        self.put(b'.')

    def _capabilities(self):
        k = self.knobs
        capa = []
        if k['user']:
            capa.append('USER')
        if k['mechs'] and self.user is None:
            capa.append('SASL ' + ' '.join(k['mechs']))
        if k['top']:
            capa.append('TOP')
        if k['uidl'] not in (False, 'none'):
            capa.append('UIDL')
        if k['pipelining']:
            capa.append('PIPELINING')
        if self.server.tls == 'start' and not self.tls and k['stls']:
            capa.append('STLS')
        if k['login_delay']:
            capa.append(f'LOGIN-DELAY {k["login_delay"]}')
        if k['expire']:
            capa.append(f'EXPIRE {k["expire"]}')
        return [*capa, 'RESP-CODES', 'AUTH-RESP-CODE',
                f'IMPLEMENTATION {k["implementation"]}']

    def on_stls(self, _):
        how = self.knobs['stls']
        if self.server.tls != 'start' or self.tls or how == 'err':
            self.put(b'-ERR no')
            return
        if how == 'stall':
            self.put(b'+OK')
            self.flush()
            self.cut('stall')
        if isinstance(how, bytes):
            self.say(how)
        else:
            self.put(b'+OK go ahead')
        if how != 'plain':
            self._buffer = b''
            self.start_tls()

    def on_user(self, name):
        if not self.knobs['user']:
            self.put(b'-ERR no USER here')
            return
        self._name = name
        self.put(b'+OK')

    def on_pass(self, password):
        self._judge(getattr(self, '_name', None), password, 'USER')

    def _judge(self, user, password, mechanism):
        known = self.server.users.get(user)
        if known and known[0] == password:
            self.enter(user, mechanism)
        else:
            self.put(b'-ERR [AUTH] no')

    def on_apop(self, rest):
        user, _, digest = rest.partition(' ')
        known = self.server.users.get(user)
        if known and self.knobs['apop'] and hashlib.md5(
                (self.stamp + known[0]).encode()).hexdigest() == digest:
            self.enter(user, 'APOP')
        else:
            self.put(b'-ERR [AUTH] no')

    def on_stat(self, _):
        left = self._left()
        self.put(b'+OK %d %d' % (len(left), sum(m.size for _, m in left)))

    def _listing(self, kind, rest, rows):
        knob = self.knobs[kind]
        if knob in (False, 'none'):
            self.put(b'-ERR what?')
        elif knob == 'err':
            self.put(b'-ERR [SYS/TEMP] not now')
        elif rest:
            found = [r for r in rows if str(r[0]) == rest]
            self.put(b'+OK %s' % f'{found[0][0]} {found[0][1]}'.encode()
                     if found else b'-ERR no such message')
        else:
            self.say(b'+OK\r\n' + ''.join(
                f'{n} {v}\r\n' for n, v in rows).encode('latin-1') +
                b'.\r\n')

    def on_list(self, rest):
        self._listing('list', rest, self._list_rows())

    def on_uidl(self, rest):
        self._listing('uidl', rest, self._uidl_rows())

    def on_retr(self, rest):
        i = self._message(rest)
        if i is None:
            self.put(b'-ERR no such message')
            return
        m = self._snapshot[i]
        if m.uid in self.knobs['poison']:
            self.put(b'-ERR cannot read it')
            return
        if self.knobs['slow']:
            self.flush()
            threading.Event().wait(self.knobs['slow'])
        cut = self.knobs['cut_retr']
        if cut and cut[0] == m.uid:
            self.flush()
            self._limit = (self.sent + cut[1], cut[2])
        body = on_the_wire(m.raw)
        if not self._early:
            self.say(b'+OK\r\n')
        self._early = self.knobs['interleave'] and self.waiting() and \
            self._buffer.upper().startswith(b'RETR ')
        self.say(body[:-3] + b'+OK\r\n' + body[-3:] if self._early else body)
        self._complete.append(m.uid)

    def on_top(self, rest):
        number, _, lines = rest.partition(' ')
        i = self._message(number)
        if not self.knobs['top']:
            self.put(b'-ERR what?')
        elif i is None or not lines.isdigit():
            self.put(b'-ERR no such message')
        else:
            m = self._snapshot[i]
            self.topped[m.uid] += 1
            self.say(b'+OK\r\n' + on_the_wire(
                m.raw if self.knobs['top'] == 'whole' else
                top_of(m.raw, int(lines))))

    def on_dele(self, rest):
        i = self._message(rest)
        if i is None:
            self.put(b'-ERR no such message')
        elif self.knobs['dele']:
            self.put(self.knobs['dele'])
        else:
            self._gone.add(i)
            self.asked.append(self._snapshot[i].uid)
            self.put(b'+OK')

    def on_noop(self, _):
        self.put(b'+OK')

    def on_rset(self, _):
        self._gone.clear()
        self.put(b'+OK')

    def on_quit(self, _):
        how = self.knobs['quit'] if self.user is not None else 'ok'
        self.quit = True
        if how in ('ok', 'mute') and self.user is not None:
            doomed = {id(self._snapshot[i]) for i in self._gone}
            self.expunged = [self._snapshot[i].uid for i in self._gone]
            self.drop.messages[:] = [m for m in self.drop.messages
                                     if id(m) not in doomed]
        if how in ('close', 'mute'):
            self.flush()
            raise Gone(f'QUIT: {how}')
        if how == 'stall':
            self.flush()
            self.cut('stall')
        if how == 'err':
            self.put(b'-ERR some deleted messages not removed')
        else:
            self.put(b'+OK bye')
        self.flush()
        raise Gone('QUIT')

    # -- SASL --

    def ask(self, challenge):
        """A challenge and its answer; None when the client gives up."""
        line = self.knobs['challenge']
        self.knobs['challenge'] = None
        if line is None:
            line = b'+ ' + base64.b64encode(challenge) if challenge else \
                self.knobs['empty']
        self.put(line)
        answer = self.line()
        if answer == b'*':
            return None
        try:
            return base64.b64decode(answer, validate=True)
        except ValueError:
            return None

    def on_auth(self, rest):
        name, _, first = rest.partition(' ')
        name = name.upper()
        if name not in self.knobs['mechs']:
            self.put(b'-ERR unknown mechanism')
            return
        if first == '=':
            given = b''
        else:
            given = base64.b64decode(first) if first else None
        way = getattr(self, 'sasl_' + name.lower().replace('-', '_'), None)
        result = way(given) if way else self.sasl_scram(name, given)
        if result is None:
            self.put(b'-ERR cancelled')
        elif result is False:
            self.put(b'-ERR [AUTH] no')
        elif isinstance(result, bytes):
            self.put(result)
        else:
            self.enter(result, name)

    def _password_of(self, user):
        return self.server.users.get(user, (None, None))[0]

    def sasl_plain(self, given):
        given = self.ask(b'') if given is None else given
        parts = (given or b'').decode('utf-8', 'replace').split('\0')
        if len(parts) != 3:
            return None if given is None else False
        known = self._password_of(parts[1])
        return parts[1] if known and known == parts[2] else False

    def sasl_login(self, given):
        user = self.ask(b'Username:') if given is None else given
        password = None if user is None else self.ask(b'Password:')
        if password is None:
            return None
        known = self._password_of(user.decode())
        return user.decode() if known == password.decode() else False

    def sasl_cram_md5(self, _):
        import hmac
        answer = self.ask(self.stamp.encode())
        if answer is None:
            return None
        user, _, digest = answer.decode('utf-8', 'replace').rpartition(' ')
        known = self._password_of(user)
        return user if known and hmac.new(
            known.encode(), self.stamp.encode(), 'md5').hexdigest() == \
            digest else False

    def sasl_external(self, given):
        given = self.ask(b'') if given is None else given
        if given is None:
            return None
        peer = self.sock.getpeercert() if self.tls else None
        if not peer:
            return False
        name = dict(x[0] for x in peer['subject']).get('commonName')
        return name if name in self.server.users else False

    def _token(self, given, pattern):
        given = self.ask(b'') if given is None else given
        if given is None:
            return None
        found = re.fullmatch(pattern, given.decode('utf-8', 'replace'), re.S)
        if found and found['token'] in self.knobs['tokens'] and \
                found['user'] in self.server.users:
            return found['user']
        if self.ask(b'{"status":"invalid_token"}') is None:
            return None
        return False

    def sasl_xoauth2(self, given):
        return self._token(given, '(?s)user=(?P<user>[^\1]*)\1'
                           'auth=Bearer (?P<token>[^\1]*)\1\1')

    def sasl_oauthbearer(self, given):
        return self._token(given, 'n,a=(?P<user>[^,]*),\1(?:[a-z]+=[^\1]*\1)*'
                           'auth=Bearer (?P<token>[^\1]*)\1'
                           '(?:[a-z]+=[^\1]*\1)*\1')

    def sasl_scram(self, name, given):
        given = self.ask(b'') if given is None else given
        if given is None:
            return None
        return scram.serve(self, name, given, self.knobs['scram'])

    def binding(self, kind):
        """What SCRAM-*-PLUS binds to."""
        if kind == 'tls-unique':
            return self.sock.get_channel_binding('tls-unique')
        if kind == 'tls-server-end-point':
            return hashlib.sha256(self.server.der()).digest()
        return None


class PopServer:
    """
    users  {'name': ('password', Drop)}
    tls    'none', 'start' (STLS is there), 'implicit'
    cert   (certificate, key): PEM files
    session  class of the sessions
    """

    def __init__(self, users, tls='none', cert=None, session=Session,
                 client_ca=None, host='127.0.0.1', tls_options=None, **knobs):
        self.users, self.tls, self.cert = users, tls, cert
        self.client_ca, self.tls_options = client_ca, tls_options
        self.knobs, self.once, self.sessions = dict(knobs), [], []
        self._session, self._threads = session, []
        self._lock, self._context = threading.Lock(), None
        self.most_at_once = 0
        self._listener = socket.socket(socket.AF_INET)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, 0))
        self._listener.listen(128)
        self._listener.setblocking(False)
        self.host, self.port = self._listener.getsockname()
        self._accepter = threading.Thread(target=self._accept, daemon=True)
        self._accepter.start()

    def context(self, knobs):
        if self._context is None:
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            c.load_cert_chain(*self.cert)
            if self.tls_options:
                self.tls_options(c)
            if knobs['tls_client']:
                c.verify_mode = ssl.CERT_OPTIONAL
                c.load_verify_locations(self.client_ca)
            self._context = c
        return self._context

    def der(self):
        with open(self.cert[0], encoding='ascii') as f:
            return ssl.PEM_cert_to_DER_cert(
                re.search('-----BEGIN CERT.*?END CERTIFICATE-----\n',
                          f.read(), re.S)[0])

    def _accept(self):
        while True:
            try:
                select.select([self._listener], [], [])
                # with the lock: settle() must not look between the two
                with self._lock:
                    sock, _ = self._listener.accept()
                    self._begin(sock)
            except BlockingIOError:
                continue
            except (OSError, ValueError):
                return

    def _begin(self, sock):
        sock.settimeout(PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        more = self.once.pop(0) if self.once else {}
        session = self._session(self, sock, {**self.knobs, **more},
                                len(self.sessions) + 1)
        self.sessions.append(session)
        thread = threading.Thread(target=session.run, daemon=True)
        self._threads = [t for t in self._threads if t.is_alive()]
        self._threads.append(thread)
        self.most_at_once = max(self.most_at_once, len(self._threads))
        thread.start()

    def settle(self):
        """Waits until every session so far has come to its end."""
        # a connection may still wait in the queue
        while select.select([self._listener], [], [], 0)[0]:
            threading.Event().wait(0.001)
        while True:
            with self._lock:
                threads = [t for t in self._threads if t.is_alive()]
            if not threads:
                return
            for t in threads:
                t.join(PATIENCE + 10)
                assert not t.is_alive(), 'a session does not end'

    def reset(self):
        """Forgets the sessions so far."""
        self.settle()
        with self._lock:
            self.sessions.clear()
            self.once.clear()
            self.most_at_once = 0

    @property
    def last(self):
        self.settle()
        return self.sessions[-1]

    def retrieved(self):
        """RETRs by uid, of all sessions."""
        self.settle()
        return sum((s.retrieved for s in self.sessions),
                   collections.Counter())

    def close(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepter.join(PATIENCE)
        self._listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
