# SPDX-License-Identifier: Apache-2.0
"""The campaign: agents at a 1 s cadence while everything around them is killed, cut and set back.

`python -m tests.e2e.campaign --folder F --rounds N [--broker mosquitto|embedded]
[--store embedded|influxdb1] [--seed S]` prints one line of JSON with what was done and found, and
exits with 1 when a number was lost that was not given up, or stored twice. It wants a network
namespace of its own (`unshare --net --mount`), for it cuts real cables.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.e2e.boxes import BoxProcess
from tests.e2e.centre import Centre
from tests.e2e.truth import Truth
from tests.e2e.verdict import judge
from tests.lab.netns import Lab
from tests.waiting import wait_until

BOXES = 4
DRAINED_WITHIN_S = 90


class Campaign:
    """Everything there is, and every way to hurt it."""

    def __init__(self, options: argparse.Namespace, cleanup: ExitStack) -> None:
        self.random = random.Random(options.seed)
        self.truth = Truth()
        self.kills = 0
        self.done: dict[str, int] = {}
        folder: Path = options.folder
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        lab = cleanup.enter_context(Lab())
        self.centre = Centre(folder / "centre", options.broker, options.store, BOXES)
        cleanup.callback(self.centre.stop)
        self.boxes = [
            BoxProcess(folder / f"box-{number}", number, lab, self.centre)
            for number in range(1, BOXES + 1)
        ]
        for box in self.boxes:
            cleanup.callback(box.kill)

    def run(self, rounds: int) -> None:
        """Hurt something, let it be for a while, mend it; again and again."""
        self.centre.start()
        for box in self.boxes:
            box.start()
        faults = self._faults()
        order: list[str] = []
        for _ in range(rounds):
            if not order:
                order = self.random.sample(sorted(faults), len(faults))
            name = order.pop()
            faults[name]()
            self.done[name] = self.done.get(name, 0) + 1
            self._let_run(self.random.uniform(0.5, 2))

    def settle(self) -> None:
        """Mend everything, say hello once more, and wait until nothing is left to send."""
        self.centre.start()
        for box in self.boxes:
            box.cable(up=True)
            box.start()
        self._wait_drained()
        # A last start, so that every agent claims what it holds of every epoch.
        for box in self.boxes:
            box.kill()
            box.start()
        self._wait_drained()
        for box in self.boxes:
            box.end()
            self.truth.read_outbox(box.agent, box.outbox)
        self._let_run(1)
        self.centre.stop()

    def _wait_drained(self) -> None:
        for box in self.boxes:
            box.forget_waiting()
        for box in self.boxes:
            wait_until(lambda box=box: box.waiting() <= 2, f"{box.agent} drained", DRAINED_WITHIN_S)

    def _faults(self) -> dict[str, Callable[[], None]]:
        faults = {
            "agent killed": self._kill_agent,
            "agent rebooted": self._reboot_agent,
            "cable cut": self._cut_cable,
            "broker killed": lambda: self._without(self.centre.broker),
            "collector killed": lambda: self._without(self.centre.collector),
            "outbox overflown": self._overflow,
            "outbox set back": self._set_outbox_back,
            "outbox cloned": self._clone,
            "collector set back": self._set_collector_back,
        }
        if self.centre.broker is self.centre.collector:
            del faults["broker killed"]
        else:
            faults["broker forgets"] = self._broker_forgets
        if self.centre.influxdb is not None:
            faults["influxdb killed"] = lambda: self._without(self.centre.influxdb)
        return faults

    def _let_run(self, seconds: float) -> None:
        time.sleep(seconds)

    def _any_box(self) -> BoxProcess:
        return self.random.choice(self.boxes)

    def _kill_agent(self) -> None:
        box = self._any_box()
        box.kill()
        self.kills += 1
        self._let_run(self.random.uniform(0, 1.5))
        box.start()

    def _reboot_agent(self) -> None:
        """Another boot id, and another time since boot: the clock must be learned anew."""
        box = self._any_box()
        box.kill()
        self.kills += 1
        box.boot(str(uuid.UUID(int=self.random.getrandbits(128))), self.random.randint(1, 10**6))
        box.start()

    def _cut_cable(self) -> None:
        box = self._any_box()
        box.cable(up=False)
        self._let_run(self.random.uniform(1, 4))
        box.cable(up=True)

    def _without(self, server: object) -> None:
        self.centre.kill(server)
        self.kills += 1
        self._let_run(self.random.uniform(0.5, 4))
        self.centre.start()

    def _broker_forgets(self) -> None:
        self.centre.kill(self.centre.broker)
        self.kills += 1
        self.centre.forget_broker()
        self.centre.start()

    def _overflow(self) -> None:
        """The smallest outbox takes 8 batches: an outage of 12 s is more than that."""
        self.boxes[0].cable(up=False)
        self._let_run(12)
        self.boxes[0].cable(up=True)

    def _set_outbox_back(self) -> None:
        """A restored card: an older copy of the outbox takes the place of the newer."""
        box = self._any_box()
        box.kill()
        copy = box.folder / "older"
        shutil.rmtree(copy, ignore_errors=True)
        box.copy_outbox(copy)
        box.start()
        self._let_run(self.random.uniform(2, 4))
        box.kill()
        self.kills += 2
        self.truth.destroyed(box.agent, box.outbox)
        box.put_back(copy)
        box.start()

    def _clone(self) -> None:
        """A cloned image: two boxes with one id push each other off, then the clone is gone."""
        box = self._any_box()
        box.kill()
        clone = box.clone()
        box.start()
        clone.start()
        self._let_run(self.random.uniform(3, 5))
        clone.kill()
        self.kills += 2
        self.truth.destroyed(clone.agent, clone.outbox)

    def _set_collector_back(self) -> None:
        """The collector comes back from an older backup of its state."""
        backup = self.centre.back_up()
        self._let_run(self.random.uniform(2, 4))
        self.centre.kill(self.centre.collector)
        self.kills += 1
        self.truth.forgotten |= self.centre.set_back(backup)
        self.centre.start()


def main() -> int:
    """Exit status 0 when every number is accounted for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--broker", choices=("mosquitto", "embedded"), default="mosquitto")
    parser.add_argument("--store", choices=("embedded", "influxdb1"), default="embedded")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with ExitStack() as cleanup:
        campaign = Campaign(options, cleanup)
        campaign.run(options.rounds)
        campaign.settle()
        found = judge(campaign.truth, campaign.centre)
    sys.stdout.write(
        json.dumps(
            {
                "broker": options.broker,
                "store": options.store,
                "seed": options.seed,
                "rounds": options.rounds,
                "kills": campaign.kills,
                **found.figures,
                "faults": dict(sorted(campaign.done.items())),
                "mistakes": found.mistakes,
            },
            ensure_ascii=False,
        )
        + "\n"
    )
    return 1 if found.mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
