# SPDX-License-Identifier: ISC
"""Postfix and Exim deliver: every octet arrives, one bad recipient of three
fails alone, and what cannot be stored now is stored later, once."""
import os
import re

import pytest

import corpus
from mta import Exim, Postfix, wait_until

SENDER = "sender@example.net"


@pytest.fixture(params=["postfix-lmtp", "postfix-smtp", "exim-lmtp",
                        "exim-smtp"], scope="module")
def mta(request, office):
    kind, protocol = request.param.split("-")
    port = office.lmtp if protocol == "lmtp" else office.smtp
    if kind == "exim":
        it = Exim(port, protocol)
    elif protocol == "lmtp":
        it = Postfix(f"lmtp:inet:127.0.0.1:{port}")
    else:
        it = Postfix(f"smtp:[127.0.0.1]:{port}", tls="encrypt")
    it.tag = request.param
    yield it
    it.stop()


def held(office, user):
    return corpus.maildir_files(office.maildir(user))


def arrived(office, mta, user, n):
    """Awaits n messages in a maildrop and that nothing is left to come"""
    try:
        wait_until(f"{n} messages for {user}, the queue empty", 60, lambda:
                   len(held(office, user)) >= n and not mta.waiting())
    except AssertionError as e:
        raise AssertionError(
            f"{e}; there are {len(held(office, user))}; {mta.logs()}") from None
    return held(office, user)


def test_real_messages(office, mta):
    """60 messages with all nasty kinds: below the fields of the two servers
    each is what was submitted, less Return-Path fields of former times"""
    user = office.add_user(f"{mta.tag}-real")
    messages = corpus.sample(60)
    mta.submit(SENDER, [f"{user}@{office.domain}"], [o for _, o in messages])
    got = arrived(office, mta, user, len(messages))
    rest = []
    for octets in got:
        fields, original = corpus.take_fields(octets, 4)
        assert [f.split(b":")[0] for f in fields] == [
            b"Return-Path", b"Delivered-To", b"Received", b"Received"]
        assert fields[0] == b"Return-Path: <" + SENDER.encode() + b">\n"
        assert user.encode() in fields[1]
        assert b"mx.example.net" in fields[2]
        rest.append(original)
    corpus.assert_same_set(rest, {
        n: corpus.lines(corpus.without_return_path(o))
        for n, o in messages})


def test_one_of_three_is_unknown(office, mta):
    """Two get the message, the sender gets one bounce about the third, and
    the bounce, from nobody, is itself a delivery"""
    users = [f"{mta.tag}-{x}" for x in ("one", "two")]
    back = f"{mta.tag}-back"
    office.add_user(back, *users)
    nobody = f"{mta.tag}-nobody@{office.domain}"
    name, octets = corpus.sample(1)[0]
    mta.submit(f"{back}@{office.domain}",
               [f"{users[0]}@{office.domain}", nobody,
                f"{users[1]}@{office.domain}"], [octets])
    bounce, = arrived(office, mta, back, 1)
    assert bounce.startswith(b"Return-Path: <>\n")
    assert nobody.encode() in bounce and b"5.1.1" in bounce
    for user in users:
        one, = held(office, user)
        assert one.endswith(corpus.lines(corpus.without_return_path(octets)))
        assert f"{user}@{office.domain}".encode() not in bounce.split(
            b"From: ", 1)[-1].split(b"Received:")[0]


def test_one_of_three_cannot_be_stored_now(office, mta):
    """The maildrop of one recipient is out of order.  By LMTP the others
    have the message at once, and never a second copy; when it is mended the
    third gets it too.  By SMTP one reply speaks for all: nobody has it before
    all can have it, and nobody gets it twice."""
    users = [f"{mta.tag}-{x}" for x in ("a", "b", "c")]
    office.add_user(*users)
    for user in users:
        office.put(user, [])
    broken = office.maildir(users[1]) / "tmp"
    owner = os.stat(broken)
    os.chown(broken, 0, 0)
    os.chmod(broken, 0o500)
    _, octets = corpus.sample(1)[0]
    try:
        mta.submit(SENDER, [f"{u}@{office.domain}" for u in users], [octets])
        wait_until("the message is deferred", 30, mta.deferred)
        if mta.tag.endswith("lmtp"):
            for user in (users[0], users[2]):
                wait_until(f"{user} has it", 30,
                           lambda u=user: held(office, u))
        assert held(office, users[1]) == []
    finally:
        os.chown(broken, owner.st_uid, owner.st_gid)
        os.chmod(broken, 0o700)
    mta.flush()
    for user in users:
        copies = arrived(office, mta, user, 1)
        for one in copies:
            assert one.endswith(
                corpus.lines(corpus.without_return_path(octets)))
        assert len(copies) == 1


def test_forty_recipients(office, mta):
    """One message to 40 users: one copy each, with its own Delivered-To"""
    users = [f"{mta.tag}-m{n}" for n in range(40)]
    office.add_user(*users)
    mta.submit(SENDER, [f"{u}@{office.domain}" for u in users],
               [b"Subject: to all\n\n.\n..\nhello\n"])
    for user in users:
        one, = arrived(office, mta, user, 1)
        assert re.search(rb"^Delivered-To: .*" + user.encode() + rb"@", one,
                         re.M)
        assert one.endswith(b"Subject: to all\n\n.\n..\nhello\n")
