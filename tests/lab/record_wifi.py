# SPDX-License-Identifier: Apache-2.0
"""Records what a real kernel says of its radios, for the fast tests: `python -m
tests.lab.record_wifi`. All hardware addresses in it are those of simulated radios.
"""

import json
from pathlib import Path

from tests.lab.vm import run_inside

FILE = Path(__file__).parents[1] / "agent" / "net" / "recorded" / "nl80211.json"


def main() -> None:
    """Play the house's story and keep the recorded part."""
    told = run_inside("tests.lab.wifi_house", patience_s=300)
    [recorded] = [each for each in told if each["when"] == "recorded"]
    del recorded["when"]
    FILE.write_text(json.dumps(recorded, indent=1) + "\n")


if __name__ == "__main__":
    main()
