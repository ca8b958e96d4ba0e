# SPDX-License-Identifier: Apache-2.0
"""`sansang sites import`: a file of rows into the registry, all of it or nothing."""

import hashlib
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sansang_collector.language import mark
from sansang_collector.registry import check_registry
from sansang_collector.settings_file import InvalidFileError, read_toml
from sansang_collector.sheet.plan import Change, Plan, plan
from sansang_collector.sheet.read import Content, read
from sansang_collector.sheet.registry_text import changed_text
from sansang_collector.sheet.words import SheetError
from sansang_collector.whole_file import replace_file


class Password(NamedTuple):
    """What a new box needs; the registry holds no more than its hash."""

    agent: str
    password: str


class Imported(NamedTuple):
    """What was done, or would be."""

    content: Content
    plan: Plan
    passwords: list[Password]
    backup: Path | None
    """Where the registry as it was before is kept."""

    @property
    def wrong(self) -> bool:
        """Whether anything can't be used, so that nothing was written."""
        return bool(self.content.wrong or self.plan.wrong)


def import_file(file: Path, registry: Path, *, agents: bool, dry_run: bool) -> Imported:
    """Raises SheetError when a file can't be used, InvalidFileError for a registry with mistakes.

    With `agents` every new site gets a box with a fresh password.
    """
    # Where a link leads, so that the link stays one.
    registry = registry.resolve()
    before, data = _registry(registry)
    content = read(file)
    made = plan(content.rows, data)
    if content.wrong or made.wrong or not made.changes:
        return Imported(content, made, [], None)
    new = [change for change in made.changes if change.table == "sites" and change.at is None]
    passwords = _boxes(new, data) if agents else {}
    entries = {
        site: {"id": box.agent, "site": site, "password_sha256": _digest(box.password)}
        for site, box in passwords.items()
    }
    text = changed_text(before.decode(), made.changes, entries)
    _check(text, registry)
    if dry_run:
        return Imported(content, made, [], None)
    try:
        backup = _write(registry, before, text.encode())
    except OSError as error:
        raise SheetError(
            mark("the registry {path} can't be written: {error}"),
            path=registry,
            error=error.strerror or error,
        ) from error
    return Imported(content, made, list(passwords.values()), backup)


def _registry(path: Path) -> tuple[bytes, Mapping[str, Any]]:
    """A registry that is not there yet is an empty one."""
    if not path.exists():
        return b"", {}
    data = read_toml(path)
    check_registry(data, path)
    return path.read_bytes(), data


def _check(text: str, path: Path) -> None:
    """What rows alone can't tell: that the last site of a carrier which a contact names changes."""
    try:
        check_registry(tomllib.loads(text), path)
    except InvalidFileError as error:
        raise SheetError(
            mark("nothing was changed, for then the registry would be wrong: {mistakes}"),
            mistakes="; ".join(map(str, error.mistakes)),
        ) from error


def _boxes(sites: list[Change], data: Mapping[str, Any]) -> dict[str, Password]:
    taken = {agent["id"] for agent in data.get("agents", [])}
    boxes: dict[str, Password] = {}
    for site in sites:
        count = 1
        while f"{site.id}-{count}" in taken:
            count += 1
        taken.add(f"{site.id}-{count}")
        boxes[site.id] = Password(f"{site.id}-{count}", secrets.token_hex(16))
    return boxes


def _digest(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


def _write(path: Path, before: bytes, after: bytes) -> Path | None:
    """At once or not at all; the file as it was is kept beside it.

    Raises OSError, and SheetError when somebody else was quicker.
    """
    if not path.exists():
        replace_file(path, after, mode=0o644)
        return None
    if path.read_bytes() != before:
        raise SheetError(mark("the registry {path} was changed meanwhile: import again"), path=path)
    status = path.stat()
    backup = path.with_name(f"{path.name}.bak")
    replace_file(backup, before, like=status)
    replace_file(path, after, like=status)
    return backup
