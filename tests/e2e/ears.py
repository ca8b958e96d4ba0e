# SPDX-License-Identifier: Apache-2.0
"""People who are told, as a program: `python -m tests.e2e.ears FOLDER` writes their addresses, a
mailbox's and a webhook's, to `notify.urls` there, and to `told` what they are told: lines of JSON.
"""

import json
import sys
import threading
import time
from pathlib import Path

from tests.receivers import mailbox, webhook

LOOK_S = 0.05


def main(folder: Path) -> None:
    """Listen until killed."""
    hook: list[str] = []
    with mailbox() as mail, webhook(hook) as url:
        urls = folder / "notify.urls"
        urls.touch(mode=0o600)
        urls.write_text(f"{mail.url}\n{url}\n")
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        never = threading.Event()
        heard: list[str] = []
        while not never.wait(LOOK_S):
            told = [("mail", text) for text in mail.texts] + [("webhook", text) for text in hook]
            known = [(each["how"], each["text"]) for each in map(json.loads, heard)]
            for how, text in told:
                if (how, text) not in known:
                    line = {"at": time.time_ns() // 1000, "how": how, "text": text}
                    heard.append(json.dumps(line))
            (folder / "told").write_text("\n".join(heard))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
