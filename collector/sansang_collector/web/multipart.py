# SPDX-License-Identifier: Apache-2.0
"""A form with files, as a browser sends it (RFC 7578), by the standard library's MIME parser."""

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from itertools import islice
from typing import NamedTuple

from sansang_collector.web.http import plain

PARTS_AT_MOST = 32
NAME_AT_MOST = 120


class Sent(NamedTuple):
    """A file; its name is what the browser says, without folders."""

    name: str
    content: bytes


class Form(NamedTuple):
    """Texts and files by the names of their fields; files that were not chosen are left out."""

    texts: dict[str, str]
    files: dict[str, list[Sent]]


def read_form(content_type: str, body: bytes) -> Form | None:
    """None when that is no such form."""
    if not content_type.lower().startswith("multipart/form-data;"):
        return None
    head = f"Content-Type: {content_type}\r\n\r\n".encode("ascii", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart() or message.defects:
        return None
    form = Form({}, {})
    for part in islice(message.iter_parts(), PARTS_AT_MOST):
        _take(form, part)
    return form


def _take(form: Form, part: "Message[str, str]") -> None:
    field = part.get_param("name", header="content-disposition")
    content = part.get_payload(decode=True)
    if not isinstance(field, str) or not isinstance(content, bytes):
        return
    name = part.get_filename()
    if name is None:
        form.texts[field] = content.decode("utf-8", "replace")
    elif name or content:
        own = plain(name.replace("\\", "/").rpartition("/")[2])[-NAME_AT_MOST:]
        form.files.setdefault(field, []).append(Sent(own, content))
