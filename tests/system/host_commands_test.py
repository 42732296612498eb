"""What the host's admin asks and says, and what two copies of one agent lead to."""

import json
import os
import pty
import shutil
import subprocess

from lab.agent import Agent
from lab.files import write
from lab.processes import run, wait_until
from system_case import HOST, SystemCase


class Clone(SystemCase):
    def test_cloned_agent(self):
        """a cloned agent: both copies are turned away and say so, an operator's release brings the one that is left back"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")
        self.start_controller(intervals={"checkin": "1s", "plan": "1s", "silent_after": "5m"})
        self.start_agent(intervals={"scan": "5s", "retry": "1s", "unanswered": "30m"})
        agent = self.heard("certificate.discovered")["agent_id"]
        twin = Agent(self.lab, self.nginx, "twin")
        twin.folder.mkdir()
        shutil.copytree(self.agent.state, twin.state, ignore=shutil.ignore_patterns("lock", ".new-*"))
        twin.state.chmod(0o700)
        twin.prepare(self.enrollment, controller=self.controller,
                     intervals={"scan": "5s", "retry": "1s", "unanswered": "30m"})
        twin.start_installer()
        twin.start()
        told = self.heard("agent.quarantined")
        self.assertEqual((told["agent_id"], told["host"]), (agent, HOST))
        for copy in (self.agent, twin):
            slot = json.loads(wait_until(lambda c=copy: c.command("slots", "--json").stdout, "slots"))["items"][0]["slot_id"]
            wait_until(lambda c=copy, s=slot: "quarantined" in c.command("explain", s).stdout, "it says why")
            refused = copy.command("renew", slot, check=False)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("quarantined", refused.stderr)
        self.assertIn("quarantined", self.controller.cli("agents").stdout)
        twin.process.stop()
        self.controller.cli("agents", "release", agent)
        self.heard("agent.released")
        wait_until(lambda: "quarantined" not in self.agent.command("explain", slot).stdout, "it goes on")
        self.assertEqual(self.agent.command("renew", slot).returncode, 0)
        self.wait_for_new_certificate()


class HostAdmin(SystemCase):
    def test_damaged_memory(self):
        """damaged files of the agent's memory are put aside and told; the agent starts and renews all the same"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")
        self.start_controller(intervals={"checkin": "1s", "plan": "1s", "silent_after": "5m"})
        self.start_agent()
        self.heard("certificate.discovered")
        self.agent.process.stop()
        write(self.agent.state / "renewals" / "order-x.renewal", '{"order": 1}')
        write(self.agent.state / "slots.json", '{"slot": ')
        self.agent.start()
        def told():
            self.feed.poll()
            events = [event["reason"] for event in self.feed.events if event["kind"] == "agent.state_damaged"]
            return events if len(events) == 2 else None
        reasons = "\n".join(sorted(wait_until(told, "both are told")))
        self.assertRegex(reasons, r"(?s)order-x\.renewal.*slots\.json cannot be read")
        self.assertEqual((self.agent.state / "renewals" / "order-x.renewal.damaged").read_text(), '{"order": 1}')
        slot = json.loads(self.agent.command("slots", "--json").stdout)["items"][0]["slot_id"]
        wait_until(lambda: json.loads(self.agent.command("explain", slot, "--json").stdout).get("policy"), "a policy")
        self.agent.command("renew", slot)
        self.wait_for_new_certificate()

    def test_explain_pause_resume(self):
        """the host's admin: explain names policy line and moment, a pause holds an order back, resume lets it go"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")
        self.start_controller(intervals={"checkin": "1s", "plan": "1s", "silent_after": "5m"})
        self.start_agent()
        agent = self.heard("certificate.discovered")["agent_id"]
        slot = json.loads(wait_until(
            lambda: (lambda text: text if "slot_id" in text else None)(self.agent.command("slots", "--json").stdout),
            "slots"))["items"][0]["slot_id"]
        told = wait_until(lambda: (lambda j: j if j.get("policy") else None)(
            json.loads(self.agent.command("explain", slot, "--json").stdout)), "the policy is there")
        self.assertEqual(told["verdict"], "waiting")
        self.assertRegex(told["policy_line"], r"^[\w./-]+\.yaml:\d+$")
        self.assertEqual(told["policy_commit"], self.commit)
        self.assertIn("not due before", self.agent.command("explain", slot).stdout)
        self.agent.command("pause", slot, "--for", "2h", "--reason", "change freeze")
        self.assertEqual(self.heard("slot.paused")["reason"], "change freeze")
        self.assertIn("paused", self.agent.command("explain", slot).stdout)
        self.assertEqual(self.agent.command("renew", slot, check=False).returncode, 1)
        order = json.loads(self.controller.cli("renew", agent, slot, "--json").stdout)["order_id"]
        self.heard("renewal.ordered", order)
        self.assert_old_served()
        self.agent.command("resume", slot)
        self.heard("slot.resumed")
        self.heard("renewal.completed", order)
        self.wait_for_new_certificate()
        last = json.loads(self.agent.command("explain", slot, "--json").stdout)["last_attempt"]
        self.assertEqual((last["result"], last["order_id"]), ("completed", order))
        for wrong in (("pause", slot, "--for", "31d"), ("pause", "slot-0"), ("resume", slot), ("explain", "slot-0")):
            refused = self.agent.command(*wrong, check=False)
            self.assertEqual((refused.returncode, refused.stdout), (1, ""), wrong)
            self.assertNotEqual(refused.stderr, "")


class Changes(SystemCase):
    def test_noticed_between_sweeps(self):
        """a pair that the admin replaces and a site that is added are seen within seconds, long before the next sweep"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")
        policies = self.lab.folder / "none"
        policies.mkdir()
        self.agent = Agent(self.lab, self.nginx)
        self.agent.prepare(self.enrollment, policies=policies,
                           intervals={"scan": "12h", "retry": "1s", "unanswered": "30m"})
        self.agent.start_installer()
        self.agent.start()
        before = wait_until(self.slots, "the first scan")
        told = json.loads(self.agent.command("status", "--json").stdout)
        # of the pair, of nginx.conf, of its sites
        self.assertEqual((told["watched_folders"], told["unwatched_folders"]), (3, 0))
        new = [self.lab.folder / name for name in ("new.pem", "new.key")]
        self.enrollment.issue_test(*new)
        for source, target in zip(new, (self.nginx.certificate, self.nginx.key)):
            source.replace(target)
        wait_until(lambda: self.slots() != before, "the new pair", 60)
        self.assertEqual(len(self.slots()), 1)
        second = [self.lab.folder / "second" / name for name in ("web2.pem", "web2.key")]
        second[0].parent.mkdir()
        self.enrollment.issue_test(*second, name="web2.example.test")
        write(self.nginx.folder / "sites" / "web2.conf", f"""server {{
    listen 127.0.0.1:{self.nginx.port} ssl;
    server_name web2.example.test;
    ssl_certificate     {second[0]};
    ssl_certificate_key {second[1]};
}}
""")
        wait_until(lambda: len(self.slots()) == 2, "the new site's pair", 60)

    def slots(self):
        answer = json.loads(self.agent.command("slots", "--json").stdout)
        return {slot["place"]["certificate_path"]: slot["certificate"]["serial"] for slot in answer["items"]}


