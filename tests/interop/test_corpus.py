# SPDX-License-Identifier: ISC
"""The messages that all other tests here use are what they claim to be."""
import pytest

import corpus


def test_every_kind_is_there():
    found = {}
    for _, octets in corpus.real_messages():
        for kind in corpus.kinds_of(octets):
            found[kind] = found.get(kind, 0) + 1
    assert set(found) >= {
        "no final newline", "lone dot", "leading dot", "8-bit",
        "line over 998", "line over 2048", "escape", "From_ line",
        "over 60 kB", "trailing blank"}


def test_two_hundred_under_three_megabytes():
    every = corpus.real_messages()
    assert len(every) == 200
    assert sum(len(octets) for _, octets in every) < 3_000_000
    # so that each can be delivered by SMTP just as it is
    assert not any(b"\r" in o or b"\0" in o for _, o in every)


def test_a_sample_keeps_every_kind():
    kinds = set().union(*(corpus.kinds_of(o)
                          for _, o in corpus.real_messages()))
    assert set().union(*(corpus.kinds_of(o)
                         for _, o in corpus.sample(20))) == kinds


def test_wire_form():
    assert corpus.wire(b"a\nb\r\nc") == b"a\r\nb\r\nc\r\n"
    assert corpus.wire(b"a\rb\n") == b"a\rb\r\n"
    assert corpus.wire(b"") == b""


def test_the_comparison_can_fail():
    for got, want in (([b"a"], {"x": b"b"}), ([b"a", b"a"], {"x": b"a"}),
                      ([], {"x": b"a"})):
        try:
            corpus.assert_same_set(got, want)
        except AssertionError:
            continue
        raise RuntimeError("two different sets are taken for the same")


@pytest.mark.skipif(not corpus.FULL, reason="of tools/client-interop")
def test_two_thousand():
    every, chosen = dict(corpus.all_messages()), corpus.fetch_messages()
    assert len(chosen) == len(dict(chosen)) == 2000
    # the package is what the 200 come from, changed in the same way
    for name, octets in corpus.real_messages():
        assert every[name] == dict(chosen)[name] == octets
    kinds = [set().union(*map(corpus.kinds_of, some)) for some in
             (every.values(), [o for _, o in chosen])]
    assert kinds[0] == kinds[1] >= {"bare CR", "CRLF"}
