# SPDX-License-Identifier: Apache-2.0
"""Pictures of the page of a running `sansang demo`: `python -m tests.screenshots http://…`.

Without an address it starts a demo of its own. They go into docs/screenshots.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import urllib3
from playwright.sync_api import Browser, sync_playwright

from tests.capabilities import program
from tests.servers import free_port
from tests.waiting import wait_until

FOLDER = Path("docs/screenshots")
SITE = "/sites/mo-phong-2"
"""The one whose Wi-Fi fails while you watch; its line is slow in the evening."""


class Picture(NamedTuple):
    """A page as a person has it before them."""

    name: str
    path: str
    language: str
    dark: bool
    width: int
    height: int


PICTURES = (
    Picture("overview-vi", "/", "vi", dark=False, width=1280, height=900),
    Picture("overview-en", "/", "en", dark=False, width=1280, height=900),
    Picture("overview-dark-vi", "/", "vi", dark=True, width=1280, height=900),
    Picture("overview-phone-vi", "/", "vi", dark=False, width=390, height=844),
    Picture("overview-phone-dark-en", "/", "en", dark=True, width=390, height=844),
    Picture("site-vi", SITE, "vi", dark=False, width=1280, height=900),
    Picture("site-dark-en", SITE, "en", dark=True, width=1280, height=900),
    Picture("site-phone-vi", SITE, "vi", dark=False, width=390, height=844),
    Picture("ipv6-vi", "/ipv6", "vi", dark=False, width=1280, height=900),
    Picture("ipv6-phone-en", "/ipv6", "en", dark=False, width=390, height=844),
    Picture("site-ipv6-phone-vi", f"{SITE}/ipv6", "vi", dark=False, width=390, height=844),
    Picture("speed-vi", "/speed", "vi", dark=False, width=1280, height=900),
    Picture("site-speed-phone-vi", f"{SITE}/speed", "vi", dark=False, width=390, height=844),
    Picture("site-speed-dark-en", f"{SITE}/speed", "en", dark=True, width=1280, height=900),
    Picture("outages-vi", "/outages", "vi", dark=False, width=1280, height=900),
    Picture("outages-phone-en", "/outages", "en", dark=False, width=390, height=844),
)


def main() -> None:
    """Take them all, of the demo at the address given or of one of our own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", help="address of a running demo")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    wishes = parser.parse_args()
    if wishes.url:
        take(wishes.url, wishes.folder)
        return
    with demo() as url:
        take(url, wishes.folder)


@contextmanager
def demo() -> Generator[str]:
    """A demo in whose past there is a day, and where a Wi-Fi has just been lost."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("sansang")), "demo", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        running = subprocess.Popen([*command, "--folder", folder, "--days", "2"])
        try:
            wait_until(lambda: _has_lost_wifi(url), "a Wi-Fi was lost in the demo", 300)
            yield url
        finally:
            running.terminate()
            running.wait(20)


def _has_lost_wifi(url: str) -> bool:
    try:
        services = urllib3.request("GET", f"{url}/api/v1/services", retries=False).json()
    except urllib3.exceptions.HTTPError:
        return False
    return any(each["service"] == "wifi" and each["state"] == "down" for each in services)


def take(url: str, folder: Path) -> None:
    """Every picture of the page at `url`, as PNG."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program("chromium", "browser"))
        for picture in PICTURES:
            _take(chromium, url, picture, folder / f"{picture.name}.png")
        chromium.close()


def _take(chromium: Browser, url: str, picture: Picture, file: Path) -> None:
    page = chromium.new_page(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.dark else "light",
        device_scale_factor=1,
    )
    page.goto(f"{url}{picture.path}?lang={picture.language}")
    page.screenshot(path=file)
    page.close()


if __name__ == "__main__":
    main()