class Discover(SystemCase):
    def watched_on_a_terminal(self):
        """Whoever has a terminal sees that it goes on; whoever reads the output sees only that."""
        ours, theirs = pty.openpty()
        done = subprocess.run([self.lab.program("perennial-agent"), "discover", "--config", self.agent.config, "--json"],
                              stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=True)
        os.close(theirs)
        self.assertRegex(os.read(ours, 1 << 16).decode(), r"reading files and looking at listeners: \d+ s")
        os.close(ours)
        json.loads(done.stdout)
        self.assertEqual(self.agent.command("discover").stderr, "")

    def test_discover_alone(self):
        """discover needs neither controller nor daemon: a table, JSON and a bill of materials say what openssl says"""
        self.start_enrollment()
        self.start_nginx()
        self.agent = Agent(self.lab, self.nginx)
        self.agent.prepare(self.enrollment, policies=self.lab.folder / "none")
        self.watched_on_a_terminal()
        said = run(["/usr/bin/openssl", "x509", "-in", self.nginx.certificate, "-noout", "-serial", "-fingerprint", "-sha256"]).stdout
        serial = said.split("serial=")[1].split()[0]
        fingerprint = said.split("Fingerprint=")[1].split()[0].replace(":", "").lower()
        table = self.agent.command("discover").stdout
        self.assertIn(str(self.nginx.certificate), table)
        self.assertIn("1 certificate with a key: 1 served here", table)
        slot = json.loads(self.agent.command("discover", "--json").stdout)["slots"][0]
        self.assertEqual(slot["certificate"]["serial"], serial)
        self.assertEqual(slot["listeners"][0]["served"], fingerprint)
        bill = json.loads(self.agent.command("discover", "--cbom").stdout)
        self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.6"))
        kinds = [c["cryptoProperties"]["assetType"] for c in bill["components"]]
        self.assertEqual({k: kinds.count(k) for k in kinds},
                         {"algorithm": 2, "certificate": 2, "related-crypto-material": 3})  # with the issuing authority
        found = [c for c in bill["components"] if c["bom-ref"] == f"certificate:{fingerprint}"]
        self.assertEqual(found[0]["evidence"]["occurrences"], [{"location": str(self.nginx.certificate)}])
        self.assertNotIn("PRIVATE KEY", json.dumps(bill))
