# SPDX-License-Identifier: Apache-2.0
"""What the documents promise is there: dependencies with a why, links that lead somewhere."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
MEMBERS = ("wire", "agent", "collector")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
NAME = re.compile(r"[a-z0-9-]+")


def settings(folder: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / folder / "pyproject.toml").read_text())


def direct_dependencies() -> set[str]:
    """The names that someone chose, as the pyprojects have them."""
    wanted: list[str] = []
    for member in MEMBERS:
        project = settings(member)["project"]
        wanted += project["dependencies"]
        wanted += [
            each for extra in project.get("optional-dependencies", {}).values() for each in extra
        ]
    for group in settings(".")["dependency-groups"].values():
        wanted += group
    names = {match[0] for each in wanted if (match := NAME.match(each.lower()))}
    return names - {f"sansang-{member}" for member in MEMBERS}


def pinned(lock: str) -> dict[str, str]:
    """Name to version."""
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==([^ ;\\]+)", (ROOT / lock).read_text()))


def test_every_dependency_has_a_sentence() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text()
    rows = re.findall(r"(?m)^\| ([^|]+) \| [^|]+\. *\|$", page)
    explained = {name for row in rows for name in NAME.findall(re.sub(r"\(.*?\)", "", row))}
    assert direct_dependencies() - explained == set(), "docs/dependencies.md does not say why"
    assert explained - direct_dependencies() == set(), "docs/dependencies.md knows too much"


def test_the_locks_pin_what_the_projects_ask_for() -> None:
    runtime, dev = pinned("requirements.lock"), pinned("requirements-dev.lock")
    optional = {"scapy"}
    assert direct_dependencies() - optional - set(dev) == set(), "make lock"
    for member in MEMBERS:
        asked = {
            match[0]
            for each in settings(member)["project"]["dependencies"]
            if (match := NAME.match(each))
        }
        assert asked - {"sansang-wire"} - set(runtime) == set(), "make lock"
    assert runtime.items() <= dev.items(), "the dev lock is no superset: make lock"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_and_names_no_place(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"(?m)^\s*--(?!hash=sha256:)", text)
    for block in re.split(r"(?m)^(?=\w)", text)[1:]:
        assert "--hash=sha256:" in block, block


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!\w+:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"
