# SPDX-License-Identifier: ISC
"""Orders of events in which the engine must neither stand still, nor lose
mail, nor bring it twice.

What has to be a moment is made one by waiting for it; where a server is slow,
it is because the test is about that.
"""
import email.utils
import signal
import subprocess
import time

import pytest

from desk import SANITIZERS, letters, stored
from popscript import Drop

PATIENCE = 30


def same(desk, raw, name='work', kind='maildir'):
    """Each of these once, octet for octet."""
    return sorted(desk.mail(name, kind)) == sorted(stored(m) for m in raw)


def slow_top(seconds):
    def top(session, rest):
        session.flush()
        time.sleep(seconds)
        session.on_top(rest.partition(' ')[0] + ' 0')
        return b''
    return top


def until(what, text):
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, f'never seen: {text}'
        time.sleep(0.005)


class Running:
    """A fetch that is under way."""

    def __init__(self, desk, *args):
        desk.write()
        self.process = subprocess.Popen(
            [desk.binary, '--config', str(desk.config), '--json',
             *(args or ('fetch',))], cwd=desk.dir, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=desk.environment(**SANITIZERS))

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def end(self, seconds=PATIENCE):
        try:
            out, err = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        assert b'Sanitizer' not in err and b'runtime error' not in err, err
        return self.process.returncode, out.decode()


# ---- while headers are looked at -------------------------------------------

def test_left_out_and_a_slow_top(desk, make_server):
    """a message is left out at once, the header of another comes late: what
    waits for the batch waits on"""
    mails = letters(4, lines=1) + letters(1, lines=100)
    server = make_server(mails, replies={'TOP': slow_top(0.5)})
    desk.account('work', server)
    desk.rule('big', larger=3000, action='skip')
    desk.rule('two', header='Subject: letter 2', action='skip')
    desk.fetch()
    assert same(desk, [mails[0], mails[2], mails[3]])


def test_many_are_left_out(desk, make_server):
    """more messages are left out at once than may wait for a batch"""
    mails = letters(700)
    server = make_server(mails)
    desk.account('work', server, skip_larger=1)
    done = desk.fetch()
    assert len([e for e in done.of('message') if e['fate'] == 'skipped']) \
        == 700
    assert desk.mail() == []


def test_many_are_left_out_by_their_headers(desk, make_server):
    """the same when it is TOP that tells (and the last one is fetched)"""
    mails = letters(700) + [b'Subject: wanted\r\n\r\nx\r\n']
    server = make_server(mails)
    desk.account('work', server)
    desk.rule('letters', header='Subject: letter *', action='skip')
    desk.fetch()
    assert same(desk, mails[-1:])


def test_stale_number_is_not_deleted(desk, make_server):
    """a rule deletes message 1; the connection is lost while headers are
    looked at, and the next one counts the messages anew: number 1 is another
    message by then (P14)"""
    mails = [b'Subject: junk\r\n\r\njunk\r\n'] + letters(5)
    drop = Drop(mails)
    server = make_server(drop)

    def lost(session, rest):
        session.flush()
        drop.messages.pop(0)        # somebody else has deleted it
        session.cut('fin')

    server.once.append({'replies': {'TOP 3': lost, 'TOP 3 0': lost}})
    desk.account('work', server)
    desk.rule('junk', header='Subject: junk', action='delete')
    desk.fetch()
    server.settle()
    assert len(server.sessions) == 2
    assert same(desk, mails[1:])
    assert [s.asked for s in server.sessions] == [[], []]
    assert len(drop.messages) == 5


# ---- signals ----------------------------------------------------------------

def scanner(desk, script):
    path = desk.dir / 'scan'
    path.write_text(f'#!/bin/sh\n{script}\n')
    path.chmod(0o755)
    return path


