# SPDX-License-Identifier: Apache-2.0
"""A browser without a screen: requests to the real application."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from sansang_collector.web import create_app
from sansang_collector.web.sources import Sources

Browse = Callable[[Sources], TestClient]


@pytest.fixture
def browse() -> Browse:
    """Opens the application over some sources, under the name a person types."""

    def open_app(sources: Sources) -> TestClient:
        return TestClient(create_app(sources), base_url="http://localhost:8080")

    return open_app
