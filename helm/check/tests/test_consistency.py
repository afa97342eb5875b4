"""The checks over objects see each thing that does not fit."""

import copy
import unittest

from check import consistency

POD = {
    "metadata": {"labels": {"app": "a"}},
    "spec": {
        "terminationGracePeriodSeconds": 30,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "volumes": [{"name": "config"}],
        "containers": [
            {
                "ports": [{"name": "grpc"}],
                "livenessProbe": {"httpGet": {"port": "grpc"}},
                "readinessProbe": {"httpGet": {"port": "grpc"}},
                "resources": {"limits": {"memory": "1Gi"}},
                "volumeMounts": [{"name": "config", "mountPath": "/etc"}],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                },
            }
        ],
    },
}
DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": {"name": "a"},
    "spec": {
        "strategy": {"type": "RollingUpdate"},
        "minReadySeconds": 30,
        "progressDeadlineSeconds": 600,
        "selector": {"matchLabels": {"app": "a"}},
        "template": POD,
    },
}
SERVICE = {
    "kind": "Service",
    "metadata": {"name": "a", "labels": {}},
    "spec": {"selector": {"app": "a"}, "ports": [{"targetPort": "grpc"}]},
}


def objects():
    return copy.deepcopy([DEPLOYMENT, SERVICE])


class Consistency(unittest.TestCase):
    def expect(self, rule, changed, word):
        self.assertEqual(rule(objects()), [])
        problems = rule(changed)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(word, problems[0])

    def test_two_of_one_name(self):
        self.expect(consistency.twice, [*objects(), SERVICE], "Service a is there twice")

    def test_a_service_that_finds_no_pod(self):
        changed = objects()
        changed[1]["spec"]["selector"] = {"app": "b"}
        self.expect(consistency.selectors, changed, "Service a")

    def test_a_port_that_no_container_has(self):
        changed = objects()
        changed[1]["spec"]["ports"][0]["targetPort"] = "http"
        self.expect(consistency.ports, changed, "no container has http")

    def test_a_probe_of_a_port_that_is_not_there(self):
        changed = objects()
        changed[0]["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["httpGet"]["port"] = "admin"
        self.expect(consistency.ports, changed, "livenessProbe")

    def test_a_volume_that_is_nowhere_mounted(self):
        changed = objects()
        changed[0]["spec"]["template"]["spec"]["volumes"].append({"name": "tls"})
        self.expect(consistency.mounts, changed, "tls is nowhere mounted")

    def test_a_mount_without_a_volume(self):
        changed = objects()
        mounts = changed[0]["spec"]["template"]["spec"]["containers"][0]["volumeMounts"]
        mounts.append({"name": "tls", "mountPath": "/tls"})
        self.expect(consistency.mounts, changed, "no volume tls")

    def test_a_container_that_keeps_capabilities(self):
        changed = objects()
        del changed[0]["spec"]["template"]["spec"]["containers"][0]["securityContext"]["capabilities"]
        self.expect(consistency.restricted, changed, "keeps capabilities")

    def test_a_pod_that_may_run_as_root(self):
        changed = objects()
        changed[0]["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] = False
        self.expect(consistency.restricted, changed, "may run as root")

    def test_steps_of_an_update_that_overlap(self):
        changed = objects()
        changed[0]["spec"]["minReadySeconds"] = 29
        self.expect(consistency.probes, changed, "overlap")

    def test_an_object_without_labels(self):
        self.assertIn("no label", consistency.labels([SERVICE])[0])


if __name__ == "__main__":
    unittest.main()
