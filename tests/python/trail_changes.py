"""Every change of a trail, by a client that knows nothing but the address.

usage: trail_changes.py HOST:PORT STEPS.json ACCOUNT...

Each step is one RPC of TrailService that changes something in every account: one result for each, then a summary.
Then one that is refused, with its reason. Ends with status 1 and says why at the first thing that is not so.
"""

import json
import sys

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from reflected import Client, check

TRAILS = "trailplane.v1.TrailService"


def change(client, step, accounts):
    body = dict(step["body"], targets={"account_ids": accounts})
    if "update_mask" in body:
        # Protobuf's own JSON writes a mask as one text; grpcurl takes the message.
        paths = body["update_mask"]["paths"]
        body["update_mask"] = ",".join(camel(path) for path in paths)
    messages = list(client.stream(TRAILS, step["rpc"], body))
    check("summary" in messages[-1], f"{step['rpc']}: the summary comes last: {messages}")
    results = [message["result"] for message in messages if "result" in message]
    outcomes = {result["accountId"]: result["outcome"] for result in results}
    check(len(results) == len(accounts), f"{step['rpc']}: each account once: {results}")
    check(outcomes == dict.fromkeys(accounts, "OUTCOME_APPLIED"), f"{step['rpc']}: {results}")
    requested = body.get("request_id", messages[-1]["summary"]["requestId"])
    check(messages[-1]["summary"]["requestId"] == requested, "the request id comes back")


def camel(path):
    first, *rest = path.split("_")
    return first + "".join(word.capitalize() for word in rest)


def refused(client):
    try:
        list(client.stream(TRAILS, "DeleteTrail", {"trail_name": "everybody"}))
    except grpc.RpcError as error:
        check(error.code() == grpc.StatusCode.FAILED_PRECONDITION, error)
        status = rpc_status.from_call(error)
    else:
        raise SystemExit("not so: deleting needs leave")
    info = error_details_pb2.ErrorInfo()
    reasons = [info.reason for detail in status.details if detail.Unpack(info)]
    check(reasons == ["REDUCED_LOGGING_NOT_ALLOWED"], reasons)


def main():
    address, steps, *accounts = sys.argv[1:]
    client = Client(address)
    with open(steps, encoding="utf-8") as file:
        for step in json.load(file):
            change(client, step, accounts)
            print(f"ok {step['rpc']}")
    refused(client)
    print("ok refused")


main()
