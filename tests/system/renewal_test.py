"""One certificate, renewed for real."""

import json
import re

from lab.policies import web_documents
from lab.files import write_yaml
from lab.processes import run, wait_until
from lab.rsyslog import Rsyslog
from system_case import SystemCase


class Renewal(SystemCase):
    def test_without_a_controller(self):
        """enrol, renew by key, install and prove, with no controller"""
        self.start_enrollment()
        self.start_nginx()
        folder = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment).items():
            write_yaml(folder / path, document)
        self.start_agent(policies=folder, labels={"role": "web"})
        new = self.wait_for_new_certificate()
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        self.assert_pair_matches()
        checked = run(["/usr/bin/openssl", "verify", "-CAfile", self.enrollment.root, "-untrusted",
                       self.enrollment.issuing, self.nginx.certificate])
        self.assertIn("OK", checked.stdout)
        self.assertEqual(self.nginx.key.stat().st_mode & 0o777, 0o600)

    def test_ordered_by_the_controller(self):
        """discovered, ordered, renewed; the same events in the feed, the log and rsyslog"""
        rsyslog = Rsyslog(self.lab)
        rsyslog.prepare()
        rsyslog.start()
        self.everything(sinks=[rsyslog.sink()])
        ordered = self.heard("renewal.ordered")
        order = ordered["correlation_id"]
        completed = self.heard("renewal.completed", order)
        new = self.nginx.served()
        self.assertEqual(new["serial"], completed["certificate"]["serial"])
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        self.assert_pair_matches()

        kinds = [event["kind"] for event in self.feed.of_order(order)]
        for kind in ("renewal.accepted", "key.generated", "request.submitting", "request.submitted",
                     "certificate.issued", "certificate.installing", "certificate.installed"):
            self.assertIn(kind, kinds)
        for event in self.feed.of_order(order):
            self.assertEqual(event["policy"], f"{self.commit}:web-servers")
        submitting = self.feed.first("request.submitting", order)
        self.assertEqual(submitting["details"]["request_format"], "cms-renewal")
        self.assertEqual(submitting["details"]["authentication"], "client-certificate")

        wait_until(lambda: any("renewal.completed" in line and order in line for line in rsyslog.lines()),
                   "rsyslog has renewal.completed")
        received = "\n".join(rsyslog.lines())
        for event in self.feed.of_order(order):
            self.assertIn(event["id"], received)

    def test_no_second_order(self):
        """one renewal, one order: the certificate that was just replaced is not ordered again"""
        self.everything()
        self.heard("renewal.completed")
        seen = len(self.controller.ask("renewals")["items"])
        checkins = self._checkins()
        wait_until(lambda: self._checkins() >= checkins + 4, "four more check-ins")
        self.assertEqual(seen, 1)
        self.assertEqual(len(self.controller.ask("renewals")["items"]), 1)

    def _checkins(self):
        text = self.controller.get("/metrics")
        return int(re.search(r"^perennial_checkins_total (\d+)$", text, re.M).group(1))

    def test_audit_log_is_verified_and_damage_is_named(self):
        """perennial audit verify: passes, then names the first bad sequence number after one byte is changed"""
        self.everything()
        self.heard("renewal.completed")
        self.controller.process.stop()
        verify = ("audit", "verify", "--log", str(self.controller.audit_folder), "--vkey",
                  str(self.controller.audit_public_key))
        good = self.controller.cli(*verify, check=False)
        self.assertEqual(good.returncode, 0, good.stderr)
        log = next(self.controller.audit_folder.glob("events-*.jsonl"))
        lines = log.read_bytes().split(b"\n")
        victim = 5
        changed = bytearray(lines[victim])
        changed[len(changed) // 2] ^= 1
        lines[victim] = bytes(changed)
        log.write_bytes(b"\n".join(lines))
        bad = self.controller.cli(*verify, check=False)
        self.assertEqual(bad.returncode, 1)
        self.assertRegex(bad.stdout + bad.stderr, rf"\b{json.loads(lines[victim - 1])['seq'] + 1}\b")

    def test_the_private_key_stays_where_it_is(self):
        """no private key in any state, log, journal or message of agent and controller"""
        self.everything()
        self.heard("renewal.completed")
        key_text = self.nginx.key.read_text().split("\n")[1]
        own = {self.nginx.key, self.agent.state / "identity.key"}
        for folder in (self.agent.folder, self.controller.folder, self.enrollment.folder):
            for path in folder.rglob("*"):
                if path.is_file() and path not in own:
                    self.assertNotIn(key_text, path.read_text(errors="replace"), path)
        events = "\n".join(json.dumps(event) for event in self.feed.events)
        self.assertNotIn("PRIVATE KEY", events)


if __name__ == "__main__":
    import unittest
    unittest.main()
