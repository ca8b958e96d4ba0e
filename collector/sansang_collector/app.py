# SPDX-License-Identifier: Apache-2.0
"""The collector at work: broker, ingest, record, store and page in one process."""

import asyncio
import contextlib
import logging
import signal
import time
from pathlib import Path

import uvicorn

import sansang_collector
from sansang_collector.broker import COLLECTOR_USER, EmbeddedBroker
from sansang_collector.config import CollectorConfig
from sansang_collector.ingest import Answer, Ingest
from sansang_collector.record import Record
from sansang_collector.registry import RegistryFile
from sansang_collector.status import Status
from sansang_collector.store.base import SeriesStore
from sansang_collector.store.embedded import EmbeddedStore
from sansang_collector.web import create_app
from sansang_wire import topics
from sansang_wire import batch as messages
from sansang_wire.batch import BadMessageError, CollectorStatus, decode, encode
from sansang_wire.session import Broker, Message, Session, connect, keep_connected

log = logging.getLogger(__name__)
