"""Guessing passwords, and what it does to others."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from foreign_client import GET_POLICIES, RST, ForeignClient, get_policies, issue_pkcs10
from lab.enrollment import CERTIFICATE_CEP, PASSWORD_CEP, PASSWORD_CES, web_template
from lab.files import write_yaml
from lab.processes import run
from system_case import SystemCase


class LockOuts(SystemCase):
    def setUp(self):
        super().setUp()
        self.start_enrollment()
        self.client = ForeignClient(self.lab.folder / "client", self.enrollment)

    def prepare(self, password, user, address, name="message.xml"):
        url = self.enrollment.url(PASSWORD_CEP)
        message = self.client.folder / name
        message.write_text(self.client.envelope(url, GET_POLICIES, get_policies(), user, password))
        return url, ["--interface", address, "-H", "Content-Type: application/soap+xml", "--data-binary", f"@{message}"]

    def ask(self, password, user="web-enroller", address="127.0.0.1"):
        return self.client.curl(*self.prepare(password, user, address))

    def guess(self, times, user="web-enroller", address="127.0.0.1"):
        """Wrong passwords, one after the other over one connection; every answer is the same fault."""
        url, options = self.prepare("wrong", user, address)
        said = run(["/usr/bin/curl", "-sS", "--cacert", self.enrollment.root, *options, *[url] * times]).stdout
        self.assertEqual(said.count("FailedAuthentication"), times)

    def assert_right(self, **who):
        self.assertEqual(self.ask(self.enrollment.password, **who).status, 200)

    def assert_wrong(self, password="wrong", **who):
        reply = self.ask(password, **who)
        self.assertEqual(reply.status, 500)
        self.assertIn("FailedAuthentication", reply.text)

    def lock_outs(self):
        token = self.enrollment.admin_token.read_text().strip()
        text = run(["/usr/bin/curl", "-sS", "--cacert", self.enrollment.root, "-H", f"Authorization: Bearer {token}",
                    self.enrollment.admin_url + "/v1/events"]).stdout
        return [item["details"] for item in json.loads(text)["items"] if item["kind"] == "caller.locked_out"]

    def test_refused_requests(self):
        """a caller whose requests are refused over and over: no more are looked at or kept; others and other endpoints go on"""
        self.enrollment.process.stop()
        settings = self.enrollment.settings()
        settings["enrollment_services"][0]["refusal_limit"] = 4
        write_yaml(self.enrollment.config, settings)
        self.enrollment.start()
        good, bad = (issue_pkcs10(self.client.request(name, web_template()["oid"])[0])
                     for name in ("host7.example.test", "host7.other.test"))
        url = self.enrollment.url(PASSWORD_CES)

        def submit(body):
            return self.client.post(url, self.client.envelope(url, RST, body, "web-enroller", self.enrollment.password))
        self.assertEqual(submit(good).status, 200)
        for _ in range(4):
            self.assertIn("0x80094001", submit(bad).text)
        kept = self.requests()
        for body in (bad, good, bad):
            reply = submit(body)
            self.assertEqual(reply.status, 500)
            self.assertIn("try again in a quarter of an hour", reply.reason)
        self.assertEqual(self.requests(), kept)
        self.assertEqual([(e["name"], e["locked"]) for e in self.lock_outs()], [("web-enroller", "requests")])
        self.assert_right()  # CEP

    def requests(self):
        return run(["/usr/bin/sqlite3", self.enrollment.state / "enrollment.db", "SELECT count(*) FROM requests"]).stdout

    def test_name_from_one_address(self):
        """ten wrong passwords lock the name out from there, with one event; elsewhere it stays open"""
        self.guess(13)
        self.assert_wrong(self.enrollment.password)
        self.assert_wrong(self.enrollment.password, user="LAB\\web-enroller")
        self.assert_right(address="127.0.0.2")
        events = self.lock_outs()
        self.assertEqual([(e["name"], e["address"], e["locked"]) for e in events],
                         [("web-enroller", "127.0.0.1", "name from this address")])
        log = self.enrollment.process.output.read_text()
        self.assertEqual(log.count("locked out"), 1)
        self.assertEqual(log.count("wrong user name or password"), 10)
        self.assertNotIn(self.enrollment.password, log)

    def test_owner(self):
        """strangers lock a name for strangers; who has shown its password from an address gets in from there"""
        self.assert_right(address="127.0.0.2")
        for sender in range(10, 20):
            self.guess(10, address=f"127.0.0.{sender}")
        self.assert_wrong(self.enrollment.password, address="127.0.0.99")
        self.assert_right(address="127.0.0.2")
        self.assertIn("name", [event["locked"] for event in self.lock_outs()])

    def test_address(self):
        """thirty wrong passwords for any names lock the address out"""
        for number in range(4):
            self.guess(8, user=f"user{number}")
        self.assert_wrong(self.enrollment.password)
        self.assert_right(address="127.0.0.2")
        self.assertEqual([event["locked"] for event in self.lock_outs()], ["address"])

    def test_flood(self):
        """a flood of passwords: bounded memory, others told to come again, callers with a key are served meanwhile"""
        pair = self.client.folder / "web1.pem", self.client.folder / "web1.key"
        self.enrollment.issue_test(*pair)

        def flood(number):
            url, options = self.prepare("wrong", f"user{number}", f"127.0.1.{number}", f"flood{number}.xml")
            return run(["/usr/bin/curl", "-sS", "--cacert", self.enrollment.root, *options, url]).stdout
        with ThreadPoolExecutor(40) as pool:
            answers = [pool.submit(flood, number) for number in range(1, 121)]
            reply = self.client.ask_by_certificate(CERTIFICATE_CEP, GET_POLICIES, get_policies(), pair)
            answers = [answer.result() for answer in answers]
        self.assertEqual(reply.status, 200, reply.text)
        busy = sum("try again later" in answer for answer in answers)
        judged = sum("FailedAuthentication" in answer for answer in answers)
        self.assertEqual(busy + judged, 120)
        self.assertGreater(busy, 0)
        self.assertGreater(judged, 0)
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.enrollment.process.pid}/status").read_text())
        self.assertLess(int(peak.group(1)), 200 * 1024)  # two hashes of 32 MiB, not sixteen
        self.assert_right()


if __name__ == "__main__":
    import unittest
    unittest.main()
