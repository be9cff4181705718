# SPDX-License-Identifier: ISC
"""restantectl as an administrator uses it: users in a file, and the running
daemon behind its control socket (played here by a thread)."""
import contextlib
import crypt
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import termios
import threading

import pytest

from office import REPORTS, RESTANTECTL, ROOT, SANITIZERS

ENV = {**os.environ, **SANITIZERS, 'LC_ALL': 'C'}
CHEAP = ('--scheme', 'SHA256-CRYPT')
BEFORE = (b'# our users\n'
          b'\n'
          b'wren:{CRYPT}$y$j9T$x$y:1000:1000:Wren, A:/home/wren:/bin/sh:a=b\n'
          b'owl:{PLAIN}x::::::restante_apop=yes\r\n'
          b'jay@example.net:!\n'
          b'# the end')
CONFIG = '''[server]
run_dir = {dir}
[mail]
root = {dir}
[auth]
users = {users}
[tls]
certificate = {dir}/c.pem
key = {dir}/k.pem
[listen pop3]
protocol = pop3
address = 127.0.0.1:11110
'''


def ctl(*args, secret=None, code=0, **kwargs):
    """Runs restantectl; its (stdout, stderr)."""
    if secret is not None:
        args = (*args, '--password-stdin')
    p = subprocess.run([RESTANTECTL, *map(str, args)], env=ENV, timeout=120,
                       input=(secret or '').encode(), capture_output=True,
                       **kwargs)
    out, err = p.stdout.decode(), p.stderr.decode()
    assert not any(r in err for r in REPORTS), err
    assert p.returncode == code, (p.returncode, out, err)
    return out, err


def field(users, name):
    """The password field of a user."""
    for line in users.read_text().splitlines():
        if line.split(':')[0] == name:
            return line.split(':')[1]
    raise AssertionError(f'{name} is not there')


def fits(password_field, secret):
    hashed = re.sub(r'^\{[^}]*\}', '', password_field)
    return crypt.crypt(secret, hashed) == hashed


@pytest.fixture
def users(tmp_path):
    path = tmp_path / 'users'
    path.write_bytes(BEFORE)
    path.chmod(0o640)
    return path


# ---- users -----------------------------------------------------------------

def test_add_appends_a_yescrypt_hash(users):
    out, err = ctl('user', 'add', 'robin', '--users', users,
                   secret='correct horse battery\n')
    assert (out, err) == ('robin added\n', '')
    text = users.read_bytes()
    assert text.startswith(BEFORE + b'\nrobin:{CRYPT}$y$')
    assert text.endswith(b'\n')
    assert stat.S_IMODE(users.stat().st_mode) == 0o640
    assert fits(field(users, 'robin'), 'correct horse battery')
    assert not fits(field(users, 'robin'), 'correct horse')
    assert os.listdir(users.parent) == ['users']


@pytest.mark.parametrize('scheme, begin', [
    ('yescrypt', '{CRYPT}$y$'), ('SHA512-CRYPT', '{SHA512-CRYPT}$6$'),
    ('SHA256-CRYPT', '{SHA256-CRYPT}$5$'), ('BLF-CRYPT', '{BLF-CRYPT}$2y$')])
def test_schemes(users, scheme, begin):
    ctl('user', 'add', 'robin', '--users', users, '--scheme', scheme,
        secret='geheim')
    assert field(users, 'robin').startswith(begin)
    assert fits(field(users, 'robin'), 'geheim')


def test_apop_keeps_the_secret(users):
    ctl('user', 'add', 'mrose', '--apop', '--users', users,
        secret='tanstaaf\n')
    assert users.read_bytes() == (
        BEFORE + b'\nmrose:{PLAIN}tanstaaf::::::restante_apop=yes\n')
    # what a line of the file cannot carry
    ctl('user', 'passwd', 'mrose', '--apop', '--users', users,
        secret='a:b c\n')
    assert users.read_bytes() == (
        BEFORE + b'\nmrose:{PLAIN.b64}YTpiIGM=::::::restante_apop=yes\n')
    out, _ = ctl('user', 'list', '--users', users)
    assert out == ('wren             YESCRYPT\n'
                   'owl              PLAIN apop\n'
                   'jay@example.net  locked\n'
                   'mrose            PLAIN apop\n')


