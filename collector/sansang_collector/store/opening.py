# SPDX-License-Identifier: Apache-2.0
"""The series store that the settings ask for."""

from pathlib import Path

from sansang_collector.config import (
    EmbeddedStoreConfig,
    InfluxDB1Config,
    InfluxDB2Config,
    StoreConfig,
)
from sansang_collector.store.base import SeriesStore
from sansang_collector.store.embedded import EmbeddedStore
from sansang_collector.store.influx import InfluxStore


def open_store(config: StoreConfig, data_dir: Path) -> SeriesStore:
    """Raises StoreBrokenError, StoreUnavailableError."""
    match config:
        case InfluxDB1Config(url, database, user, password):
            return InfluxStore.version_1(url, database, user, password)
        case InfluxDB2Config(url, org, bucket, token):
            return InfluxStore.version_2(url, org, bucket, token)
        case EmbeddedStoreConfig():
            return EmbeddedStore(data_dir / "series.db")
