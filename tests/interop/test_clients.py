# SPDX-License-Identifier: ISC
"""Everyday POP clients fetch 200 real messages, octet for octet.

The mail comes in by LMTP, so what a client must store is the file that the
server made of it.  Each client runs over STLS and over implicit TLS and
verifies the certificate wherever it can.  Where a client changes mail by
itself, the test says which change and why, undoes nothing else, and fails on
any other.  All clients store lines with LF (curl apart) and, as POP demands,
get a final line end even where the sender left it out: corpus.lines().
"""
import os
import pathlib
import poplib
import pty
import pwd
import re
import select
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import textwrap
import time

import pytest

import corpus
from programs import Program

WAYS = ["stls", "implicit"]


@pytest.fixture(scope="module")
def held(office):
    """A user whose maildrop holds the 200: {name: octets of the file}"""
    user = office.add_user("reader")
    return user, office.fill(user, corpus.real_messages())


def port(office, way):
    return office.pop3s if way == "implicit" else office.pop3


def context(office):
    return ssl.create_default_context(cafile=str(office.ca))


def login(office, way, user):
    """a poplib session, over TLS, logged in"""
    if way == "implicit":
        pop = poplib.POP3_SSL("localhost", office.pop3s, timeout=60,
                              context=context(office))
    else:
        pop = poplib.POP3("localhost", office.pop3, timeout=60)
        pop.stls(context(office))
    pop.user(user)
    pop.pass_(office.password)
    return pop


def as_lines(held):
    return {name: corpus.lines(octets) for name, octets in held.items()}


@pytest.mark.parametrize("way", WAYS)
def test_curl(office, held, tmp_path, way):
    """curl writes what RETR sent, CRLF and all: nothing to undo"""
    user, mail = held
    scheme = "pop3s" if way == "implicit" else "pop3"
    base = f"{scheme}://localhost:{port(office, way)}"
    opts = ["--silent", "--show-error", "--fail", "--ssl-reqd", "--ipv4",
            "--cacert", office.ca, "--user", f"{user}:{office.password}"]
    curl = Program("curl")
    listing = curl.run(*opts, f"{base}/").stdout.decode().split("\r\n")
    sizes = [int(row.split()[1]) for row in listing if row]
    curl.run(*opts, f"{base}/[1-{len(mail)}]", "-o", tmp_path / "#1")
    got = [(tmp_path / str(n)).read_bytes() for n in range(1, len(mail) + 1)]
    assert [len(g) for g in got] == sizes
    corpus.assert_same_set(got, {n: corpus.wire(o) for n, o in mail.items()})


@pytest.mark.parametrize("way", WAYS)
def test_poplib(office, held, way, monkeypatch):
    """poplib gives lines without their ends.  It refuses lines over 2,048
    octets unless told otherwise, so it is told otherwise here."""
    user, mail = held
    monkeypatch.setattr(poplib, "_MAXLINE", 1 << 20)
    pop = login(office, way, user)
    count, total = pop.stat()
    sizes = [int(row.split()[1]) for row in pop.list()[1]]
    uids = [row.split()[1] for row in pop.uidl()[1]]
    got = [pop.retr(n)[1] for n in range(1, count + 1)]
    tops = [pop.top(n, 3)[1] for n in range(1, count + 1)]
    pop.quit()
    assert count == len(mail) and len(set(uids)) == count
    octets = [b"".join(line + b"\r\n" for line in m) for m in got]
    assert [len(o) for o in octets] == sizes and sum(sizes) == total
    corpus.assert_same_set(octets, {n: corpus.wire(o)
                                    for n, o in mail.items()})
    for whole, top in zip(got, tops):
        blank = whole.index(b"") if b"" in whole else len(whole)
        assert top == whole[:blank + 4]


