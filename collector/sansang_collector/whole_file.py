# SPDX-License-Identifier: Apache-2.0
"""A file that is written whole or not at all, whatever happens meanwhile."""

import contextlib
import os
import tempfile
from pathlib import Path


def replace_file(
    path: Path, content: bytes, *, like: os.stat_result | None = None, mode: int = 0o600
) -> None:
    """With the mode of `like`, and its owner where that is allowed; else with `mode`. It is on the
    disk when this returns. Raises OSError.
    """
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
        try:
            if like is not None:
                with contextlib.suppress(PermissionError):
                    os.fchown(new.fileno(), like.st_uid, like.st_gid)
            os.fchmod(new.fileno(), mode if like is None else like.st_mode & 0o7777)
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
            Path(new.name).replace(path)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
