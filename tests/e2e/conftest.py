# SPDX-License-Identifier: ISC
"""Fixtures of the end-to-end tests: see office.py."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from office import Office  # noqa: E402


@pytest.fixture
def make_office():
    """Office(...) that is started, and stopped and checked at the end."""
    made = []

    def make(**kwargs):
        office = Office(**kwargs)
        made.append(office)
        return office.start()

    yield make
    errors = []
    for office in made:
        try:
            office.close()
        except AssertionError as e:
            errors.append(str(e))
    for office in made:
        if office.log:
            print(f'---- log of restanted in {office.dir} ----')
            print('\n'.join(office.log.lines[-80:]))
    assert not errors, '\n'.join(errors)


@pytest.fixture
def office(make_office):
    """A running office with the user wren (password: secret)."""
    return make_office()
