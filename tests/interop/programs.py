# SPDX-License-Identifier: ISC
"""Other people's programs: found on this machine, or unpacked from Debian.

Nothing is ever installed by a test.  A program that is not there is unpacked
by tools/fetch-deb into build/debs, which later runs use again.
"""
import functools
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("RESTANTE_DEBS", ROOT / "build" / "debs"))


@functools.lru_cache(maxsize=None)
def unpacked(package, *more):
    """The directory with the unpacked package; skips the test if there is none"""
    tool = ROOT / "tools" / "fetch-deb"
    done = subprocess.run([tool, CACHE, package, *more], text=True,
                          capture_output=True, timeout=300)
    if done.returncode:
        return None, done.stderr.strip()
    return pathlib.Path(done.stdout.strip()), ""


def tree(package, *more):
    path, why = unpacked(package, *more)
    if path is None:
        pytest.skip(f"{package}: {why}; or: apt-get install {package}")
    return path


def environment(path):
    """Environment for programs in an unpacked tree"""
    libs = [str(p) for p in (*path.glob("usr/lib/*-linux-gnu*"),
                             *path.glob("lib/*-linux-gnu*"),
                             path / "usr/lib/postfix")]
    return dict(os.environ, LD_LIBRARY_PATH=":".join(libs),
                PYTHONPATH=str(path / "usr/lib/python3/dist-packages"),
                PERL5LIB=":".join(map(str, perl_libraries(path))))


def perl_libraries(path):
    return [*path.glob("usr/lib/*/perl5/5.*"), path / "usr/share/perl5"]


class Program:
    """A program to run: where it is, and the environment it needs"""

    def __init__(self, name, package=None, where="usr/bin"):
        package = package or name
        found = shutil.which(name)
        if found:
            self.path, self.env = found, dict(os.environ)
        else:
            root = tree(package)
            self.path = str(root / where / name)
            self.env = environment(root)
        # a person's own configuration must not matter
        self.env.update(LC_ALL="C.UTF-8", TERM="xterm", TZ="UTC")

    def need_perl(self, module, package):
        """A Perl module that the program can do without, but the test not"""
        have = subprocess.run(["perl", f"-M{module}", "-e1"], env=self.env,
                              capture_output=True, check=False)
        if have.returncode:
            more = map(str, perl_libraries(tree(package)))
            self.env["PERL5LIB"] = ":".join(
                [*more, *filter(None, [self.env.get("PERL5LIB")])])
        return self

    def run(self, *args, home=None, timeout=300, check=True, **more):
        """Runs it to its end; the CompletedProcess, output as octets"""
        env = dict(self.env, **more.pop("env", {}))
        if home is not None:
            env["HOME"] = str(home)
        done = subprocess.run([self.path, *map(str, args)], env=env,
                              capture_output=True, timeout=timeout, **more)
        if check:
            assert done.returncode == 0, (
                f"{os.path.basename(self.path)} ended with {done.returncode}: "
                f"{(done.stderr or done.stdout)[-2000:].decode(errors='replace')}")
        return done


class Daemon:
    """A program in the foreground of its own session, stopped by its pid"""

    def __init__(self, argv, env=None, log=None, **more):
        self.log = pathlib.Path(log)
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                list(map(str, argv)), env=env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT,
                start_new_session=True, **more)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def tail(self):
        return self.log.read_text(errors="replace")[-3000:]