def test_poplib_as_it_comes(office, held):
    """Without that change poplib fails at the messages with a line of more
    than 2,048 octets, and at no other"""
    user, mail = held
    failed = 0
    for n in range(1, len(mail) + 1):
        if failed in (0, None):
            pop = login(office, "implicit", user)
            failed = -1
        try:
            pop.retr(n)
        except poplib.error_proto as e:
            assert "line too long" in str(e)
            pop.close()
            failed = None
            bad = n
    expected = [n for n, o in mail.items()
                if max(map(len, corpus.wire(o).split(b"\n"))) > 2047]
    assert len(expected) == 1 and failed is not None and bad


@pytest.mark.parametrize("way", WAYS)
def test_mpop(office, held, tmp_path, way):
    """mpop alters nothing once its own Received field is switched off"""
    user, mail = held
    for sub in ("new", "cur", "tmp"):
        (tmp_path / "Mail" / sub).mkdir(parents=True)
    rc = tmp_path / "mpoprc"
    rc.write_text(textwrap.dedent(f"""\
        defaults
        tls on
        tls_starttls {"on" if way == "stls" else "off"}
        tls_trust_file {office.ca}
        keep on
        received_header off
        uidls_file {tmp_path}/uidls
        account default
        host localhost
        port {port(office, way)}
        user {user}
        password {office.password}
        delivery maildir {tmp_path}/Mail
        """))
    rc.chmod(0o600)
    mpop = Program("mpop")
    mpop.run("-C", rc, "--pipelining=on", home=tmp_path)
    corpus.assert_same_set(corpus.maildir_files(tmp_path / "Mail"),
                           as_lines(mail))
    # and knows on its next visit that there is nothing new
    mpop.run("-C", rc, home=tmp_path)
    assert len(corpus.maildir_files(tmp_path / "Mail")) == len(mail)


FETCHMAIL_MDA = """\
import os, sys, tempfile
fd, path = tempfile.mkstemp(dir=sys.argv[1])
with os.fdopen(fd, "wb") as f:
    f.write(sys.stdin.buffer.read())
"""


@pytest.mark.parametrize("way", WAYS)
def test_fetchmail(office, held, tmp_path, way):
    """`no rewrite` keeps fetchmail from completing addresses, `invisible`
    from adding a Received field."""
    user, mail = held
    (tmp_path / "mda.py").write_text(FETCHMAIL_MDA)
    (tmp_path / "got").mkdir()
    rc = tmp_path / "fetchmailrc"
    tls = ("ssl sslproto 'TLS1.2+'" if way == "implicit"
           else "sslproto 'TLS1.2+'")
    mda = shlex.join([sys.executable, "-SE", str(tmp_path / "mda.py"),
                      str(tmp_path / "got")])
    rc.write_text(textwrap.dedent(f"""\
        set invisible
        set no bouncemail
        poll localhost protocol POP3 port {port(office, way)} uidl
          user '{user}' password '{office.password}'
          {tls} sslcertck sslcertfile '{office.ca}'
          keep fetchall no rewrite stripcr no mimedecode pass8bits
          no dropstatus no dropdelivered
          mda "{mda}"
        """))
    rc.chmod(0o600)
    # as root it takes one lock for all, unless it is told otherwise
    Program("fetchmail").run("-f", rc, "--nodetach", "--nosyslog",
                             "--pidfile", tmp_path / "pid",
                             home=tmp_path, env={"FETCHMAILHOME":
                                                 str(tmp_path)})
    got = [p.read_bytes() for p in (tmp_path / "got").iterdir()]
    corpus.assert_same_set(got, as_lines(mail))


@pytest.fixture
def humble(office):
    """A directory of an unprivileged user, and how to become that user:
    getmail refuses to deliver mail as root"""
    with tempfile.TemporaryDirectory(prefix="getmail") as name:
        home = pathlib.Path(name)
        shutil.copy(office.ca, home / "ca.pem")
        for sub in ("Mail", "Mail/new", "Mail/cur", "Mail/tmp"):
            (home / sub).mkdir()
        who = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            who = {"user": nobody.pw_uid, "group": nobody.pw_gid,
                   "extra_groups": []}
            for p in (home, *home.rglob("*")):
                os.chown(p, nobody.pw_uid, nobody.pw_gid)
        yield home, who


