# SPDX-License-Identifier: ISC
"""The first things to know of a whole office: mail comes in, mail goes out,
power is divided, and the end is clean."""
import os
import poplib
import signal
import smtplib
from pathlib import Path

import pytest

from office import (AS_ROOT, AUTH_ID, FRONT_ID, ROLES, STORE_ID, Office,
                    OfficeError)

MESSAGE = b'Subject: hello\r\n\r\n.dot\r\n..\r\nend\r\n'


@pytest.mark.parametrize('how', ['implicit', 'start'])
@pytest.mark.parametrize('by', ['lmtp', 'smtp'])
def test_mail_in_and_out(office, how, by):
    office.deliver(MESSAGE, how=by)
    with office.pop3('wren', how=how) as pop:
        assert pop.stat()[0] == 1
        got = pop.message(1)
        assert got.endswith(MESSAGE)
        assert pop.list(1).split()[2] == str(len(got)).encode()
        assert got.startswith(b'Return-Path: <bob@example.net>\r\n')
    assert len(office.messages()) == 1
    assert office.leftovers() == []


def test_files_of_others_are_seen(office):
    office.put('wren', b'Subject: x\n\nbody\n')
    with office.pop3('wren') as pop:
        assert pop.message(1) == b'Subject: x\r\n\r\nbody\r\n'


def test_dele_is_done_at_quit_only(office):
    office.put('wren', b'a: b\n\n1\n')
    pop = office.pop3('wren')
    pop.dele(1)
    pop.close()                     # dropped, no QUIT: threats P4
    office.wait_log('event=session', 'user=wren')
    assert len(office.messages()) == 1
    with office.pop3('wren') as pop:
        pop.dele(1)
    assert office.messages() == []


def test_wrong_password_and_unknown_user_are_alike(office):
    """S27"""
    said = []
    for user, password in (('wren', 'wrong'), ('nobody', 'secret')):
        with pytest.raises(poplib.error_proto) as e:
            office.pop3(user, password)
        said.append(str(e.value))
    assert said[0] == said[1]
    assert '[AUTH]' in said[0]


def test_no_clear_password_without_tls(office):
    with pytest.raises(poplib.error_proto):
        office.pop3('wren', how='none')


def test_unknown_recipient_and_foreign_domain(office):
    for address, code in (('owl@example.org', 550), ('a@example.com', 550)):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as e:
            office.deliver(MESSAGE, address)
        assert e.value.recipients[address][0] == code


def _status(pid, key):
    for line in Path(f'/proc/{pid}/status').read_text().split('\n'):
        if line.startswith(key + ':'):
            return line.split(':', 1)[1].split()
    raise AssertionError(key)


@pytest.mark.skipif(not AS_ROOT, reason='needs root: identities')
def test_each_process_has_its_own_power(office):
    wanted = {'front': FRONT_ID, 'auth': AUTH_ID, 'store': STORE_ID}
    for role in ROLES:
        pid = office.child(role)
        assert _status(pid, 'Uid') == [str(wanted[role])] * 4
        assert _status(pid, 'Gid') == [str(wanted[role])] * 4
        assert set(_status(pid, 'Groups')) <= {str(wanted[role])}
        assert _status(pid, 'NoNewPrivs') == ['1']
        assert int(_status(pid, 'CapPrm')[0], 16) == 0
    front = office.child('front')
    assert os.listdir(f'/proc/{front}/root/') == []


def test_roles_are_there(office):
    assert len(office.children()) >= 3
    for role in ROLES:
        assert office.children(role), role


@pytest.mark.parametrize('role', ROLES)
def test_a_killed_process_comes_back(make_office, role):
    office = make_office()
    office.deliver(MESSAGE)
    mark = office.mark()
    old = office.kill(role)
    office.wait_log(f'starting the {role} process again', after=mark)
    with office.pop3_again('wren') as pop:
        assert pop.stat()[0] == 1
    assert office.children(role) and old not in office.children(role)


def test_a_mistake_is_reported_and_nothing_starts():
    office = Office(limits={'idle_timeout': '1s'})
    try:
        with pytest.raises(OfficeError) as e:
            office.start()
        assert 'idle_timeout: accepted: 10m to 1d' in str(e.value)
        assert f'{office.config}:' in str(e.value)
    finally:
        office.process = None
        office.close()


def test_sigterm_ends_sessions_and_all_processes(make_office):
    office = make_office()
    office.put('wren', b'a: b\n\n1\n')
    pop = office.pop3('wren')
    pop.dele(1)
    office.signal(signal.SIGTERM)
    assert office.wait_exit() == 0
    pop.close()
    assert len(office.messages()) == 1
