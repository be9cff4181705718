# SPDX-License-Identifier: ISC
"""restante fetch: real mail from real servers, octet for octet, once.

Each server is filled as its own world fills it (servers.py), and what our
client stores is compared with what was put in; where a server changes mail by
itself, servers.py undoes that change and no other.  RESTANTE_FULL=1 does it
with 2,000 messages in place of 200: tools/client-interop.
"""
import poplib

import pytest

import corpus
from desk import HAVE_CLIENT
from programs import tree
from proxy import Wire
from servers import PASSWORD, PEERS

pytestmark = pytest.mark.skipif(not HAVE_CLIENT,
                                reason="restante is not built")
# each of keep, delete and Maildir, mbox meets each other at every server
WAYS = [(p.name, tls, *kinds) for p in PEERS.values()
        for tls, kinds in zip(p.tls or ("none", "none"),
                              (("maildir", "mbox"), ("mbox", "maildir")))]
LONG = 900          # seconds for a run with thousands of messages


def same(peer, desk, mail, name="work", kind="maildir"):
    """Everything put in was stored, once, octet for octet"""
    corpus.assert_same_set([peer.got(o) for o in desk.mail(name, kind)],
                           {n: peer.want(o) for n, o in mail})


def summary(done):
    return done.of("summary")[0]


def row(peer, tls, what, done):
    s = summary(done)
    return (f"{peer.name:10} {tls:9} {what:15} {s['fetched']:5} messages "
            f"{s['fetched_octets']:9} octets 0 differences "
            f"{s['milliseconds'] / 1000:7.2f} s")


@pytest.mark.parametrize("name,tls,keeping,deleting", WAYS)
def test_real_mail(peers, desk, record_property, name, tls, keeping,
                   deleting):
    """Kept, fetched again in vain, and fetched by another who deletes"""
    peer, mail = peers(name), corpus.fetch_messages()
    user, way = peer.user(), peer.ways[tls]
    peer.put(user, mail)

    desk.account("keeper", way, kind=keeping, user=user, **way.settings())
    done = desk.fetch("keeper", timeout=LONG)
    assert summary(done)["fetched"] == len(mail)
    same(peer, desk, mail, "keeper", keeping)
    record_property("measured", row(peer, tls, f"{keeping} keep", done))

    again = summary(desk.fetch("keeper", timeout=LONG))
    assert (again["messages"], again["fresh"], again["fetched"]) == (
        len(mail), 0, 0)
    same(peer, desk, mail, "keeper", keeping)
    assert peer.left(user) == len(mail)

    desk.account("taker", way, kind=deleting, user=user, keep="no",
                 **way.settings())
    done = desk.fetch("taker", timeout=LONG)
    assert summary(done)["deleted"] == len(mail)
    same(peer, desk, mail, "taker", deleting)
    assert peer.left(user) == 0
    record_property("measured", row(peer, tls, f"{deleting} delete", done))

    for account in ("keeper", "taker"):
        empty = summary(desk.fetch(account, timeout=LONG))
        assert (empty["messages"], empty["fetched"]) == (0, 0)
        assert not desk.leftovers(account)


@pytest.mark.parametrize("source,target", [("Dovecot", "restanted"),
                                           ("restanted", "Dovecot")])
def test_into_lmtp(peers, desk, source, target):
    """From one server into another: LMTP puts its own fields in front, and
    takes the Return-Path fields of before away (RFC 5321 4.4)"""
    peer, into = peers(source), peers(target)
    mail = corpus.real_messages()
    user, heir = peer.user(), into.user()
    into.maildir(heir)
    peer.put(user, mail)
    way = peer.ways["implicit"]
    desk.account("work", way, user=user, keep="no",
                 destination=f"lmtp:127.0.0.1:{into.lmtp}",
                 recipient=f"{heir}@example.org", **way.settings())
    done = summary(desk.fetch(timeout=LONG))
    assert (done["fetched"], done["deleted"]) == (len(mail), len(mail))
    assert peer.left(user) == 0
    got = []
    for octets in corpus.maildir_files(into.maildir(heir)):
        fields, rest = corpus.take_fields(
            octets, 3 if target == "restanted" else 2)
        assert {f.split(b":")[0] for f in fields} <= {
            b"Return-Path", b"Delivered-To", b"Received"}
        got.append(rest)
    want = {n: corpus.lines(o) for n, o in mail}
    if target == "restanted":
        want = {n: corpus.without_return_path(o) for n, o in want.items()}
    corpus.assert_same_set(got, want)


# ---- two days --------------------------------------------------------------

def at_hour(hours):
    """What stands before a command to whom it is that much later"""
    lib, = (tree("faketime", "libfaketime") / "usr/lib").glob(
        "*/faketime/libfaketimeMT.so.1")
    return ["env", f"LD_PRELOAD={lib}", f"FAKETIME=+{hours}h",
            "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
            "ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0:"
            "exitcode=86"]


def login(way, user):
    """another client, in clear"""
    pop = poplib.POP3(way.host, way.port, timeout=60)
    pop.user(user)
    pop.pass_(PASSWORD)
    return pop


def uidls(way, user):
    pop = login(way, user)
    got = [line.split()[1] for line in pop.uidl()[1]]
    pop.quit()
    return got


DAYS = [p for p in PEERS if corpus.FULL or p in ("restanted", "Dovecot",
                                                 "Cyrus")]


