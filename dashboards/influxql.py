# SPDX-License-Identifier: Apache-2.0
"""A query in InfluxQL for a panel or an annotation: the SDK has builders for other languages only.

Source: Grafana 11.6, data source `influxdb`: the query model of a raw query. Grafana itself puts
the time range into `$timeFilter`, a fitting step into `$__interval`, and the chosen sites into
`${site:regex}`.
"""

from collections.abc import Sequence
from typing import Literal

from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.models.dashboard import AnnotationQuery, DataSourceRef

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


class Annotation(builder.Builder[AnnotationQuery], AnnotationQuery):
    """Marks over all panels: one for each row of a query.

    `text` and `tags` name columns of words. Grafana splits the list of tags at its commas, so that
    it has no spaces; older ones put the time into the first `$timeFilter` only, so there is one.
    """

    def __init__(self, name: str, query: str, colour: str, text: str, tags: Sequence[str]) -> None:
        super().__init__(name=name, datasource=SOURCE, icon_color=colour)
        self._query = query
        self._text = text
        self._tags = tags

    def build(self) -> "Annotation":
        """What the SDK asks a builder for."""
        return self

    def to_json(self) -> dict[str, object]:
        """The annotation as the data source reads it."""
        return super().to_json() | {
            "query": self._query,
            "textColumn": self._text,
            "tagsColumn": ",".join(self._tags),
        }
