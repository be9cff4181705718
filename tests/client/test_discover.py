# SPDX-License-Identifier: ISC
"""restante-discover against a name server and a web server of our own."""
import json
import os
import subprocess

import pytest

from desk import BUILD, SANITIZERS, WAIT
from fakenet import FakeNet, autoconfig

DISCOVER = BUILD / 'src' / 'client' / 'restante-discover'
CONFIG = '/mail/config-v1.1.xml'
OWN = 'autoconfig.example.org' + CONFIG
WELL_KNOWN = 'example.org/.well-known/autoconfig' + CONFIG
ISPDB = 'autoconfig.thunderbird.net/v1.1/'
pytestmark = pytest.mark.skipif(not DISCOVER.exists(),
                                reason='built without libcurl or expat')


@pytest.fixture
def net():
    with FakeNet() as n:
        yield n


def discover(net, *args, domain='example.org', status=0, ca=True):
    done = subprocess.run(
        [str(DISCOVER), *args, domain], capture_output=True, text=True,
        timeout=WAIT, env={'PATH': os.environ['PATH'], **SANITIZERS,
                           **net.environment(ca)})
    assert done.returncode == status, done.stderr
    assert done.stderr == '' or status
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return ([r for r in rows if r['kind'] == 'candidate'],
            [r['note'] for r in rows if r['kind'] == 'note'])


def places(rows, guesses=False):
    return [(r['source'], r['host'], r['port'], r['tls']) for r in rows
            if guesses or r['source'] != 'guess']


def test_nothing(net):
    rows, notes = discover(net)
    assert notes == []
    assert places(rows, True) == [
        ('guess', host, port, tls)
        for port, tls in ((995, 'implicit'), (110, 'start'))
        for host in ('pop.example.org', 'pop3.example.org',
                     'mail.example.org', 'example.org')]
    # all were asked, in whatever order; none of them learns an address
    assert sorted(net.asked) == [('_pop3._tcp.example.org', 33),
                                 ('_pop3s._tcp.example.org', 33),
                                 ('example.org', 15)]
    assert sorted(net.got) == [OWN, ISPDB + 'example.org', WELL_KNOWN]


def test_all_in_order(net):
    net.srv('_pop3s._tcp.example.org', 20, 0, 995, 'b.example.org')
    net.srv('_pop3s._tcp.example.org', 10, 0, 1995, 'a.example.org')
    net.srv('_pop3._tcp.example.org', 0, 0, 110, 'c.example.org')
    net.page(OWN, autoconfig(('d.example.org', 995, 'SSL',
                              '%EMAILLOCALPART%')))
    net.page(WELL_KNOWN, autoconfig(('e.example.org', 110, 'STARTTLS', '')))
    net.page(ISPDB + 'example.org', autoconfig(
        ('f.example.net', 995, 'SSL', '%EMAILADDRESS%'),
        ('g.example.net', 110, 'plain', '')))
    rows, notes = discover(net)
    assert notes == []
    assert places(rows) == [
        ('srv', 'a.example.org', 1995, 'implicit'),
        ('srv', 'b.example.org', 995, 'implicit'),
        ('autoconfig', 'd.example.org', 995, 'implicit'),
        ('well-known', 'e.example.org', 110, 'start'),
        ('ispdb', 'f.example.net', 995, 'implicit'),
        ('srv', 'c.example.org', 110, 'start'),
        ('ispdb', 'g.example.net', 110, 'none')]
    of = {r['host']: r for r in rows}
    assert of['d.example.org']['user'] == '%EMAILLOCALPART%'
    assert of['d.example.org']['auth'] == ['password']
    assert of['f.example.net']['vouched']
    assert not of['f.example.net']['in_domain']
    assert not of['a.example.org']['vouched']
    assert of['a.example.org']['in_domain']


def test_absent(net):
    """C-31: "." says that there is no such service; nobody guesses it."""
    net.srv('_pop3s._tcp.example.org', 0, 0, 0, '')
    rows, notes = discover(net)
    assert notes == ['no-pop3s']
    assert {r['port'] for r in rows} == {110}
    net.srv('_pop3._tcp.example.org', 0, 0, 0, '')
    assert discover(net) == ([], ['no-pop3s', 'no-pop3'])


