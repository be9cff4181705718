# SPDX-License-Identifier: ISC
"""Messages that the store opens before they are asked for: nothing that
happens to them meanwhile is missed, and they are few."""
import contextlib
import os
import poplib
import random
import signal
import time
from pathlib import Path

import pytest
from office import RESTANTED

TEXT = b'Subject: message %d\n\n' + b'a line of message %d\n' * 20


def text(n):
    return TEXT % ((n,) * 21)


@pytest.fixture
def office(make_office):
    return make_office(
        users={'wren': 'secret', 'finch': '{PLAIN}secret'},
        listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                             'clear_login': 'yes'}})


def log_in(office, user='wren'):
    return office.pop3(user, 'secret', how='clear')


def fill(office, count, user='wren'):
    return [office.put(user, text(n), f'17000000{n:02d}.test', 'cur')
            for n in range(1, count + 1)]


def wire(n):
    return text(n).replace(b'\n', b'\r\n')


def error(pop, n):
    """What RETR n is refused with."""
    with pytest.raises(poplib.error_proto) as e:
        pop.retr(n)
    return e.value.args[0]


def bodies_open(office):
    """Descriptors of messages that the front holds."""
    directory = f'/proc/{office.child("front")}/fd'
    held = 0
    for fd in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError):    # closed meanwhile
            held += '.test' in os.readlink(f'{directory}/{fd}')
    return held


def test_a_message_is_removed_after_it_was_opened(office):
    """Z-3: it is asked for again, and is not there"""
    files = fill(office, 12)
    pop = log_in(office)
    assert pop.message(1) == wire(1)
    assert bodies_open(office) == 11
    files[3].unlink()
    for n in 2, 3:
        assert pop.message(n) == wire(n)
    assert error(pop, 4).startswith(b'-ERR [SYS/TEMP]')
    # and in the middle of the next row
    for n in 5, 6, 7:
        assert pop.message(n) == wire(n)
    files[8].unlink()
    assert pop.message(8) == wire(8)
    assert error(pop, 9).startswith(b'-ERR [SYS/TEMP]')
    assert error(pop, 9).startswith(b'-ERR [SYS/TEMP]')
    for n in 10, 11, 12:
        assert pop.message(n) == wire(n)
    assert bodies_open(office) == 0
    pop.quit()


def test_a_removed_message_with_another_link(office):
    """Z-3: the file lives on elsewhere, but is no message here"""
    files = fill(office, 5)
    pop = log_in(office)
    assert pop.message(1) == wire(1)
    os.link(files[2], office.dir / 'elsewhere')
    files[2].unlink()
    assert error(pop, 3).startswith(b'-ERR [SYS/TEMP]')
    assert pop.message(4) == wire(4)
    pop.quit()


def test_a_message_is_renamed_after_it_was_opened(office):
    """Z-2: flags change; removal finds it under its new name too"""
    files = fill(office, 8)
    pop = log_in(office)
    assert pop.message(1) == wire(1)
    for n in 3, 5, 6:
        files[n - 1].rename(f'{files[n - 1]}:2,S')
    assert pop.message(2) == wire(2)
    for n in range(3, 9):
        assert pop.message(n) == wire(n)
        pop.dele(n)
    pop.quit()
    assert [p.name for p in office.messages()] == [
        '1700000001.test', '1700000002.test']


def test_another_file_under_the_name(office):
    """Another message in the place of one that was opened is not shown: it
    is not what was announced"""
    files = fill(office, 4)
    pop = log_in(office)
    assert pop.message(1) == wire(1)
    office.put('wren', b'something else\n', files[2].name, 'cur')
    assert error(pop, 3).startswith(b'-ERR [SYS/PERM]')
    assert pop.message(4) == wire(4)
    pop.quit()


def test_a_message_is_cut_after_it_was_opened(office):
    files = fill(office, 4)
    pop = log_in(office)
    assert pop.message(1) == wire(1)
    os.truncate(files[2], 10)
    assert error(pop, 3).startswith(b'-ERR [SYS/PERM]')
    assert pop.message(4) == wire(4)
    pop.quit()


def test_any_order(office):
    """RETR, TOP and DELE in any order, and two sessions at once"""
    r = random.Random(1)
    fill(office, 30)
    fill(office, 30, 'finch')
    pops = [log_in(office), log_in(office, 'finch')]
    at = [0, 0]
    for _ in range(400):
        i = r.randrange(2)
        at[i] = r.choice([at[i] % 30 + 1, at[i] % 30 + 1, at[i] % 30 + 1,
                          at[i] or 1, r.randrange(30) + 1])
        if r.randrange(4):
            assert pops[i].message(at[i]) == wire(at[i])
        else:
            got = pops[i].top(at[i], 1)[1]
            assert got == wire(at[i]).split(b'\r\n')[:3]
    for pop in pops:
        pop.quit()
    assert bodies_open(office) == 0


