# SPDX-License-Identifier: Apache-2.0
"""The changes of the record, one file each, run in order when the collector starts."""