def test_signal_while_a_scan_outlives_the_connection(desk, make_server):
    """SIGTERM when the connection is gone and a scan is all that is left"""
    server = make_server(2, cut_retr=('u0002', 10, 'fin'))
    mark = desk.dir / 'scanning'
    desk.account('work', server, pipelining='off',
                 scan=scanner(desk, f'touch {mark}; exec sleep 100'))
    run = Running(desk)
    until(lambda: mark.exists() and server.sessions and
          server.sessions[0].ended, 'a scan without a connection')
    time.sleep(0.3)         # until restante has seen the end, too
    run.signal()
    status, _ = run.end()
    assert status not in (0, -signal.SIGTERM)
    assert not list((desk.dir / 'work' / 'tmp').iterdir())


def test_signal_ends_soon_in_front_of_a_scan(desk, make_server):
    """SIGTERM begins no scan of what has just come"""
    server = make_server(2)
    mark = desk.dir / 'scanning'

    def stall(session, rest):
        session.flush()
        session.cut('stall')

    server.knobs['replies'] = {'RETR 2': stall}
    desk.account('work', server, pipelining='on',
                 scan=scanner(desk, f'touch {mark}; exec sleep 100'))
    run = Running(desk)
    until(lambda: server.sessions and 'RETR 2' in
          server.sessions[0].commands, 'RETR 2')
    time.sleep(0.3)         # message 1 has been read
    run.signal()
    run.end()


def test_signal_before_another_try(desk, make_server):
    """SIGTERM between a connection and the next one, without pipelining:
    there is no next one"""
    server = make_server(3, hangup='retr')
    mark = desk.dir / 'scanning'

    def lost(session, rest):
        session.on_retr('1')
        session.flush()
        session.cut('fin')

    server.knobs['hangup'] = False
    server.knobs['replies'] = {'RETR 1': lost}
    desk.account('work', server,
                 scan=scanner(desk, f'touch {mark}; exec sleep 100'))
    run = Running(desk)
    until(lambda: mark.exists() and server.sessions and
          server.sessions[0].ended, 'a scan without a connection')
    time.sleep(0.3)
    run.signal()
    status, _ = run.end()
    assert status not in (0, -signal.SIGTERM)
    assert len(server.sessions) == 1


def test_quarantine_that_cannot_be_opened(desk, make_server):
    """the fault of the destination is told for each message"""
    desk.account('work', make_server(2), scan=scanner(desk, 'exit 1'),
                 quarantine=f'maildir:{desk.dir}/none/there')
    done = desk.fetch(status='bad')
    assert [e['fate'] for e in done.of('message')] == ['failed'] * 2
    assert 'none' not in [e['fault'] for e in done.of('message')]


# ---- destinations that talk ------------------------------------------------

def test_talker_that_gives_up_behind_a_long_queue(desk, make_server):
    """the network was told to wait; then the destination fails for good:
    the visit ends all the same"""
    server = make_server(letters(1200))
    log = desk.dir / 'log'
    command = desk.dir / 'take'
    command.write_text(
        '#!/bin/sh\n'
        f'if [ ! -e {log} ]; then sleep 2; : > {log}; exit 0; fi\n'
        'sleep 0.7; exit 75\n')
    command.chmod(0o755)
    desk.account('work', server, destination=f'pipe:{command}')
    done = desk.fetch(status='bad', timeout=40)
    assert done.faults
    assert server.sessions[-1].quit


def test_without_uidl_and_top_into_a_command(desk, make_server):
    """messages that are known by their content alone are handed to a command
    once, however often they are seen"""
    server = make_server(3, uidl=False, top=False)
    log = desk.dir / 'log'
    command = desk.dir / 'take'
    command.write_text(f'#!/bin/sh\necho one >> {log}\ncat > /dev/null\n')
    command.chmod(0o755)
    desk.account('work', server, destination=f'pipe:{command}', keep='yes')
    for _ in range(3):
        desk.fetch()
        assert log.read_text().split() == ['one'] * 3


# ---- what was left out before ----------------------------------------------

