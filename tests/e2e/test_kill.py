# SPDX-License-Identifier: ISC
"""Kill -9 of any process, at any moment, under load: no acknowledged mail is
lost, nothing is removed that no QUIT asked for, and the office opens again.

Two kinds of clients keep a ledger of what they were told.  At the end the
maildrops are compared with it.  RESTANTE_SEED repeats a run's choices (not
its timing).
"""
import collections
import contextlib
import os
import poplib
import random
import re
import smtplib
import ssl
import threading
import time

import pytest

from office import ROLES, WAIT, Office, wait_gone

USERS = [f'user{n}' for n in range(4)]
BODY = 'a line of some length, so that a cut would show\r\n' * 200
# what a client meets when a process behind its connection dies
BROKEN = (OSError, EOFError, poplib.error_proto, ssl.SSLError,
          smtplib.SMTPException)


def message(token):
    return (f'Subject: {token}\r\n\r\n{BODY}end of {token}\r\n').encode()


class Ledger:
    """What clients know.  A token is one message for one user."""

    def __init__(self):
        self.lock = threading.Lock()
        self.acknowledged = collections.defaultdict(set)    # got 250
        self.asked = collections.defaultdict(set)   # DELE, and QUIT sent
        self.removed = collections.defaultdict(set)  # +OK to that QUIT
        self.wrong = []
        self.quits = 0


class Load:
    """The clients: threads that try again after every failure"""

    def __init__(self, office, ledger):
        self.office, self.ledger = office, ledger
        self.stop = threading.Event()
        self.threads = [threading.Thread(target=self.forever, args=a,
                                         daemon=True)
                        for a in [(self.deliver, n) for n in range(2)] +
                        [(self.fetch, u) for u in USERS[:3]]]

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, kind, value, trace):
        self.stop.set()
        for t in self.threads:
            t.join(4 * WAIT)
            assert not t.is_alive(), 'a client hangs'

    def forever(self, work, arg):
        rng = random.Random(f'{SEED} {arg}')
        for turn in range(1 << 30):
            if self.stop.is_set():
                return
            try:
                work(arg, turn, rng)
            except BROKEN:
                # while nobody listens a client would only spin
                self.stop.wait(0.02)
            except Exception as e:      # a defect of the test or worse
                self.ledger.wrong.append(repr(e))
                return

    def deliver(self, number, turn, rng):
        """some messages over one connection, each for one or all users"""
        cls = rng.choice([smtplib.LMTP, smtplib.SMTP])
        name = 'lmtp' if cls is smtplib.LMTP else 'smtp'
        with contextlib.closing(cls('127.0.0.1', self.office.ports[name],
                                    timeout=WAIT)) as client:
            for k in range(8):
                if self.stop.is_set():
                    break
                to = rng.choice([USERS, [rng.choice(USERS)]])
                self.send(client, f't{number}.{turn}.{k}', to,
                          cls is smtplib.LMTP)

    def send(self, client, token, to, lmtp):
        """by hand: smtplib hides all but one of LMTP's replies"""
        client.ehlo_or_helo_if_needed()
        if client.mail('bob@example.net')[0] != 250:
            raise smtplib.SMTPException('MAIL')
        good = [u for u in to
                if client.rcpt(f'{u}@example.org')[0] in (250, 251)]
        code = client.docmd('DATA')[0]
        if code != 354:
            raise smtplib.SMTPException('DATA')
        client.send(message(token) + b'.\r\n')
        replies = len(good) if lmtp else 1
        for n in range(replies):
            code = client.getreply()[0]
            if code == 250:
                with self.ledger.lock:
                    for user in good if not lmtp else [good[n]]:
                        self.ledger.acknowledged[user].add(token)

    def fetch(self, user, turn, rng):
        """reads all, deletes a part; leaves with QUIT, or does not"""
        pop = self.office.pop3(user, 'secret',
                               how=rng.choice(['implicit', 'start']))
        try:
            count = pop.stat()[0]
            chosen = set()
            for n in range(1, count + 1):
                octets = pop.message(n)
                token = re.search(rb'(?m)^Subject: (.*)\r$',
                                  octets).group(1).decode()
                if not octets.endswith(message(token)):
                    self.ledger.wrong.append(f'{user} read half of {token}')
                if rng.random() < 0.6:
                    pop.dele(n)
                    chosen.add(token)
            if rng.random() < 0.3:
                return      # nothing may be removed now
            with self.ledger.lock:
                self.ledger.asked[user] |= chosen
            pop.quit()
            with self.ledger.lock:
                self.ledger.removed[user] |= chosen
                self.ledger.quits += 1
        finally:
            pop.close()


