"""A host's whole life with the Debian packages, in a Debian of its own with a real systemd."""

import shutil
import unittest

from helper_unit import see_helper_in_a_unit
from lab.nginx import describe_certificate
from lab.processes import run, wait_until
from packaged_host import NEWER, TLS, PackagedHost


class HostLife(PackagedHost):
    versions = {"now": None, "newer": NEWER}

    def renewal_that_waits(self):
        """The agent's renewal, once its enrolment service was found silent."""
        return next((one for one in self.status().get("renewals", []) if one.get("problem")), None)

    def assert_pair(self):
        certificate = self.host.read(TLS / "web1.pem")
        key = run(["/usr/bin/openssl", "pkey", "-in", self.host.path(TLS / "web1.key"), "-pubout"]).stdout
        self.assertEqual(describe_certificate(certificate)["public_key"].strip(), key.strip())
        return describe_certificate(certificate)

    def test_installed_joined_renewed_upgraded_removed(self):
        """packages on a real systemd: joined by an image's token, upgraded mid-renewal, downgraded, removed, purged"""
        self.boot_host()
        host = self.host
        self.set_up_services()
        self.set_up_nginx()
        self.apt_install(f"perennial-agent={self.ours(None)}")
        host.wait_active("perennial-agent")  # alone, without policies
        self.set_up_agent()
        self.leave_a_token()

        # The image is started: it joins by itself, once, though its controller starts at the same time.
        host.run("systemctl", "disable", "perennial-enrollment")
        host.shut_down()
        host.boot()
        host.wait_active("perennial-agent", 60)
        wait_until(lambda: self.status().get("agent_id"), "the agent has joined", 60, every=0.3)
        self.assertFalse(host.path("/etc/perennial/join-token").exists())
        agent = self.status()["agent_id"]
        for unit in ("perennial-agent", "perennial-controller"):
            self.assert_hardened(unit)
        see_helper_in_a_unit(self, host)

        # A renewal that waits for its enrolment service is upgraded under way.
        waiting = wait_until(self.renewal_that_waits, "a renewal waits", 60, every=0.3)
        before = host.main_pid("perennial-agent")
        config = host.read("/etc/perennial/agent.yaml")
        host.write("/etc/perennial/agent.yaml", config + "surprise: yes\n")
        told = self.apt_install(f"perennial-agent={NEWER}")
        self.assertIn("agent.yaml:14: surprise: unknown key", told)
        self.assertIn("What was running goes on", told)
        self.assertEqual((host.is_active("perennial-agent"), host.main_pid("perennial-agent")), ("active", before))
        host.write("/etc/perennial/agent.yaml", config)
        told = self.apt_install("--reinstall", f"perennial-agent={NEWER}")
        self.assertNotIn("goes on", told)
        self.assertEqual(self.version("perennial-agent"), NEWER)
        host.wait_active("perennial-agent")
        self.assertNotEqual(host.main_pid("perennial-agent"), before)

        self.assertEqual(self.served()["serial"], self.old["serial"])
        host.run("systemctl", "start", "perennial-enrollment")
        new = wait_until(lambda: self.served() if self.served()["serial"] != self.old["serial"] else None,
                         "nginx serves the new certificate", 90, every=0.3)
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        self.assertEqual(self.assert_pair()["serial"], new["serial"])
        completed = wait_until(lambda: [one for one in self.ask("renewals")["items"] if one.get("state") == "completed"],
                               "the controller knows that it is done", 30, every=0.3)
        self.assertEqual([one["order_id"] for one in completed], [waiting["order_id"]])
        keys = host.run("journalctl", "-o", "cat", "--grep", "key.generated", check=False).stdout.splitlines()
        self.assertEqual(len(keys), 1, keys)  # the upgrade made no second key, nor asked twice
        self.assertEqual(len(self.ask("enrollment", "requests")["items"]), self.requests_before + 1)

        self.apt_install(f"perennial-agent={self.ours(None)}")
        self.assertEqual(self.version("perennial-agent"), self.ours(None))
        host.wait_active("perennial-agent")
        wait_until(lambda: self.status().get("agent_id") == agent, "the older version is the same agent", 30, every=0.3)
        self.removed_and_purged(new)

    def removed_and_purged(self, new):
        host = self.host
        host.run("apt-get", "-y", "remove", "perennial-agent")
        self.assertFalse(host.path("/usr/lib/perennial/perennial-agent").exists())
        self.assertEqual(host.is_active("perennial-agent"), "inactive")
        self.assertTrue(host.path("/var/lib/perennial/agent/identity.pem").exists())
        host.run("apt-get", "-y", "purge", "perennial-agent", "perennial-enrollment", "perennial-controller", "perennial")
        self.assertFalse(host.path("/var/lib/perennial").exists())
        left = host.run("find", "/etc/systemd", "/lib/systemd", "/usr/lib/perennial", "-name", "perennial*", check=False).stdout
        self.assertEqual(left, "")
        self.assertEqual(self.assert_pair()["serial"], new["serial"])  # the service keeps what is its own
        host.run("systemctl", "restart", "nginx")
        self.assertEqual(self.served()["serial"], new["serial"])

    def test_lintian(self):
        """lintian finds no error and nothing to warn of"""
        if not shutil.which("lintian"):
            self.skipTest("lintian is not installed")
        found = run(["/usr/bin/lintian", "--fail-on", "error,warning", *self.packages.values()], check=False, timeout=400)
        self.assertEqual((found.returncode, found.stdout), (0, ""))

    def test_a_repository_that_was_changed_is_refused(self):
        """apt takes the packages by the signed lists alone"""
        self.boot_host()
        host = self.host
        self.apt_install(f"perennial={self.ours(None)}")
        package = next(host.path("/srv/repository/pool/main/p/perennial").glob(f"perennial_{NEWER}_*.deb"))
        content = bytearray(package.read_bytes())
        content[len(content) // 2] ^= 1
        package.write_bytes(content)
        done = host.run("apt-get", "-y", "install", f"perennial={NEWER}", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.version("perennial"), self.ours(None))
        lists = host.path("/srv/repository/dists/stable/InRelease")
        lists.write_text(lists.read_text().replace("Label: Perennial", "Label: Somebody"))
        refused = host.run("apt-get", "update", check=False)
        self.assertRegex(refused.stdout + refused.stderr, "(?i)bad|invalid|not signed")


if __name__ == "__main__":
    unittest.main()
