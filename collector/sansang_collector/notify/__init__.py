# SPDX-License-Identifier: Apache-2.0
"""Who is told of what changed, in which words, through what."""
