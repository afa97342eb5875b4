"""The schemas refuse what they are for."""

import unittest
from pathlib import Path

from check import kubernetes

CRDS = Path(kubernetes.__file__).parent / "crds"
OURS = {schema["title"]: schema for schema in map(kubernetes._load, sorted(CRDS.glob("*.json")))}
META = {"name": "a", "namespace": "b", "labels": {}}


def problems(api, kind, spec):
    return kubernetes.validate({"apiVersion": api, "kind": kind, "metadata": META, "spec": spec}, OURS)


class Schemas(unittest.TestCase):
    def test_a_field_that_kubernetes_does_not_know(self):
        good = {"selector": {"app": "a"}, "ports": [{"port": 1}]}
        self.assertEqual(problems("v1", "Service", good), [])
        told = problems("v1", "Service", good | {"clusterIp": "None"})
        self.assertEqual(len(told), 2, "the oldest version and the newest")
        self.assertIn("clusterIp", told[0])

    def test_a_kind_that_nobody_has_a_schema_for(self):
        self.assertIn("Couldn't find schema", problems("example.org/v1", "Thing", {})[0])

    def test_a_certificate(self):
        good = {"secretName": "s", "issuerRef": {"name": "i"}, "dnsNames": ["a"], "duration": "24h"}
        self.assertEqual(problems("cert-manager.io/v1", "Certificate", good), [])
        for bad in ({"dnsName": ["a"]}, {"duration": "1d"}, {"issuerRef": {}}, {"usages": ["serving"]}):
            self.assertNotEqual(problems("cert-manager.io/v1", "Certificate", good | bad), [], bad)

    def test_a_service_monitor(self):
        good = {"selector": {"matchLabels": {}}, "endpoints": [{"port": "admin", "interval": "30s"}]}
        self.assertEqual(problems("monitoring.coreos.com/v1", "ServiceMonitor", good), [])
        for bad in ({"endpoint": []}, {"endpoints": [{"port": "admin", "interval": "30"}]}):
            self.assertNotEqual(problems("monitoring.coreos.com/v1", "ServiceMonitor", good | bad), [], bad)

    def test_a_prometheus_rule(self):
        rule = {"alert": "A", "expr": "up == 0", "for": "5m"}
        group = {"name": "g", "rules": [rule]}
        self.assertEqual(problems("monitoring.coreos.com/v1", "PrometheusRule", {"groups": [group]}), [])
        for bad in ({"expr": None}, {"for": "five"}, {"severity": "x"}, {"record": "r"}):
            spec = {"groups": [group | {"rules": [rule | bad]}]}
            self.assertNotEqual(problems("monitoring.coreos.com/v1", "PrometheusRule", spec), [], bad)


if __name__ == "__main__":
    unittest.main()