SEED = os.environ.get('RESTANTE_SEED') or str(random.randrange(10 ** 6))


def held(office, user):
    """Tokens in a maildrop, each file whole"""
    tokens = []
    for path in office.messages(user):
        octets = path.read_bytes()
        token = re.search(rb'(?m)^Subject: (.*)$', octets).group(1).decode()
        assert octets.endswith(message(token).replace(b'\r\n', b'\n')), \
            f'{path} is not whole'
        tokens.append(token)
    return tokens


def account(office, ledger):
    """The maildrops against the ledger"""
    assert not ledger.wrong, ledger.wrong[:5]
    for user in USERS:
        tokens = held(office, user)
        assert len(tokens) == len(set(tokens)), f'{user} has a duplicate'
        there = set(tokens)
        lost = ledger.acknowledged[user] - there - ledger.asked[user]
        assert not lost, f'{user} lost {sorted(lost)[:5]} (seed {SEED})'
        back = ledger.removed[user] & there
        assert not back, f'{user}: removed, yet there {sorted(back)[:5]}'
    # the last user has no fetcher: nothing of hers is ever removed
    assert not ledger.asked[USERS[3]]
    # and the run must have meant something
    assert sum(map(len, ledger.acknowledged.values())) > 50
    assert ledger.quits > 5


def serves(office):
    """An ordinary visit works, within the time that a restart may take"""
    end = time.monotonic() + WAIT
    while True:
        try:
            office.deliver(b'Subject: after\r\n\r\nx\r\n',
                           'visitor@example.org')
            with office.pop3('visitor', 'secret') as pop:
                for n in range(1, pop.stat()[0] + 1):
                    assert b'Subject: after\r\n' in pop.message(n)
                    pop.dele(n)
            return
        except BROKEN as e:
            assert time.monotonic() < end, f'not served again: {e!r}'
            time.sleep(0.05)


def new_office():
    users = {u: '{PLAIN}secret' for u in USERS + ['visitor']}
    return Office(users=users, limits={'sessions_per_address': 1000})


@pytest.mark.parametrize('roles', [*[(r,) for r in ROLES], ROLES],
                         ids='+'.join)
def test_kill_a_child(roles):
    """P1, P4, P5, P10, D06: the parent starts it again, and whatever fell
    with it"""
    rng = random.Random(f'{SEED} {roles}')
    ledger = Ledger()
    print('RESTANTE_SEED=' + SEED)
    with new_office() as office:
        with Load(office, ledger):
            for _ in range(5):
                # a random moment is what is wanted here
                time.sleep(rng.uniform(0.05, 0.4))
                role = rng.choice(roles)
                old = office.kill(role)
                wait_replaced(office, role, old)
                serves(office)
        account(office, ledger)
        serves(office)


def wait_replaced(office, role, old):
    end = time.monotonic() + WAIT
    while not [p for p in office.children(role) if p != old]:
        assert time.monotonic() < end, f'no new {role}'
        time.sleep(0.02)


def test_kill_the_parent():
    """P1, P4, P5, P10: its children end with it, a new one opens the same
    office"""
    rng = random.Random(f'{SEED} parent')
    ledger = Ledger()
    print('RESTANTE_SEED=' + SEED)
    with new_office() as office:
        with Load(office, ledger):
            for _ in range(4):
                time.sleep(rng.uniform(0.3, 0.8))
                children = office.children()
                office.process.kill()
                office.process.wait()
                for pid in children:
                    wait_gone(pid)
                office.log.join()
                office.assert_no_report()
                office.start()
                serves(office)
        account(office, ledger)


def test_kill_everything_at_once():
    """As in a power cut, page cache apart"""
    rng = random.Random(f'{SEED} all')
    ledger = Ledger()
    with new_office() as office:
        with Load(office, ledger):
            for _ in range(4):
                time.sleep(rng.uniform(0.3, 0.8))
                office.kill_all()
                office.start()
                serves(office)
        account(office, ledger)
