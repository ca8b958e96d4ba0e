# SPDX-License-Identifier: Apache-2.0
"""A spreadsheet that an officer fills in becomes the registry file."""
