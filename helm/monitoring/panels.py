"""What dashboards are made of: panels with a title, a description, a unit and queries. Grafana's own names, no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
# Grafana's dashboards are 24 columns wide.
COLUMNS = 24
# The first version of this schema that Grafana 11 and later do not have to migrate.
SCHEMA = 39


@dataclass(frozen=True)
class Panel:
    """One panel. `queries` are pairs of a legend and a query; thresholds are pairs of a value and a colour."""

    title: str
    description: str
    unit: str
    queries: list[tuple[str, str]]
    kind: str = "timeseries"
    width: int = 8
    thresholds: list[tuple[float, str]] = field(default_factory=list)
    stacked: bool = False
    # What stands for a number, such as 1 for "yes".
    words: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """Panels that belong together, all of one height."""

    title: str
    panels: list[Panel]
    height: int = 8


@dataclass(frozen=True)
class Dashboard:
    """One dashboard; its file is called after `name`."""

    name: str
    title: str
    description: str
    rows: list[Row]

    def json(self) -> dict[str, Any]:
        """As Grafana reads it."""
        return {
            "uid": f"trailplane-{self.name}",
            "title": f"Trailplane: {self.title}",
            "description": self.description,
            "tags": ["trailplane"],
            "schemaVersion": SCHEMA,
            "version": 1,
            "editable": True,
            "graphTooltip": 1,
            "timezone": "browser",
            "time": {"from": "now-6h", "to": "now"},
            "refresh": "30s",
            "templating": {"list": [datasource(), instances()]},
            "annotations": {"list": []},
            "links": [others()],
            "panels": laid_out(self.rows),
        }


def datasource() -> dict[str, Any]:
    """The variable by which a reader chooses a Prometheus."""
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "refresh": 1}


def instances() -> dict[str, Any]:
    """The variable by which a reader chooses replicas."""
    query = "label_values(trailplane_build_info, instance)"
    return {
        "name": "instance",
        "label": "Replica",
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": "instances"},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }


def others() -> dict[str, Any]:
    """The way to the other dashboards, in the same time range."""
    return {"title": "Trailplane", "type": "dashboards", "tags": ["trailplane"], "asDropdown": True, "keepTime": True}


def laid_out(rows: list[Row]) -> list[dict[str, Any]]:
    """The panels, each row below the one before, from left to right, in lines of `COLUMNS`."""
    made: list[dict[str, Any]] = []
    y = 0
    for row in rows:
        title = {"type": "row", "title": row.title, "collapsed": False, "panels": []}
        made.append(title | {"id": len(made) + 1, "gridPos": {"x": 0, "y": y, "w": COLUMNS, "h": 1}})
        y, x = y + 1, 0
        for panel in row.panels:
            if x + panel.width > COLUMNS:
                x, y = 0, y + row.height
            place = {"x": x, "y": y, "w": panel.width, "h": row.height}
            made.append(drawn(panel) | {"id": len(made) + 1, "gridPos": place})
            x += panel.width
        y += row.height
    return made


def drawn(panel: Panel) -> dict[str, Any]:
    """A panel without its place."""
    steps = [{"value": value, "color": colour} for value, colour in panel.thresholds]
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": [{"value": None, "color": "green"}, *steps]},
        "mappings": mappings(panel.words),
    }
    made = {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [target(at, legend, query) for at, (legend, query) in enumerate(panel.queries)],
    }
    if panel.kind == "stat":
        return made | {"options": {"colorMode": "background", "graphMode": "none", "reduceOptions": {"calcs": ["lastNotNull"]}}}
    defaults["custom"] = {
        "fillOpacity": 20 if panel.stacked else 0,
        "stacking": {"mode": "normal" if panel.stacked else "none"},
        "thresholdsStyle": {"mode": "dashed" if steps else "off"},
        "showPoints": "never",
    }
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    return made | {"options": {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}}


def mappings(words: dict[int, tuple[str, str]]) -> list[dict[str, Any]]:
    """The words for numbers, with their colours."""
    options = {str(value): {"text": text, "color": colour} for value, (text, colour) in words.items()}
    return [{"type": "value", "options": options}] if options else []


def target(at: int, legend: str, query: str) -> dict[str, Any]:
    """One query of a panel."""
    return {"refId": chr(ord("A") + at), "datasource": DATASOURCE, "expr": query, "legendFormat": legend}
