"""LookupEvents, in a member."""

import json
from datetime import datetime, timedelta, timezone

from server import Accounts, of


def probes():
    def lookup(**arguments):
        return of("cloudtrail").lookup_events(**arguments)

    def fields():
        event = lookup(MaxResults=1)["Events"][0]
        wanted = ["CloudTrailEvent", "EventId", "EventName", "EventSource", "EventTime", "ReadOnly"]
        missing = [field for field in wanted if field not in event]
        return f"missing: {missing}; read only: {event['ReadOnly'] in ('true', 'false')}"

    def record():
        event = lookup(MaxResults=1)["Events"][0]
        held = json.loads(event["CloudTrailEvent"])
        same = held["eventID"] == event["EventId"] and held["eventName"] == event["EventName"]
        return f"same id and name: {same}; account: {held['recipientAccountId'] == Accounts.member}; Region: {held['awsRegion']}"

    def order():
        times = [event["EventTime"] for event in lookup()["Events"]]
        return f"newest first: {times == sorted(times, reverse=True)}, more than one: {len(times) > 1}"

    def pages():
        one = lookup(MaxResults=1)
        more = f"{len(one['Events'])} event, token: {'NextToken' in one}"
        if "NextToken" in one:
            two = lookup(MaxResults=1, NextToken=one["NextToken"])
            more += f", then another: {two['Events'][0]['EventId'] != one['Events'][0]['EventId']}"
        return more

    def by_name():
        name = lookup(MaxResults=1)["Events"][0]["EventName"]
        found = lookup(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}])
        return f"only these: {all(event['EventName'] == name for event in found['Events'])}, some: {bool(found['Events'])}"

    def one_attribute(key):
        return {"AttributeKey": key, "AttributeValue": "x"}

    def count(**arguments):
        return lambda: "succeeds" if "Events" in lookup(**arguments) else "nothing"

    now = datetime.now(timezone.utc)
    return {
        "LookupEvents: fields": fields,
        "LookupEvents: record": record,
        "LookupEvents: order": order,
        "LookupEvents: pages": pages,
        "LookupEvents: by name": by_name,
        "LookupEvents: nothing found": lambda: str(
            lookup(LookupAttributes=[one_attribute("EventName")])["Events"]
        ),
        "LookupEvents: MaxResults 51": count(MaxResults=51),
        "LookupEvents: MaxResults 0": count(MaxResults=0),
        "LookupEvents: two attributes": count(
            LookupAttributes=[one_attribute("EventName"), one_attribute("Username")]
        ),
        "LookupEvents: unknown attribute": count(LookupAttributes=[one_attribute("Color")]),
        "LookupEvents: start after end": count(StartTime=now, EndTime=now - timedelta(hours=1)),
        "LookupEvents: forged token": count(NextToken="forged"),
    }
