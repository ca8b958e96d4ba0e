# SPDX-License-Identifier: Apache-2.0
"""The series store: one behaviour (`base`), kept in SQLite (`embedded`) or InfluxDB (`influx`)."""
