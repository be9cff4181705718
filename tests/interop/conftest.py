# SPDX-License-Identifier: ISC
"""The server for all tests here: one restanted, and what it holds.

Tests know it only as a PostOffice: ports, users, maildrops.  Which program
stands behind is said here alone.
"""
import os
import smtplib
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(1, os.path.join(HERE, "..", "e2e"))
sys.path.insert(2, os.path.join(HERE, "..", "client"))

import corpus  # noqa: E402
from desk import Desk  # noqa: E402
from office import Office, pki  # noqa: E402
from servers import PEERS  # noqa: E402


class PostOffice:
    """Ports, users and maildrops of a running server"""
    domain = "example.org"
    password = "secret"

    def __init__(self):
        self.office = Office(
            users={"postmaster": "{PLAIN}" + self.password},
            listeners={"lmtp": {"protocol": "lmtp", "tls": "start"}},
            start=True)
        self.ca = pki().ca
        for name, port in self.office.ports.items():
            setattr(self, name, port)   # pop3 pop3s lmtp smtp

    def add_user(self, *names):
        """New users, with empty maildrops; the first one's name"""
        for name in names:
            self.office.passwords[name] = "{PLAIN}" + self.password
        self.office.write_users()
        self.office.reload()
        return names[0]

    def maildir(self, user):
        return self.office.maildir(user)

    def put(self, user, messages):
        """Files in new/, as another program leaves them"""
        self.office.maildir(user)
        for _, octets in messages:
            self.office.put(user, octets)

    def fill(self, user, messages):
        """Delivers by LMTP; {name: octets of the file}.  Each file must be
        the message below the three fields of final delivery."""
        files = {}
        new = self.maildir(user) / "new"
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            seen = set(os.listdir(new))
            for name, octets in messages:
                lmtp.sendmail("sender@example.net",
                              [f"{user}@{self.domain}"], corpus.wire(octets),
                              mail_options=["BODY=8BITMIME"])
                now = set(os.listdir(new))
                file, = now - seen
                seen = now
                files[name] = (new / file).read_bytes()
                fields, rest = corpus.take_fields(files[name], 3)
                assert [f.split(b":")[0] for f in fields] == [
                    b"Return-Path", b"Delivered-To", b"Received"]
                corpus.assert_same(
                    rest, corpus.lines(corpus.without_return_path(octets)),
                    name)
        return files


@pytest.fixture(scope="session")
def office():
    it = PostOffice()
    try:
        yield it
    finally:
        it.office.close()


@pytest.fixture(scope="session")
def peers():
    """peers("Dovecot"): a POP3 server for our client, started once"""
    running = {}

    def peer(name):
        if name not in running:
            running[name] = PEERS[name]()
        return running[name]

    yield peer
    for server in running.values():
        server.close()


@pytest.fixture
def desk():
    """Our client, its configuration, and what it fetched"""
    with Desk() as it:
        yield it


def pytest_terminal_summary(terminalreporter):
    """What tests have measured and do not judge"""
    rows = [value for outcome in ("passed", "failed")
            for report in terminalreporter.stats.get(outcome, [])
            for name, value in getattr(report, "user_properties", ())
            if name == "measured"]
    if rows:
        terminalreporter.section("measured")
        for row in sorted(rows):
            terminalreporter.write_line(row)
