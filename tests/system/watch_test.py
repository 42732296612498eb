"""What the authority did, held by the controller against what its agents told."""

import shutil
import signal
import sqlite3

from foreign_client import OPENSSL, RST, ForeignClient, issue_renewal
from lab.enrollment import CERTIFICATE_CES, web_template
from lab.files import write_yaml
from lab.processes import run, wait_until
from system_case import HOST, SystemCase


class Watch(SystemCase):
    def begin(self, **certificate):
        self.start_enrollment()
        self.start_nginx(**certificate)
        self.start_controller(enrollment_watch={
            "url": self.enrollment.admin_url, "trust_file": self.enrollment.root,
            "token_file": self.enrollment.token("watch", "auditor"), "every": "1s", "grace": "1s"})
        self.start_agent()

    def status(self):
        return run([self.lab.program("perennial"), "--config", self.controller.cli_config, "status"]).stdout

    def serial(self, pem):
        return run([OPENSSL, "x509", "-in", pem, "-noout", "-serial"]).stdout.strip().split("=")[1]

    def unexplained(self):
        self.feed.poll()
        return [event for event in self.feed.events if event["kind"] == "certificate.unexplained"]

    def test_stolen_key(self):
        """an order explains the agent's renewal; openssl's renewal with the copied new key is explained by nobody"""
        self.begin()
        completed = self.heard("renewal.completed")
        thief = ForeignClient(self.lab.folder / "thief", self.enrollment)
        pair = self.nginx.certificate, self.nginx.key
        cms = thief.renewal(*thief.request(HOST, web_template()["oid"]), pair)
        reply = thief.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair)
        self.assertEqual(reply.status, 200, reply.text)
        stolen = thief.save(reply.tokens()[1], "stolen.der")
        serial = run([OPENSSL, "x509", "-inform", "DER", "-in", stolen, "-noout", "-serial"]).stdout.strip()
        told = self.heard("certificate.unexplained")
        self.assertEqual(told["details"]["new_serial"], serial.split("=")[1])
        self.assertEqual(told["certificate"]["serial"], completed["certificate"]["serial"])
        self.assertEqual(told["details"]["requester_address"], "127.0.0.1")
        self.assertEqual(len(self.unexplained()), 1)

    def test_risky_template(self):
        """a template that is open to a misuse, accepted or refused, is in the audit log by the misuse's name"""
        self.begin(valid_from="-1d")
        file = self.enrollment.folder / "templates" / "WebServer.yaml"
        risky = web_template(rights={"enroll": {"users": ["*"]}})
        write_yaml(file, risky)
        self.enrollment.process.send(signal.SIGHUP)
        flags = self.flags_of("the enrolment service refused its templates", 2)
        self.assertEqual(flags, [("ESC1", ""), ("ESC17", "")])
        write_yaml(file, {**risky, "accepted_risks": ["ESC1", "ESC17"], "risk_reason": "a lab"})
        self.enrollment.process.send(signal.SIGHUP)
        flags = self.flags_of("a template of the enrolment service", 2)
        self.assertEqual(flags, [("ESC1", "WebServer"), ("ESC17", "WebServer")])

    def flags_of(self, reason, count):
        def told():
            self.feed.poll()
            flags = [event for event in self.feed.events if event["kind"] == "esc.flag" and event["reason"].startswith(reason)]
            return sorted((event["details"]["flag"], event["details"]["template"]) for event in flags)
        wait_until(lambda: len(told()) >= count, "esc.flag")
        return told()

    def test_revoked_but_live(self):
        """a certificate that is revoked at the CA and still served is told, and what to do"""
        self.begin(valid_from="-1d")
        self.heard("certificate.discovered")
        serial = self.serial(self.nginx.certificate)
        run([self.lab.program("perennial"), "--config", self.controller.cli_config, "enrollment", "revoke", serial,
             "--reason", "keyCompromise"])
        told = self.heard("certificate.revoked")
        self.assertEqual((told["certificate"]["serial"], told["details"]["revocation_reason"]),
                         (serial, "keyCompromise"))
        self.assertIn("enrol anew", told["reason"])
        self.assert_old_served()

    def test_restored_from_backup(self):
        """a CA that goes on from an old backup is told once, and what it does then is not overlooked"""
        self.begin(valid_from="-1d")
        self.heard("certificate.discovered")
        database = next(self.enrollment.folder.rglob("enrollment.db"))
        self.enrollment.process.stop()
        old = database.with_suffix(".old")
        with sqlite3.connect(database) as source, sqlite3.connect(old) as target:
            source.backup(target)
        self.enrollment.start()
        before = self.controller.ask("status")["enrollment_watch"]["cursor"]
        for _ in range(3):
            run([self.lab.program("perennial"), "--config", self.controller.cli_config, "enrollment", "crl", "publish"])
        wait_until(lambda: self.controller.ask("status")["enrollment_watch"]["cursor"] >= before + 3, "they are read")
        self.enrollment.process.stop()
        for end in ("-wal", "-shm"):
            database.with_name(database.name + end).unlink(missing_ok=True)
        shutil.copy(old, database)
        self.enrollment.start()
        self.heard("enrollment.restored")
        self.assertIn("was replaced at", self.status())
        self.assertIn("perennial_enrollment_restores_total 1\n", self.controller.get("/metrics"))
        thief = ForeignClient(self.lab.folder / "thief", self.enrollment)
        pair = self.nginx.certificate, self.nginx.key
        cms = thief.renewal(*thief.request(HOST, web_template()["oid"]), pair)
        reply = thief.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), pair)
        self.assertEqual(reply.status, 200, reply.text)
        self.heard("certificate.unexplained")
        self.assertEqual([event["kind"] for event in self.feed.events].count("enrollment.restored"), 1)

    def test_service_away(self):
        """a service that is away is told once, with how often it was tried when it is back; what it did meanwhile is told when it is back"""
        self.begin(valid_from="-1d")
        self.heard("certificate.discovered")
        self.enrollment.process.stop()
        log = self.controller.folder / "perennial-controller.log"
        self.controller.process.wait_for(lambda: "is not watched at the moment" in log.read_text(), "it is told")
        told = self.heard("enrollment.watch_failed")
        self.assertEqual((told["outcome"], told["details"]["url"]), ("failure", self.enrollment.admin_url))
        self.assertIn("failing since", self.status())
        self.assertNotIn("perennial_enrollment_watch_failures 0", self.controller.get("/metrics"))
        self.enrollment.start()
        self.assertGreaterEqual(self.heard("enrollment.watch_recovered")["details"]["tries"], 1)
        self.assertIn("perennial_enrollment_watch_failures 0\n", self.controller.get("/metrics"))
        run([self.lab.program("perennial"), "--config", self.controller.cli_config, "enrollment", "revoke",
             self.serial(self.nginx.certificate), "--reason", "superseded"])
        self.heard("certificate.revoked")
        self.assertEqual(log.read_text().count("is not watched at the moment"), 1)


if __name__ == "__main__":
    import unittest
    unittest.main()