def as_getmail_folds(octets):
    """The header with every field on one line and blanks run together; the
    body as it is.  Both sides of the comparison go through it."""
    head, blank, body = octets.partition(b"\n\n")
    head = re.sub(rb"\n[ \t]+", b" ", head)
    head = re.sub(rb"[ \t]+", b" ", head)
    return b"\n".join(x.strip() for x in head.split(b"\n")) + blank + body


def run_getmail(home, who):
    """getmail6 does not hear of a child that ends before it listens, waits a
    minute and gives up: then all of it once more"""
    for _ in range(5):
        done = Program("getmail", "getmail6").run("-g", home, home=home,
                                                  check=False, **who)
        if b"waiting child pid" not in done.stdout + done.stderr:
            break
        for p in (*home.glob("oldmail-*"), *(home / "Mail").glob("*/*")):
            p.unlink()
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def test_getmail(office, held, humble):
    """getmail6 knows implicit TLS alone, no STLS.  It takes every message
    apart and puts it together again with Python's email package, which folds
    long header fields anew; bodies are left alone."""
    user, mail = held
    home, who = humble
    (home / "getmailrc").write_text(textwrap.dedent(f"""\
        [retriever]
        type = SimplePOP3SSLRetriever
        server = localhost
        timeout = 15
        port = {office.pop3s}
        username = {user}
        password = {office.password}
        ca_certs = {home}/ca.pem
        [destination]
        type = Maildir
        path = {home}/Mail/
        [options]
        read_all = true
        delete = false
        delivered_to = false
        received = false
        """))
    run_getmail(home, who)
    corpus.assert_same_set(
        [as_getmail_folds(o) for o in corpus.maildir_files(home / "Mail")],
        {n: as_getmail_folds(o) for n, o in as_lines(mail).items()})


def on_a_terminal(argv, env, seconds):
    """Runs a full-screen program on a pty until it ends; its screen"""
    pid, fd = pty.fork()
    if pid == 0:
        os.execvpe(argv[0], argv, env)
    screen = b""
    end = time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if not select.select([fd], [], [], 1)[0]:
                continue
            try:
                more = os.read(fd, 65536)
            except OSError:         # EIO: the program has closed it
                break
            if not more:
                break
            screen += more
    finally:
        done, status = os.waitpid(pid, os.WNOHANG)
        if not done:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        os.close(fd)
    return screen


@pytest.mark.parametrize("way", WAYS)
def test_mutt(office, held, tmp_path, way):
    """A mail program for people, on a terminal: open mutt, press G"""
    user, mail = held
    for sub in ("new", "cur", "tmp"):
        (tmp_path / "Mail" / sub).mkdir(parents=True)
    scheme = "pops" if way == "implicit" else "pop"
    rc = tmp_path / "muttrc"
    rc.write_text(textwrap.dedent(f"""\
        set mbox_type=Maildir folder={tmp_path} spoolfile={tmp_path}/Mail
        set pop_host="{scheme}://{user}@localhost:{port(office, way)}"
        set pop_pass="{office.password}" pop_delete=no pop_checkinterval=0
        set ssl_starttls=yes ssl_force_tls=yes
        set ssl_ca_certificates_file={office.ca}
        set certificate_file={tmp_path}/certs header_cache="" mail_check=0
        set tmpdir={tmp_path} wait_key=no quit=yes
        """))
    mutt = Program("mutt")
    screen = on_a_terminal(
        [mutt.path, "-n", "-F", str(rc), "-e",
         "push '<fetch-mail><quit>'"],
        dict(mutt.env, HOME=str(tmp_path)), 60)
    assert f"{len(mail)}" in screen.decode(errors="replace")
    corpus.assert_same_set(corpus.maildir_files(tmp_path / "Mail"),
                           as_lines(mail))


