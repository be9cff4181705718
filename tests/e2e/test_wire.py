# SPDX-License-Identifier: ISC
"""Every wire transcript, over sockets against the running daemon: whole,
octet by octet and at random splits.

A case says how the server must be set up.  What belongs to a listener is
there in one daemon, side by side; what belongs to the whole daemon (limits)
makes another one, shared by all cases that can live with the same.
"""
import os
import subprocess

import pytest

from office import BUILD, SANITIZERS, Office
from wire_world import PLAY, USERS, WIRE, Case, World, checked

ROUNDS = os.environ.get('WIRE_ROUNDS', '1')
SEED = os.environ.get('WIRE_SEED', '')

# how a word of `needs:` that belongs to the daemon is set
LIMITS = {
    'bad': lambda n: ('limits', 'bad_commands', n),
    'failures': lambda n: ('limits', 'auth_failures', n),
    'idle': lambda n: ('limits', 'idle_timeout', f'{n}s'),
    'size': lambda n: ('mail', 'message_size', n),
    'recipients': lambda n: ('mail', 'recipients', n),
}

# what the machine can do and the daemon deliberately has no setting for
ENGINE_ALONE = {
    'last': 'LAST is not for this daemon: RFC 1939 has dropped it',
    'strict-crlf': 'the daemon takes a bare LF behind a POP3 command',
    'smtp tls-only': 'RFC 3207 forbids a public SMTP server to demand TLS',
}

LISTENERS = {
    'pop3': {'protocol': 'pop3', 'tls': 'start', 'clear_login': 'yes'},
    'pop3s': {'protocol': 'pop3', 'tls': 'implicit'},
    'pop3-tls-only': {'protocol': 'pop3', 'tls': 'start'},
    'pop3-no-tls': {'protocol': 'pop3', 'tls': 'none', 'clear_login': 'yes'},
    'pop3-apop': {'protocol': 'pop3', 'tls': 'start', 'clear_login': 'yes',
                  'apop': 'yes'},
    'smtp': {'protocol': 'smtp', 'tls': 'start'},
    'smtp-no-tls': {'protocol': 'smtp', 'tls': 'none'},
    'smtp-normalize': {'protocol': 'smtp', 'tls': 'start',
                       'bare_newline': 'normalize'},
    'lmtp': {'protocol': 'lmtp', 'tls': 'start'},
    'lmtp-no-tls': {'protocol': 'lmtp', 'tls': 'none'},
    'lmtp-normalize': {'protocol': 'lmtp', 'tls': 'start',
                       'bare_newline': 'normalize'},
}

CASES = checked([WIRE / p for p in ('pop3', 'smtp', 'lmtp')]) \
    if PLAY.exists() else []


def daemon_settings(case):
    """The words of a case that belong to the whole daemon."""
    pairs = (w.split('=') for w in case['needs'].split() if '=' in w)
    return {k: int(v) for k, v in pairs}


def engine_alone(case):
    words = case['needs'].split()
    for word in words + [f'{case["protocol"]} {w}' for w in words]:
        if word in ENGINE_ALONE:
            return ENGINE_ALONE[word]
    return case['reason'] if case['only'] == 'engine' else None


def groups():
    """As few daemons as the cases' settings allow: one for those without
    any, the others together as long as they do not contradict."""
    found = [{}]
    for case in CASES:
        wanted = daemon_settings(case)
        if not wanted or engine_alone(case):
            continue
        for group in found[1:]:
            if all(group.get(k, v) == v for k, v in wanted.items()):
                group.update(wanted)
                break
        else:
            found.append(dict(wanted))
    return found


GROUPS = groups()


def group_of(case):
    wanted = daemon_settings(case)
    if not wanted:
        return 0
    return next(i for i, g in enumerate(GROUPS) if i > 0 and
                all(g.get(k) == v for k, v in wanted.items()))


def start_office(settings):
    sections = {'limits': {'sessions_per_user': 1000,
                           'sessions_per_address': 10000,
                           'unsafe_limits': 'yes'},
                'mail': {'domains': 'example.net', 'postmaster': 'wren'},
                'server': {'hostname': 'pop.example.net'},
                'auth': {'failure_delay': '1ms', 'failure_delay_max': '1ms'}}
    for word, value in settings.items():
        section, key, text = LIMITS[word](value)
        sections[section][key] = text
    users = dict(USERS)
    for case in CASES:
        if 'users' in case['uses']:
            users.update(Case(case['path']).users)
    # APOP needs the secret itself
    users['wren'] = '{PLAIN}%s::::::restante_apop=yes' % users['wren']
    return Office(users=users, listeners=LISTENERS, **sections)


class Daemons:
    def __init__(self):
        self.running = {}

    def get(self, number):
        if number not in self.running:
            office = start_office(GROUPS[number]).start()
            self.running[number] = office, World(office)
        return self.running[number]

    def close(self):
        for office, world in self.running.values():
            world.close()
            try:
                office.close()
            finally:
                print('\n'.join(office.log.lines[-40:]))


@pytest.fixture(scope='module')
def daemons():
    d = Daemons()
    yield d
    d.close()


def listener(protocol, words):
    for word in ('tls-only', 'no-tls', 'apop', 'normalize'):
        if word in words and f'{protocol}-{word}' in LISTENERS:
            return f'{protocol}-{word}'
    return protocol


def have(case):
    """All that this set-up has: what a case asks for, and no more words."""
    return ','.join(['clear', 'tls', 'pop3s', 'users',
                     *case['needs'].split()])


def play(case, office, world):
    words = case['needs'].split()
    ports = {p: str(office.ports[listener(p, words)])
             for p in ('pop3', 'smtp', 'lmtp')}
    args = [str(PLAY), '--connect', f'127.0.0.1:{ports["pop3"]}',
            '--smtp', ports['smtp'], '--lmtp', ports['lmtp'],
            '--tls-port', str(office.ports['pop3s']), '--have', have(case),
            '--action', str(world.path),
            '--rounds', '1' if 'idle=' in case['needs'] else ROUNDS,
            '--timeout', '30', case['path']]
    if SEED:
        args[1:1] = ['--seed', SEED]
    return subprocess.run(args, capture_output=True, timeout=300,
                          env={**os.environ, **SANITIZERS})


def name(case):
    return '/'.join(case['path'].rsplit('/', 2)[-2:])


def test_player_is_built():
    assert PLAY.exists(), f'{PLAY}: build first (BUILD is {BUILD})'
    assert len(CASES) > 100


@pytest.mark.parametrize('case', CASES, ids=name)
def test_wire(case, daemons):
    reason = engine_alone(case)
    if reason:
        pytest.skip(f'played in memory only: {reason}')
    office, world = daemons.get(group_of(case))
    done = play(case, office, world)
    out = (done.stdout + done.stderr).decode('utf-8', 'replace')
    assert done.returncode == 0, out
    assert 'SKIP' not in out, out
