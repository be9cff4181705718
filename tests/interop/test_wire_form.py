# SPDX-License-Identifier: ISC
"""Mail that restanted stores with line_ends = crlf, read by others: a Maildir
is shared, and restanted.conf(5) says with whom such mail can be."""
import os
import poplib
import shutil
import smtplib

import pytest

import corpus
from office import Office
from servers import MAIL_ID, PASSWORD

MAIL = 20


@pytest.fixture(scope="module")
def stored():
    """Paths of the files, and their octets as restanted sends them"""
    with Office(mail={"line_ends": "crlf"}) as office:
        with smtplib.LMTP("127.0.0.1", office.ports["lmtp"]) as lmtp:
            for _, octets in corpus.sample(MAIL):
                assert lmtp.sendmail("bob@example.net", "wren@example.org",
                                     corpus.wire(octets)) == {}
        with office.pop3("wren") as pop:
            sent = [pop.message(n + 1) for n in range(MAIL)]
        yield office.messages(), sent


def fetch(port, user):
    """[(announced size, octets)]"""
    pop = poplib.POP3("127.0.0.1", port, timeout=30)
    pop.user(user)
    pop.pass_(PASSWORD)
    sizes = [int(row.split()[1]) for row in pop.list()[1]]
    got = [b"".join(line + b"\r\n" for line in pop.retr(n + 1)[1])
           for n in range(len(sizes))]
    pop.quit()
    return list(zip(sizes, got))


def test_all_kinds(stored):
    files, sent = stored
    assert len(files) == len(sent) == MAIL
    marked = [",D=0" in path.name for path in files]
    assert any(marked) and not all(marked)
    for path, octets in zip(files, sent):
        assert path.read_bytes() == octets


def share(peer, files):
    """The files in a Maildir of the peer's; what it sends of them, sorted"""
    user = peer.user()
    for path in files:
        there = peer.maildir(user) / "new" / path.name
        shutil.copy(path, there)
        os.chown(there, MAIL_ID, MAIL_ID)
    return sorted(fetch(peer.pop3, user))


def test_dovecot_reads_it(peers, stored):
    files, sent = stored
    assert share(peers("Dovecot"), files) == \
        sorted((len(octets), octets) for octets in sent)


def test_courier_does_not(peers, stored):
    """It puts a CR before each LF, whatever stands there."""
    files, sent = stored
    assert [octets for _, octets in share(peers("Courier"), files)] == \
        [octets for _, octets in
         sorted((len(o), o) for o in (octets.replace(b"\n", b"\r\n")
                                      for octets in sent))]