def test_imap_alone(net):
    net.page(OWN, autoconfig(('i.example.org', 993, 'SSL', ''), kind='imap'))
    rows, notes = discover(net)
    assert places(rows) == [] and notes == ['imap-only']


def test_mx(net):
    """Who takes the mail is asked, when the domain says nothing."""
    net.mx('example.org', 20, 'other.example.com')
    net.mx('example.org', 10, 'in.mx.example.net')
    net.page(ISPDB + 'example.net', autoconfig(
        ('pop.example.net', 995, 'SSL', '')))
    rows, _ = discover(net)
    assert places(rows) == [('mx-ispdb', 'pop.example.net', 995, 'implicit')]
    assert not rows[0]['vouched'] and not rows[0]['in_domain']
    assert sorted(net.got[3:]) == sorted([
        'autoconfig.mx.example.net' + CONFIG,
        'mx.example.net/.well-known/autoconfig' + CONFIG,
        ISPDB + 'mx.example.net',
        'autoconfig.example.net' + CONFIG,
        'example.net/.well-known/autoconfig' + CONFIG,
        ISPDB + 'example.net'])


def test_mx_below_a_registry(net):
    """autoconfig.co.uk belongs to whoever registered it."""
    net.mx('example.org', 10, 'mx.co.uk')
    discover(net)
    assert net.got[3:] == [ISPDB + 'co.uk']


def test_mx_is_not_asked(net):
    net.mx('example.org', 10, 'in.example.net')
    net.page(OWN, autoconfig(('d.example.org', 995, 'SSL', '')))
    discover(net)
    assert len(net.got) == 3


def test_address_is_told_to_the_domain_alone(net):
    discover(net, '--address', 'wren+x&y@example.org')
    told = '?emailaddress=wren%2Bx%26y%40example.org'
    assert sorted(net.got) == sorted([OWN + told, WELL_KNOWN + told,
                                      ISPDB + 'example.org'])


def test_redirections(net):
    """HTTPS may lead to HTTPS, and to nothing else."""
    good = autoconfig(('d.example.org', 995, 'SSL', ''))
    net.page('elsewhere', good)
    net.page(OWN, '', 302, Location=net.url('elsewhere'))
    net.page(WELL_KNOWN, '', 302, Location='http://127.0.0.1:9/x')
    net.page(ISPDB + 'example.org', '', 302, Location='file:///etc/passwd')
    assert places(discover(net)[0]) == [
        ('autoconfig', 'd.example.org', 995, 'implicit')]
    net.page(OWN, '', 302, Location=net.url(OWN))
    assert places(discover(net)[0]) == []


@pytest.mark.parametrize('text', [
    'x' * (300 << 10),
    autoconfig(('d.example.org', 995, 'SSL', '')) + ' ' * (256 << 10),
    '<!DOCTYPE c [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    '<clientConfig>&b;</clientConfig>',
    '<html>You are behind a captive portal</html>',
    '<a>' * 50000, ''], ids=['long', 'padded', 'entities', 'html', 'deep',
                             'empty'])
def test_bad_documents(net, text):
    net.page(OWN, text)
    net.page(WELL_KNOWN, text, 500)
    assert places(discover(net)[0]) == []


def test_certificate(net):
    """A web server that nobody vouches for says nothing."""
    net.page(OWN, autoconfig(('d.example.org', 995, 'SSL', '')))
    assert places(discover(net, ca=False)[0]) == []
    assert net.got == []


@pytest.mark.parametrize('domain', ['', 'localhost', 'a b.org', '-x.org',
                                    'example.org/x', 'b\xfccher.de',
                                    'a..b', 'x' * 64 + '.org'])
def test_no_domain(net, domain):
    assert discover(net, domain=domain, status=64) == ([], [])
    assert net.asked == net.got == []


def test_garbage_from_the_name_server(net):
    net._answer = lambda packet: packet[:2] + b'\x81\x80' + b'\xff' * 40
    rows, _ = discover(net)
    assert places(rows) == []
