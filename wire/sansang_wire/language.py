# SPDX-License-Identifier: Apache-2.0
"""Which language a person reads, and the texts in it. English stands in the code, Vietnamese in a
gettext catalogue of each package.
"""

import gettext
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Literal

Language = Literal["vi", "en"]
Translate = Callable[[str], str]


def wanted_language(environment: Mapping[str, str]) -> Language:
    """Vietnamese, unless the locale of the environment asks for English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(name):
            return "en" if value.startswith("en") else "vi"
    return "vi"


def translator(package: str, language: Language) -> Translate:
    """The texts of `package` in this language; its catalogue is `locale/` inside it.

    Raises FileNotFoundError where the catalogue was not compiled.
    """
    if language == "en":
        return str
    folder = resources.files(package) / "locale"
    return gettext.translation(package, str(folder), [language]).gettext