def test_ten_line_script(office, tmp_path):
    """The script that everybody writes first"""
    user = office.add_user("script")
    office.fill(user, corpus.sample(5) + [
        ("last", b"From: a@example.org\nSubject: the latest\n\nhello\n")])
    here = pathlib.Path(__file__).with_name("fetch_latest.py")
    assert len(here.read_text().splitlines()) <= 12
    done = subprocess.run([sys.executable, here, "localhost",
                           str(office.pop3), user, office.password],
                          capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (0, "Subject: the latest\n"), \
        done.stderr


ODD = {
    "bare CR": b"Subject: a\rb\n\nx\ry\n",
    "NUL": b"Subject: nul\n\na\0b\n",
    "CRLF stored": b"Subject: crlf\r\n\r\na\r\n.\r\n..b\r\n",
    "mixed ends": b"Subject: mixed\r\n\na\nb\r\n.c\n",
    "dot is the first octet": b".dot\n\n.\n",
    "no blank line": b"Subject: header alone\n",
    "no end": b"Subject: x\n\nno end",
    "ends in CR": b"Subject: x\n\nend\r",
    "a long line": b"Subject: long\n\n" + b"x" * 70000 + b"\n",
    "dots after 8 KiB": b"\n" + b"y" * 8190 + b"\n." + b"z" * 8190 + b"\n.\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_odd_files(office, tmp_path, monkeypatch, way):
    """What another program may have left in a Maildir, and SMTP refuses.
    curl 7.88 itself turns a dot that is the very first octet of a message
    into CR; it is right about all the others, and poplib about all."""
    user = office.add_user(f"odd-{way}")
    office.put(user, ODD.items())
    want = {name: corpus.wire(octets) for name, octets in ODD.items()}

    monkeypatch.setattr(poplib, "_MAXLINE", 1 << 20)
    pop = login(office, way, user)
    got = [b"".join(x + b"\r\n" for x in pop.retr(n)[1])
           for n in range(1, len(ODD) + 1)]
    sizes = [int(row.split()[1]) for row in pop.list()[1]]
    pop.quit()
    assert sizes == [len(o) for o in got]
    corpus.assert_same_set(got, want)

    scheme = "pop3s" if way == "implicit" else "pop3"
    Program("curl").run(
        "--silent", "--show-error", "--fail", "--ssl-reqd", "--ipv4",
        "--cacert", office.ca, "--user", f"{user}:{office.password}",
        f"{scheme}://localhost:{port(office, way)}/[1-{len(ODD)}]",
        "-o", tmp_path / "#1")
    got = [(tmp_path / str(n)).read_bytes() for n in range(1, len(ODD) + 1)]
    first = "dot is the first octet"
    if want[first] not in got:
        want[first] = b"\r" + want[first][1:]
    corpus.assert_same_set(got, want)


@pytest.mark.parametrize("way", WAYS)
def test_fetch_and_delete(office, tmp_path, way):
    """mpop takes a maildrop away: all of it arrives, nothing remains"""
    user = office.add_user(f"leaver-{way}")
    mail = office.fill(user, corpus.sample(30))
    for sub in ("new", "cur", "tmp"):
        (tmp_path / "Mail" / sub).mkdir(parents=True)
    Program("mpop").run(
        "--host=localhost", f"--port={port(office, way)}", f"--user={user}",
        f"--passwordeval=echo {office.password}", "--tls=on",
        f"--tls-starttls={'on' if way == 'stls' else 'off'}",
        f"--tls-trust-file={office.ca}", "--keep=off",
        "--received-header=off", f"--uidls-file={tmp_path}/uidls",
        f"--delivery=maildir,{tmp_path}/Mail", home=tmp_path)
    corpus.assert_same_set(corpus.maildir_files(tmp_path / "Mail"),
                           as_lines(mail))
    assert corpus.maildir_files(office.maildir(user)) == []
