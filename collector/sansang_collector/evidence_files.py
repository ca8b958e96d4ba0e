# SPDX-License-Identifier: Apache-2.0
"""Pictures and documents that show what people entered: each once, by the SHA-256 of its bytes."""

import hashlib
from pathlib import Path

from sansang_collector.ispeed_views import EvidenceView
from sansang_collector.language import mark
from sansang_collector.ledger_changes import RefusedChangeError
from sansang_collector.whole_file import replace_file

BYTES_AT_MOST = 5 * 1024 * 1024
BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"%PDF-": "application/pdf",
}
"""Of files: what they are is told by their bytes, never by their names."""


class EvidenceFiles:
    """A folder of them, made when the first one comes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, content: bytes) -> EvidenceView:
        """On the disk when this returns. Raises RefusedChangeError."""
        view = described(name, content)
        path = self._folder / view.sha256
        if not path.exists():
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                replace_file(path, content)
            except OSError as error:
                raise RefusedChangeError(
                    mark("the evidence can't be kept: {error}"), error=error.strerror or error
                ) from error
        return view

    def read(self, view: EvidenceView) -> bytes | None:
        """None when the file is gone, or another than it was."""
        try:
            content = (self._folder / view.sha256).read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == view.sha256 else None


def described(name: str, content: bytes) -> EvidenceView:
    """What a file is, if it may be kept. Raises RefusedChangeError."""
    if len(content) > BYTES_AT_MOST:
        raise RefusedChangeError(
            mark("{name} is too large: 5 MiB at most, a smaller picture will do."), name=name
        )
    kind = next((it for begins, it in BEGINNINGS.items() if content.startswith(begins)), None)
    if kind is None:
        raise RefusedChangeError(
            mark("{name} is no picture or document: send PNG, JPEG or PDF."), name=name
        )
    return EvidenceView(
        sha256=hashlib.sha256(content).hexdigest(),
        name=name,
        media_type=kind,
        size_bytes=len(content),
    )
