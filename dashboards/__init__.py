# SPDX-License-Identifier: Apache-2.0
"""Grafana dashboards as code; `python -m dashboards.build` writes the JSON that Grafana reads."""
