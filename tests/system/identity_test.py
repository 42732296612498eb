"""An agent's identity that has expired: named on both sides, nothing stops, and a token brings it back."""

import json
import sqlite3

from lab.files import write
from lab.processes import run, wait_until
from system_case import HOST, SystemCase

EXPIRED = "20200108000000Z"

CA = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = identity
unique_subject = no
[any]
commonName = supplied
[identity]
subjectAltName = URI:perennial://agent/{agent}
extendedKeyUsage = clientAuth
keyUsage = digitalSignature
"""


class Silence(SystemCase):
    def test_scans_fail_and_agent_is_silent(self):
        """a host that cannot be scanned says so, once; a host that says nothing is told of, once"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")
        self.start_controller(intervals={"checkin": "1s", "plan": "1s", "silent_after": "5s"})
        self.start_agent(intervals={"scan": "1s", "retry": "1s", "unanswered": "30m"})
        self.heard("certificate.discovered")
        (self.agent.folder / "scanner.yaml").write_text("surprise: 1\n")
        failed = self.heard("scan.failed")
        self.assertEqual((failed["outcome"], failed["host"]), ("failure", HOST))
        self.assertNotEqual(failed["reason"], "")
        lines = wait_until(lambda: (lambda n: n if n >= 3 else None)(self.agent.process.tail(20000).count("error: scan:")),
                           "three scans fail")
        self.assertGreaterEqual(lines, 3)
        self.agent.process.stop()
        silent = self.heard("agent.silent")
        self.assertEqual(silent["host"], HOST)
        self.assertIn("last_seen", silent["details"])
        self.feed.poll()
        kinds = [event["kind"] for event in self.feed.events]
        self.assertEqual((kinds.count("scan.failed"), kinds.count("agent.silent")), (1, 1))


class Identity(SystemCase):
    def expire(self, agent):
        """What seven days without a controller do: openssl makes the same identity, long past its end."""
        folder = self.lab.folder / "past"
        folder.mkdir()
        write(folder / "index.txt", "", 0o600)
        config = write(folder / "ca.conf", CA.format(folder=folder, agent=agent), 0o600)
        identity = self.agent.state / "identity.pem"
        text = identity.read_text()
        key = text[text.index("-----BEGIN PRIVATE KEY"):text.index("-----END PRIVATE KEY-----") + 26]
        run(["/usr/bin/openssl", "req", "-new", "-key", write(folder / "key.pem", key, 0o600), "-subj", f"/CN={agent}",
             "-out", folder / "request.pem"])
        run(["/usr/bin/openssl", "ca", "-batch", "-notext", "-config", config, "-startdate", "20200101000000Z",
             "-enddate", EXPIRED, "-cert", self.controller.authority, "-keyfile", self.controller.state / "authority.key",
             "-in", folder / "request.pem", "-out", folder / "expired.pem"])
        identity.write_text(key + (folder / "expired.pem").read_text())
        with sqlite3.connect(self.controller.state / "controller.db") as database:
            database.execute("UPDATE agents SET identity_not_after = 1578441600 WHERE agent_id = ?", (agent,))
        database.close()

    def both_tell(self, agent):
        """The controller's event and the agent's own."""
        def look():
            self.feed.poll()
            told = [e for e in self.feed.events if e["kind"] == "agent.identity_expired" and e["agent_id"] == agent]
            return told if {e["actor"]["type"] for e in told} == {"controller", "agent"} else None
        return wait_until(look, "both tell of the expired identity")

    def test_an_expired_identity(self):
        """an agent whose identity has expired: both sides name it, it renews alone, a new token brings it back"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")  # not due yet
        self.start_controller()
        self.start_agent(intervals={"scan": "1s", "retry": "1s", "unanswered": "2s"})
        self.heard("certificate.discovered")
        wait_until(lambda: json.loads(self.agent.command("status", "--json").stdout)["policy_commit"] == self.commit,
                   "the agent holds the policies")
        agent = json.loads((self.agent.state / "agent.json").read_text())["agent_id"]
        token = self.controller.join_token(HOST)
        refused = self.agent.join(token, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("joined already", refused.stderr)
        self.agent.process.stop()
        self.controller.process.stop()

        self.expire(agent)
        self.controller.start()
        named = self.heard("agent.identity_expired")
        self.assertEqual((named["agent_id"], named["host"]), (agent, HOST))
        self.assertEqual(named["details"]["not_after"], "2020-01-08T00:00:00Z")
        self.assertIn(f"the identity of {agent} on {HOST} has expired", self.controller.process.tail(20000))
        self.agent.socket.unlink(missing_ok=True)
        self.agent.start()
        wait_until(lambda: f"the identity of {agent} has expired at 2020-01-08" in self.agent.process.tail(20000),
                   "the agent's log says so")
        self.assertIn("join token", self.agent.process.tail(20000))
        self.assert_old_served()

        self.put_near_its_end()
        self.wait_for_new_certificate()
        self.assert_pair_matches()

        token = self.controller.join_token(HOST)
        running = self.agent.join(token, check=False)
        self.assertNotEqual(running.returncode, 0)
        self.assertIn("stop the agent first", running.stderr)
        self.agent.process.stop()
        self.assertIn(agent, self.agent.join(token).stdout)
        self.agent.socket.unlink(missing_ok=True)
        self.agent.start()
        self.assertEqual(self.heard("agent.reenrolled")["agent_id"], agent)
        self.both_tell(agent)
        autonomous = self.heard("renewal.autonomous")
        self.heard("renewal.completed", autonomous["correlation_id"])
        self.assertIsNone(self.feed.first("agent.seq_gap"))
        shown = self.controller.ask("agents", "list")["items"]
        self.assertEqual([(a["agent_id"], a["state"]) for a in shown], [(agent, "active")])
        self.assertNotIn("2020-", shown[0]["identity_not_after"])
        used = self.agent.join(token, check=False)
        self.assertIn("joined already", used.stderr)

    def test_expired_and_revoked(self):
        """an expired identity of an agent that was revoked meanwhile: the host joins as a new agent, and goes on"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")
        self.start_controller()
        self.start_agent(intervals={"scan": "1s", "retry": "1s", "unanswered": "30m"})
        first = self.heard("certificate.discovered")["agent_id"]
        self.controller.process.stop()
        self.expire(first)
        self.agent.process.stop()
        self.agent.socket.unlink(missing_ok=True)
        self.agent.start()
        wait_until(lambda: "has expired" in self.agent.process.tail(20000), "the agent says so, to nobody")
        self.agent.process.stop()
        self.controller.start()
        self.controller.cli("agents", "revoke", first)
        self.agent.join(self.controller.join_token(HOST))
        second = json.loads((self.agent.state / "agent.json").read_text())["agent_id"]
        self.assertNotEqual(second, first)
        aside = self.agent.state / f"events-of-{first}.jsonl"
        self.assertIn("agent.identity_expired", aside.read_text())
        self.agent.socket.unlink(missing_ok=True)
        self.agent.start()

        def found_again():
            self.feed.poll()
            return [e for e in self.feed.events if e["kind"] == "certificate.discovered" and e["agent_id"] == second]
        wait_until(found_again, "the new agent reports the host's certificate")
        self.assertEqual([c["agent_id"] for c in self.controller.ask("certificates")["items"]], [second])
        self.assert_old_served()
