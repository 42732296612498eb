"""What one renewal learned of CEP the next ones use."""

import json

from lab.enrollment import CERTIFICATE_CEP, CERTIFICATE_CES, Enrollment
from lab.processes import wait_until
from two_services_test import ManyCertificates


class KeptPolicies(ManyCertificates):
    slots = 6

    def test_asked_once(self):
        """six certificates of one template are renewed one after the other: the CEP is asked for its policies once"""
        self.enrollment = Enrollment(self.lab)
        log = self.lab.folder / "access.jsonl"
        self.enrollment.prepare(more={"access_log": log})
        self.enrollment.start()
        self.start_host()
        self.agent.start()
        wait_until(lambda: self.renewed() == self.slots, "all are renewed", 120)
        asked = [json.loads(line)["path"] for line in log.read_text().splitlines()]
        self.assertEqual(asked.count(CERTIFICATE_CES), self.slots, asked)
        self.assertEqual(asked.count(CERTIFICATE_CEP), 1, asked)


if __name__ == "__main__":
    import unittest
    unittest.main()
