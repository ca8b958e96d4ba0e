# SPDX-License-Identifier: Apache-2.0
"""A folder that one process at a time may work in."""

import contextlib
import fcntl
import os
from collections.abc import Generator
from pathlib import Path


class FolderUnusableError(Exception):
    """Not writable, or another process works in it; the message says what to do."""


@contextlib.contextmanager
def alone_in(folder: Path) -> Generator[None]:
    """Within the block nobody else is; the folder is made where it is missing.

    The lock goes with the process, however that ends. Raises FolderUnusableError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a+")
    except OSError as error:
        raise FolderUnusableError(
            f"{folder} can't be written to: {error.strerror}; give it to this user, or choose"
            " another folder"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise FolderUnusableError(
                f"{folder} is in use by process {lock.read()}: end that one, or choose another"
                " folder"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