def test_passwd_changes_nothing_else(users):
    out, _ = ctl('user', 'passwd', 'wren', '--users', users, *CHEAP,
                 secret='new one\n')
    assert out == 'wren has a new password\n'
    new = field(users, 'wren')
    assert new.startswith('{SHA256-CRYPT}$5$') and fits(new, 'new one')
    assert users.read_bytes() == BEFORE.replace(
        b'{CRYPT}$y$j9T$x$y', new.encode())
    out, _ = ctl('user', 'passwd', 'owl', '--users', users, *CHEAP,
                 secret='x')
    assert 'cannot use APOP any more' in out
    owl = field(users, 'owl')
    assert b'\nowl:' + owl.encode() + b'::::::\r\n' in users.read_bytes()
    ctl('user', 'passwd', 'wren', '--users', users, '--apop', secret='y')
    assert (b'wren:{PLAIN}y:1000:1000:Wren, A:/home/wren:/bin/sh:a=b '
            b'restante_apop=yes\n') in users.read_bytes()
    # a user whose line is the last one, without a line end, and short
    users.write_bytes(b'short')
    ctl('user', 'passwd', 'short', '--users', users, '--apop', secret='z')
    assert users.read_bytes() == b'short:{PLAIN}z::::::restante_apop=yes'


def test_del_takes_every_line_of_the_name(users):
    users.write_bytes(BEFORE + b'\nwren:{PLAIN}older\nwrens:\n')
    out, _ = ctl('user', 'del', 'wren', '--users', users)
    assert out == 'wren deleted; the mail stays where it is\n'
    assert users.read_bytes() == b''.join(
        line for line in (BEFORE + b'\nwrens:\n').splitlines(True)
        if not line.startswith(b'wren:'))


def test_list(users):
    users.write_text('wren:$5$rounds=1000$saltsalt$DoN2WcBhpG46VIH/EyfZvcagZ'
                     'wm42q0Yk.N4cUSDxm1\nowl:{PLAIN}x::::::'
                     'restante_apop=yes\nwren:twice\n')
    out, err = ctl('user', 'list', '--json', '--users', users)
    assert json.loads(out) == [
        {'user': 'wren', 'scheme': 'SHA256-CRYPT', 'apop': False},
        {'user': 'owl', 'scheme': 'PLAIN', 'apop': True}]
    assert f"{users}:3: 'wren' is there twice" in err
    users.write_text('a"b\\c:\n')
    out, err = ctl('user', 'list', '--json', '--users', users)
    assert json.loads(out) == [
        {'user': 'a"b\\c', 'scheme': 'locked', 'apop': False}]
    users.write_text('')
    assert ctl('user', 'list', '--users', users) == ('', '')
    assert json.loads(ctl('user', 'list', '--json', '--users', users)[0]) == []


@pytest.mark.parametrize('args, code, says', [
    (('add', 'wren'), 1, 'there is a user "wren" already'),
    (('add', 'WREN'), 1, 'there is a user "wren" already'),
    (('add', 'a/b'), 2, 'not a user name'),
    (('add', 'a:b'), 2, 'not a user name'),
    (('add', '../x'), 2, 'not a user name'),
    (('add', '.x'), 2, 'not a user name'),
    (('add', '#x'), 2, 'not a user name'),
    (('add', 'a\nb'), 2, 'not a user name'),
    (('add', 'a b'), 2, 'not a user name'),
    (('add', 'x' * 256), 2, 'not a user name'),
    (('add', ''), 2, 'not a user name'),
    (('passwd', 'nobody'), 1, 'there is no user "nobody"'),
    (('passwd', 'WREN'), 1, 'called "wren", not "WREN"'),
    (('add', 'x', '--scheme', 'ROT13'), 1, 'accepted are YESCRYPT'),
    (('add', 'x', '--scheme', 'PLAIN'), 2, 'give --apop'),
    (('add', 'x', '--scheme', 'YESCRYPT', '--apop'), 2, 'in clear'),
])
def test_what_is_refused(users, args, code, says):
    _, err = ctl('user', *args, '--users', users, secret='x\n', code=code)
    assert says in err
    assert users.read_bytes() == BEFORE


