# SPDX-License-Identifier: Apache-2.0
"""What the evidence of a site says of its services: pure functions, without a clock or I/O.

`evidence` takes facts from readings, `service` judges one service, `site` all of a site's together
with what a silence of its boxes means, `cause` says why, `alerts` whom it concerns.
"""
