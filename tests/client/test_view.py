# SPDX-License-Identifier: ISC
"""What a person sees of the program itself: the command line, help, exit
status, streams that are closed or full, a terminal, the daemon's signals.
"""
import functools
import json
import os
import re
import signal
import socket
import stat
import subprocess

import pytest

from desk import SANITIZERS, WAIT, letters

USAGE, CONFIG, IOERR, NOPERM = 64, 78, 74, 77

# C14: what no terminal may get to see
HOSTILE = (b'no %s%n \x1b]52;c;eA==\x07 \x1b[2J \x9b2J \xc2\x9b '
           b'\xe2\x80\xaegpj')


def bare(desk, *args, env=None, **more):
    """restante without --config and --json."""
    done = subprocess.run([desk.binary, *args], capture_output=True,
                          timeout=WAIT, cwd=desk.dir,
                          env=desk.environment(**SANITIZERS, **(env or {})),
                          **more)
    assert b'Sanitizer' not in done.stderr, done.stderr
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def test_help(desk):
    status, out, err = bare(desk, '--help')
    assert status == 0 and not err
    commands = re.findall(r'^  ([a-z]+) ', out, re.M)
    assert commands == ['fetch', 'list', 'show', 'status', 'daemon', 'config',
                        'setup', 'check', 'import', 'help']
    for command in commands:
        said = bare(desk, 'help', command)
        assert said == bare(desk, command, '--help') or command == 'help'
        assert said[0] == 0 and f'restante [options] {command}' in said[1]
    assert bare(desk, '--version')[1].startswith('restante ')
    status, out, err = bare(desk)
    assert status == USAGE and not out and 'restante setup' in err


@pytest.mark.parametrize('args,says', [
    (['fecth'], 'did you mean `fetch\''),
    (['fetch', '--dryrun'], 'did you mean --dry-run'),
    (['fetch', '--once'], '`fetch\' does not take --once'),
    (['list'], 'usage: restante list ACCOUNT'),
    (['-q', '--json', 'fetch'], 'only one of them'),
    (['help', 'stat'], 'did you mean `status\''),
])
def test_wrong_command_lines(desk, args, says):
    status, out, err = bare(desk, *args)
    assert status == USAGE and says in err
    if '--json' in args:
        error = json.loads(out)
        assert error['event'] == 'error' and error['exit_status'] == USAGE
        assert says in error['text']
    else:
        assert out == ''


def test_no_configuration(desk):
    status, out, err = bare(desk, 'fetch')
    assert status == CONFIG
    assert 'restante setup you@example.org' in err
    assert str(desk.dir / '.config/restante/restante.conf') in err


def test_mistakes_in_the_configuration(desk, make_server):
    desk.account('work', make_server(), sevrer='x')
    done = desk.run('fetch')
    assert done.status == CONFIG
    assert re.search(r'restante\.conf:\d+: .*sevrer', done.err)
    [error] = done.of('error')
    assert 'sevrer' in error['text'] and error['exit_status'] == CONFIG


def test_an_account_that_is_none(desk, make_server):
    desk.account('work', make_server())
    done = desk.run('fetch', 'wrok')
    assert done.status == USAGE and 'did you mean `work\'?' in done.err
    assert done.of('error')


def test_options_behind_the_command(desk, make_server):
    desk.account('work', make_server(3)).write()
    status, out, _ = bare(desk, 'fetch', 'work', '--config',
                          str(desk.config), '--dry-run')
    assert status == 0 and 'would fetch 3 of 3 messages' in out
    assert not desk.mail()
    status, out, err = bare(desk, 'fetch', '-q', '--config',
                            str(desk.config))
    assert (status, out, err) == (0, '', '') and len(desk.mail()) == 3
    status, out, err = bare(desk, '--config', str(desk.config), 'fetch')
    assert (status, out) == (0, 'work: nothing new of 3 messages\n')


def test_exit_status_of_several(desk, make_server):
    server = make_server(2)
    desk.account('good', server)
    desk.account('bad', server, password='wrong')
    assert desk.run('fetch').status == 1
    assert desk.run('fetch', 'good').status == 0
    assert desk.run('fetch', 'bad').status == NOPERM
    desk.account('good', server, password='wrong')
    done = desk.run('fetch')
    assert done.status == NOPERM and done.faults == ['auth']
    assert done.of('summary')[0]['exit_status'] == NOPERM


# ---- streams ---------------------------------------------------------------

@pytest.mark.parametrize('closed', ['0<&-', '1>&-', '2>&-',
                                    '0<&- 1>&- 2>&-'])
def test_closed_descriptors(desk, make_server, closed):
    """No file of ours becomes somebody's standard output."""
    desk.account('work', make_server(3)).write()
    done = subprocess.run(
        ['sh', '-c', f'"$0" --config "$1" fetch {closed}', desk.binary,
         str(desk.config)], capture_output=True, timeout=WAIT, cwd=desk.dir,
        env=desk.environment(**SANITIZERS))
    assert done.returncode == 0, done.stderr
    assert len(desk.mail()) == 3
    assert all(m.startswith(b'From: ') or b'Subject' in m
               for m in desk.mail())
    assert desk.run('fetch').of('end')[0]['fetched'] == 0


@pytest.mark.parametrize('command', ['fetch', 'config', '--help'])
def test_full_output(desk, make_server, command):
    """What nobody could read was not said; the mail is there all the same."""
    desk.account('work', make_server(1)).write()
    with open('/dev/full', 'wb') as full:
        done = subprocess.run(
            [desk.binary, '--config', desk.config, command], stdout=full,
            stderr=subprocess.PIPE, timeout=WAIT, cwd=desk.dir,
            env=desk.environment(**SANITIZERS))
    assert done.returncode == IOERR and done.stderr
    assert len(desk.mail()) == (command == 'fetch')


