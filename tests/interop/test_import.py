# SPDX-License-Identifier: ISC
"""restante import: who comes from another fetcher gets nothing twice.

The real getmail6, fetchmail and mpop fetch half of a maildrop and keep it
there; then the other half comes in.  After the import restante fetches that
one alone, with the account that the import wrote, to where mail went before:
all of it must lie there, each message once.  Thunderbird keeps no terminal
company: its files are written here as it writes them, for an account that is
in restante.conf already.
"""
import os
import poplib
import pwd
import re
import shlex
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest

import corpus
from desk import HAVE_CLIENT
from office import pki
from programs import Program
from servers import PASSWORD
from test_clients import FETCHMAIL_MDA, as_getmail_folds, run_getmail

pytestmark = pytest.mark.skipif(not HAVE_CLIENT,
                                reason="restante is not built")
HOST = "localhost"


class Getmail:
    """It refuses to deliver as root"""
    name = "getmail"

    def __init__(self, home, user, way):
        self.home = home
        self.who = {}
        (home / "getmailrc").write_text(textwrap.dedent(f"""\
            [retriever]
            type = SimplePOP3SSLRetriever
            timeout = 15
            server = {HOST}
            port = {way.port}
            username = {user}
            password = {PASSWORD}
            ca_certs = {home}/ca.pem
            [destination]
            type = Maildir
            path = {home}/Mail/
            [options]
            read_all = false
            delete = false
            delivered_to = false
            received = false
            """))
        (home / "getmailrc").chmod(0o600)
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.who = {"user": nobody.pw_uid, "group": nobody.pw_gid,
                        "extra_groups": []}
            for p in (home, *home.rglob("*")):
                os.chown(p, nobody.pw_uid, nobody.pw_gid)

    def fetch(self):
        run_getmail(self.home, self.who)

    def path(self):
        return self.home

    def got(self):
        return [self.want(o)
                for o in corpus.maildir_files(self.home / "Mail")]

    @staticmethod
    def want(octets):
        """getmail folds header fields anew, and puts brackets around a
        return path that has none; restante does not"""
        return re.sub(rb"(?m)^Return-Path: ([^<>\n]+)$",
                      rb"Return-Path: <\1>", as_getmail_folds(octets))


class Fetchmail:
    name = "fetchmail"

    def __init__(self, home, user, way):
        self.home = home
        (home / "mda.py").write_text(FETCHMAIL_MDA)
        (home / "got").mkdir()
        mda = shlex.join([sys.executable, "-SE", str(home / "mda.py"),
                          str(home / "got")])
        (home / ".fetchmailrc").write_text(textwrap.dedent(f"""\
            set invisible
            set no bouncemail
            poll {HOST} protocol POP3 port {way.port} uidl
              user '{user}' password '{PASSWORD}'
              ssl sslproto 'TLS1.2+' sslcertck sslcertfile '{home}/ca.pem'
              keep no rewrite stripcr no mimedecode pass8bits
              no dropstatus no dropdelivered
              mda "{mda}"
            """))
        (home / ".fetchmailrc").chmod(0o600)

    def fetch(self):
        Program("fetchmail").run(
            "-f", self.path(), "--nodetach", "--nosyslog", home=self.home,
            env={"FETCHMAILHOME": str(self.home)})

    def path(self):
        return self.home / ".fetchmailrc"

    def got(self):
        return [p.read_bytes() for p in (self.home / "got").iterdir()]

    def want(self, octets):
        return octets


class Mpop:
    name = "mpop"

    def __init__(self, home, user, way):
        self.home = home
        (home / ".mpoprc").write_text(textwrap.dedent(f"""\
            defaults
            tls on
            tls_starttls off
            tls_trust_file {home}/ca.pem
            keep on
            received_header off
            account post
            host {HOST}
            port {way.port}
            user {user}
            password {PASSWORD}
            delivery maildir {home}/Mail
            account default : post
            """))
        (home / ".mpoprc").chmod(0o600)
        (home / ".mpop_uidls").mkdir()

    def fetch(self):
        Program("mpop").run("-C", self.path(), home=self.home)

    def path(self):
        return self.home / ".mpoprc"

    def got(self):
        return corpus.maildir_files(self.home / "Mail")

    def want(self, octets):
        return octets


@pytest.fixture
def home():
    """A directory that others may enter too"""
    with tempfile.TemporaryDirectory(prefix="restante-old-") as name:
        path = Path(name)
        path.chmod(0o755)
        (path / "ca.pem").write_bytes(pki().ca.read_bytes())
        for sub in ("Mail", "Mail/new", "Mail/cur", "Mail/tmp"):
            (path / sub).mkdir()
        yield path


