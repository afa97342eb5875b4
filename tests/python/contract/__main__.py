"""Asks one server what Trailplane relies on, and prints each outcome as one short text.

usage: python tests/python/contract ENDPOINT sandbox|ministack|moto

What is printed is normalized: no ids, times or counts that differ by the set-up. A server that lacks a whole service,
or an operation, prints nothing for it. The comparison, with what is known to differ, is in tests/contract.rs.
"""

import json

import configuration
import event_selectors
import events
import identity
import insights
import limits
import logging_state
import organization
import organization_trails
import prerequisites
import regions
import seeds
import service_quotas
import tags
import trail_settings
import trail_updates
import trail_views
from server import KIND, outcome

TRAILS = [trail_settings, trail_updates, trail_views, logging_state, event_selectors, tags, limits]
PARTS = {
    "sandbox": [
        identity,
        events,
        *TRAILS,
        insights,
        configuration,
        organization,
        organization_trails,
        prerequisites,
        regions,
        service_quotas,
    ],
    "ministack": [identity, events, *TRAILS, organization_trails, prerequisites, regions],
    "moto": [identity, *TRAILS, insights, organization, organization_trails, prerequisites],
}


def main():
    getattr(seeds, KIND)()
    answers = {}
    for part in PARTS[KIND]:
        for name, probe in part.probes().items():
            answers[name] = outcome(probe)
    print(json.dumps(answers, indent=1))


main()
