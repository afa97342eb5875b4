"""docs/member-role.tf gives what docs/member-role.stackset.yaml gives: the same statements, statement by statement."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

Statement = dict[str, Any]

# A block of statements has no braces within but for its own blocks, which have none.
STATEMENT = re.compile(r"^  statement \{\n(.*?)^  \}$", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^    (principals|condition) \{\n(.*?)^    \}$", re.MULTILINE | re.DOTALL)
VALUES = re.compile(r"^ *(\w+)\s*=\s*(?:\[(.*?)\]|\"([^\"]*)\")\s*$", re.MULTILINE | re.DOTALL)
POLICY = re.compile(r'^data "aws_iam_policy_document" "(\w+)" \{\n(.*?)^\}$', re.MULTILINE | re.DOTALL)
ATTACHED = re.compile(
    r'^resource "aws_iam_role_policy" "\w+" \{\n(?:  count\s*= var\.(?P<when>\w+)(?: != \"\")? \? 1 : 0\n)?  name\s*= "(?P<name>[^"]+)"\n'
    r"  role\s*= aws_iam_role\.member\.id\n  policy\s*= data\.aws_iam_policy_document\.(?P<policy>\w+)\.json\n\}",
    re.MULTILINE,
)
# What Terraform calls things, by what CloudFormation calls them.
SAME = {
    "var.trailplane_role_arn": "TrailplaneRoleArn",
    "var.external_id": "ExternalId",
    "${data.aws_partition.here.partition}": "${AWS::Partition}",
    "${data.aws_caller_identity.here.account_id}": "${AWS::AccountId}",
    "${var.log_bucket}": "${LogBucket}",
    "change_trails": "MayChangeTrails",
    "log_bucket": "MayReadLogFiles",
    "read_service_quotas": "MayReadServiceQuotas",
}


class Loader(yaml.SafeLoader):
    """CloudFormation's short forms are read as what they refer to."""


def short_form(loader: Loader, _: str, node: yaml.Node) -> Any:
    """`!Ref X` is X."""
    return loader.construct_sequence(node) if isinstance(node, yaml.SequenceNode) else loader.construct_scalar(node)


Loader.add_multi_constructor("!", short_form)


def several(value: Any) -> list[str]:
    """One or several, as a sorted list."""
    return sorted(value if isinstance(value, list) else [value])


def of_template(text: str) -> dict[str, tuple[str | None, list[Statement]]]:
    """Name of each policy, with its condition and statements. The trust policy is called `trust`."""
    resources = yaml.load(text, Loader)["Resources"]  # noqa: S506: a subclass of the safe one
    role = resources["MemberRole"]["Properties"]
    found = {"trust": (None, role["AssumeRolePolicyDocument"])}
    found |= {one["PolicyName"]: (None, one["PolicyDocument"]) for one in role["Policies"]}
    for one in resources.values():
        if one["Type"] == "AWS::IAM::Policy":
            properties = one["Properties"]
            found[properties["PolicyName"]] = (one["Condition"], properties["PolicyDocument"])
    return {name: (when, [stated(one) for one in document["Statement"]]) for name, (when, document) in found.items()}


def stated(one: dict[str, Any]) -> Statement:
    """A statement of CloudFormation in the form that both are compared in."""
    conditions = one.get("Condition", {})
    return {
        "sid": one["Sid"],
        "effect": one["Effect"],
        "actions": several(one["Action"]),
        "resources": several(one.get("Resource", [])),
        "principals": several(one.get("Principal", {}).get("AWS", [])),
        "conditions": sorted((test, key, several(value)) for test, keys in conditions.items() for key, value in keys.items()),
    }


def of_terraform(text: str) -> dict[str, tuple[str | None, list[Statement]]]:
    """The same of Terraform's file, which is written as `terraform fmt` writes."""
    policies = {name: [written(one) for one in STATEMENT.findall(body)] for name, body in POLICY.findall(text)}
    found = {"trust": (None, policies["trust"])}
    for one in ATTACHED.finditer(text):
        when = one["when"]
        found[one["name"]] = (SAME.get(when, when), policies[one["policy"]])
    return found


def written(body: str) -> Statement:
    """A statement of Terraform in the form that both are compared in."""
    own = assigned(BLOCK.sub("", body))
    blocks = [(kind, assigned(inner)) for kind, inner in BLOCK.findall(body)]
    conditions = [inner for kind, inner in blocks if kind == "condition"]
    return {
        "sid": own["sid"][0],
        "effect": own.get("effect", ["Allow"])[0],
        "actions": own.get("actions", []),
        "resources": own.get("resources", []),
        "principals": sorted(name for kind, inner in blocks if kind == "principals" for name in inner["identifiers"]),
        "conditions": sorted((inner["test"][0], inner["variable"][0], inner["values"]) for inner in conditions),
    }


def assigned(body: str) -> dict[str, list[str]]:
    """What is assigned in a block, each as a sorted list."""
    found = {}
    for name, listed, single in VALUES.findall(body):
        items = [item.strip().strip('"') for item in listed.split(",") if item.strip()] if listed else [single]
        for terraform, cloudformation in SAME.items():
            items = [item.replace(terraform, cloudformation) for item in items]
        found[name] = sorted(items)
    return found


def same(docs: Path) -> list[str]:
    """Where the two differ."""
    template = of_template((docs / "member-role.stackset.yaml").read_text())
    terraform = of_terraform((docs / "member-role.tf").read_text())
    wrong = [f"policy {name} is in one only" for name in sorted(template.keys() ^ terraform.keys())]
    for name in sorted(template.keys() & terraform.keys()):
        if template[name] != terraform[name]:
            wrong.append(f"{name}: the template has\n{template[name]}\nand Terraform\n{terraform[name]}")
    return wrong