def test_whoever_fetches_one_message_opens_one(office):
    fill(office, 30)
    pop = log_in(office)
    for n in 30, 7, 29, 12:
        assert pop.message(n) == wire(n)
        assert bodies_open(office) == 0
    pop.message(13)
    assert bodies_open(office) == 3
    pop.message(1)
    assert bodies_open(office) == 0
    pop.message(2)
    assert bodies_open(office) == 3
    pop.close()
    office.wait_log('end=drop')
    pop = log_in(office)
    pop.message(1)
    assert bodies_open(office) == 29
    mark = office.mark()
    pop.close()
    office.wait_log('end=drop', after=mark)
    # that is written while the session ends; somebody else is heard behind it
    office.pop3(how='clear').close()
    assert bodies_open(office) == 0


def test_more_than_one_answer_holds(office):
    """The front has as many as a frame carries, and never more"""
    fill(office, 70)
    pop = log_in(office)
    for n in range(1, 71):
        assert pop.message(n) == wire(n)
        assert bodies_open(office) == min(31 - (n - 1) % 32, 70 - n)
    pop.quit()


def test_pipelined(office):
    """All in one write: one after the other, in order"""
    fill(office, 30)
    with office.connect('clear') as s:
        s.sendall(b'USER wren\r\nPASS secret\r\n' + b''.join(
            b'RETR %d\r\n' % (n + 1) for n in range(30)) + b'QUIT\r\n')
        got = b''
        while octets := s.recv(65536):
            got += octets
    want = b''.join(b'+OK %d octets\r\n%s.\r\n' % (len(wire(n)), wire(n))
                    for n in range(1, 31))
    assert want in got
    assert got.endswith(b'.\r\n+OK goodbye\r\n')


def wait_asleep(pid):
    """Until all threads of a process have waited for a while: what it was
    asked for is done.  No event tells of that; one that never sleeps has had
    its time too."""
    end = time.monotonic() + 2
    quiet = 0
    while quiet < 5 and time.monotonic() < end:
        tasks = Path(f'/proc/{pid}/task').glob('*/stat')
        states = {t.read_text().rsplit(') ', 1)[1][0] for t in tasks}
        quiet = quiet + 1 if states == {'S'} else 0
        time.sleep(0.01)


def with_few_files(directory, files):
    """A restanted that gets no more descriptors than that for a process."""
    program = directory / 'restanted'
    program.write_text(
        '#!/bin/sh\n'
        # root would allow itself more
        'test $(id -u) = 0 && drop="setpriv --bounding-set -sys_resource '
        '--inh-caps -sys_resource"\n'
        f'exec $drop prlimit --nofile={files}:{files} {RESTANTED} "$@"\n')
    program.chmod(0o755)
    return program


def test_many_ask_at_once(make_office, tmp_path):
    """S34: what is on its way counts too: the store has few descriptors, and
    a front that is slow to take them does not use them up"""
    sessions, files = 80, 256
    users = {f'u{i}': '{PLAIN}secret' for i in range(sessions)}
    office = make_office(
        users=users, limits={'sessions_per_address': 1000},
        mail={'postmaster': 'u0'},
        listeners={'clear': {'protocol': 'pop3', 'tls': 'start',
                             'clear_login': 'yes'}},
        binary=with_few_files(tmp_path, files))
    for user in users:
        fill(office, 9, user)
    pops = [log_in(office, user) for user in users]
    front, store = office.child('front'), office.child('store')
    os.kill(store, signal.SIGSTOP)
    for pop in pops:
        pop.sock.sendall(b'RETR 1\r\n')
    # the greeting of one more: those before it have been heard
    office.pop3(how='clear').close()
    os.kill(front, signal.SIGSTOP)
    os.kill(store, signal.SIGCONT)
    wait_asleep(store)
    os.kill(front, signal.SIGCONT)
    for pop in pops:
        assert pop._getlongresp()[1] == wire(1).split(b'\r\n')[:-1]
    assert bodies_open(office) <= files / 8
    for pop in pops:
        assert [pop.message(n) for n in range(2, 10)] == [
            wire(n) for n in range(2, 10)]
        pop.quit()
    office.pop3(how='clear').close()
    assert bodies_open(office) == 0