def halves():
    mail = corpus.real_messages()
    return mail[:100], mail[100:]


def everything(desk):
    """What there is of configuration and state, octet for octet"""
    return {p: p.read_bytes() for p in desk.dir.rglob("*") if p.is_file()}


def take_over(desk, format_, path, home):
    """restante import, first dry: which must change nothing"""
    env = {"HOME": str(home)}
    desk.write()
    before = everything(desk)
    dry = desk.run("import", "--from", format_, path, "--dry-run",
                   json_=False, env=env)
    assert dry.status == 0, dry
    assert everything(desk) == before
    done = desk.run("import", "--from", format_, path, "--yes", json_=False,
                    env=env)
    assert done.status == 0, done
    # Desk writes restante.conf before each run: what was added, again
    text = desk.config.read_text()
    old = before[desk.config].decode()
    assert text.startswith(old)
    desk.extra += text[len(old):]
    return dry, done


@pytest.mark.parametrize("other", [Getmail, Fetchmail, Mpop])
def test_nothing_twice(peers, desk, home, other):
    server = peers("restanted")
    user, (old, new) = server.user(), halves()
    way = server.ways["implicit"]
    server.put(user, old)
    client = other(home, user, way)
    client.fetch()
    assert len(client.got()) == len(old)
    server.put(user, new)
    for p in (home, *home.rglob("*")):  # who takes over is another user
        os.chown(p, os.geteuid(), os.getegid())

    dry, done = take_over(desk, client.name, client.path(), home)
    # how many it has taken over is said, by either
    assert str(len(old)) in dry.out + dry.err
    assert str(len(old)) in done.out + done.err

    before = everything(desk)
    would = desk.fetch("--dry-run", env={"HOME": str(home)})
    assert everything(desk).keys() >= before.keys()
    assert would.of("summary")[0]["fresh"] == len(new)
    assert len(client.got()) == len(old)

    for wanted in (len(new), 0):
        done = desk.fetch(env={"HOME": str(home)})
        assert done.of("summary")[0]["fetched"] == wanted, done
        corpus.assert_same_set(
            client.got(), {n: client.want(server.want(o))
                           for n, o in old + new})


@pytest.mark.parametrize("peer", ["restanted", "Dovecot"])
def test_thunderbird(peers, desk, tmp_path, peer):
    """popstate.dat: k was fetched, and is still there; b had only its head
    fetched, so that it is not known as a whole"""
    server = peers(peer)
    user, (old, new) = server.user(), halves()
    way = server.ways["start"]
    server.put(user, old)
    pop = poplib.POP3(server.ways["none"].host, server.ways["none"].port)
    pop.user(user)
    pop.pass_(PASSWORD)
    uidls = [line.split()[1].decode() for line in pop.uidl()[1]]
    heads = [b"\n".join(pop.retr(n)[1]) + b"\n" for n in (1, 2)]
    pop.quit()
    profile = tmp_path / "profile"
    where = profile / "Mail" / way.host
    where.mkdir(parents=True)
    (profile / "prefs.js").write_text(textwrap.dedent(f"""\
        // Mozilla User Preferences
        user_pref("mail.accountmanager.accounts", "account1");
        user_pref("mail.account.account1.server", "server1");
        user_pref("mail.server.server1.type", "pop3");
        user_pref("mail.server.server1.hostname", "{way.host}");
        user_pref("mail.server.server1.port", {way.port});
        user_pref("mail.server.server1.userName", "{user}");
        user_pref("mail.server.server1.socketType", 2);
        user_pref("mail.server.server1.leave_on_server", true);
        user_pref("mail.server.server1.directory", "{where}");
        """))
    (where / "popstate.dat").write_text(
        "# POP3 State File\n# This is a generated file!  Do not edit.\n\n"
        f"*{way.host} {user}\n" + "".join(
            f"{'b' if n < 2 else 'k'} {uidl} 1700000000\n"
            for n, uidl in enumerate(uidls)))
    server.put(user, new)

    desk.account("work", way, user=user, **way.settings())
    take_over(desk, "thunderbird", profile, tmp_path)
    would = desk.fetch("work", "--dry-run")
    assert would.of("summary")[0]["fresh"] == len(new) + 2
    done = desk.fetch("work")
    assert done.of("summary")[0]["fetched"] == len(new) + 2
    want = {n: server.want(o) for n, o in new}
    want.update(zip(("first", "second"), heads))
    corpus.assert_same_set(desk.mail(), want)
    assert desk.fetch("work").of("summary")[0]["fetched"] == 0
