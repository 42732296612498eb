"""perennial-agent doctor enrollment, over the built programs."""

import json
import subprocess

from lab.files import write_yaml
from lab.policies import web_documents
from system_case import SystemCase


class Doctor(SystemCase):
    def doctor(self, *arguments):
        done = subprocess.run([self.lab.program("perennial-agent"), "--config", self.agent.config, "doctor", "enrollment",
                               *arguments], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def test_doctor(self):
        """doctor enrollment: in order, an unknown service, the service away"""
        self.start_enrollment()
        self.start_nginx()
        folder = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment, before="1d", spread="1h").items():
            write_yaml(folder / path, document)
        self.start_agent(policies=folder, labels={"role": "web"})
        pair = ["--certificate-file", self.nginx.certificate, "--key-file", self.nginx.key]
        status, text, problem = self.doctor("--service", "lab", *pair)
        self.assertEqual(status, 0, text + problem)
        self.assertIn("nothing stands against a renewal", text)
        self.assertNotIn("PRIVATE", text)

        status, text, _ = self.doctor("--service", "lab", *pair, "--json")
        self.assertEqual(status, 0)
        report = json.loads(text)
        self.assertEqual(report["bad"], 0)
        self.assertEqual({"step", "verdict", "seen", "mend"}, set(report["lines"][0]))

        status, _, problem = self.doctor("--service", "other")
        self.assertEqual(status, 1)
        self.assertIn("they have lab", problem)
        self.assertEqual(self.doctor()[0], 2)

        # A first enrolment by Kerberos instead; tests/system/kerberos_client_test.py has the KDC.
        missing = self.lab.folder / "no.keytab"
        status, text, _ = self.doctor("--service", "lab", "--policy-url", self.enrollment.url("/CEP"), "--principal",
                                      "host/web1", "--keytab-file", str(missing))
        self.assertEqual(status, 1)
        self.assertRegex(text, f"bad +identity: .*{missing}")
        self.assertIn("1 to mend", text)
        self.assertEqual(self.doctor("--service", "lab", "--principal", "host/web1")[0], 2)

        self.enrollment.process.stop()
        status, text, _ = self.doctor("--service", "lab", *pair)
        self.assertEqual(status, 1)
        self.assertIn("bad     tcp: ", text)
