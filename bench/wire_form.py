#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""wire_form.py FROM TO: copies Maildirs, each file as restanted delivers it
with line_ends = crlf: CRLF line ends, sizes and the mark in the name."""
import os
import re
import sys
from pathlib import Path


def convert(path, to):
    octets = path.read_bytes().replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')
    if octets and not octets.endswith(b'\r\n'):
        octets += b'\r\n'
    base, colon, info = path.name.partition(':2,')
    base = re.sub(r',[SWD]=[0-9]+', '', base)
    base += f',S={len(octets)},W={len(octets)}'
    if not octets.startswith(b'.') and b'\n.' not in octets:
        base += ',D=0'
    to = to / (base + colon + info)
    to.write_bytes(octets)
    os.utime(to, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    return to


source, target = map(Path, sys.argv[1:])
for old, _, files in os.walk(source):
    new = target / Path(old).relative_to(source)
    new.mkdir(parents=True, exist_ok=True)
    for file in files:
        path = Path(old, file)
        to = convert(path, new)
        os.chown(to, path.stat().st_uid, path.stat().st_gid)
        to.chmod(path.stat().st_mode & 0o7777)
    os.chown(new, os.stat(old).st_uid, os.stat(old).st_gid)
    new.chmod(os.stat(old).st_mode & 0o7777)
