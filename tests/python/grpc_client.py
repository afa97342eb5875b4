"""A client that knows nothing but the address: every message is built from the server's reflection.

usage: grpc_client.py HOST:PORT

Checks what a Python program meets: the list of services, one page and the page after it, the stream with its progress
and its end, health, and the details of an error. Ends with status 1 and says why at the first thing that is not so.
"""

import sys

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from reflected import Client, check

EVENTS = "trailplane.v1.EventService"


def order(event):
    """The total order: newest first, then account, Region and event id."""
    return (-seconds(event["eventTime"]), event["accountId"], event["region"], event["eventId"])


def seconds(text):
    from datetime import datetime

    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def services(client):
    found = client.services()
    for name in ("trailplane.v1.EventService", "trailplane.v1.AccountService", "grpc.health.v1.Health"):
        check(name in found, f"{name} is listed: {found}")


def pages(client):
    first = client.call(EVENTS, "LookupEvents", {"page_size": 20})
    second = client.call(
        EVENTS, "LookupEvents", {"page_size": 20, "page_token": first["nextPageToken"]}
    )
    events = first["events"] + second["events"]
    check(len(events) == 40, f"two pages of 20 events, not {len(events)}")
    check(events == sorted(events, key=order), "the pages are in the total order")
    check(len({e["eventId"] for e in events}) == 40, "no event comes twice")
    check(first["window"] == second["window"], "the window is frozen")
    check(first["coverage"]["counts"]["total"] > 1, "the coverage counts the cells")


def stream(client):
    window = client.call(EVENTS, "LookupEvents", {"page_size": 200})
    start = window["events"][-1]["eventTime"]
    request = {"start_time": start, "end_time": window["window"]["endTime"]}
    messages = list(client.stream(EVENTS, "StreamEvents", request))
    check("progress" in messages[0], "progress comes first")
    check("summary" in messages[-1], "the summary comes last")
    events = [e for m in messages for e in m.get("batch", {}).get("events", [])]
    check(events == sorted(events, key=order), "the stream is in the total order")
    check(events[:200] == window["events"], "the stream begins with the same events as the page")
    check(int(messages[-1]["summary"]["events"]) == len(events), "the summary counts the events")


def health(client):
    answer = client.call("grpc.health.v1.Health", "Check", {"service": ""})
    check(answer["status"] == "SERVING", answer)


def errors(client):
    request = {"page_size": -1, "targets": {"account_ids": ["12"]}, "page_token": "forged"}
    try:
        client.call(EVENTS, "LookupEvents", request)
    except grpc.RpcError as error:
        check(error.code() == grpc.StatusCode.INVALID_ARGUMENT, error)
        status = rpc_status.from_call(error)
    else:
        raise SystemExit("not so: a bad request is refused")
    fields = set()
    reasons = set()
    for detail in status.details:
        bad, info = error_details_pb2.BadRequest(), error_details_pb2.ErrorInfo()
        if detail.Unpack(bad):
            fields.update(v.field for v in bad.field_violations)
        if detail.Unpack(info):
            check(info.domain == "trailplane", info)
            reasons.add(info.reason)
    check("page_size" in fields, f"page_size is named: {fields}")
    check(any("account_ids" in f for f in fields), f"the account is named too: {fields}")
    check(reasons, "there is a reason to act on")


def main():
    client = Client(sys.argv[1])
    for part in (services, health, pages, stream, errors):
        part(client)
        print(f"ok {part.__name__}")


main()
