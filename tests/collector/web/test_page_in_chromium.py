# SPDX-License-Identifier: Apache-2.0
"""The page as a browser has it: live, by keyboard, without JavaScript, on a phone, accessible."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from sansang_collector.answer_sql import Answer
from sansang_collector.notify.linking import Linking
from sansang_collector.notify.links import make_link
from sansang_collector.record import Record
from sansang_collector.registry import Registry
from sansang_collector.registry_entries import Contact
from sansang_collector.web.keeper import Keeper
from sansang_collector.web.zalo import Zalo
from tests.capabilities import program
from tests.collector.office import fail, office
from tests.collector.serving import page as serve
from tests.collector.web.communes import troubled
from tests.collector.web.reading import one_site
from tests.collector.web.speed_houses import speedy_commune
from tests.fakes import NOW, FixedSources, reachability
from tests.node_packages import node_packages
from tests.servers import free_port

pytestmark = pytest.mark.lab

SECRET = bytes(range(32))
KEEPERS = "/k/" + make_link(SECRET, "nvh-1", "o-1", "keeper-1", 2**62)
ANSWERED = "/k/" + make_link(SECRET, "nvh-0", "o-1", "keeper-1", 2**62)
EXPIRED = "/k/" + make_link(SECRET, "nvh-1", "o-1", "keeper-1", 0)
PHONE, DESKTOP = (390, 844), (1280, 900)
WITHIN_MS = 15_000
THUMB_PX = 44
A4_PX = 688
"""210 mm less two margins of 14 mm, at 96 pixels an inch."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium", "browser"))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe() -> Path:
    """The script of axe-core, as the lock pins it."""
    return node_packages("axe") / "axe-core/axe.min.js"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A commune in which something of everything is wrong."""
    record = Record(tmp_path_factory.mktemp("commune") / "record.db")
    record.answer(Answer("nvh-0", "o-1", "keeper-1", "repairing", "gọi thợ rồi", NOW))
    contact = Contact(id="dong", name="Trưởng thôn Đông", role="keeper", channels=["x"])
    zalo = Zalo(Linking(SECRET, record, lambda: Registry(contacts=(contact,))))
    commune = troubled()
    with speedy_commune(tmp_path_factory.mktemp("speed")) as speedy:
        commune.speeds, commune.ispeeds = speedy.speeds, speedy.ispeeds
        with serve(commune, keeper=Keeper(SECRET, record), zalo=zalo) as address:
            yield address
    record.close()


def cut_off() -> list[Any]:
    return [reachability("nvh-dong", "dong-1", NOW, outcome=2)]


def test_a_change_is_seen_without_reloading(chromium: Browser) -> None:
    """What a person has opened, stands on and has scrolled to stays as it is."""
    sources = one_site(reachability("nvh-dong", "dong-1", NOW))
    with serve(sources) as address:
        page = chromium.new_page(viewport={"width": 390, "height": 300})
        page.add_init_script(
            "addEventListener('DOMContentLoaded',"
            " () => { window.row = document.querySelector('tr') })"
        )
        page.goto(f"{address}/?lang=vi")
        page.evaluate("window.notReloaded = true")
        page.locator("#centre summary").click()
        page.locator("tbody a").focus()
        before = page.evaluate("scrollY")
        assert before > 0
        sources.readings = cut_off()
        expect(page.locator("tbody")).to_contain_text("Mất Internet", timeout=WITHIN_MS)
        expect(page.locator(".finding")).to_contain_text("mất Internet")
        assert page.evaluate("window.notReloaded")
        assert page.evaluate("window.row.isConnected"), "the first message put a new page there"
        assert page.evaluate("document.activeElement.textContent") == "Nhà văn hóa thôn Đông"
        assert page.locator("#centre").get_attribute("open") is not None
        assert page.evaluate("scrollY") >= before
        page.close()


def test_a_lost_connection_is_said_and_comes_back(chromium: Browser) -> None:
    """What stands on the page is then old; nobody needs to reload it."""
    port, sources = free_port(), one_site()
    page = chromium.new_page()
    with serve(sources, port) as address:
        page.goto(f"{address}/?lang=vi")
        expect(page.locator("#lost")).to_be_hidden()
    expect(page.locator("#lost")).to_be_visible(timeout=WITHIN_MS)
    sources.readings = cut_off()
    with serve(sources, port):
        expect(page.locator("#lost")).to_be_hidden(timeout=WITHIN_MS)
        expect(page.locator("tbody")).to_contain_text("Mất Internet", timeout=WITHIN_MS)
        page.close()


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sites/nvh-1",
        "/sites/nvh-0",
        "/sites/absent",
        "/outages",
        "/ipv6",
        "/sites/nvh-1/ipv6",
        "/speed",
        "/sites/nvh-1/speed",
        "/sites/nvh-2/speed",
        "/ispeed",
        pytest.param(KEEPERS, id="keeper"),
        pytest.param(ANSWERED, id="answered"),
        pytest.param(EXPIRED, id="expired"),
        "/contacts/dong/zalo",
    ],
)
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault(  # noqa: PLR0917
    chromium: Browser,
    axe: Path,
    url: str,
    path: str,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> None:
    """Of any weight: contrast, names, roles, order, language."""
    width, height = size
    # The policy of the page forbids the script that looks at it.
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    for language in ("vi", "en"):
        page.goto(f"{url}{path}?lang={language}")
        page.add_script_tag(path=axe)
        found: dict[str, Any] = page.evaluate("axe.run()")
        assert len(found["passes"]) > 10
        assert [
            (each["id"], each["impact"], [node["html"][:200] for node in each["nodes"]])
            for each in found["violations"]
        ] == []
    context.close()


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/sites/nvh-1", "/outages", "/ipv6", "/sites/nvh-1/ipv6"),
        *("/speed", "/sites/nvh-1/speed", "/sites/nvh-5/speed", "/ispeed"),
        pytest.param(KEEPERS, id="keeper"),
        "/contacts/dong/zalo",
    ],
)
@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_scrolls_sideways(chromium: Browser, url: str, path: str, width: int) -> None:
    """Also on the narrowest phone (WCAG 2.2, 1.4.10)."""
    page = chromium.new_page(viewport={"width": width, "height": 800})
    for language in ("vi", "en"):
        page.goto(f"{url}{path}?lang={language}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize(
    "path", ["/", "/sites/nvh-1", "/outages", "/ipv6", "/speed", "/sites/nvh-1/speed"]
)
def test_without_javascript_nothing_is_missing(chromium: Browser, url: str, path: str) -> None:
    """The words are those that a browser with JavaScript shows."""
    shown: list[str] = []
    for javascript in (True, False):
        context = chromium.new_context(java_script_enabled=javascript)
        page = context.new_page()
        page.goto(f"{url}{path}?lang=vi")
        shown.append(page.locator("#main").inner_text())
        context.close()
    assert shown[0] == shown[1]
    assert "Đoài" in shown[0]


def focused(page: Page) -> str:
    return page.evaluate("document.activeElement.textContent.trim()")


def test_every_site_is_reached_by_keyboard(chromium: Browser, url: str) -> None:
    """From the first key, which offers the content; what has the focus can be seen."""
    page = chromium.new_page()
    page.goto(f"{url}/?lang=en")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    names = {f"Nhà văn hóa thôn {each}" for each in ("Đông", "Đoài", "Trung", "Thượng", "Hạ")}
    for _ in range(20):
        page.keyboard.press("Tab")
        names.discard(focused(page))
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style == "solid"
        if not names:
            break
    assert not names
    last = focused(page)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(last, timeout=WITHIN_MS)
    page.close()


def test_a_keeper_answers_with_a_thumb_and_no_javascript(chromium: Browser, url: str) -> None:
    """Each button is as large as a thumb; a line break in the comment sends nothing."""
    width, height = PHONE
    context = chromium.new_context(
        viewport={"width": width, "height": height}, java_script_enabled=False, has_touch=True
    )
    page = context.new_page()
    page.goto(url + KEEPERS)
    expect(page.locator(".finding")).to_contain_text("không cấp địa chỉ")
    for name in ("1 Mất điện", "2 Đang sửa", "3 Đóng cửa hôm nay"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= THUMB_PX
        assert box["width"] >= width * 0.8
        assert box["y"] + box["height"] <= height, "one has to scroll for it"
    page.get_by_label("Ghi thêm nếu cần").fill("cả xóm")
    page.get_by_label("Ghi thêm nếu cần").press("Enter")
    expect(page.get_by_role("status")).to_have_count(0)
    page.get_by_role("button", name="Mất điện").tap()
    expect(page.get_by_role("status")).to_contain_text("mất điện. “cả xóm”")
    page.reload()
    page.get_by_role("button", name="Đóng cửa hôm nay").tap()
    expect(page.get_by_role("status")).to_contain_text("đóng cửa hôm nay. “cả xóm”")
    page.get_by_role("link", name="English").tap()
    expect(page.get_by_role("status")).to_contain_text("closed today")
    context.close()


@pytest.mark.parametrize("path", ["/", "/outages", "/sites/nvh-dong"])
def test_an_outage_is_acknowledged_with_a_thumb_and_no_javascript(
    chromium: Browser, tmp_path: Path, path: str
) -> None:
    """The browser says of itself that the form is ours; the page that was left shows the note."""
    with office(tmp_path) as (status, record):
        fail(record, NOW - 3_600_000_000)
        with serve(status) as address:
            context = chromium.new_context(
                viewport={"width": 390, "height": 844}, java_script_enabled=False
            )
            page = context.new_page()
            page.goto(f"{address}{path}?lang=vi")
            page.locator("details:has(form) summary").first.click()
            page.locator("details input").first.fill("đã gọi nhà mạng")
            button = page.locator("details button", has_text="Đã nhận").first
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= THUMB_PX
            button.click()
            expect(page.locator("main")).to_contain_text("(cán bộ): đã gọi nhà mạng.")
            assert page.url == f"{address}{path}?lang=vi"
            context.close()


def test_what_is_half_written_is_never_noted_of_another_outage(
    chromium: Browser, tmp_path: Path
) -> None:
    """A page that is open changes; the text stays where it was meant, or is gone."""
    with office(tmp_path) as (status, record):
        fail(record, NOW - 3_600_000_000)
        with serve(status) as address:
            page = chromium.new_page()
            page.goto(f"{address}/?lang=vi")
            page.locator("#now-1 summary").click()
            page.locator("#now-1 input").fill("thợ đang đến")
            fail(record, NOW - 7_200_000_000, site="nvh-xa")
            expect(page.locator("#now-2")).to_be_attached(timeout=WITHIN_MS)
            written = page.evaluate(
                "[...document.querySelectorAll('details input')].filter(it => it.value)"
                ".map(it => it.form.getAttribute('action'))"
            )
            assert written in ([], ["/outages/1/notes?lang=vi"])
            page.close()


def test_past_outages_are_chosen_without_javascript(chromium: Browser, url: str) -> None:
    """By a form of the page itself; what is chosen stays so in the other language."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}/?lang=en")
    page.locator("nav").get_by_text("Outage history").click()
    page.get_by_label("Site", exact=True).select_option("nvh-2")
    page.get_by_label("Cause").select_option("dns")
    page.get_by_role("button").click()
    expect(page.locator(".outages > li")).to_have_count(1)
    expect(page.locator(".outages > li")).to_contain_text("Nhà văn hóa thôn Trung")
    page.get_by_text("Tiếng Việt").click()
    expect(page.get_by_label("Điểm đo", exact=True)).to_have_value("nvh-2")
    expect(page.locator(".outages > li")).to_have_count(1)
    context.close()


