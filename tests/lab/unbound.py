# SPDX-License-Identifier: Apache-2.0
"""A validating resolver with DNS64, as carriers run it: unbound(8)."""

import contextlib
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.capabilities import program
from tests.lab.netns import Host

_PLAIN = """
server:
    username: ""
    chroot: ""
    pidfile: ""
    use-syslog: no
    logfile: ""
    verbosity: 1
    interface: ::0
    interface: 0.0.0.0
    interface-automatic: yes
    access-control: ::/0 allow
    access-control: 0.0.0.0/0 allow
    do-not-query-localhost: no
    local-zone: test. nodefault
"""


@contextlib.contextmanager
def recursing(
    host: Host,
    authorities: dict[str, str],
    *,
    dns64: str | None = None,
    signed: tuple[str, ...] = (),
) -> Generator[None]:
    """Names are asked of the `authorities`, by zone. Those below `signed` must have a signature.

    `dns64` is the prefix with which it makes AAAA of A records.
    """
    lines = [_PLAIN]
    modules = "validator iterator"
    if dns64 is not None:
        modules = f"dns64 {modules}"
        lines.append(f"    dns64-prefix: {dns64}")
    lines.append(f'    module-config: "{modules}"')
    # The key of nobody: what has no signature by it is refuted.
    digest = "00" * 32
    lines += [f'    trust-anchor: "{name}. DS 12345 8 2 {digest}"' for name in signed]
    for zone, address in authorities.items():
        lines.append(f'forward-zone:\n    name: "{zone}"\n    forward-addr: {address}')
    unbound = program("unbound", "a resolver that validates and makes addresses for NAT64")
    with TemporaryDirectory(prefix="lab-unbound-") as folder:
        config = Path(folder) / "unbound.conf"
        config.write_text("\n".join(lines) + "\n")
        shell = ("sh", "-c", 'exec "$@" 2>&1', "sh")
        with host.serving(*shell, unbound, "-d", "-p", "-c", str(config)):
            yield
