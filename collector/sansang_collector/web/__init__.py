# SPDX-License-Identifier: Apache-2.0
"""The page, the API and the metrics: they show what the record says. Keepers of houses answer here;
nothing else changes anything.
"""

from sansang_collector.web.application import create_app

__all__ = ["create_app"]
