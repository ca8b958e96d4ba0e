# SPDX-License-Identifier: Apache-2.0
"""Read a TOML file that a person edits, and tell all that is wrong with it at once."""

import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from msgspec import Struct

from sansang_wire.checking import InvalidSettingsError, Mistake, check

T = TypeVar("T", bound=Struct)


class InvalidFileError(InvalidSettingsError):
    """A settings file that can't be used: `file`, and `mistakes` with all that is wrong with it."""

    def __init__(self, file: Path, mistakes: list[Mistake]) -> None:
        super().__init__(mistakes)
        self.file = file


def read_toml(file: Path) -> dict[str, Any]:
    """Raises InvalidFileError."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        what = f"the file can't be read: {error.strerror or error}"
        raise InvalidFileError(file, [Mistake("", what)]) from error
    except UnicodeDecodeError as error:
        raise InvalidFileError(file, [Mistake("", f"not UTF-8: {error}")]) from error
    except (ValueError, RecursionError) as error:  # a TOMLDecodeError, or a number beyond reason
        raise InvalidFileError(file, [Mistake("", f"not TOML: {error}")]) from error


class Section:
    """One table of a file while it is being checked; what is wrong is noted in `mistakes`.

    Its keys are read from the raw data, so that a rule between two keys is told in the same breath
    as a typing error in a third.
    """

    def __init__(self, name: str, data: object, folder: Path, mistakes: list[Mistake]) -> None:
        self._name = name
        self._data: Mapping[str, Any] = data if is_table(data) else {}
        self._folder = folder
        self._mistakes = mistakes

    def mistake(self, key: str, what: str) -> None:
        """Note that something is wrong with a key, or with the section when `key` is empty."""
        self._mistakes.append(Mistake(f"{self._name}.{key}" if key else self._name, what))

    def text(self, key: str, default: str | None = None) -> str | None:
        """The value when it is a text; of what is not, `check` has told already."""
        value = self._data.get(key, default)
        return value if isinstance(value, str) else None

    def needed(self, key: str, why: str) -> str:
        """A text that must be there in this case; empty when it is not, which is noted."""
        if key not in self._data:
            self.mistake(key, f"is missing: {why}")
        return self.text(key) or ""

    def unwanted(self, key: str, why: str) -> None:
        """Note a key that means nothing in this case."""
        if key in self._data:
            self.mistake(key, why)

    def has(self, key: str) -> bool:
        """Whether the key is written down."""
        return key in self._data

    def secret(self, key: str) -> str | None:
        """The one secret in the file that this key names, which not everybody may read."""
        text = self.confidential(key)
        return text.strip() if text else None

    def confidential(self, key: str) -> str | None:
        """All that stands in such a file."""
        path = self.file(key)
        if path is None:
            return None
        try:
            if path.stat().st_mode & stat.S_IROTH:
                self.mistake(key, f"everybody can read {path}: chmod o-r {path}")
                return None
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            self.mistake(key, f"{path} can't be read: {getattr(error, 'strerror', error)}")
            return None
        if not text.strip():
            self.mistake(key, f"{path} is empty")
            return None
        return text

    def file(self, key: str) -> Path | None:
        """The file that this key names; a relative path counts from the settings file."""
        named = self.text(key)
        return None if named is None else self._folder / named


def check_table(data: object, struct: type[T], name: str, mistakes: list[Mistake]) -> None:
    """Note in `mistakes` what is wrong with a table's keys and the types of their values."""
    if not is_table(data):
        mistakes.append(Mistake(name, f"is not a table (it is {data!r})"))
        return
    try:
        check(data, struct, name)
    except InvalidSettingsError as error:
        mistakes += error.mistakes


def is_table(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value of a TOML file is a table."""
    return isinstance(value, dict)
