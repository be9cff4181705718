# SPDX-License-Identifier: ISC
"""Every case of tests/wire/hostile, played against restante.

Those that cost much are played by tools/hostile-matrix alone.
"""
import pytest

import player

CASES = [p for p in player.all_cases()
         if player.Case(p).one('cost') != 'high']


@pytest.mark.parametrize('path', CASES, ids=[p.stem for p in CASES])
def test_case(desk, path):
    """the checks that the case names"""
    player.Case(path).play(desk)