def test_limits_leave_nothing_out_for_ever(desk, make_server):
    """messages that were skipped are looked at again when the rules change:
    also those for which max_messages leaves no room that time"""
    server = make_server(3)
    desk.account('work', server, skip_larger=1)
    desk.fetch()
    assert desk.mail() == []
    del desk.accounts['work']['skip_larger']
    desk.accounts['work']['max_messages'] = 1
    for n in (1, 2, 3, 3):
        desk.fetch()
        assert len(desk.mail()) == n
    assert same(desk, letters(3))


def test_failure_leaves_nothing_out_for_ever(desk, make_server):
    """the same for one that the destination did not take that time"""
    server = make_server(2)
    desk.account('work', server, skip_larger=1)
    desk.fetch()
    del desk.accounts['work']['skip_larger']
    desk.accounts['work']['scan'] = scanner(desk, 'exit 7')
    desk.fetch(status='any')
    assert desk.mail() == []
    del desk.accounts['work']['scan']
    desk.fetch()
    assert same(desk, letters(2))


@pytest.mark.parametrize('args', [(), ('--dry-run',)], ids=['', 'dry-run'])
def test_more_than_a_plan_holds(desk, make_server, args):
    """another visit follows at once only when this one has made room:
    neither behind a dry run nor beyond max_messages"""
    server = make_server(3, uidl=lambda rows: rows + [
        (n, f'v{n}') for n in range(4, 50010)])
    desk.account('work', server, max_messages=1)
    desk.fetch(*args)
    assert len(server.sessions) == 1
    assert len(desk.mail()) == (not args)


def test_too_new_is_not_for_ever(desk, make_server):
    """a rule leaves what is younger than a day; a day later it is fetched"""
    born = time.time() - 24 * 3600 + 4
    mail = b'Date: %s\r\nSubject: new\r\n\r\nx\r\n' % \
        email.utils.formatdate(born).encode()
    desk.account('work', make_server([mail]))
    desk.rule('new', newer='1d', action='skip')
    until(lambda: desk.fetch() and desk.mail(), 'a message that is old enough')
    assert same(desk, [mail])


# ---- a server that was moved -----------------------------------------------

def test_moved_twins(desk, make_server):
    """two messages with one header and one size: both are recognised"""
    mails = [b'Subject: twin\r\n\r\nabc\r\n', b'Subject: twin\r\n\r\nxyz\r\n',
             *letters(2)]
    drop = Drop(mails)
    server = make_server(drop)
    desk.account('work', server)
    desk.fetch()
    assert same(desk, mails)
    for i, m in enumerate(drop.messages):
        m.uid = f'other{i}'
    for _ in range(3):
        desk.fetch()
        assert same(desk, mails)


# ---- time -------------------------------------------------------------------

def test_short_answers_in_time(desk, make_server):
    """a server that answers every DELE, in a few octets each, is not one that
    sends next to nothing"""
    def dele(session, rest):
        time.sleep(0.4)
        session.on_dele(rest)
        return b''

    server = make_server(28, pipelining=False, replies={'DELE': dele})
    desk.account('work', server, keep='no', timeout='1s')
    desk.fetch()
    assert same(desk, letters(28)) and not server.drop.messages


# ---- list ------------------------------------------------------------------

def test_list_that_is_refused(desk, make_server):
    """restante list: a server that lists nothing is no empty mailbox"""
    desk.account('work', make_server(2, uidl='err', list='err'))
    done = desk.run('list', 'work', json_=False)
    assert done.status == 75 and 'LIST' in done.err


def test_two_accounts_of_one_mailbox(desk, make_server):
    """C23: a server that lets one session in at a time is visited by one
    after the other, and each account has its own mail"""
    server = make_server(5, slow=0.05)
    desk.account('one', server)
    desk.account('two', server)
    done = desk.fetch()
    assert not done.faults
    assert len(desk.mail('one')) == len(desk.mail('two')) == 5
    assert len(server.sessions) == 2
