# SPDX-License-Identifier: Apache-2.0
"""Nothing is changed but by a program on this machine: a foreign page in a browser can't post."""

import pytest

from sansang_collector.web.ispeed_api import BODY_AT_MOST
from sansang_collector.web.posting import BYTES_AT_MOST
from tests.collector.web.conftest import Browse
from tests.fakes import NOW, FixedSources, outage_detail, outage_view, site_view

WANTED = {"Content-Type": "application/json", "X-Sansang": "1"}
SENT = {
    "/api/v1/maintenance": f'{{"site": "nvh-dong", "from": {NOW + 1}, "to": {NOW + 2}}}',
    "/api/v1/outages/1/notes": '{"kind": "ack"}',
    "/api/v1/ispeed": f"""{{"at": {NOW - 1}, "place": "Chợ", "line_kind": "mobile",
        "download_mbps": 70}}""",
}
MOST = {"/api/v1/ispeed": BODY_AT_MOST}


def sources() -> FixedSources:
    return FixedSources([site_view([])], outage_details=[outage_detail(outage_view(1))])


def test_every_post_of_the_api_is_among_these(browse: Browse) -> None:
    """So that none is left out below."""
    described = browse(sources()).get("/api/v1/openapi.json").json()["paths"]
    posts = {path.replace("{number}", "1") for path, of in described.items() if "post" in of}
    assert posts == set(SENT)
    assert {method for of in described.values() for method in of} == {"get", "post"}


@pytest.mark.parametrize("path", SENT)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json; charset=utf-8"},
        {"Origin": "http://localhost:8080"},
    ],
)
def test_a_program_on_this_machine_may_post(
    path: str, headers: dict[str, str], browse: Browse
) -> None:
    """And so may the page itself."""
    answer = browse(sources()).post(path, content=SENT[path], headers=WANTED | headers)
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("path", SENT)
@pytest.mark.parametrize(
    ("headers", "status", "detail"),
    [
        ({"Origin": "http://evil.example"}, 403, "A page of another host may not"),
        ({"Origin": "http://localhost:8081"}, 403, "A page of another host may not"),
        ({"Origin": "null"}, 403, "A page of another host may not"),
        ({"Origin": ""}, 403, "A page of another host may not"),
        ({"Origin": "http://["}, 403, "A page of another host may not"),
        ({"X-Sansang": "0"}, 403, "Send the header X-Sansang: 1."),
        ({"Content-Type": "text/plain"}, 415, "Send JSON, with Content-Type: application/json."),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415, "Send JSON, with"),
    ],
)
def test_what_a_foreign_page_can_send_is_refused(
    path: str, headers: dict[str, str], status: int, detail: str, browse: Browse
) -> None:
    """Nothing is kept of it."""
    asked = sources()
    answer = browse(asked).post(f"{path}?lang=en", content=SENT[path], headers=WANTED | headers)
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (status, detail)
    assert asked.windows == []


@pytest.mark.parametrize("path", SENT)
@pytest.mark.parametrize("missing", WANTED)
def test_a_post_without_what_it_needs_is_refused(path: str, missing: str, browse: Browse) -> None:
    """As a form of a page would send it."""
    headers = {name: value for name, value in WANTED.items() if name != missing}
    answer = browse(sources()).post(path, content=SENT[path].encode(), headers=headers)
    assert answer.status_code in {403, 415}


@pytest.mark.parametrize("path", SENT)
def test_a_browser_gets_no_leave_to_send_the_header(path: str, browse: Browse) -> None:
    """It asks before it sends (CORS)."""
    asked = {
        "Origin": "http://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-sansang",
    }
    answer = browse(sources()).options(path, headers=asked)
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("path", SENT)
@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ("{", 422, "What was sent is not understood: "),
        ('{"kind": 7, "site": 7}', 422, "What was sent is not understood: "),
        ('{"kind": "ack", "site": "x", "from": 1, "to": 2, "more": 1}', 422, "What was sent is"),
        ("[" * 9000, 422, "What was sent is not understood: "),
    ],
)
def test_a_body_that_can_not_be_used_is_told_in_a_sentence(
    path: str, body: str, status: int, detail: str, browse: Browse
) -> None:
    """However it is broken."""
    answer = browse(sources()).post(f"{path}?lang=en", content=body, headers=WANTED)
    assert (answer.status_code, answer.json()["detail"][: len(detail)]) == (status, detail)


@pytest.mark.parametrize("path", SENT)
def test_a_body_that_is_too_large_is_told_in_a_sentence(path: str, browse: Browse) -> None:
    """Where a file may come with it there is more room."""
    most = MOST.get(path, BYTES_AT_MOST)
    answer = browse(sources()).post(f"{path}?lang=en", content=" " * (most + 1), headers=WANTED)
    assert (answer.status_code, answer.json()["detail"]) == (413, f"Send {most} bytes at most.")
