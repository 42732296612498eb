"""What happens to one certificate besides its renewals: it has expired, its policy is gone."""

import json
import re
import shlex

from lab.enrollment import web_template
from lab.files import write_yaml
from lab.policies import web_documents
from lab.processes import run, wait_until
from system_case import HOST, SystemCase

ENROLL = {"credential": "web-enroller", "template": "WebServer"}


class Recovery(SystemCase):
    def lab_up(self, enroll=ENROLL, credential=None, guard=None, **template):
        """A certificate that ended ten days ago is served; no controller."""
        self.start_enrollment([web_template(**template)])
        self.start_nginx(valid_from="-100d")
        self.asked_before = self.enrollment.asked()
        folder = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment, enroll=enroll).items():
            write_yaml(folder / path, document)
        credentials = {"web-enroller": self.enrollment.credential(**credential)} if credential is not None else None
        self.start_agent(policies=folder, labels={"role": "web"}, guard=guard, credentials=credentials)

    def status(self):
        return json.loads(self.agent.command("status", "--json").stdout)

    def expired(self):
        return wait_until(lambda: self.status()["expired"], "the expired slot is in `status`")[0]

    def told(self, kind):
        return self.agent.process.tail(5_000_000).count(f"{kind} ")

    def assert_new_one_is_good(self, new):
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        self.assert_pair_matches()
        run(["/usr/bin/openssl", "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing,
             self.nginx.certificate])
        self.assertIn(f"DNS:{HOST}", run(["/usr/bin/openssl", "x509", "-in", self.nginx.certificate, "-noout", "-text"]).stdout)
        self.assertEqual(self.nginx.key.stat().st_mode & 0o777, 0o600)

    def test_by_credential(self):
        """an expired certificate is enrolled anew by the host's own credential, and the password is nowhere"""
        self.lab_up(credential={})
        self.assert_new_one_is_good(self.wait_for_new_certificate())
        wait_until(lambda: not self.status()["expired"], "nothing is expired any more")
        self.assertEqual(self.told("slot.enrollment_needed"), 1)
        wait_until(lambda: self.told("certificate.superseded") == 1, "the old one is superseded, once")
        before = json.loads(self.agent.command("superseded", "--json").stdout)["items"]
        self.assertEqual([item["serial"] for item in before], [self.old["serial"]])
        self.assertIn("it has expired", self.agent.command("superseded").stdout)
        for path in self.agent.folder.rglob("*"):
            if path.is_file():
                self.assertNotIn(self.enrollment.password, path.read_text(errors="replace"), path)

    def test_approval(self):
        """it waits for approval, over a restart of the agent, with one key and one request"""
        self.lab_up(credential={}, manager_approval=True)
        wait_until(lambda: self.told("request.pending"), "the CA wants approval")
        before = self.status()["renewals"]
        self.agent.process.stop()
        self.agent.start()
        self.assertEqual(self.status()["renewals"][0]["order_id"], before[0]["order_id"])
        self.assertEqual(self.expired()["recovery"], "credential")
        pending = json.loads(self.enrollment.operator("requests", "--state", "pending", "--json").stdout)["items"]
        self.assertEqual(len(pending), 1)
        self.enrollment.operator("approve", str(pending[0]["request_id"]))
        self.assert_new_one_is_good(self.wait_for_new_certificate(90))
        self.assertEqual(self.enrollment.asked(), self.asked_before + 1)

    def test_by_hand(self):
        """no credential: nothing is asked, status and explain say what to type, and typing it mends the slot"""
        self.lab_up()
        expired = self.expired()
        self.assertEqual(expired["recovery"], "by-hand")
        self.assertIn("has no web-enroller, which policy web-servers names", expired["say"])
        explained = self.agent.command("explain", expired["slot_id"]).stdout
        self.assertTrue(explained.startswith("expired: "), explained)
        refused = self.agent.command("renew", expired["slot_id"], check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("its key renews nothing any more", refused.stderr)
        self.assert_old_served()
        self.assertEqual(self.told("slot.enrollment_needed"), 1)
        self.assertEqual(self.enrollment.asked(), self.asked_before)
        self.type_it(explained)
        wait_until(lambda: not self.status()["expired"], "the next scan sees the new one")
        self.assert_new_one_is_good(self.nginx.served())

    def type_it(self, explained):
        """As an administrator does, who knows what stands in capitals."""
        words = shlex.split(re.search(r"`(perennial-enroller first .*?)`", explained).group(1))
        credential = self.enrollment.credential()
        known = {"--policy-url": credential["policy_url"], "--trust-file": credential["trust_file"],
                 "--user": credential["user"], "--password-file": credential["password_file"]}
        for at, word in enumerate(words):
            if word in known:
                words[at + 1] = known[word]
        run([self.lab.program(words[0]), *words[1:]])
        value = dict(zip(words, words[1:]))
        for option, target in (("--key-file", self.nginx.key), ("--certificate-file", self.nginx.certificate)):
            run(["/usr/bin/mv", value[option], target])
        run(self.nginx.reload_action()["run"])
        wait_until(lambda: self.nginx.served()["serial"] != self.old["serial"], "nginx serves what was typed")

    def test_password_refused(self):
        """a password that is refused is shown once, and what the CA said is told"""
        wrong = self.lab.folder / "wrong"
        wrong.write_text("not the password\n")
        wrong.chmod(0o600)
        self.lab_up(credential={"password_file": wrong})
        wait_until(lambda: self.told("renewal.abandoned"), "it is given up")
        self.assertEqual(self.told("key.generated"), 0)
        slot = self.expired()["slot_id"]
        wait_until(lambda: "1 renewals failed" in self.agent.command("explain", slot).stdout, "explain counts it")
        self.assert_old_served()

    def test_outside_the_guard(self):
        """names that the guard does not allow are refused before anybody asks the CA"""
        self.lab_up(credential={}, guard={"names": ["other.example.test"]})
        wait_until(lambda: self.told("renewal.preflight_failed"), "the installer refuses")
        self.assertIn(f'the name "{HOST}" is not among names', self.agent.process.tail(5_000_000))
        self.assertEqual(self.enrollment.asked(), self.asked_before)
        self.assert_old_served()


class LeftAlone(SystemCase):
    def status(self, *arguments):
        return self.agent.command("status", *arguments).stdout

    def test_policy_gone(self):
        """a slot whose policy is gone is left alone and everybody says so, until a policy takes it again"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")
        documents = web_documents(self.enrollment)
        self.start_controller(documents=documents, intervals={"checkin": "1s", "plan": "1s", "silent_after": "5m"})
        self.start_agent()
        slot = self.heard("certificate.discovered")["slot_id"]
        wait_until(lambda: "waiting" in self.agent.command("explain", slot).stdout, "a policy rules it")
        elsewhere = {path: dict(document) for path, document in documents.items()}
        elsewhere["policies/web-servers.yaml"]["match"] = {"names": ["*.other.test"]}
        commit = self.policies.commit(elsewhere)
        told = self.heard("slot.unmanaged")
        self.assertEqual((told["slot_id"], told["policy"], told["details"]["former_policy"], told["actor"]["type"]),
                         (slot, commit, "web-servers", "agent"))
        say = f"unmanaged {slot} {self.nginx.certificate}: policy web-servers ruled it until"
        wait_until(lambda: say in self.status(), "status says so")
        self.assertTrue(self.agent.command("explain", slot).stdout.startswith("unmanaged: policy web-servers ruled it"))
        self.assertIn("left alone, was ruled by: web-servers", self.agent.command("slots").stdout)
        self.assertIn("1 ruled by a policy before and by none now", self.controller.cli("status").stdout)
        self.assertIn("none, was web-servers", self.controller.cli("certificates").stdout)
        self.put_near_its_end()  # due under any policy, and nobody touches it
        self.agent.command("scan")
        before = json.loads(self.status("--json"))["scanned_at"]
        wait_until(lambda: json.loads(self.status("--json"))["scanned_at"] > before, "it was looked at again")
        self.assert_old_served()
        self.feed.poll()
        self.assertEqual([e["kind"] for e in self.feed.events].count("slot.unmanaged"), 1)
        self.policies.commit(documents)
        self.assertEqual(self.heard("slot.managed")["details"]["former_policy"], "web-servers")
        self.wait_for_new_certificate()
        self.assertNotIn("ruled by a policy before", self.controller.cli("status").stdout)
        self.assertEqual(json.loads(self.status("--json"))["unmanaged"], [])


if __name__ == "__main__":
    import unittest
    unittest.main()
