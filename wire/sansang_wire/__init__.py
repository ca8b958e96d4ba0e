# SPDX-License-Identifier: Apache-2.0
"""What travels between agents and the collector: readings, batches, topics, the MQTT session."""

__version__ = "0.1.0"
