#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""check_table: compares checks.tsv with the transcripts.

Every check stands in the table, with transcripts that name it or with a
reason; no transcript names a check that the table does not know, and none is
missing from its rows.
"""
import os
import re
import sys
import tempfile
from pathlib import Path


def required():
    """All checks of POP3, SMTP, LMTP and stores, and the deviations."""
    counts = {'B': 48, 'X': 14, 'T': 9, 'A': 20, 'U': 6, 'M': 27, 'L': 7,
              'Z': 13, 'D': 49}
    return [f'{k}-{n + 1}' for k, count in counts.items()
            for n in range(count)]


def read_table(path, faults):
    rows = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith('#'):
            continue
        cells = line.split('\t')
        if len(cells) not in (3, 4) or not all(cells):
            faults.append(f'{path.name}:{number}: columns')
            continue
        check, _, files, remark = (cells + [''])[:4]
        if check in rows:
            faults.append(f'{path.name}:{number}: {check} again')
        rows[check] = ([] if files == '-' else files.split(), remark)
    return rows


def read_headers(root):
    """{'pop3/list.t': ['B-12', ...]}"""
    named = {}
    for path in sorted(root.glob('*/*.t')):
        # those are for clients: tests/client/test_harness.py counts them
        if path.parent.name == 'hostile':
            continue
        header = path.read_text(errors='replace').split('\n\n')[0]
        found = re.findall(r'^checks: (.*)$', header, re.M)
        named[f'{path.parent.name}/{path.name}'] = ' '.join(found).split()
    return named


def check(root, project):
    faults = []
    rows = read_table(root / 'checks.tsv', faults)
    named = read_headers(root)
    for wanted in required():
        if wanted not in rows:
            faults.append(f'{wanted}: not in the table')
    for check_id, (files, remark) in rows.items():
        if not files and not remark:
            faults.append(f'{check_id}: no transcript and no reason')
        for name in files:
            if name not in named:
                faults.append(f'{check_id}: there is no {name}')
            elif check_id not in named[name]:
                faults.append(f'{check_id}: {name} does not name it')
        for path in re.findall(r'tests/[\w./-]*\w', remark):
            if not (project / path).exists():
                faults.append(f'{check_id}: there is no {path}')
    for name, checks in named.items():
        for check_id in checks:
            if check_id not in rows:
                faults.append(f'{name}: {check_id} is no check')
            elif name not in rows[check_id][0]:
                faults.append(f'{name}: not in the row of {check_id}')
    return faults


def self_test():
    """Each kind of mistake is found."""
    whole = ''.join(f'{c}\tx\tpop3/a.t\n' for c in required())
    header = '# t\nchecks: {}\nref: x\nprotocol: pop3\n\nchecks: no\n'
    good = header.format(' '.join(required()))
    cases = [
        (whole, good, None),
        (whole.replace('B-7\tx\tpop3/a.t\n', ''), good, 'B-7: not in'),
        (whole.replace('B-7\tx\tpop3/a.t', 'B-7\tx\t-'), good, 'no reason'),
        (whole.replace('B-7\tx\tpop3/a.t', 'B-7\tx\t-\tno'), good,
         'not in the row of B-7'),
        (whole.replace('B-7\tx\tpop3/a.t', 'B-7\tx\tpop3/b.t'), good,
         'there is no pop3/b.t'),
        (whole, good.replace('B-7 ', ''), 'does not name it'),
        (whole, good.replace('B-7 ', 'B-7 B-99 '), 'B-99 is no check'),
        (whole + 'B-7\tx\tpop3/a.t\n', good, 'B-7 again'),
        (whole + 'D-99\tx\tpop3/a.t\tsee tests/none.c\n',
         good.replace('B-7 ', 'B-7 D-99 '), 'there is no tests/none.c'),
        (whole + 'D-99\n', good, 'columns'),
    ]
    for n, (table, transcript, wanted) in enumerate(cases):
        with tempfile.TemporaryDirectory() as tmp:
            root = Path(tmp)
            (root / 'pop3').mkdir()
            (root / 'checks.tsv').write_text(table)
            (root / 'pop3' / 'a.t').write_text(transcript)
            faults = check(root, root)
        found = any(wanted in f for f in faults) if wanted else not faults
        assert found, f'case {n}: {wanted!r} not in {faults}'


def main():
    self_test()
    root = Path(os.path.dirname(os.path.abspath(__file__)))
    faults = check(root, root.parents[1])
    print('\n'.join(faults) or 'all checks have their transcripts')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
