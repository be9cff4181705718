# SPDX-License-Identifier: ISC
"""`restante check --conformance` against restanted and six other servers.

Ours passes whatever applies, however mail gets there.  What the others fail is
kept in docs/conformance.md (tools/conformance-matrix): a failure more means
that a transcript demands something that no RFC does, or that a server has
changed; one less, that a transcript has lost its teeth.  Each time a sample is
played that takes no waiting, with RESTANTE_FULL=1 everything (ten minutes).
"""
import os
import socket
import subprocess

import pytest

import conformance
from conformance import MARKS, Failed, read_matrix, run
from office import BUILD, ROOT, SANITIZERS, Office, pki
from wire_world import USERS, WIRE, Case, World, checked

FULL = os.environ.get("RESTANTE_FULL") == "1"
# cheap everywhere: no failed login, no silence
SAMPLE = ("pop3/list*,pop3/retr,pop3/retr-overflow,pop3/dele*,pop3/uidl,"
          "pop3/top*,pop3/capa,pop3/number*,pop3/extra-arguments,"
          "pop3/bare-cr-in-command,pop3/update")
FOREIGN = [n for n in conformance.SERVER_NAMES if n != "restanted"]


def users():
    """Those of the transcripts, in the domain that they are written for"""
    more = {}
    for case in checked([WIRE / p for p in ("pop3", "smtp", "lmtp")]):
        if "users" in case["uses"]:
            more.update(Case(case["path"]).users)
    return {n: "{PLAIN}" + p for n, p in {**more, **USERS}.items()}


@pytest.fixture(scope="module")
def ours():
    """As it comes: no password without TLS"""
    with Office(users=users(), mail={"domains": "example.net",
                                     "postmaster": "wren"},
                server={"hostname": "pop.example.net"},
                auth={"failure_delay": "1ms",
                      "failure_delay_max": "1ms"}) as office:
        yield office


def at(office):
    return ["--port", office.ports["pop3"], "--tls-port",
            office.ports["pop3s"], "--ca-file", pki().ca,
            "--tls-name", "localhost"]


def account():
    return ["--user", "wren", "--password-command", f"echo {USERS['wren']}"]


def lmtp(office):
    return ["--lmtp", f"127.0.0.1:{office.ports['lmtp']}",
            "--recipient", "wren@example.net", "--yes"]


def results(cases, *wanted):
    return sorted(n for n, r in cases.items() if r["result"] in wanted)


def test_ours_after_delivery(ours):
    cases = run(*at(ours), *account(), *lmtp(ours), "127.0.0.1")
    assert results(cases, "failed", "differs") == []
    assert len(results(cases, "passed")) > 140
    assert cases["delivery"]["result"] == "passed"


def test_ours_sample(ours):
    """What delivery puts on top is known, whatever is asked for"""
    cases = run(*at(ours), *account(), *lmtp(ours), "--smtp",
                f"127.0.0.1:{ours.ports['smtp']}", "--only", "M-9",
                "127.0.0.1")
    assert results(cases, "failed", "differs") == []
    assert {"smtp/long-lines", "smtp/endless-lines"} <= set(
        results(cases, "passed"))


def test_ours_exactly(ours):
    """Every action once; all cases are played so by test_wire.py"""
    world = World(ours, login="implicit")
    try:
        cases = run(*at(ours), "--action", world.path, "--smtp",
                    f"127.0.0.1:{ours.ports['smtp']}", *lmtp(ours)[:2],
                    "--only", "Z-*,B-9,B-27,B-31,B-38,D-8,D-12,L-*,M-24",
                    "127.0.0.1")
    finally:
        world.close()
    assert results(cases, "failed", "differs") == []
    assert len(results(cases, "passed")) > 20


def test_ours_as_it_is(ours):
    """Three messages stay three messages"""
    for path in ours.messages("wren"):
        path.unlink()
    for n in range(3):
        ours.put("wren", b"Subject: %d\n\n.\n..dots\nno end" % n)
    before = [(p.name.split(":")[0], p.read_bytes())
              for p in ours.messages("wren")]
    cases = run(*at(ours), *account(), "127.0.0.1")
    assert results(cases, "failed", "differs") == []
    assert len(results(cases, "passed")) > 100
    assert sorted(before) == sorted((p.name.split(":")[0], p.read_bytes())
                                    for p in ours.messages("wren"))


