# SPDX-License-Identifier: Apache-2.0
"""Make `.venv` from a lock, with nothing but Python: `python3 deploy/bootstrap.py [--dev]`.

Debian leaves `ensurepip` out of its python3 package, so pip comes from where it can: a pip of the
system, or the wheel in Debian's python3-pip-whl, fetched and unpacked without installing it. A run
that has nothing to do returns at once. Every failure is one sentence and exit status 1.
"""

from __future__ import annotations  # an older Python must get as far as our sentence

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BUILD = ROOT / ".build"
LOG = BUILD / "bootstrap.log"
PYTHON = VENV / "bin" / "python"
MEMBERS = ("wire", "agent", "collector")
LOCALES = {
    "sansang_agent": ROOT / "agent" / "sansang_agent" / "locale",
    "sansang_collector": ROOT / "collector" / "sansang_collector" / "locale",
}
LOCKS = {"runtime": "requirements.lock", "dev": "requirements-dev.lock"}
UNFINISHED = VENV / "sansang-unfinished"
"""Stands while libraries are installed: half of one can't be repaired by installing again."""
SHOWN_LOG_LINES = 15


class SetupError(Exception):
    """What went wrong, in a sentence for the person who typed the command."""


def main() -> int:
    """Exit status: 0 when `.venv` is ready."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever is older shall be told
        version = ".".join(map(str, sys.version_info[:2]))
        return _complain(
            f"Python 3.11 or newer is needed, and this is Python {version}. "
            "If a newer one is installed, name it: make PYTHON=python3.12 …"
        )
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--dev", action="store_true", help="also what checks and tests need")
    what = "dev" if parser.parse_args().dev else "runtime"
    try:
        with _alone():
            if not _is_ready(what):
                _install(what)
            _compile_translations()
    except SetupError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return _complain("Stopped. The same command begins again.")
    return 0


@contextlib.contextmanager
def _alone() -> Generator[None, None, None]:
    """Two runs at once would write into the same folders."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "bootstrap.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("Waiting for another run that is preparing .venv.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_ready(what: str) -> bool:
    # What the dev lock installs is a superset, with the same versions.
    wider = (what, "dev")
    return any(_read(_stamp(each)) == _digest(each) for each in wider) and _python_works()


def _stamp(what: str) -> Path:
    return VENV / f"sansang-{what}.stamp"


def _digest(what: str) -> str:
    """Of everything that an installation depends on; a checkout that was moved is another one."""
    files = [ROOT / LOCKS["runtime"], ROOT / LOCKS[what], Path(__file__)]
    files += [ROOT / member / "pyproject.toml" for member in MEMBERS]
    digest = hashlib.sha256(str(ROOT).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _python_works() -> bool:
    """A distribution upgrade leaves a `.venv` behind whose interpreter is gone."""
    try:
        return (
            subprocess.call([PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]) == 0
        )
    except OSError:
        return False


def _install(what: str) -> None:
    started = time.monotonic()
    LOG.write_text("")
    if UNFINISHED.exists() or not _python_works():
        _say("Making the Python environment .venv in this folder.")
        shutil.rmtree(VENV, ignore_errors=True)
        _run([sys.executable, "-m", "venv", "--without-pip", VENV], "The environment was not made.")
    UNFINISHED.touch()
    for each in LOCKS:
        _stamp(each).unlink(missing_ok=True)
    lock = ROOT / LOCKS[what]
    count = sum(line[:1].isalnum() for line in lock.read_text().splitlines())
    pip = _pip()
    _say(f"Fetching {count} libraries and checking each against its hash. This takes a minute.")
    _run(
        [*pip, "install", "--require-hashes", "-r", lock],
        "The libraries could not be fetched. Is there an Internet connection? "
        "Behind a mirror or a proxy, pip's usual settings are honoured.",
    )
    _say(f"Installing {', '.join(MEMBERS)} from this folder.")
    editable = [argument for member in MEMBERS for argument in ("-e", str(ROOT / member))]
    _run(
        [PYTHON, "-m", "pip", "install", "--no-deps", "--no-build-isolation", *editable],
        "The members of the workspace could not be installed.",
    )
    _stamp(what).write_text(_digest(what))
    UNFINISHED.unlink()
    _say(f"Ready after {time.monotonic() - started:.0f} s.")


def _pip() -> list[str | Path]:
    """The command that runs a pip which installs into `.venv`."""
    if _succeeds([PYTHON, "-m", "pip", "--version"]):
        return [PYTHON, "-m", "pip"]
    if _succeeds([PYTHON, "-m", "ensurepip", "--default-pip"]):
        return [PYTHON, "-m", "pip"]
    system = [sys.executable, "-m", "pip", "--python", PYTHON]
    if _succeeds([*system, "--version"]):
        return [*system]
    _say("This Python came without pip.")
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        _say("Taking Debian's for this folder, without installing it.")
        wheel = _wheel_of_debian()
        if wheel is not None:
            return [PYTHON, wheel / "pip"]
        _say("It could not be fetched. Is there an Internet connection?")
    raise SetupError(
        "Install pip and run the same command again; "
        "on Debian, Armbian or Raspberry Pi OS: apt-get install python3-venv"
    )


def _wheel_of_debian() -> Path | None:
    """The pip wheel out of Debian's python3-pip-whl; None when apt can't give it."""
    folder = BUILD / "pip"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if not _download("python3-pip-whl", folder, []):
        # The system's package lists may be empty, and only root may fill them.
        own = _own_apt(folder)
        if not (
            _succeeds(["apt-get", *own, "update"]) and _download("python3-pip-whl", folder, own)
        ):
            return None
    package = next(folder.glob("*.deb"), None)
    if package is None or not _succeeds(["dpkg-deb", "-x", package, folder]):
        return None
    return next(folder.glob("usr/share/python-wheels/pip-*.whl"), None)


def _download(package: str, folder: Path, options: list[str]) -> bool:
    return _succeeds(["apt-get", *options, "download", package], cwd=folder)


def _own_apt(folder: Path) -> list[str]:
    """Options that keep all that apt writes in `folder`; sources and keys stay the system's."""
    lists, cache = folder / "lists", folder / "cache"
    for each in (lists, cache):
        (each / "partial").mkdir(parents=True)
    return [
        *("-o", f"Dir::State::Lists={lists}"),
        *("-o", f"Dir::Cache={cache}"),
        *("-o", "Debug::NoLocking=1"),
        *("-o", "APT::Sandbox::User="),
    ]


def _compile_translations() -> None:
    for domain, folder in LOCALES.items():
        sources = [*folder.rglob("*.po")]
        if any(_is_older(source.with_suffix(".mo"), source) for source in sources):
            _run(
                [PYTHON, "-m", "babel.messages.frontend", "compile", "-D", domain, "-d", folder],
                f"The translations in {folder.relative_to(ROOT)} could not be compiled.",
            )


def _is_older(product: Path, source: Path) -> bool:
    return not product.exists() or product.stat().st_mtime < source.stat().st_mtime


def _run(command: list[str | Path], complaint: str) -> None:
    if not _succeeds(command):
        tail = "\n".join(_read(LOG).splitlines()[-SHOWN_LOG_LINES:])
        where = LOG.relative_to(ROOT)
        raise SetupError(f"{complaint}\nThe end of {where}, where all of it stands:\n{tail}")


def _succeeds(command: list[str | Path] | list[str], cwd: Path = ROOT) -> bool:
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_PROGRESS_BAR": "off", "LC_ALL": "C.UTF-8"}
    with LOG.open("a") as log:
        print("$", *command, file=log, flush=True)
        try:
            status = subprocess.call(
                command,
                cwd=cwd,
                env={**os.environ, **quiet},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        except OSError as error:
            print(error, file=log)
            return False
    return status == 0


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 - a command's progress


def _complain(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 - a command's last word
    return 1


if __name__ == "__main__":
    sys.exit(main())
