# SPDX-License-Identifier: Apache-2.0
"""What holds for every test: skips are counted aloud, and no process is left behind.

`make test` runs them in several processes: each looks after what it started itself, and the first
one counts for all.
"""

import os
import re
import uuid
from collections import Counter
from collections.abc import Generator, Iterator
from typing import Any

import hypothesis
import psutil
import pytest

REQUIRED = os.environ.get("SANSANG_REQUIRE_LABS") == "1"
"""Set in CI: a test that can't run here is a failure, for nobody reads the skips of a green run."""
MISSING = re.compile(r"missing capability: (?P<capability>[^:]+)")
RUN_MARK = ("SANSANG_TEST_RUN", uuid.uuid4().hex)
"""Inherited by every process the tests start, so that one which outlived its parent is found."""
GRACE_S = 2

# How long one example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_when_required(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_when_required(report)
    return report


def _fail_when_required(report: pytest.TestReport | pytest.CollectReport) -> None:
    if REQUIRED and report.skipped and _capability(report) is not None:
        report.outcome = "failed"
        report.longrepr = f"{_reason(report)}\nSANSANG_REQUIRE_LABS=1: this must not be skipped."


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if isinstance(report.longrepr, tuple):
        return report.longrepr[2].removeprefix("Skipped: ")
    return ""


def _capability(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    found = MISSING.match(_reason(report))
    return found["capability"].strip() if found else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped: list[Any] = terminalreporter.stats.get("skipped", [])
    counts = Counter(name for report in skipped if (name := _capability(report)) is not None)
    if counts:
        names = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
        terminalreporter.write_line(
            f"{counts.total()} tests were skipped: missing capability: {names}"
        )


@pytest.fixture(scope="session", autouse=True)
def no_process_left() -> Iterator[None]:
    """A server or worker that a test forgot keeps its port, and the machine's patience."""
    name, value = RUN_MARK
    os.environ[name] = value
    yield
    left = _started_here()
    _, alive = psutil.wait_procs(left, timeout=GRACE_S)
    sentences = [_describe(process) for process in alive]
    for process in alive:
        process.kill()
    assert not sentences, "the tests left processes behind:\n" + "\n".join(sentences)


def _started_here() -> list[psutil.Process]:
    name, value = RUN_MARK
    me = psutil.Process()
    found = {process.pid: process for process in me.children(recursive=True)}
    for process in psutil.process_iter():
        try:
            if process.pid != me.pid and process.environ().get(name) == value:
                found[process.pid] = process
        except psutil.Error:
            continue  # gone, or not ours to look at
    # A zombie of ours ends with us; the tracker of multiprocessing does, too.
    return [
        process
        for process in found.values()
        if process.is_running()
        and _status(process) != psutil.STATUS_ZOMBIE
        and "resource_tracker" not in _describe(process)
    ]


def _status(process: psutil.Process) -> str:
    try:
        return process.status()
    except psutil.Error:
        return psutil.STATUS_ZOMBIE


def _describe(process: psutil.Process) -> str:
    try:
        return f"{process.pid}: {' '.join(process.cmdline()) or process.name()}"
    except psutil.Error:
        return f"{process.pid}: gone"
