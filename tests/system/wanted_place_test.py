"""A policy wants a certificate at a place: where nothing is yet, and where it has other names."""

import json

from lab.enrollment import web_template
from lab.files import write, write_yaml
from lab.nginx import Nginx, served_certificate
from lab.policies import web_documents
from lab.processes import free_port, run, wait_until
from system_case import HOST, SystemCase

WWW = "www.example.test"


class WantedPlace(SystemCase):
    def documents(self, names=(HOST, WWW), **place):
        enroll = {"credential": "web-enroller", "template": "WebServer"}
        wanted = {"certificate": self.nginx.certificate, "key": self.nginx.key, "names": list(names), "service": "nginx",
                  "listeners": [f"127.0.0.1:{self.nginx.port}"], **place}
        return {**web_documents(self.enrollment), "policies/web1.yaml": {
            "kind": "certificate-policy", "name": "web1", "priority": 20, "match": {"labels": {"role": "web"}},
            "place": {key: str(value) if key in ("certificate", "key") else value for key, value in wanted.items()},
            "renew": {"before": "30d"}, "enrollment_service": "lab", "key": {"type": "ec-p256"}, "enroll": enroll,
            "action": "reload-nginx"}}

    def allowed(self, names=(HOST, WWW)):
        return {"enrollments": [{"certificate": self.nginx.certificate, "key": self.nginx.key, "names": list(names)}]}

    def start_alone(self, guard=None, credential=True, **place):
        folder = self.lab.folder / "documents"
        for path, document in self.documents(**place).items():
            write_yaml(folder / path, document)
        self.asked_before = self.enrollment.asked()
        credentials = {"web-enroller": self.enrollment.credential()} if credential else None
        self.start_agent(policies=folder, labels={"role": "web"}, guard=guard, credentials=credentials)

    def status(self):
        return json.loads(self.agent.command("status", "--json").stdout)

    def told(self, kind):
        return self.agent.process.tail(5_000_000).count(f"{kind} ")

    def wait_told(self, kind, seconds=40):
        wait_until(lambda: self.told(kind), f"{kind} is told", seconds)

    def log_has(self, text):
        return text in self.agent.process.tail(5_000_000)

    def names_served(self):
        text = run(["/usr/bin/openssl", "x509", "-in", self.nginx.certificate, "-noout", "-ext", "subjectAltName"]).stdout
        return sorted(part.strip() for part in text.splitlines()[1].split(","))

    def assert_good(self):
        self.assert_pair_matches()
        self.assertEqual(self.names_served(), [f"DNS:{HOST}", f"DNS:{WWW}"])
        run(["/usr/bin/openssl", "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing,
             self.nginx.certificate])
        self.assertEqual(self.nginx.key.stat().st_mode & 0o777, 0o600)
        # It is served before the order has ended.
        wait_until(lambda: sorted(path.name for path in self.nginx.tls.iterdir()) == ["web1.key", "web1.pem"],
                   "nothing but the pair is left")


