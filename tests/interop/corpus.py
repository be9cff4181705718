# SPDX-License-Identifier: ISC
"""The 200 real messages, and how two versions of a message are compared.

Everything is octets; nothing here ever decodes a message.
"""
import collections
import hashlib
import os
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent
MAIL = HERE / "mail"
# where tools/client-interop unpacks the package that the 200 come from
PACKAGE = pathlib.Path(os.environ.get(
    "RESTANTE_PACKAGE", HERE.parents[1] / "build" / "real-mail" / "package"))
FULL = os.environ.get("RESTANTE_FULL") == "1"


def real_messages():
    """All messages in the order of their names: [(name, octets)]"""
    return [(p.name, p.read_bytes()) for p in sorted(MAIL.glob("*.eml"))]


def all_messages():
    """All 6,046 of the package, changed as mail/README.md says"""
    return sorted(
        (f"{p.parent.name}-{p.name.split('.')[0]}.eml",
         re.sub(rb"\AFrom [^\n]*\n", b"", p.read_bytes()))
        for p in (PACKAGE / "data").glob("*/*.txt"))


def fetch_messages():
    """What a fetch is tried with: the 200, in a full run 2,000, among them
    the 200 and every other one that is nasty in a rare way"""
    if not FULL:
        return real_messages()
    every = all_messages()
    assert len(every) == 6046, f"{PACKAGE}: use tools/client-interop"
    ours = {name for name, _ in real_messages()}
    rare = {kind for kind, n in collections.Counter(
        k for _, o in every for k in kinds_of(o)).items() if n < 1000}
    every.sort(key=lambda m: (m[0] not in ours, not kinds_of(m[1]) & rare,
                              hashlib.sha256(m[0].encode()).digest()))
    return sorted(every[:2000])


def sample(n):
    """n of them, the nastiest kinds first and all kinds among them"""
    every = real_messages()
    kinds = collections.defaultdict(list)
    for name, octets in every:
        for kind in kinds_of(octets):
            kinds[kind].append((name, octets))
    chosen = {}
    # rarest kind first, one of each in turn, until there are enough
    queues = [kinds[k] for k in sorted(kinds, key=lambda k: len(kinds[k]))]
    at = 0
    while len(chosen) < n:
        added = False
        for queue in queues:
            if at < len(queue) and len(chosen) < n:
                chosen.setdefault(*queue[at])
                added = True
        if not added:
            break
        at += 1
    for name, octets in every:
        if len(chosen) >= n:
            break
        chosen.setdefault(name, octets)
    return sorted(chosen.items())


def kinds_of(octets):
    """what is nasty about a message"""
    lines = octets.split(b"\n")
    longest = max(map(len, lines))
    found = {
        "no final newline": not octets.endswith(b"\n"),
        "lone dot": b"." in lines,
        "leading dot": any(x.startswith(b".") for x in lines),
        "8-bit": any(c > 127 for c in octets),
        "line over 998": longest > 998,
        "line over 2048": longest > 2048,
        "escape": b"\x1b" in octets,
        "From_ line": any(x.startswith(b"From ") for x in lines),
        "over 60 kB": len(octets) > 60000,
        "bare CR": re.search(rb"\r(?!\n)", octets) is not None,
        "CRLF": b"\r\n" in octets,
        "trailing blank": any(x[-1:] in (b" ", b"\t") for x in lines),
    }
    return {kind for kind, true in found.items() if true}


def wire(octets):
    """What RETR must send, before dot-stuffing: every line ends in CRLF"""
    out = re.sub(rb"(?<!\r)\n", b"\r\n", octets)
    if out and not out.endswith(b"\r\n"):
        out += b"\r\n"
    return out


def lines(octets):
    """The wire form as a client on Unix stores it"""
    return wire(octets).replace(b"\r\n", b"\n")


def without_return_path(octets):
    """Final delivery removes the Return-Path fields of earlier deliveries
    (RFC 5321 4.4): the message without them"""
    head, blank, body = re.fullmatch(rb"(.*?\n)(\r?\n)(.*)|(.*)", octets,
                                     re.S).groups()[:3]
    if head is None:
        return octets
    head = re.sub(rb"(?im)^return-path[ \t]*:.*\n(?:[ \t].*\n)*", b"", head)
    return head + blank + body


def take_fields(octets, n):
    """The first n header fields (with their line ends), and the rest"""
    fields = []
    for _ in range(n):
        field = re.match(rb"[!-9;-~]+:.*\n(?:[ \t].*\n)*", octets)
        assert field, f"no header field at {octets[:80]!r}"
        fields.append(field.group())
        octets = octets[field.end():]
    return fields, octets


def difference(got, want):
    """A text that shows the first octet that differs"""
    at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b),
              min(len(got), len(want)))
    return (f"differs at octet {at} of {len(want)} (got {len(got)}): "
            f"...{got[max(0, at - 60):at + 60]!r} instead of "
            f"...{want[max(0, at - 60):at + 60]!r}")


def assert_same(got, want, what):
    assert got == want, f"{what}: {difference(got, want)}"


def assert_same_set(got, want):
    """The same messages, each as often, in any order.

    got: list of octets; want: {name: octets}.  A message that does not match
    is shown beside the one that it most looks like."""
    left = collections.Counter(got)
    lost = []
    for name, octets in want.items():
        if left[octets]:
            left[octets] -= 1
        else:
            lost.append(name)
    extra = list(left.elements())
    if not lost and not extra:
        return
    text = [f"{len(lost)} of {len(want)} messages are not as delivered, "
            f"{len(extra)} were not expected"]
    for name in lost[:3]:
        near = max(extra, default=None,
                   key=lambda e, n=name: common_lines(e, want[n]))
        text.append(f"{name}: " + ("nothing like it" if near is None else
                                   difference(near, want[name])))
    raise AssertionError("\n".join(text))


def common_lines(a, b):
    return len(set(a.split(b"\n")) & set(b.split(b"\n")))


def maildir_files(path):
    """the octets of all messages in new/ and cur/, by order of names"""
    found = [p for d in ("new", "cur") for p in (pathlib.Path(path) / d).glob("*")]
    return [p.read_bytes() for p in sorted(found, key=lambda p: p.name)]
