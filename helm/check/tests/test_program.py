"""The check of the configuration sees the environment as the kubelet makes it, and too few shares."""

import unittest

from check import program


class Environment(unittest.TestCase):
    def test_secrets_fields_and_references(self):
        container = {
            "env": [
                {"name": "TRAILPLANE_AWS__EXTERNAL_ID", "valueFrom": {"secretKeyRef": {}}},
                {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "FILE", "value": "/a/$(POD_NAME).jsonl $(NOT_SET)"},
            ]
        }
        found = program.environment(container)
        self.assertEqual(found["TRAILPLANE_AWS__EXTERNAL_ID"], "an-external-id")
        self.assertEqual(found["FILE"], f"/a/{found['POD_NAME']}.jsonl $(NOT_SET)")

    def test_a_secret_that_nobody_thought_of(self):
        with self.assertRaises(KeyError):
            program.environment({"env": [{"name": "TRAILPLANE_NEW", "valueFrom": {"secretKeyRef": {}}}]})


class Bounds(unittest.TestCase):
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}

    def test_the_quotas_are_shared_among_as_many_as_there_should_be(self):
        deployment = {"replicas": 3, "strategy": self.rolling}
        self.assertEqual(program.bounds({"budget": {"store": "redis", "replicas": 3}}, deployment, range(3, 4)), [])
        for wrong in (2, 4):
            self.assertEqual(
                len(program.bounds({"budget": {"store": "redis", "replicas": wrong}}, deployment, range(3, 4))), 1
            )

    def test_a_successor_comes_when_its_predecessor_has_gone(self):
        surge = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        config = {"budget": {"store": "static", "replicas": 3}}
        self.assertEqual(len(program.bounds(config, {"replicas": 3, "strategy": surge}, range(3, 4))), 1)

    def test_two_processes_without_a_store(self):
        config = {"budget": {"store": "embedded"}}
        self.assertEqual(program.bounds(config, {"replicas": 1, "strategy": {"type": "Recreate"}}, range(1, 2)), [])
        self.assertEqual(len(program.bounds(config, {"replicas": 1, "strategy": self.rolling}, range(1, 2))), 1)
        self.assertEqual(len(program.bounds(config, {"replicas": 2, "strategy": {"type": "Recreate"}}, range(1, 2))), 1)


if __name__ == "__main__":
    unittest.main()
