# SPDX-License-Identifier: Apache-2.0
"""The process: listens, gives each connection a thread, and ends within two seconds when told."""

import logging
import os
import select
import signal
import socket
import threading
import time
from contextlib import suppress
from types import FrameType

from sansang_collector.config import Address
from sansang_collector.speed_server.handler import REQUEST_S, Handler
from sansang_collector.speed_server.settings import SpeedConfig
from sansang_collector.speed_server.stream import Stream
from sansang_collector.speed_server.tally import RefusedError
from sansang_collector.speed_server.tokens import Tokens

log = logging.getLogger(__name__)

STOP_S = 1.5
WAITING = 128


class CanNotListenError(Exception):
    """The message is a sentence."""


class SpeedServer:
    """Listens from when it is made; `run` serves until `stop`."""

    def __init__(self, config: SpeedConfig, request_s: float = REQUEST_S) -> None:
        """Raises CanNotListenError, InvalidFileError."""
        tokens = Tokens(config.tokens_file) if config.tokens_file else None
        self.handler = Handler(config, tokens, request_s)
        self._config = config
        # It stays open: a signal may come twice.
        self._wake = os.eventfd(0)
        self._live: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self._listeners = [_listen(address) for address in config.listen]

    def stop(self) -> None:
        """From any thread, or a signal's handler."""
        os.eventfd_write(self._wake, 1)

    def run(self) -> None:
        """Until `stop`; then the connections are cut."""
        poll = select.poll()
        poll.register(self._wake, select.POLLIN)
        by_number = {listener.fileno(): listener for listener in self._listeners}
        for number in by_number:
            poll.register(number, select.POLLIN)
        while True:
            ready = [number for number, _ in poll.poll()]
            if self._wake in ready:
                break
            for number in ready:
                self._accept(by_number[number])
        self._end()

    def _accept(self, listener: socket.socket) -> None:
        tally = self.handler.tally
        try:
            connection, peer = listener.accept()
        except OSError as error:
            tally.refuse("not_accepted", f"a connection could not be taken: {error}")
            # Without a file descriptor left, it would come back at once.
            time.sleep(0.01)
            return
        try:
            self._begin(connection, peer[0])
        except RefusedError as error:
            connection.close()
            tally.refuse(error.reason, str(error))
        except (OSError, RuntimeError) as error:  # it went again, or no thread can be had
            connection.close()
            tally.refuse("not_accepted", f"a connection could not be taken: {error}")

    def _begin(self, connection: socket.socket, address: str) -> None:
        with self._lock:
            if len(self._live) >= self._config.limits.connections:
                raise RefusedError(503, "too_many", "there are as many connections as may be")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._config.tls is not None:
            connection = self._config.tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=self._serve, args=(connection, address), daemon=True)
        with self._lock:
            self._live[thread] = connection
        try:
            thread.start()
        except RuntimeError:
            with self._lock:
                del self._live[thread]
            connection.close()
            raise

    def _serve(self, connection: socket.socket, address: str) -> None:
        try:
            self.handler.serve(Stream(connection), address)
        except Exception:  # a mistake of ours costs this connection alone
            log.exception("a connection could not be served")
        finally:
            with self._lock:
                self._live.pop(threading.current_thread(), None)
                connection.close()

    def _end(self) -> None:
        for listener in self._listeners:
            listener.close()
        with self._lock:
            live = dict(self._live)
            for connection in live.values():
                with suppress(OSError):
                    # That of a TLS socket would take its state away from the thread that uses it.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        until = time.monotonic() + STOP_S
        for thread in live:
            thread.join(max(0.0, until - time.monotonic()))
        refused = self.handler.tally.refusals()
        told = ", ".join(f"{reason} {count}" for reason, count in refused.items())
        log.info("ends after %d tests; refused: %s", self.handler.tally.tests, told or "nothing")


def serve(config: SpeedConfig) -> None:
    """Run until SIGTERM or Ctrl-C. Raises CanNotListenError, InvalidFileError."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    server = SpeedServer(config)

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if config.tls is None and config.tokens_file is not None:
        log.warning("without [tls], tokens can be read on the way: for networks of one's own only")
    log.info("measures on %s", ", ".join(str(address) for address in config.listen))
    server.run()


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address.host, address.port))
        listener.listen(WAITING)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise CanNotListenError(f"can't listen on {address}: {error.strerror}") from error
    return listener
