"""Alerts and dashboards of the chart, and the check that they are about metrics that there are."""
