# SPDX-License-Identifier: Apache-2.0
"""The page, the API and the metrics: they show what the record says. Keepers of houses answer here,
and programs on this machine declare maintenance and note what is known of an outage.
"""

from sansang_collector.web.application import create_app

__all__ = ["create_app"]