def test_past_outages_fit_the_paper(chromium: Browser, url: str) -> None:
    """Without the forms."""
    page = chromium.new_page(viewport={"width": A4_PX, "height": 1000})
    page.goto(f"{url}/outages")
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_PX
    expect(page.locator("form:visible")).to_have_count(0)
    expect(page.locator(".strips .strip").first).to_be_visible()
    page.close()


def test_what_is_printed_fits_the_paper_and_keeps_its_shapes(chromium: Browser, url: str) -> None:
    """The table is a table again, links are left out."""
    page = chromium.new_page(viewport={"width": A4_PX, "height": 1000})
    page.goto(url)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= A4_PX
    assert page.evaluate("getComputedStyle(document.querySelector('tbody tr')).display") == (
        "table-row"
    )
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator("nav a").first).to_be_hidden()
    expect(page.locator("tbody .strip").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('i')).borderTopStyle") == "solid"
    page.close()


def test_no_file_of_the_page_breaks_its_own_policy(chromium: Browser, url: str) -> None:
    """Nothing inline, nothing from elsewhere, no error in the console."""
    page = chromium.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    for path in (
        "/",
        "/sites/nvh-1",
        "/outages",
        "/sites/nvh-1/speed",
        "/ispeed",
        KEEPERS,
        ANSWERED,
        "/contacts/dong/zalo",
    ):
        page.goto(url + path, wait_until="load")
    assert faults == []
    page.close()


def test_a_hidden_page_listens_to_nothing(chromium: Browser) -> None:
    """Ten open tabs must not keep the eleventh from loading: six connections are all there are."""
    with serve(FixedSources()) as address:
        context = chromium.new_context()
        pages = [context.new_page() for _ in range(8)]
        for page in pages:
            page.goto(address, timeout=WITHIN_MS)
            page.evaluate(
                "Object.defineProperty(document, 'hidden', {value: true});"
                "document.dispatchEvent(new Event('visibilitychange'))"
            )
        context.close()
