# SPDX-License-Identifier: Apache-2.0
"""The centre: keeps the record of every site, and says what is wrong with it."""

__version__ = "0.1.0"
