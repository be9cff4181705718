# SPDX-License-Identifier: ISC
"""swaks, the tester's own mailer, delivers by LMTP, SMTP and SMTP over TLS.
Told to leave the data alone (--no-data-fixup) it sends what it is given, so
the files are made here as they go over the line."""
import re

import pytest

import corpus
from programs import Program

WAYS = {"lmtp": [], "smtp": [], "smtp-tls": ["--tls"], "lmtp-tls": ["--tls"]}


@pytest.fixture(params=list(WAYS), scope="module")
def way(request, office):
    protocol = request.param.split("-")[0]
    port = office.lmtp if protocol == "lmtp" else office.smtp
    return request.param, [
        "--protocol", protocol.upper() if protocol == "lmtp" else "ESMTP",
        "--server", "127.0.0.1", "--port", port, "--helo",
        "client.example.net", "--from", "sender@example.net",
        *WAYS[request.param]]


@pytest.fixture(scope="module")
def swaks():
    return Program("swaks").need_perl("Net::SSLeay", "libnet-ssleay-perl")


def on_the_line(octets):
    """wire form, dots stuffed, the end marked"""
    return re.sub(rb"(?m)^\.", b"..", corpus.wire(octets)) + b".\r\n"


def test_real_messages(office, swaks, way, tmp_path):
    name, options = way
    user = office.add_user(f"swaks-{name}")
    messages = corpus.sample(16)
    for _, octets in messages:
        data = tmp_path / "data"
        data.write_bytes(on_the_line(octets))
        swaks.run(*options, "--to", f"{user}@{office.domain}",
                  "--no-data-fixup", "--data", f"@{data}", home=tmp_path)
    rest = []
    for octets in corpus.maildir_files(office.maildir(user)):
        fields, original = corpus.take_fields(octets, 3)
        assert [f.split(b":")[0] for f in fields] == [
            b"Return-Path", b"Delivered-To", b"Received"]
        protocol = {"lmtp": b"LMTP", "smtp": b"ESMTP", "smtp-tls": b"ESMTPS",
                    "lmtp-tls": b"LMTPS"}[name]
        assert re.search(rb"\bwith " + protocol + rb"\b", fields[2])
        rest.append(original)
    corpus.assert_same_set(rest, {
        n: corpus.lines(corpus.without_return_path(o))
        for n, o in messages})


def test_one_of_three_is_unknown(office, swaks, way, tmp_path):
    """The bad one is refused by itself; the others get the message"""
    name, options = way
    users = [f"swaks-{name}-{x}" for x in ("one", "two")]
    office.add_user(*users)
    nobody = f"swaks-{name}-nobody@{office.domain}"
    to = [f"{users[0]}@{office.domain}", nobody, f"{users[1]}@{office.domain}"]
    done = swaks.run(
        *options, "--to", ",".join(to), "--data",
        "Subject: three\\n\\nhello\\n", home=tmp_path, check=False)
    text = done.stdout.decode()
    # one reply a recipient, in their order
    after = [line for line in re.sub(r"~", " ", text).splitlines()
             if re.match(r"<[-~* ]+ [25]\d\d ", line)]
    bad = [line for line in after if "550" in line]
    assert len(bad) == 1 and "5.1.1" in bad[0], text
    for user in users:
        one, = corpus.maildir_files(office.maildir(user))
        assert b"Subject: three\n" in one


def test_relaying_is_refused(office, swaks, way, tmp_path):
    _, options = way
    done = swaks.run(*options, "--to", "a@elsewhere.example",
                                home=tmp_path, check=False)
    assert done.returncode == 24        # swaks: no recipient was accepted
    assert "550" in done.stdout.decode()