def refused(office, *args, status):
    with pytest.raises(Failed) as e:
        run(*at(office), *args)
    assert str(e.value).startswith(f"exit status {status}: "), e.value
    return str(e.value)


def test_says_what_is_missing(ours):
    wren = account()
    # nobody to ask, and nobody said that the mail may go
    said = refused(ours, *wren, *lmtp(ours)[:-1], "127.0.0.1", status=64)
    assert "--yes" in said
    assert "--user" in refused(ours, "127.0.0.1", status=64)
    assert "--recipient" in refused(ours, *wren, *lmtp(ours)[:2], "--yes",
                                    "127.0.0.1", status=64)
    assert "wrong" in refused(
        ours, "--user", "wren", "--password-command", "echo nonsense",
        "127.0.0.1", status=77)
    assert "--list" in refused(ours, *wren, "--only", "pop3/nonsense",
                               "127.0.0.1", status=64)
    assert "--transcripts" in refused(ours, *wren, "--transcripts",
                                      "/nonexistent", "127.0.0.1", status=66)
    # not the server that was meant
    port = ours.ports["lmtp"]
    said = refused(ours, *wren, "--port", port, "127.0.0.1", status=69)
    assert f"port {port}" in said and "LMTP ready" in said
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))       # and does not listen
        port = nobody.getsockname()[1]
        said = refused(ours, *wren, "--port", port, "127.0.0.1", status=69)
    assert f"port {port}: Connection refused" in said
    assert "--password-command" in refused(ours, *wren[:2], "127.0.0.1",
                                           status=77)
    assert "--tls-name" in refused(
        ours, *wren, "--tls-name", "other.example.org", "127.0.0.1",
        status=69)


def test_four_messages_are_too_many(ours):
    for path in ours.messages("wren"):
        path.unlink()
    for n in range(4):
        ours.put("wren", b"Subject: %d\n\nx\n" % n)
    assert "exactly three" in refused(ours, *account(), "127.0.0.1",
                                      status=75)
    assert len(ours.messages("wren")) == 4


def test_installed(tmp_path):
    """The transcripts are installed where the program looks for them"""
    subprocess.run(["meson", "install", "-C", str(BUILD), "--no-rebuild",
                    "--quiet", "--destdir", str(tmp_path)], check=True,
                   capture_output=True, timeout=120)
    found = sorted(p.relative_to(tmp_path)
                   for p in tmp_path.rglob("transcripts/*/*.t"))
    wanted = sorted(p.relative_to(WIRE) for proto in ("pop3", "smtp", "lmtp")
                    for p in (WIRE / proto).glob("*.t"))
    assert [p.relative_to(p.parents[1]) for p in found] == wanted
    where = str(found[0].parents[1])
    program, = tmp_path.rglob("bin/restante")
    # the path is a part of the program (a file, which strings are in)
    assert f"/{where}".encode() in program.read_bytes()
    out = subprocess.run(
        [program, "check", "--conformance", "--list", "--transcripts",
         tmp_path / where], check=True, capture_output=True, text=True,
        env={**os.environ, **SANITIZERS}).stdout
    assert len(out.splitlines()) == len(wanted)


@pytest.mark.parametrize("name", FOREIGN)
def test_others(name):
    with conformance.Stand(name) as stand:
        cases = stand.play(None if FULL else SAMPLE)
    assert conformance.differences(name, cases) == []
    assert len(results(cases, "passed")) > (60 if FULL else 8)
    assert results(cases, "failed"), "nobody else passes them all"


def test_matrix_is_whole():
    """Each transcript has a row, and ours fails none"""
    matrix = read_matrix()
    assert sorted(matrix) == sorted(conformance.SERVER_NAMES)
    ours = matrix["restanted"]
    wanted = {f"{p.parent.name}/{p.stem}"
              for proto in ("pop3", "smtp", "lmtp")
              for p in (WIRE / proto).glob("*.t")}
    known = set(ours) - {"delivery"}
    assert known == wanted, (
        "run tools/conformance-matrix: " + " ".join(sorted(known ^ wanted)))
    assert {ours[c] for c in wanted} <= {MARKS["passed"],
                                         MARKS["not applicable"]}
    assert (ROOT / "docs" / "conformance.md").exists()
