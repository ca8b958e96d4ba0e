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
        (folder / "told").touch()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        never = threading.Event()
        seen = {"mail": 0, "webhook": 0}
        while not never.wait(LOOK_S):
            for how, texts in (("mail", mail.texts), ("webhook", hook)):
                for text in texts[seen[how] :]:
                    seen[how] += 1
                    line = {"at": time.time_ns() // 1000, "how": how, "text": text}
                    with (folder / "told").open("a") as told:
                        told.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
