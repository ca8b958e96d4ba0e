# SPDX-License-Identifier: Apache-2.0
"""The program on a site's box: measures the network and hands every reading to the collector."""

__version__ = "0.1.0"