def test_no_such_user_to_delete(users):
    for name in 'nobody', 'WREN', 'wre', '# our users':
        _, err = ctl('user', 'del', name, '--users', users, code=1)
        assert f'there is no user "{name}"' in err
    assert users.read_bytes() == BEFORE


@pytest.mark.parametrize('secret', ['', '\n', 'a\0b\n', 'x' * 512 + '\n',
                                    'x' * 100000])
def test_bad_passwords(users, secret):
    _, err = ctl('user', 'add', 'x', '--users', users, secret=secret, code=1)
    assert '511 octets' in err
    assert users.read_bytes() == BEFORE


def test_only_the_first_line_is_the_password(users):
    ctl('user', 'add', 'x', '--users', users, *CHEAP, secret=' a b \nrest\n')
    assert fits(field(users, 'x'), ' a b ')


def test_a_broken_file_is_left_alone(users):
    users.write_bytes(b'wren:x\nnot a user:\nowl:\n')
    for args in (('add', 'x'), ('passwd', 'owl')):
        _, err = ctl('user', *args, '--users', users, secret='x\n', code=1)
        assert f'{users}:2: not a user name' in err
        assert 'nothing was changed' in err
    ctl('user', 'del', 'owl', '--users', users, code=1)
    ctl('user', 'list', '--users', users, code=1)
    assert users.read_bytes() == b'wren:x\nnot a user:\nowl:\n'


def test_a_new_file(tmp_path):
    users = tmp_path / 'users'
    _, err = ctl('user', 'list', '--users', users, code=1)
    assert 'No such file' in err
    ctl('user', 'passwd', 'x', '--users', users, secret='x', code=1)
    assert not users.exists()
    ctl('user', 'add', 'x', '--users', users, *CHEAP, secret='x')
    assert stat.S_IMODE(users.stat().st_mode) == 0o600
    _, err = ctl('user', 'add', 'x', '--users', tmp_path / 'no' / 'users',
                 secret='x', code=1)
    assert 'No such file' in err


def test_the_configuration_says_where(tmp_path, users):
    config = tmp_path / 'restanted.conf'
    config.write_text(CONFIG.format(dir=tmp_path, users=users))
    out, _ = ctl('--config', config, 'user', 'list')
    assert 'jay@example.net' in out
    ctl('user', 'del', 'owl', '--config', config)
    assert b'owl' not in users.read_bytes()
    config.write_text('[auth]\nusres = /x\n')
    _, err = ctl('user', 'list', '--config', config, code=1)
    assert f'{config}:2: ' in err and '--users FILE' in err
    _, err = ctl('user', 'list', '--config', tmp_path / 'none', code=1)
    assert '--users FILE' in err


# ---- at the same time, and killed ------------------------------------------

def test_twenty_at_once(tmp_path):
    """All of them come in, also into a file that is not there yet."""
    users = tmp_path / 'users'
    procs = [subprocess.Popen(
        [RESTANTECTL, 'user', 'add', f'u{i}', '--users', users,
         '--password-stdin', *CHEAP], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENV)
        for i in range(20)]
    for p in procs:
        p.stdin.write(b'secret\n')
        p.stdin.close()
    for p in procs:
        err = p.stderr.read()
        assert p.wait(120) == 0, err
        p.stdout.close()
        p.stderr.close()
    lines = users.read_text().splitlines()
    assert sorted(line.split(':')[0] for line in lines) == sorted(
        f'u{i}' for i in range(20))
    assert os.listdir(tmp_path) == ['users']


def strace_works():
    if not shutil.which('strace'):
        return False
    p = subprocess.run(['strace', '-o', os.devnull, 'true'],
                       capture_output=True)
    return p.returncode == 0


CALLS = ('openat', 'pread64', 'read', 'unlink', 'write', 'fchown', 'fchmod',
         'fsync', 'close', 'rename', 'flock')


