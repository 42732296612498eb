"""What deploy/quickstart shows, told to a program; and that it removes nothing that it did not make."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import system_case
from lab.processes import run

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "deploy" / "quickstart"


class Quickstart(unittest.TestCase):
    def setUp(self):
        keeping = tempfile.TemporaryDirectory(prefix="perennial-")
        self.addCleanup(keeping.cleanup)
        self.folder = Path(keeping.name) / "quickstart"

    def show(self, *options):
        return run([sys.executable, ROOT / "deploy" / "lab" / "quickstart.py", "--programs", system_case.PROGRAMS,
                    "--folder", self.folder, "--json", *options], check=False, timeout=300)

    def test_outcome(self):
        """the quickstart renews by key, and its one JSON object says what openssl, rsyslog and the log say"""
        done = self.show()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.count("\n"), 1)
        told = json.loads(done.stdout)
        for word in ("verified", "serial_changed", "key_changed"):
            self.assertIs(told[word], True)
        self.assertEqual(told["ces_authentication"], "client-certificate")
        self.assertEqual(told["request_format"], "cms-renewal")
        self.assertRegex(told["policy_commit"], "^[0-9a-f]{40}$")
        self.assertGreater(told["seconds"], 0)
        received = Path(told["siem_file"]).read_text()
        self.assertTrue(any("renewal.completed" in line and told["order_id"] in line and told["new_serial"] in line
                            for line in received.splitlines()))
        certificate = next((self.folder / "nginx" / "tls").glob("*.pem"))
        serial = run(["/usr/bin/openssl", "x509", "-in", certificate, "-noout", "-serial"]).stdout
        self.assertIn(told["new_serial"], serial.replace("serial=", ""))
        self.assertNotEqual(told["old_serial"], told["new_serial"])
        verify = [system_case.PROGRAMS / "perennial", "audit", "verify", "--log", told["audit_log"], "--vkey",
                  told["audit_public_key"]]
        self.assertEqual(run(verify, check=False).returncode, 0)
        self.assertTrue(Path(told["trust_anchor"]).read_text().startswith("-----BEGIN CERTIFICATE-----"))

    def test_faults(self):
        """each fault that the quickstart can show: the old certificate stays in service, then the renewal succeeds"""
        expected = {"reload": "the old certificate was put back", "served": "the old certificate was put back",
                    "ces": "a step failed; it will be tried again"}
        for fault, words in expected.items():
            with self.subTest(fault=fault):
                done = self.show("--break", fault)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn(words, done.stderr)
                self.assertIn("nginx still serves the old certificate", done.stderr)
                self.assertIs(json.loads(done.stdout)["verified"], True)

    def test_folder_of_others(self):
        """a folder with files that no quickstart made is refused and left alone"""
        self.folder.mkdir()
        precious = self.folder / "precious"
        precious.write_text("mine")
        done = self.show()
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("that no quickstart made", done.stderr)
        self.assertEqual(precious.read_text(), "mine")
        link = self.folder.parent / "link"
        os.symlink(self.folder, link)
        self.folder = link
        self.assertEqual(self.show().returncode, 2)
        self.assertEqual(precious.read_text(), "mine")

    def test_wrong_use(self):
        """wrong use is said at once, before anything is installed or built"""
        for arguments in (["--bogus"], ["--break"], ["--break", "everything"], ["--folder"]):
            with self.subTest(arguments=arguments):
                done = subprocess.run([SCRIPT, *arguments], text=True, capture_output=True, timeout=10, check=False)
                self.assertEqual(done.returncode, 2)
                self.assertIn("Usage: deploy/quickstart", done.stderr)
                self.assertNotIn("building", done.stderr)


if __name__ == "__main__":
    unittest.main()
