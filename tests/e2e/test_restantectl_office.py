# SPDX-License-Identifier: ISC
"""restantectl and a running restanted: what one changes, the other sees."""
import json
import poplib

import pytest

ENTRY = 'robin@example.org'


def run(office, *args, code=0, **kwargs):
    p = office.ctl(*args, **kwargs)
    assert p.returncode == code, p.stderr
    return p.stdout + p.stderr


def denied(office, *args):
    with pytest.raises(poplib.error_proto, match=r'\[AUTH\]'):
        office.pop3(*args)


def test_users_need_no_reload(office):
    """A new user logs in and gets mail, a new password holds, a deleted user
    is unknown: each with the next attempt."""
    def user(*args, secret='first\n', **kwargs):
        return run(office, 'user', *args, '--password-stdin', input=secret,
                   **kwargs)

    denied(office, ENTRY, 'first')
    user('add', ENTRY)
    office.deliver(b'Subject: hello\r\n\r\nHello.\r\n', ENTRY)
    with office.pop3(ENTRY, 'first') as pop:
        assert pop.stat()[0] == 1
    user('passwd', ENTRY, secret='second\n')
    denied(office, ENTRY, 'first')
    with office.pop3(ENTRY, 'second') as pop:
        assert pop.stat()[0] == 1
    # as the file has it, but any case of letters is the same user
    with office.pop3('Robin@Example.org', 'second') as pop:
        assert pop.stat()[0] == 1
    run(office, 'user', 'del', ENTRY)
    denied(office, ENTRY, 'second')
    with office.pop3('wren'):
        pass


def test_a_broken_file_keeps_its_users(office):
    """The daemon goes on with the users it had, and says why in the log."""
    good = office.users_file.read_bytes()
    office.users_file.write_bytes(good + b'not a user:\n')
    with office.pop3('wren'):
        pass
    office.log.wait(lambda line: 'not a user name' in line)
    assert 'correct these lines' in run(
        office, 'user', 'add', 'jay', '--password-stdin', input='x\n',
        code=1)
    office.users_file.write_bytes(good)
    run(office, 'user', 'add', 'jay', '--password-stdin', input='x\n')
    with office.pop3('jay', 'x'):
        pass


def test_who_and_kick(office):
    office.put('wren', b'Subject: stays\n\nI stay.\n')
    pop = office.pop3('wren')
    pop.dele(1)
    rows = json.loads(run(office, 'who', '--json'))
    mine = [r for r in rows if r['user'] == 'wren']
    assert len(mine) == 1
    assert mine[0]['service'] == 'pop3' and mine[0]['tls'] == 'TLSv1.3'
    assert mine[0]['peer'].startswith('127.0.0.1:')
    assert mine[0]['session'] in run(office, 'who')
    assert '1 session ended' in run(office, 'kick', mine[0]['session'])
    with pytest.raises((poplib.error_proto, OSError, EOFError)):
        pop.noop()
    pop.close()
    # nothing is removed without QUIT
    assert len(office.messages('wren')) == 1
    with office.pop3('wren') as again:
        assert again.stat()[0] == 1
        assert '1 session ended' in run(office, 'kick', 'wren')
        again.close()
    assert 'no session' in run(office, 'kick', 'wren', code=1)


def test_reload(office):
    assert run(office, 'reload') == 'reloaded\n'
    text = office.config.read_text()
    socket = office.dir / 'run' / 'control'
    office.config.write_text(text.replace('[mail]', '[mail]\nrooot = /'))
    # restantectl reads it, too, to find the socket: so that is named
    assert 'mistakes' in run(office, '--socket', str(socket), 'reload',
                             code=1)
    assert "no rooot" in run(office, 'reload', code=1)
    with office.pop3('wren'):
        pass
    office.config.write_text(text)
    assert run(office, 'reload') == 'reloaded\n'
