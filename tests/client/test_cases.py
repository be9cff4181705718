# SPDX-License-Identifier: ISC
"""Every case of tests/wire/hostile, played against restante."""
import pytest

import player


@pytest.mark.parametrize('path', player.all_cases(),
                         ids=[p.stem for p in player.all_cases()])
def test_case(desk, path):
    """the checks that the case names"""
    player.Case(path).play(desk)
