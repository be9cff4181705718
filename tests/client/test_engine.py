# SPDX-License-Identifier: ISC
"""Orders of events in which the engine must neither stand still, nor lose
mail, nor bring it twice.

What has to be a moment is made one by waiting for it; where a server is slow,
it is because the test is about that.
"""
import time

from desk import letters, stored


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


# ---- destinations that talk ------------------------------------------------

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
