"""The small kubelet lays volumes out as the real one."""

import tempfile
import unittest
from pathlib import Path

from check import pod

SPEC = {
    "volumes": [
        {"name": "config", "configMap": {"name": "config"}},
        {"name": "key", "secret": {"secretName": "keys", "items": [{"key": "a", "path": "b"}]}},
        {"name": "audit", "persistentVolumeClaim": {"claimName": "audit"}},
    ]
}
CONTAINER = {
    "volumeMounts": [
        {"name": "config", "mountPath": "/ca"},
        {"name": "key", "mountPath": "/ca/keys"},
        {"name": "audit", "mountPath": "/var/audit"},
    ]
}


class Volumes(unittest.TestCase):
    def setUp(self):
        work = tempfile.TemporaryDirectory()
        self.addCleanup(work.cleanup)
        self.volumes = pod.Volumes(Path(work.name), {"config": {"x.yaml": "1"}, "keys": {"a": "2", "c": "3"}})
        self.volumes.mount(SPEC, CONTAINER)

    def test_each_file_is_behind_the_link_that_is_swapped(self):
        folder = self.volumes.folders["config"]
        self.assertTrue((folder / "x.yaml").is_symlink())
        before = (folder / "..data").resolve()
        pod.write(folder, {"x.yaml": "4"})
        self.assertEqual((folder / "x.yaml").read_text(), "4")
        self.assertNotEqual((folder / "..data").resolve(), before)

    def test_only_the_keys_that_are_asked_for_are_there(self):
        self.assertEqual((self.volumes.folders["key"] / "b").read_text(), "2")
        self.assertFalse((self.volumes.folders["key"] / "c").exists())
        self.assertEqual(list(self.volumes.folders["audit"].iterdir()), [])

    def test_paths_are_replaced_whole_and_once(self):
        config, key = self.volumes.paths["/ca"], self.volumes.paths["/ca/keys"]
        self.assertEqual(
            self.volumes.here("-a=/ca/ca.crt /ca/keys/b /cat x/ca"), f"-a={config}/ca.crt {key}/b /cat x/ca"
        )


if __name__ == "__main__":
    unittest.main()