@pytest.mark.parametrize("name", DAYS)
def test_two_days_on_the_server(peers, desk, record_property, name):
    """A poll each hour for two days, with keep = 1d.  Mail comes in, another
    client deletes some, the server is restarted twice, and gives Dovecot's
    messages other UIDLs.  Every message is sent once: the RETRs on the wire
    are counted.  After a day each is deleted, and not before."""
    peer = peers(name)
    user, plain = peer.user(), peer.ways["none"]
    mail = corpus.sample(60)
    later = iter(mail[12:])
    peer.put(user, mail[:12])
    came = {n: 0 for n, _ in mail[:12]}     # name: hour
    removed = 0                             # by the other client
    with Wire(plain) as wire:
        desk.account("work", wire, user=user, keep="1d")
        for hour in range(49):
            if hour % 3 == 1:
                fresh = [next(later), next(later)]
                peer.put(user, fresh)
                came.update((n, hour) for n, _ in fresh)
            if hour in (9, 33):
                peer.restart()
            if hour == 14 and hasattr(peer, "forget_uidls"):
                before = uidls(plain, user)
                peer.forget_uidls(user)
                assert not set(before) & set(uidls(plain, user))
                adopted = True
            else:
                adopted = False
            if hour in (5, 20, 41):
                pop = login(plain, user)
                pop.dele(pop.stat()[0])     # fetched an hour ago
                pop.quit()
                removed += 1
            done = summary(desk.fetch(before=at_hour(hour)))
            if adopted:
                assert done["adopted"] == len(before), done
    fetched = desk.mail()
    assert wire.commands(b"RETR") == len(fetched) == len(came)
    same(peer, desk, [(n, o) for n, o in mail if n in came])
    young = sum(48 - hour < 24 for hour in came.values())
    assert 0 < peer.left(user) <= young
    record_property("measured", f"{name}: two days, {len(wire.sessions)} "
                    f"polls, {len(came)} messages, {removed} deleted by "
                    f"another, {wire.commands(b'RETR')} RETR, "
                    f"{wire.commands(b'TOP')} TOP")


# ---- how much it says ------------------------------------------------------

@pytest.mark.parametrize("name", ["restanted", "Dovecot"])
def test_resumption_and_round_trips(peers, desk, record_property, name):
    """The second visit resumes the TLS session of the first, as the server's
    hello says (RFC 8446 4.2.11).  With nothing new it costs four round trips
    after the two of TLS and greeting: CAPA, AUTH, UIDL with LIST, QUIT."""
    peer = peers(name)
    user = peer.user()
    peer.put(user, corpus.sample(5))
    with Wire(peer.ways["implicit"]) as wire:
        desk.account("work", wire, user=user, auth="PLAIN",
                     **wire.settings())
        assert summary(desk.fetch())["fetched"] == 5
        for _ in range(2):
            assert summary(desk.fetch())["fresh"] == 0
        first, *later = wire.sessions
        assert [s.resumed() for s in wire.sessions] == [False, True, True]
        for session in later:
            trips = session.round_trips() - 2
            assert trips <= 4
            record_property("measured", f"{name}: {trips} round trips after "
                            "TLS with nothing new, session resumed")
        # less is said: no certificate was sent
        assert len(later[0].said("S")) < len(first.said("S"))


@pytest.mark.parametrize("name", PEERS)
def test_round_trips_in_clear(peers, desk, record_property, name):
    """The same where every octet can be read: what is said, and no more.
    popa3d announces nothing: USER and PASS are one round trip more, and LIST
    is left out, since nothing is new."""
    peer = peers(name)
    user = peer.user()
    peer.put(user, corpus.sample(5))
    with Wire(peer.ways["none"]) as wire:
        # PLAIN, for a stronger one would cost more; USER where no
        # mechanism is announced
        desk.account("work", wire, user=user,
                     auth="auto" if peer.tls == () else "PLAIN")
        desk.fetch()
        assert summary(desk.fetch())["fresh"] == 0
        said = wire.sessions[1].said("C").split(b"\r\n")
        trips = wire.sessions[1].round_trips()
    verbs = [line.split(b" ")[0].decode() for line in said[:-1]]
    # UTF8 goes with CAPA where the first visit has seen it
    assert ("UTF8" in verbs) == (name == "Courier")
    assert [v for v in verbs if v != "UTF8"] in (["CAPA", "AUTH", "UIDL", "LIST", "QUIT"],
                     ["CAPA", "USER", "PASS", "UIDL", "LIST", "QUIT"],
                     ["CAPA", "USER", "PASS", "UIDL", "QUIT"])
    assert trips <= 4 + (name == "popa3d")
    record_property("measured", f"{name}: {trips} round trips in clear with "
                    f"nothing new: {' '.join(verbs)}")


@pytest.mark.parametrize("name", ["restanted", "Dovecot"])
def test_twenty_accounts_at_once(peers, desk, record_property, name):
    """All of them in one run; how long it takes is said, not judged"""
    peer, mail = peers(name), corpus.real_messages()[:50]
    desk.settings.update(connections_per_host=20)
    way = peer.ways["implicit"]
    for n in range(20):
        user = peer.user()
        peer.put(user, mail)
        desk.account(f"a{n:02d}", way, user=user, **way.settings())
    alone = summary(desk.fetch("a00"))
    done = desk.fetch(timeout=LONG)
    slowest = max(e["milliseconds"] for e in done.of("end"))
    for account in desk.accounts:
        same(peer, desk, mail, account)
    record_property(
        "measured", f"{name}: one account of {len(mail)} messages "
        f"{alone['milliseconds']} ms; the other 19 at once "
        f"{summary(done)['milliseconds']} ms, the slowest of them "
        f"{slowest} ms")
