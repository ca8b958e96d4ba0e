# SPDX-License-Identifier: Apache-2.0
"""What a test needs of the machine it runs on, and how it says that it is not there."""

import shutil
from typing import NoReturn

import pytest

SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where Debian keeps servers; the path of an ordinary user lacks them."""


def missing(capability: str, why: str) -> NoReturn:
    """Skip the test that calls it; with SANSANG_REQUIRE_LABS=1 it fails."""
    pytest.skip(f"missing capability: {capability}: {why}")


def program(name: str, capability: str) -> str:
    """The path of a program; the test is skipped when it is not installed."""
    path = shutil.which(name) or shutil.which(name, path=SYSTEM_FOLDERS)
    if path is None:
        missing(capability, f"no program {name}")
    return path