@pytest.mark.skipif(not strace_works(), reason='strace cannot trace here')
def test_killed_at_any_call(users, tmp_path):
    """kill -9 before each system call of an edit: the file is the old one or
    the new one, and the next edit works."""
    trace = tmp_path / 'trace'
    argv = [RESTANTECTL, 'user', 'del', 'owl', '--users', users]
    after = b''.join(line for line in BEFORE.splitlines(True)
                     if not line.startswith(b'owl'))
    subprocess.run(['strace', '-o', trace, *argv], env=ENV, check=True,
                   capture_output=True)
    assert users.read_bytes() == after
    seen, points, ours = {}, [], False
    for line in trace.read_text().splitlines():
        call = line.split('(')[0]
        seen[call] = seen.get(call, 0) + 1
        ours = ours or f'"{users}"' in line
        if ours and call in CALLS:
            points.append((call, seen[call]))
    assert {'unlink', 'fsync', 'rename', 'flock', 'write'} <= {
        call for call, _ in points}
    olds = news = 0
    for call, when in points:
        users.write_bytes(BEFORE)
        p = subprocess.run(
            ['strace', '-qq', '-o', os.devnull, '-e', f'trace={call}', '-e',
             f'inject={call}:signal=KILL:when={when}', *argv],
            env=ENV, capture_output=True)
        # strace dies of the same signal
        assert p.returncode == -signal.SIGKILL, (call, when, p.stderr)
        text = users.read_bytes()
        assert text in (BEFORE, after), (call, when)
        olds += text == BEFORE
        news += text == after
        ctl('user', 'del', 'wren', '--users', users)
        assert b'\nwren:' not in users.read_bytes()
        assert sorted(os.listdir(tmp_path)) == ['trace', 'users']
    assert olds and news


# ---- the terminal ----------------------------------------------------------

class Terminal:
    """restantectl with a terminal of its own."""

    def __init__(self, *args):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # tests that run in the background are deaf to it, and so would
            # be what they start
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            os.execve(RESTANTECTL, [str(RESTANTECTL), *map(str, args)], ENV)
        self.seen = b''

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def expect(self, text):
        while text not in self.seen:
            assert select.select([self.fd], [], [], 60)[0], self.seen
            try:
                got = os.read(self.fd, 4096)
            except OSError:
                got = b''
            assert got, self.seen
            self.seen += got
        self.seen = self.seen[self.seen.index(text) + len(text):]

    def type(self, text):
        os.write(self.fd, text)

    def wait(self):
        with contextlib.suppress(OSError):
            while True:
                got = os.read(self.fd, 4096)
                if not got:
                    break
                self.seen += got
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        return os.waitstatus_to_exitcode(status)


def test_asks_twice_without_echo(users):
    t = Terminal('user', 'add', 'robin', '--users', users, *CHEAP)
    t.expect(b'New password for robin: ')
    assert not t.echoes()
    t.type(b'sesame\n')
    t.expect(b'The same again for robin: ')
    t.type(b'sesame\n')
    t.expect(b'robin added')
    assert b'sesame' not in t.seen
    assert t.wait() == 0
    assert fits(field(users, 'robin'), 'sesame')


def test_two_different_passwords(users):
    t = Terminal('user', 'add', 'robin', '--users', users, *CHEAP)
    t.expect(b'New password for robin: ')
    t.type(b'sesame\n')
    t.expect(b'The same again for robin: ')
    t.type(b'sezame\n')
    t.expect(b'nothing was changed')
    assert t.echoes()
    assert t.wait() == 1
    assert users.read_bytes() == BEFORE


def test_interrupted(users):
    t = Terminal('user', 'passwd', 'wren', '--users', users, *CHEAP)
    t.expect(b'New password for wren: ')
    assert not t.echoes()
    t.type(b'half\x03')
    # The line end that it writes may be gone with it: the kernel hangs the
    # terminal up when the leader of its session dies.
    assert t.wait() == -signal.SIGINT
    assert users.read_bytes() == BEFORE


