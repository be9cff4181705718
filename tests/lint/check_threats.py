#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""check_threats: compares docs/threats.md with the tests.

Every line of the list of threats and every promise has its row; a row names
tests, or says why there are none. A test that is named exists and names the
line. What a row may name, below tests/:

    `e2e/test_x.py::test_a`     a function in which the line's id stands
    `unit/x/test_x.c::test_a`   a function of a file that has it in a comment
    `fault/test_x.c`            a program whose head has it
    `wire/hostile/x-*.t`        cases whose headers have it
    `wire B-1`                  a check that has transcripts
"""
import re
import sys
import tempfile
from pathlib import Path

COUNTS = {'S': 56, 'C': 26, 'D': 10}


def required():
    ids = [f'{k}{n:02}' for k, count in COUNTS.items()
           for n in range(1, count + 1)]
    return ids + [f'P{n}' for n in range(1, 19)]


def read_rows(text, faults):
    rows = {}
    for line in text.splitlines():
        if not re.match(r'\| [SCDP]\d', line):
            continue
        cells = [c.strip() for c in line.strip().strip('|').split('|')]
        if len(cells) != 4 or not all(cells[:3]):
            faults.append(f'{cells[0]}: columns')
            continue
        if cells[0] in rows:
            faults.append(f'{cells[0]}: again')
        rows[cells[0]] = cells[2], cells[3]
    return rows


def names(text, row):
    return re.search(rf'\b{row}\b', text) is not None


def python_function(text, name):
    """Its body, None when it is not there"""
    found = re.search(rf'^def {name}\([^)]*\):\n((?: .*\n|\n)*)', text, re.M)
    if not found:
        return None
    return found.group(1)


def c_comments(text):
    return ' '.join(re.findall(r'/\*.*?\*/', text, re.S)) + \
        ' '.join(re.findall(r'\.name = "[^"]*"', text))


def check_function(path, name, row):
    if not path.exists():
        return 'no such file'
    text = path.read_text(errors='replace')
    if path.suffix == '.py':
        body = python_function(text, name)
        if body is None:
            return 'no such function'
        return None if names(body, row) else f'does not name {row}'
    if not re.search(rf'^{name}\(', text, re.M):
        return 'no such function'
    return None if names(c_comments(text), row) else f'does not name {row}'


def check_program(path, row):
    if not path.exists():
        return 'no such file'
    head = path.read_text(errors='replace').split('*/')[0]
    return None if names(head, row) else f'does not name {row}'


def check_cases(tests, pattern, row):
    found = sorted(tests.glob(pattern))
    if not found:
        return 'no such case'
    for path in found:
        if not names(path.read_text(errors='replace').split('\n\n')[0], row):
            return f'{path.name} does not name {row}'
    return None


def check_transcripts(tests, wanted):
    """check_table.py sees to it that they are there and name it"""
    table = (tests / 'wire' / 'checks.tsv').read_text()
    found = re.search(rf'^{wanted}\t[^\t]*\t([^\t\n]*)', table, re.M)
    if not found:
        return 'no such check'
    return 'has no transcript' if found.group(1) == '-' else None


def check_reference(tests, reference, row):
    if '::' in reference:
        file, name = reference.split('::')
        return check_function(tests / file, name, row)
    if reference.startswith('wire/hostile/'):
        return check_cases(tests, reference, row)
    found = re.fullmatch(r'wire ([A-Z]-\d+)', reference)
    if found:
        return check_transcripts(tests, found.group(1))
    if reference.endswith('.c'):
        return check_program(tests / reference, row)
    return 'is no test'


def check(table, tests):
    faults = []
    rows = read_rows(table.read_text(), faults)
    for wanted in required():
        if wanted not in rows:
            faults.append(f'{wanted}: not in the table')
    for row, (promise, shown) in rows.items():
        if row not in required():
            faults.append(f'{row}: is no line of the list')
        references = re.findall(r'`([^`]+)`', shown)
        if not references and not promise.startswith('Not '):
            faults.append(f'{row}: no test and no reason')
        for reference in references:
            fault = check_reference(tests, reference, row)
            if fault:
                faults.append(f'{row}: {reference}: {fault}')
    return faults


# ---- it must be able to fail -----------------------------------------------

FILES = {
    'e2e/test_x.py': 'def test_a():\n    """S01: x"""\n\n\n'
                     'def test_b(f):\n    pass\n',
    'unit/x/test_x.c': '/* S01: x */\nstatic void\ntest_a(void **s)\n{\n}\n',
    'fault/test_x.c': '/* head\n * Threats: S01.\n */\nint\nmain(void)\n',
    'wire/hostile/x-1.t': '# x\nchecks: C-1 S01\nref: x\n\nchecks: S02\n',
    'wire/hostile/y-1.t': '# x\nchecks: C-1\nref: x\n\nchecks: S01\n',
    'wire/checks.tsv': '# x\nB-1\tx\tpop3/x.t\nB-2\tx\t-\twhy\n',
}
CASES = [
    ('`e2e/test_x.py::test_a`', None),
    ('`e2e/test_x.py::test_b`', 'does not name S01'),
    ('`e2e/test_x.py::test_c`', 'no such function'),
    ('`e2e/test_y.py::test_a`', 'no such file'),
    ('`unit/x/test_x.c::test_a`', None),
    ('`unit/x/test_x.c::test_b`', 'no such function'),
    ('`fault/test_x.c`', None),
    ('`fault/test_y.c`', 'no such file'),
    ('`wire/hostile/x-*.t`', None),
    ('`wire/hostile/y-*.t`', 'does not name S01'),
    ('`wire/hostile/z-*.t`', 'no such case'),
    ('`wire B-1`', None),
    ('`wire B-2`', 'has no transcript'),
    ('`wire B-3`', 'no such check'),
    ('`pop3/x.t`', 'is no test'),
    ('`e2e/test_x.py::test_a`, `wire B-3`', 'no such check'),
    ('', 'no test and no reason'),
]


def self_test():
    row = '| {} | a | {} | {} |\n'
    others = ''.join(row.format(i, 'Not here: x', '') for i in required()
                     if i != 'S01')
    with tempfile.TemporaryDirectory() as tmp:
        tests, table = Path(tmp), Path(tmp) / 'threats.md'
        for name, text in FILES.items():
            (tests / name).parent.mkdir(parents=True, exist_ok=True)
            (tests / name).write_text(text)

        def faults(text):
            table.write_text(text)
            return check(table, tests)
        for shown, wanted in CASES:
            got = faults(others + row.format('S01', 'b', shown))
            assert (len(got) == 1 and wanted in got[0] if wanted
                    else not got), (shown, got)
        good = row.format('S01', 'b', CASES[0][0])
        assert 'S01: not in the table' in faults(others)
        assert 'S01: again' in faults(others + 2 * good)
        assert 'D11: is no line of the list' in faults(
            others + good + row.format('D11', 'Not here: x', ''))
        assert 'S01: columns' in faults(others + '| S01 | a |\n')


def main():
    self_test()
    project = Path(sys.argv[1] if len(sys.argv) > 1 else
                   Path(__file__).resolve().parents[2])
    faults = check(project / 'docs' / 'threats.md', project / 'tests')
    print('\n'.join(faults) or f'{len(required())} lines, each with its '
          'tests or its reason')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
