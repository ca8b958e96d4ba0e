# SPDX-License-Identifier: Apache-2.0
"""Programs that the agent runs for what it may not do or hold itself: more rights, or scapy.

Each reads one request in JSON from its standard input and writes answers to its standard output, a
line each. They end with whoever started them, and leave nothing behind.
"""
