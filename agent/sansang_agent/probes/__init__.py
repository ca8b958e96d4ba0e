# SPDX-License-Identifier: Apache-2.0
"""One file per probe; dropping a file in is enough. `base` says what a probe is."""
