# SPDX-License-Identifier: Apache-2.0
"""What the commands of `sansang` share: options, how they answer, how they ask the collector."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from sansang_collector import asking
from sansang_collector import config as settings
from sansang_collector.config import CollectorConfig
from sansang_collector.language import MissingCatalogueError, Translation, mark
from sansang_collector.settings_file import InvalidFileError
from sansang_wire.language import Language, wanted_language

Asked = TypeVar("Asked")
EXIT_WRONG = 1
EXIT_USAGE = 2
EXIT_CONFIG = 78
WRONG_QUESTION = 422

Config = Annotated[Path, typer.Option("--config", help=mark("settings of the collector"))]
Url = Annotated[
    str | None, typer.Option("--url", help=mark("the collector, instead of asking the settings"))
]
Json = Annotated[bool, typer.Option("--json", help=mark("answer in JSON, for programs"))]
Lang = Annotated[Language | None, typer.Option("--lang", help=mark("Vietnamese or English"))]


class Answer:
    """How a command answers: in which language, in JSON or for people."""

    def __init__(self, lang: Language | None, *, as_json: bool) -> None:
        self.language: Language = lang or wanted_language(os.environ)
        self._as_json = as_json
        self.out = Console(highlight=False, soft_wrap=True, markup=False)
        try:
            self.translate = Translation(self.language)
        except MissingCatalogueError as error:
            self.fail(EXIT_WRONG, str(error), "")

    def json(self, content: Any) -> None:
        """One JSON document on standard output."""
        sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n")

    def write(self, text: str) -> None:
        """As it is, whatever the language of the terminal: a sheet is UTF-8."""
        sys.stdout.buffer.write(text.encode())

    def fail(self, status: int, what: str, todo: str, details: list[str] | None = None) -> NoReturn:
        """Says what is wrong and what to do, on standard error, and ends the program."""
        if self._as_json:
            self.json({"error": what, "details": details or [], "todo": todo})
        lines = [f"sansang: {what}", *(f"  {each}" for each in details or []), todo]
        Console(stderr=True, highlight=False, soft_wrap=True, markup=False).print(
            "\n".join(line for line in lines if line)
        )
        sys.exit(status)


def load(path: Path, answer: Answer) -> CollectorConfig:
    """The settings; the program ends when they can't be used."""
    try:
        return settings.load(path)
    except InvalidFileError as error:
        refuse(error, answer)


def refuse(error: InvalidFileError, answer: Answer) -> NoReturn:
    """Ends the program with every mistake in a file."""
    translate = answer.translate
    details = [str(mistake) for mistake in error.mistakes]
    what = translate.plural(
        "{file}: {count} mistake", "{file}: {count} mistakes", len(details), file=error.file
    )
    answer.fail(
        EXIT_CONFIG, what, translate("Mend the file, or name another with --config."), details
    )


def ask(question: Callable[[str], Asked], config: Path, url: str | None, answer: Answer) -> Asked:
    """What the running collector answers; the program ends when it does not."""
    where = url or f"http://{load(config, answer).web}"
    try:
        return question(where)
    except asking.RefusedQuestionError as error:
        answer.fail(EXIT_USAGE if error.status == WRONG_QUESTION else EXIT_WRONG, str(error), "")
    except asking.NoAnswerError as error:
        what = answer.translate(
            "the collector at {url} does not answer: {error}", url=where, error=error
        )
        todo = answer.translate(
            "start it with `sansang up`; `sansang doctor` says what is missing."
        )
        answer.fail(EXIT_WRONG, what, todo)


def group(
    what: str,
    commands: Iterable[tuple[str, Callable[..., None], str]],
    default: Callable[..., None] | None = None,
) -> typer.Typer:
    """A command that has commands of its own, and may do something by itself."""
    made = typer.Typer(
        help=what,
        no_args_is_help=default is None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    if default is not None:
        made.callback(invoke_without_command=True, help=what)(default)
    for name, command, its in commands:
        made.command(name, help=its)(command)
    return made


def refuse_options(context: typer.Context) -> None:
    """An option before a command would say nothing to it, and nobody would notice."""
    for parameter in context.command.params:
        source = context.get_parameter_source(parameter.name or "")
        if source is not None and source.name == "COMMANDLINE":
            context.fail(f"write {parameter.opts[0]} behind {context.invoked_subcommand}")
