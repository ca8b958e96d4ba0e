# SPDX-License-Identifier: Apache-2.0
"""What probes share: sockets per address family, echoes, names, the box's own clock."""