class EmptyPlace(WantedPlace):
    """nginx runs another site, and its configuration names files that are not there: it cannot even be reloaded."""

    def lab_up(self, **template):
        self.start_enrollment([web_template(**template)])
        self.nginx = Nginx(self.lab, HOST)
        self.nginx.prepare()
        site = self.nginx.folder / "sites/web1.conf"
        wanted, self.nginx.port = self.nginx.port, free_port()
        text = site.read_text()
        other = self.nginx.folder / "other"
        other.mkdir()
        run(["/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=other.test", "-keyout", other / "other.key", "-out", other / "other.pem", "-days", "30"])
        write(self.nginx.folder / "sites/other.conf", text.replace(str(wanted), str(self.nginx.port))
              .replace(str(self.nginx.certificate), str(other / "other.pem"))
              .replace(str(self.nginx.key), str(other / "other.key")).replace(HOST, "other.test"))
        site.unlink()
        self.nginx.start()
        site.write_text(text)
        self.other_port, self.nginx.port = self.nginx.port, wanted
        self.other = served_certificate(self.other_port)

    def assert_nothing_there(self):
        self.assertEqual(list(self.nginx.tls.iterdir()), [])
        self.assertEqual(served_certificate(self.other_port)["serial"], self.other["serial"])

    def wait_until_served(self, seconds=60):
        def served():
            try:
                return self.nginx.served()
            except Exception:
                return None
        return wait_until(served, "nginx serves the wanted certificate", seconds)

    def empty(self):
        return wait_until(lambda: self.status()["empty"], "`status` has the empty place")[0]

    def test_policy_of_the_controller(self):
        """a signed policy wants a certificate where nothing is: enrolled, placed, loaded and seen; the names are the host's"""
        self.lab_up()
        self.start_controller(documents=self.documents(names=("{host}", WWW)))
        self.start_agent(guard=self.allowed(), credentials={"web-enroller": self.enrollment.credential()})
        needed = self.heard("slot.enrollment_needed")
        self.assertEqual(needed["details"], {"way": "credential", "credential": "web-enroller", "names": f"{HOST} {WWW}"})
        completed = self.heard("renewal.completed", seconds=60)
        self.assertEqual(completed["details"]["listeners"], 1)
        self.assertEqual(completed["policy"], f"{self.commit}:web1")
        self.wait_until_served()
        self.assert_good()
        self.assertEqual(self.heard("certificate.discovered")["host"], HOST)
        wait_until(lambda: not self.status()["empty"], "nothing is empty any more")
        self.assertIn("its key renews it", self.places()["lines"][0]["seen"])
        self.assertIn("it is not due before", self.agent.command("explain", needed["slot_id"]).stdout)
        self.assertEqual(served_certificate(self.other_port)["serial"], self.other["serial"])
        kinds = [event["kind"] for event in self.feed.events]
        self.assertNotIn("certificate.superseded", kinds)
        for path in self.agent.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(self.enrollment.password, path.read_text(errors="replace"), path)

    def test_outside_the_guard(self):
        """a place or a name that the guard does not have: refused before the CA is asked, and said wherever one looks"""
        self.lab_up()
        self.start_alone(guard=self.allowed(names=(HOST,)))
        self.wait_told("renewal.preflight_failed")
        self.assertTrue(self.log_has(f'the name "{WWW}" is new at this place'))
        slot = self.empty()["slot_id"]
        self.assertIn(f"empty {slot} {self.nginx.certificate}: nothing is there yet", self.agent.command("status").stdout)
        explained = self.agent.command("explain", slot).stdout
        self.assertTrue(explained.startswith("empty: nothing is there yet; it is enrolled by credential"), explained)
        self.assertIn("is new at this place", explained)
        self.assertIn("1 renewals failed", explained)
        self.assertIn(f"wanted for: {HOST} {WWW}", self.agent.command("slots").stdout)
        self.agent.allow(self.enrollment)
        self.agent.restart_installer()
        self.agent.command("renew", slot)
        wait_until(lambda: self.log_has("the guard's enrollments do not have this place"), "the place is refused")
        self.assertEqual(self.enrollment.asked(), self.asked_before)
        self.assert_nothing_there()

    def test_counted_at_the_controller(self):
        """`perennial status` counts the empty place: refused by the guard it failed, then it waits for approval"""
        def counted():
            return json.loads(self.controller.cli("status", "--json").stdout)["empty_places"]
        self.lab_up(manager_approval=True)
        self.start_controller(documents=self.documents(names=("{host}", WWW)))
        self.assertEqual(counted(), {"total": 0, "pending": 0, "failing": 0})
        self.start_agent(guard=self.allowed(names=(HOST,)), credentials={"web-enroller": self.enrollment.credential()})
        slot = self.heard("renewal.abandoned")["slot_id"]
        wait_until(lambda: counted() == {"total": 1, "pending": 0, "failing": 1}, "it has failed")
        self.assertIn("1 where a policy wants a certificate and none is yet", self.controller.cli("status").stdout)
        self.agent.allow(self.enrollment, guard=self.allowed())
        self.agent.restart_installer()
        self.agent.command("renew", slot)
        self.heard("request.pending")
        wait_until(lambda: counted() == {"total": 1, "pending": 1, "failing": 1}, "it waits")

    def test_approval_over_a_restart(self):
        """it waits for approval, over a restart of the agent, with one key and one request"""
        self.lab_up(manager_approval=True)
        self.start_alone(guard=self.allowed())
        self.wait_told("request.pending")
        before = self.status()["renewals"][0]["order_id"]
        self.assert_nothing_there()
        self.agent.process.stop()
        self.agent.start()
        self.assertEqual(self.status()["renewals"][0]["order_id"], before)
        self.approve()
        self.wait_until_served(90)
        self.assert_good()
        self.assertEqual(self.enrollment.asked(), self.asked_before + 1)

    def approve(self):
        pending = json.loads(self.enrollment.operator("requests", "--state", "pending", "--json").stdout)["items"]
        self.assertEqual(len(pending), 1)
        self.enrollment.operator("approve", str(pending[0]["request_id"]))

    def test_admin_was_first(self):
        """an administrator's files come while the CA waits for approval: they stay, and the renewal ends"""
        self.lab_up(manager_approval=True)
        self.start_alone(guard=self.allowed())
        self.wait_told("request.pending")
        self.enrollment.issue_test(self.nginx.certificate, self.nginx.key, HOST)
        run(self.nginx.reload_action()["run"])
        theirs = self.wait_until_served()
        self.approve()
        self.wait_told("certificate.changed_outside", 100)  # when the CA is next asked
        wait_until(lambda: not self.status()["renewals"], "the renewal has ended")
        self.assertEqual(self.nginx.served()["serial"], theirs["serial"])
        self.assert_pair_matches()
        self.assertEqual(self.told("certificate.installed"), 0)

    def places(self, *bad):
        """What `doctor places` says: the lines that are bad, in order; each says what to mend."""
        done = self.agent.command("doctor", "places", "--json", check=False)
        report = json.loads(done.stdout)
        told = [line for line in report["lines"] if line["verdict"] == "bad"]
        self.assertEqual((done.returncode, report["bad"], len(told)), (1 if bad else 0, len(bad), len(bad)), done.stdout)
        for line, text in zip(told, bad):
            self.assertIn(text, line["seen"])
            self.assertTrue(line["mend"], line)
            self.assertIn(self.empty()["slot_id"] if self.status()["empty"] else "slot-", line["step"])
        return report

    def test_doctor(self):
        """`doctor places` before the CA is asked: no credential, no guard entry, a name too many, no folder, no installer"""
        self.lab_up()
        self.start_alone(credential=False)
        self.empty()
        self.places("has no web-enroller", "the guard's enrollments do not have this place")
        text = self.agent.command("doctor", "places", check=False).stdout
        self.assertIn("2 to mend", text)
        self.assertIn(f"{self.nginx.certificate}, installer: ", text)
        for guard, why in ((self.allowed(names=(HOST,)), f'the name "{WWW}" is new at this place'), (self.allowed(), None)):
            self.agent.allow(self.enrollment, guard=guard)
            self.agent.restart_installer()
            self.places("has no web-enroller", *([why] if why else []))
        aside = self.nginx.tls.with_name("aside")
        self.nginx.tls.rename(aside)
        self.places("has no web-enroller", "No such file or directory")
        aside.rename(self.nginx.tls)
        self.agent.installer.stop()
        self.places("has no web-enroller", "does not answer")
        self.assertEqual(self.enrollment.asked(), self.asked_before)
        self.assert_nothing_there()

    def test_pause_and_resume(self):
        """an empty place is named and paused as a slot is: nothing is asked of the CA until it is resumed"""
        self.lab_up()
        self.start_alone(guard=self.allowed(names=(HOST,)))  # the first attempt ends: `renew` below may begin another
        self.wait_told("renewal.preflight_failed")
        slot = self.empty()["slot_id"]
        until = json.loads(self.agent.command("pause", slot, "--for", "5d", "--reason", "freeze", "--json").stdout)["until"]
        self.wait_told("slot.paused")
        self.agent.allow(self.enrollment, guard=self.allowed())
        self.agent.restart_installer()
        for command in ("status", "slots"):
            self.assertIn(f"  paused until: {until}\n", self.agent.command(command).stdout)
        self.assertEqual(self.status()["paused"], 1)
        self.assertIn(f"paused: the host's admin paused it until {until}: freeze", self.agent.command("explain", slot).stdout)
        refused = self.agent.command("renew", slot, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn(f"`perennial-agent resume {slot}` first", refused.stderr)
        self.agent.process.stop()
        self.agent.start()
        self.assertEqual(self.status()["paused"], 1)
        self.assertEqual(self.enrollment.asked(), self.asked_before)
        self.agent.command("resume", slot)
        wait_until(lambda: self.log_has("slot.resumed"), "it is told")
        self.agent.command("renew", slot)
        self.wait_until_served()
        self.assert_good()

    def test_not_served(self):
        """what was placed is not served where the policy says: it is taken away, both files, and that is said"""
        self.lab_up()
        self.start_alone(guard=self.allowed(), listeners=[f"127.0.0.1:{self.other_port}"])
        self.wait_told("renewal.rolled_back", 90)
        self.assertTrue(self.log_has("what was placed is taken away again"))
        self.assertTrue(self.log_has("still shows the certificate with serial"))
        wait_until(lambda: self.told("key.destroyed"), "the key is destroyed")
        self.assert_nothing_there()
        self.assertEqual(self.told("renewal.completed"), 0)

    def test_action_fails(self):
        """the service's own check refuses its configuration: the pair is taken away"""
        self.lab_up()
        write(self.nginx.folder / "sites/broken.conf", "no such directive;\n")
        self.start_alone(guard=self.allowed())
        self.wait_told("renewal.rolled_back", 90)
        self.assertTrue(self.log_has("reload-nginx ended with 1"))
        self.assert_nothing_there()


class OtherNames(WantedPlace):
    def lab_up(self, valid_from="-1d"):
        self.start_enrollment()
        self.start_nginx(valid_from=valid_from)

    def test_enrolled_anew(self):
        """the policy wants another name: enrolled anew by the host's credential, and the old one is superseded"""
        self.lab_up()
        self.start_alone(guard=self.allowed())
        self.wait_for_new_certificate(60)
        self.assert_good()
        self.wait_told("certificate.superseded")
        self.assertTrue(self.log_has("its key cannot change names; it is enrolled anew by credential web-enroller"))
        wait_until(lambda: not self.status()["names"], "the names are as wanted")
        self.assertEqual(self.enrollment.asked(), self.asked_before + 1)

    def refused(self, why, **options):
        self.start_alone(**options)
        found = wait_until(lambda: [one for one in self.status()["names"] if why in one["say"]], "`status` says why")[0]
        self.assertIn("It goes on being renewed with its old names", found["say"])
        self.assertIn(why, self.agent.command("explain", found["slot_id"]).stdout)
        self.assertEqual(self.enrollment.asked(), self.asked_before)
        self.assert_old_served()
        wait_until(lambda: self.log_has(f"{why}"), "the event says why")
        self.put_near_its_end()
        self.agent.command("scan")
        self.wait_for_new_certificate(60)
        self.assert_pair_matches()
        self.assertEqual(self.names_served(), [f"DNS:{HOST}"])

    def test_outside_the_guard(self):
        """the guard does not have the new name: said, and the old certificate is renewed by its key"""
        self.lab_up()
        self.refused(f'the name "{WWW}" is new at this place', guard=self.allowed(names=("mail.example.test",)))

    def test_no_credential(self):
        """the host has no credential for it: said, and the old certificate is renewed by its key"""
        self.lab_up()
        self.refused("has no web-enroller, which policy web1 names", guard=self.allowed(), credential=False)


if __name__ == "__main__":
    import unittest
    unittest.main()
