# SPDX-License-Identifier: ISC
"""restante check, the diagnosis, of real servers.

What is asserted is what is so: warnings about a server are facts about it, as
the tests here set it up.  Each server is looked at with a few messages; none
may be gone afterwards.
"""
import pytest

import corpus
from desk import HAVE_CLIENT
from office import pki
from servers import PASSWORD, PEERS

pytestmark = pytest.mark.skipif(not HAVE_CLIENT,
                                reason="restante is not built")
MAIL = 12


def look(desk, peer, user):
    """{name: status}, and the run"""
    ways = peer.ways
    args = ["check", "127.0.0.1", "--user", user, "--password-command",
            f"echo {PASSWORD}", "--ca-file", pki().ca, "--tls-name",
            next(iter(w.name for w in ways.values() if w.tls != "none"))]
    if "implicit" in ways:
        args += ["--tls-port", ways["implicit"].port]
    if "start" in ways:
        args += ["--port", ways["start"].port]
    done = desk.run(*args)
    seen = {e["name"]: e for e in done.of("check")}
    assert done.of("check-summary"), str(done)
    assert done.status == (1 if "fault" in {
        e["status"] for e in seen.values()} else 0)
    return seen, done


# all of them are set up for tests that log in without TLS
CLEAR = {"clear.login": ("warning", "USER is announced")}
# server: what is not ok, with a part of what is said about it
ODD = {
    "restanted": CLEAR,
    "Dovecot": CLEAR,
    # as Debian 12 has it: 1.2.1 of courier-pop
    "Courier": {**CLEAR,
                "stls.injection": ("fault", "executed inside of TLS"),
                "tls.versions": ("warning", "1.1, 1.0")},
    "Cyrus": CLEAR,
}


@pytest.mark.parametrize("name", [n for n in PEERS if n in ODD])
def test_check(peers, desk, name):
    """All that logging in shows, and no message less"""
    peer, user = peers(name), peers(name).user()
    peer.put(user, corpus.fetch_messages()[:MAIL])
    seen, done = look(desk, peer, user)
    odd = {n: e for n, e in seen.items()
           if e["status"] in ("warning", "fault")}
    assert {n: e["status"] for n, e in odd.items()} == {
        n: status for n, (status, _) in ODD[name].items()}, str(done)
    for n, (_, text) in ODD[name].items():
        assert text in odd[n]["text"], odd[n]
    for n in ("login.works", "drop.sizes", "drop.uidl", "drop.uidl-stable",
              "drop.two-sessions", "mail.size", "mail.framing", "mail.top",
              "stls.injection", "tls.versions", "tls.certificate",
              "tls.name"):
        assert seen[n]["status"] in ("ok", "warning", "fault"), seen[n]
    assert f"{MAIL} messages" in seen["drop.sizes"]["text"]
    assert peer.left(user) == MAIL