def test_no_terminal(users):
    _, err = ctl('user', 'add', 'robin', '--users', users, code=1,
                 start_new_session=True)
    assert '--password-stdin' in err


# ---- the running daemon ----------------------------------------------------

WHO = [
    {'session': '1-7', 'service': 'pop3', 'user': 'wren',
     'peer': '192.0.2.1:4711', 'tls': 'TLSv1.3', 'seconds': 12, 'front': 0},
    {'session': '2-9', 'service': 'smtp', 'user': '',
     'peer': '[2001:db8::1]:25', 'tls': '', 'seconds': 7384, 'front': 1},
]


class Daemon:
    """The other end of the control socket: answers from a table."""

    def __init__(self, path, answers):
        self.path, self.answers, self.asked = path, answers, []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            conn, _ = self.socket.accept()
            with conn, conn.makefile('rb') as lines:
                request = json.loads(lines.readline())
                if request == 'stop':
                    return
                self.asked.append(request)
                answer = self.answers[request['command']]
                if isinstance(answer, list):
                    answer = b''.join(json.dumps(row).encode() + b'\n'
                                      for row in answer)
                # in small pieces: lines do not come whole
                for i in range(0, len(answer), 7):
                    conn.sendall(answer[i:i + 7])

    def close(self):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.path))
            s.sendall(b'"stop"\n')
            self.thread.join()
        self.socket.close()


@pytest.fixture
def daemon(tmp_path):
    d = Daemon(tmp_path / 'control', {
        'who': [*WHO, {'ok': True}],
        'kick': [{'ok': True, 'kicked': 2}],
        'reload': [{'ok': True}]})
    yield d
    d.close()


def test_who(daemon):
    out, _ = ctl('who', '--socket', daemon.path)
    assert out == (
        'SESSION  SERVICE  USER  PEER              TLS       TIME\n'
        '1-7      pop3     wren  192.0.2.1:4711    TLSv1.3    12s\n'
        '2-9      smtp     -     [2001:db8::1]:25  -        2h03m\n')
    out, _ = ctl('who', '--json', '--socket', daemon.path)
    assert json.loads(out) == WHO
    assert daemon.asked == [{'command': 'who'}] * 2
    daemon.answers['who'] = [{'ok': True}]
    assert ctl('who', '--socket', daemon.path)[0] == 'nobody is here\n'
    assert ctl('who', '--json', '--socket', daemon.path)[0] == '[]\n'


def test_what_peers_say_cannot_steer_the_terminal(daemon):
    daemon.answers['who'] = [
        {'session': 'a\x1b[2J', 'user': 'x\r\ny\x9b\u202e', 'seconds': 1},
        {'ok': True}]
    out, _ = ctl('who', '--socket', daemon.path)
    assert 'a\\x1b[2J' in out and 'x\\x0d\\x0ay\\xc2\\x9b\\xe2\\x80\\xae' in out
    assert all(c == '\n' or ' ' <= c < '\x7f' for c in out)


def test_kick(daemon):
    out, _ = ctl('kick', 'wren', '--socket', daemon.path)
    assert out == '2 sessions ended\n'
    assert daemon.asked[-1] == {'command': 'kick', 'user': 'wren'}
    ctl('kick', '2-9', '--socket', daemon.path)
    assert daemon.asked[-1] == {'command': 'kick', 'session': '2-9'}
    ctl('kick', '--user', '2-9', '--socket', daemon.path)
    assert daemon.asked[-1] == {'command': 'kick', 'user': '2-9'}
    ctl('kick', '--session', 'wren', '--socket', daemon.path)
    assert daemon.asked[-1] == {'command': 'kick', 'session': 'wren'}
    daemon.answers['kick'] = [{'ok': True, 'kicked': 0}]
    _, err = ctl('kick', 'nobody', '--socket', daemon.path, code=1)
    assert 'no session of "nobody"' in err
    for args in ((), ('a', '--user', 'b'), ('--user', 'a', '--session', 'b')):
        ctl('kick', *args, '--socket', daemon.path, code=2)


