# SPDX-License-Identifier: ISC
"""Orders of events in which the engine must neither stand still, nor lose
mail, nor bring it twice.

What has to be a moment is made one by waiting for it; where a server is slow,
it is because the test is about that.
"""
import time

from desk import letters, stored
from popscript import Drop


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
