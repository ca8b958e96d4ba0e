# SPDX-License-Identifier: Apache-2.0
"""Writes every dashboard as the JSON that Grafana reads: `python -m dashboards.build`.

The files are kept in `dashboards/provisioning/dashboards/`; a test says when they are out of date.
"""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from dashboards import whole_commune

FOLDER = Path(__file__).parent / "provisioning" / "dashboards"


def documents() -> dict[str, str]:
    """File name to content."""
    made = json.dumps(
        whole_commune.build(), cls=JSONEncoder, indent=1, ensure_ascii=False, sort_keys=True
    )
    return {"toan-xa.json": made + "\n"}


if __name__ == "__main__":
    for name, content in documents().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
