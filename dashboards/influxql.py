# SPDX-License-Identifier: Apache-2.0
"""A query in InfluxQL for a panel: the SDK has builders for other languages only.

Source: Grafana 11.6, data source `influxdb`: the query model of a raw query. Grafana itself puts
the time range into `$timeFilter`, a fitting step into `$__interval`, and the chosen sites into
`${site:regex}`.
"""

from typing import Literal

from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.dashboard import DataSourceRef

SOURCE = DataSourceRef(type_val="influxdb", uid="sansang-influxdb")
"""By uid, so that a dashboard finds its data source wherever both are provisioned."""
CHOSEN = '"site" =~ /^${site:regex}$/ AND $timeFilter'
"""For WHERE: the sites and the time that the reader chose."""


class Query(builder.Builder[variants.Dataquery], variants.Dataquery):
    """One query. `shape` says what Grafana makes of it: rows of a table, or series.

    `alias` names a series, as in `$tag_site · $tag_ssid`.
    """

    def __init__(
        self,
        text: str,
        *,
        shape: Literal["table", "time_series"] = "table",
        alias: str = "",
        ref: str = "A",
    ) -> None:
        self._text = text
        self._shape = shape
        self._alias = alias
        self._ref = ref

    def build(self) -> "Query":
        """What the SDK asks a builder for."""
        return self

    def to_json(self) -> dict[str, object]:
        """The query as the data source reads it."""
        return {
            "refId": self._ref,
            "datasource": SOURCE,
            "rawQuery": True,
            "query": self._text,
            "resultFormat": self._shape,
            "alias": self._alias,
        }
