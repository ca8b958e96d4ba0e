# SPDX-License-Identifier: Apache-2.0
"""A lab for each test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.lab.netns import Lab, require_namespaces


@pytest.fixture
def lab() -> Iterator[Lab]:
    require_namespaces()
    with Lab() as hosts:
        yield hosts
