# SPDX-License-Identifier: Apache-2.0
"""`sansang speed-server`: a measuring server of one's own, a process by itself.

It speaks NDT7 (`sansang_wire.ndt7`) with whoever has a token, over IPv4 and IPv6, and grants turns,
so that two tests never share its line. A thread serves a connection: what a test costs is copying
in the kernel, during which Python's lock is free.
"""