def test_reload(daemon, tmp_path, users):
    assert ctl('reload', '--socket', daemon.path)[0] == 'reloaded\n'
    config = tmp_path / 'restanted.conf'
    config.write_text(CONFIG.format(dir=tmp_path, users=users))
    assert ctl('--config', config, 'reload')[0] == 'reloaded\n'
    daemon.answers['reload'] = [{'ok': False, 'error': 'f:1: bad\nf:2: bad'}]
    _, err = ctl('reload', '--socket', daemon.path, code=1)
    assert err == 'restantectl: f:1: bad\nrestantectl: f:2: bad\n'


@pytest.mark.parametrize('answer, says', [
    (b'', 'closed the connection'), (b'{"session":"x"}\n', 'closed'),
    (b'{"ok":tr', 'closed'), (b'nonsense\n', 'no JSON object'),
    (b'[]\n', 'no JSON object'), (b'{}{}\n', 'no JSON object'),
    (b'\n', 'no JSON object'), (b'{"ok":1}\n', '-'),
    (b'{"ok":false,"error":"\\u001b[2J"}\n', '\\x1b[2J')])
def test_odd_answers(daemon, answer, says):
    daemon.answers['who'] = answer
    out, err = ctl('who', '--socket', daemon.path, code=1)
    assert out == '' and says in err


def test_nobody_answers(tmp_path):
    for args in (('who',), ('kick', 'x'), ('reload',)):
        _, err = ctl(*args, '--socket', tmp_path / 'control', code=1)
        assert 'is restanted running' in err
    _, err = ctl('who', '--socket', '/' + 'x' * 200, code=1)
    assert 'too long' in err


# ---- the command line ------------------------------------------------------

@pytest.mark.parametrize('args', [
    (), ('frob',), ('user',), ('user', 'frob'), ('user', 'add'),
    ('user', 'add', 'a', 'b'), ('user', 'list', 'a'), ('who', 'a'),
    ('who', '--users', 'x'), ('user', 'list', '--socket', 'x'),
    ('reload', '--json'), ('user', 'del', 'x', '--apop'), ('--frob',),
    ('user', 'list', '--config'), ('kick', 'a', 'b')])
def test_usage(args):
    out, err = ctl(*args, code=2)
    assert out == '' and '--help' in err


def test_help_and_version():
    out, _ = ctl('--help')
    assert len(out.splitlines()) <= 24
    assert all(len(line) <= 80 for line in out.splitlines())
    for word in ('user add', 'user passwd', 'user del', 'user list', 'who',
                 'kick', 'reload', '--config', '--json'):
        assert word in out
    out, _ = ctl('user', 'add', '--help')
    assert '--password-stdin' in out and '--socket' not in out
    out, _ = ctl('--version')
    assert re.fullmatch(r'restantectl \d+\.\d+\.\d+\n', out)


def test_output_that_cannot_be_written(users):
    with open('/dev/full', 'w') as full:
        p = subprocess.run([RESTANTECTL, 'user', 'list', '--users', users],
                           stdout=full, stderr=subprocess.PIPE, env=ENV)
    assert p.returncode == 1 and b'cannot write' in p.stderr


@pytest.mark.parametrize('line, want', [
    ('', 'user who kick reload'), ('w', 'who'), ('user ', 'add passwd del list'),
    ('user p', 'passwd'), ('user list --j', '--json'), ('who --u', ''),
    ('user add x --scheme B', 'BLF-CRYPT'), ('--config /x us', 'user'),
    ('user del --users {users} ', 'wren owl jay@example.net'),
    ('user passwd o --users {users} ', ''),
    ('kick --users {users} --user w', 'wren')])
def test_completion(users, line, want):
    completions = ROOT / 'contrib' / 'completions' / 'restantectl.bash'
    words = [str(RESTANTECTL), *line.format(users=users).split(' ')]
    script = (f'source {completions}; COMP_CWORD={len(words) - 1}; '
              'COMP_WORDS=("$@"); _restantectl; echo "${COMPREPLY[*]}"')
    p = subprocess.run(['bash', '-c', script, 'bash', *words], env=ENV,
                       capture_output=True, check=True)
    assert p.stdout.decode().split() == want.split()