def test_a_reader_that_went_away(desk, make_server):
    """SIGPIPE kills no visit."""
    desk.account('work', make_server(20)).write()
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [desk.binary, '--config', desk.config, '--json', 'fetch'],
        stdout=write, stderr=subprocess.PIPE, timeout=WAIT, cwd=desk.dir,
        env=desk.environment(**SANITIZERS))
    os.close(write)
    assert done.returncode == IOERR and len(desk.mail()) == 20


def test_nobody_else_can_read_it(desk, make_server):
    desk.account('work', make_server(2))
    old = os.umask(0)
    try:
        desk.fetch()
    finally:
        os.umask(old)
    for path in [*desk.maildir_files(), *desk.state.rglob('*')]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077, path


# ---- a terminal ------------------------------------------------------------

def test_a_terminal(desk, make_server):
    desk.account('work', make_server(30)).account('home', make_server(5))
    done = desk.run_on_terminal('fetch')
    assert done.status == 0
    assert '\x1b[' in done.out and 'connecting' in done.out
    # what stays when everything that was drawn is taken away
    assert re.search(r'work: 30 new of 30 messages fetched, .* in .* s',
                     done.out)
    assert re.search(r'all: 35 new messages from 2 accounts', done.out)
    assert set(re.findall(r'\x1b\[[\d;]*([A-Za-z])', done.out)) <= set('AJKm')


def test_a_hostile_server_on_a_terminal(desk, make_server, monkeypatch):
    """C14: escaped, cut, in red; with NO_COLOR not even that"""
    server = make_server(1, replies={'PASS secret': b'-ERR ' + HOSTILE +
                                     b'x' * 300 + b'\r\n'})
    desk.account('work', server, auth='USER')
    done = desk.run_on_terminal('fetch')
    assert done.status != 0
    assert rb'\x1b]52;c;eA==\x07 \x1b[2J \x9b2J \u009b \u202egpj' in done.raw
    assert b'\x1b]' not in done.raw and b'\x1b[2J' not in done.raw
    assert b'\x9b' not in done.raw and b'\xe2\x80\xae' not in done.raw
    assert b'x...' in done.raw and b'x' * 250 not in done.raw
    assert b'\x1b[31m' in done.raw
    monkeypatch.setattr(desk, 'environment', functools.partial(
        desk.environment, NO_COLOR='1'))
    assert b'\x1b[31m' not in desk.run_on_terminal('fetch').raw


def test_hostile_words_in_json(desk, make_server):
    server = make_server(1, replies={'PASS secret': b'-ERR ' + HOSTILE +
                                     b'\r\n'})
    desk.account('work', server, auth='USER')
    done = desk.run('fetch')
    assert done.raw.isascii()
    said = done.of('fault')[0]
    assert '\x1b]52;c;eA==\x07' in said['server_said']
    assert '\ufffd' in said['server_said']
    assert 'server_said_base64' in said


# ---- the daemon ------------------------------------------------------------

def test_import_in_json_of_other_octets(desk):
    """No account is left out for a name that is not UTF-8."""
    rc = os.fsencode(desk.dir / 'rc') + b'\xfc'
    with open(rc, 'wb') as f:
        f.write(b'account a\nhost pop.example.net\nuser w\xfcn\n')
    done = desk.run('import', '--from', 'mpop', '--dry-run',
                    os.fsdecode(rc))
    assert done.status == 0 and done.raw.isascii()
    account, = done.of('import')
    assert account['user'] == r'w\xfcn'
    assert account['source'].endswith(r'rc\xfc')


def test_daemon_is_ready_and_ends(desk, make_server, tmp_path):
    """sd_notify; SIGUSR1 visits now; SIGTERM is a good end"""
    server = make_server(2)
    desk.account('work', server, interval='1h').write()
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(str(tmp_path / 'notify'))
    notify.settimeout(WAIT)
    process = subprocess.Popen(
        [desk.binary, '--config', desk.config, '--json', 'daemon'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=desk.dir,
        env=desk.environment(**SANITIZERS,
                             NOTIFY_SOCKET=str(tmp_path / 'notify')))
    try:
        assert b'READY=1' in notify.recv(1000)

        def ended():
            for line in process.stdout:
                event = json.loads(line)
                if event['event'] == 'end':
                    return event
            raise AssertionError(process.stderr.read())

        assert ended()['fetched'] == 2
        server.drop.add(letters(3)[2])
        process.send_signal(signal.SIGUSR1)
        assert ended()['fetched'] == 1
        process.send_signal(signal.SIGTERM)
        assert b'STOPPING=1' in notify.recv(1000)
        out, err = process.communicate(timeout=WAIT)
        assert process.returncode == 0, err
        assert b'Sanitizer' not in err
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
        notify.close()
    assert len(desk.mail()) == 3


def test_daemon_once(desk, make_server):
    desk.account('work', make_server(2)).account('home', make_server(1))
    done = desk.run('daemon', '--once')
    assert done.status == 0
    assert sorted(e['fetched'] for e in done.of('end')) == [1, 2]


def test_daemon_without_news(desk, make_server):
    """Hours of nothing new are no lines in a log."""
    desk.account('work', make_server(2), interval='1s')
    desk.fetch()
    process = subprocess.Popen(
        [desk.binary, '--config', desk.config, 'daemon', '--debug'],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=desk.dir,
        env=desk.environment(**SANITIZERS))
    try:
        # the dialogue: the second visit says that the first one is over
        visits = 0
        for line in process.stderr:
            visits += b'+OK ready' in line
            if visits == 2:
                break
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=WAIT)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0 and visits == 2
    assert b'nothing new' not in out
