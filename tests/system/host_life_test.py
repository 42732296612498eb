"""A host's whole life with the Debian packages, in a Debian of its own with a real systemd."""

import json
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import system_case
from booted_host import ROOT, BootedHost, base_folder, need_a_bootable_machine
from helper_unit import see_helper_in_a_unit
from lab.controller import Controller
from lab.enrollment import Enrollment, web_template
from lab.files import to_yaml
from lab.lab import Lab
from lab.nginx import describe_certificate
from lab.policies import PolicyRepository, web_documents
from lab.processes import LabError, run, wait_until

NAME = "web1.example.test"
TLS = Path("/etc/nginx/tls")
NEWER = "9.0.0"


def build_packages(folder, version=None):
    """The packages of the programs under test."""
    preset = system_case.PROGRAMS.parent.name
    built = run([ROOT / "deploy/packages/build", "--preset", preset, "--output", folder,
                 *(["--version", version] if version else [])], timeout=900)
    return {Path(line).name.split("_")[0]: Path(line) for line in built.stdout.split()}


class HostLife(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need_a_bootable_machine()
        cls.built = Path(tempfile.mkdtemp(prefix="perennial-packages-"))
        cls.addClassCleanup(shutil.rmtree, cls.built, ignore_errors=True)
        cls.packages = build_packages(cls.built / "now")
        cls.newer = build_packages(cls.built / "newer", NEWER)
        cls.base = base_folder(cls.packages.values())
        cls.signed_repository()

    @classmethod
    def signed_repository(cls):
        """An apt repository of both versions, signed by a key made for it."""
        home = cls.built / "gnupg"
        home.mkdir(mode=0o700)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "GNUPGHOME": str(home), "LANG": "C.UTF-8"}
        run(["/usr/bin/gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key",
             "packages@example.test", "ed25519", "sign", "never"], env=environment)
        cls.repository = cls.built / "repository"
        for packages in ("now", "newer"):
            run([ROOT / "deploy/packages/repository", "--packages", cls.built / packages, "--output", cls.repository,
                 "--key", "packages@example.test"], env=environment)
        run(["/usr/bin/gpgconf", "--kill", "gpg-agent"], env=environment)

    def boot_host(self):
        self.lab = Lab(tempfile.mkdtemp(prefix="perennial-"), system_case.PROGRAMS)
        self.addCleanup(shutil.rmtree, self.lab.folder, ignore_errors=True)
        self.host = BootedHost(self.lab, self.base)
        self.addCleanup(self.host.close)
        self.addCleanup(self._tell_on_failure)
        self.host.write("/etc/hostname", "web1\n")
        shutil.copytree(self.repository, self.host.path("/srv/repository"))
        self.host.write("/etc/apt/sources.list.d/perennial.sources", "Types: deb\nURIs: file:/srv/repository\nSuites: stable\n"
                        "Components: main\nSigned-By: /srv/repository/perennial.gpg\n")
        self.host.boot()

    def _tell_on_failure(self):
        if not self._outcome.success and self.host.process and self.host.process.running():
            print(self.host.journal())

    # What is done on the host, as its administrator would.

    def apt_install(self, *packages):
        self.host.run("apt-get", "-qq", "update")
        done = self.host.run("apt-get", "-y", "--allow-downgrades", "-o", "Dpkg::Options::=--force-confold", "install",
                             *packages, timeout=120)
        return done.stdout + done.stderr

    def version(self, package):
        return self.host.run("dpkg-query", "-W", "-f", "${Version}", package).stdout

    def ours(self, version):
        return version if version == NEWER else self.packages["perennial-agent"].name.split("_")[1]

    def set_up_services(self):
        """perennial-enrollment and perennial-controller on the host itself, as their pages say."""
        host = self.host
        self.apt_install(f"perennial-enrollment={self.ours(None)}", f"perennial-controller={self.ours(None)}",
                         f"perennial={self.ours(None)}")
        for unit in ("perennial-enrollment", "perennial-controller"):
            self.assertEqual(host.is_active(unit), "inactive")  # nothing is configured yet, and nothing fails
        inside = Lab.__new__(Lab)  # paths as the host sees them; nothing is started through it
        inside.folder, inside.programs, inside.processes = Path("/srv"), self.lab.programs, []
        enrollment = self.enrollment = Enrollment(inside)
        enrollment.state = Path("/var/lib/perennial/enrollment")
        settings = enrollment.settings()
        settings["users"] = "/var/lib/perennial/enrollment/users.yaml"
        host.write("/etc/perennial/enrollment.yaml", to_yaml(settings) + "\n")
        template = web_template(manager_approval=True)
        host.write(f"/srv/enrollment/templates/{template['name']}.yaml", to_yaml(template) + "\n")
        self.as_service("enrollment", "init")
        self.as_service("enrollment", "admin", "add", "--name", "lab", "--role", "operator", "--token-file",
                        "/var/lib/perennial/enrollment/admin-token")
        enrollment.admin_token = "/var/lib/perennial/enrollment/admin-token"
        enrollment.root = host.path("/var/lib/perennial/enrollment/root.pem")
        self.policies = PolicyRepository(self.lab)
        self.policies.prepare()
        self.policies.commit(web_documents(enrollment))
        shutil.copytree(self.policies.folder, host.path("/srv/policies"))
        host.run("chown", "-R", "perennial-controller:", "/srv/policies")
        controller = self.controller = Controller(inside)
        controller.state = Path("/var/lib/perennial/controller")
        controller.authority = "/var/lib/perennial/controller/authority.pem"
        controller.token = "/var/lib/perennial/controller/operator-token"
        policies = PolicyRepository(inside)
        host.write("/etc/perennial/controller.yaml", to_yaml(controller.settings(policies)) + "\n")
        self.as_service("controller", "init")
        self.as_service("controller", "operator", "add", "--name", "lab", "--role", "operator", "--token-file",
                        controller.token)
        enrollment.root = "/var/lib/perennial/enrollment/root.pem"
        # Root's own copies: in a service's folder the service could exchange them.
        controller.token = self.given_to_root(controller.token)
        enrollment.admin_token = self.given_to_root(enrollment.admin_token)
        host.write("/etc/perennial/perennial.yaml", to_yaml(controller.cli_settings(enrollment)) + "\n")
        host.run("systemctl", "start", "perennial-enrollment", "perennial-controller")
        for unit in ("perennial-enrollment", "perennial-controller"):
            host.wait_active(unit)

    def given_to_root(self, token):
        target = f"/etc/perennial/{Path(token).name}"
        self.host.run("mv", token, target)
        self.host.run("chown", "root:", target)
        return target

    def as_service(self, service, *arguments):
        self.host.run(f"perennial-{service}", *arguments, user=f"perennial-{service}")

    def set_up_nginx(self):
        host = self.host
        files = [f"/var/lib/perennial/enrollment/{kind}" for kind in ("web1.pem", "web1.key")]
        self.as_service("enrollment", "issue-test", "--renewable", "--template", "WebServer", "--name", NAME,
                        "--valid-from=-80d", "--valid-for=90d", "--certificate-file", files[0], "--key-file", files[1])
        host.path(TLS).mkdir(mode=0o755)
        for file in files:
            target = host.path(TLS / Path(file).name)
            shutil.move(host.path(file), target)
            shutil.chown(target, 0, 0)
        host.write("/etc/nginx/sites-enabled/web1.conf", "server { listen 127.0.0.1:4443 ssl; server_name %s; "
                   "ssl_certificate %s/web1.pem; ssl_certificate_key %s/web1.key; }\n" % (NAME, TLS, TLS))
        host.run("systemctl", "restart", "nginx")
        self.old = self.served()
        asked = None

        def answers():
            nonlocal asked
            asked = self.host.run("perennial", "enrollment", "requests", "--json", check=False)
            return asked.returncode == 0
        try:
            wait_until(answers, "perennial-enrollment answers", 60, every=0.3)
        except LabError as error:
            raise LabError(f"{error}\n{asked.stderr}\n{self.host.journal('perennial-enrollment')}") from None
        self.requests_before = len(self.ask("enrollment", "requests")["items"])

    def set_up_agent(self):
        """From the files of the package: only what its comments say is changed."""
        host = self.host
        config = host.read("/etc/perennial/agent.yaml")
        self.assertIn("policies: /etc/perennial/policies\n", config)
        host.write("/etc/perennial/agent.yaml", config.replace("policies: /etc/perennial/policies\n",
                   f"controller: {{url: \"{self.controller.url}\"}}\nintervals: {{scan: 5s, retry: 1s}}\n"))
        scanner = host.read("/etc/perennial/scanner.yaml")
        host.write("/etc/perennial/scanner.yaml", re.sub(r"^# ( +(?:- kind: nginx|config:))", r" \1", scanner, flags=re.M))
        shutil.copy(host.path("/usr/share/doc/perennial-agent/examples/guard.yaml"), host.path("/etc/perennial/guard.yaml"))
        shutil.copy(host.path("/var/lib/perennial/enrollment/issuing.pem"), host.path("/etc/perennial/issuers.pem"))

    def leave_a_token(self):
        token = self.ask("join-token", "create", "--host", "web1", "--label", "role=web")["token"]
        self.host.write("/etc/perennial/join-token", token + "\n", 0o600)

    # What is seen.

    def assert_hardened(self, unit):
        """No core dump, no new privileges, a filter; and the memory of its keys is locked."""
        about = f"/proc/{self.host.main_pid(unit)}"
        self.assertRegex(self.host.run("cat", f"{about}/limits").stdout, r"Max core file size +0 +0 ")
        status = self.host.run("cat", f"{about}/status").stdout
        for line in (r"NoNewPrivs:\t1", r"Seccomp:\t2", r"VmLck:\t +[1-9]\d* kB"):
            self.assertRegex(status, line, unit)

    def ask(self, *arguments):
        return json.loads(self.host.run("perennial", *arguments, "--json").stdout)

    def status(self):
        told = self.host.run("perennial-agent", "status", "--json", check=False)
        return json.loads(told.stdout) if told.returncode == 0 else {}

    def served(self):
        shown = self.host.run("openssl", "s_client", "-connect", "127.0.0.1:4443", "-servername", NAME, check=False,
                              input="", timeout=15)
        return describe_certificate(shown.stdout)

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
        found = run(["/usr/bin/lintian", "--fail-on", "error,warning", *self.packages.values()], check=False, timeout=120)
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
