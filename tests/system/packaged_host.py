"""A host with the Debian packages of the programs under test, in a Debian of its own with a real systemd."""

import fcntl
import json
import re
import shutil
import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

import system_case
from booted_host import KEPT, ROOT, BootedHost, base_folder, need_a_bootable_machine
from lab.controller import Controller
from lab.enrollment import Enrollment, web_template
from lab.files import to_yaml, write
from lab.lab import Lab
from lab.nginx import describe_certificate
from lab.policies import PolicyRepository, web_documents
from lab.processes import LabError, run, wait_until

NAME = "web1.example.test"
TLS = Path("/etc/nginx/tls")
NEWER = "9.0.0"


@contextmanager
def one_at_a_time():
    """Test classes run in processes of their own; packages and the debootstrap folder have one place each."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT.parent / "host.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build_packages(folder, version=None):
    """The packages of the programs under test."""
    preset = system_case.PROGRAMS.parent.name
    built = run([ROOT / "deploy/packages/build", "--preset", preset, "--output", folder,
                 *(["--version", version] if version else [])], timeout=900)
    return {Path(line).name.split("_")[0]: Path(line) for line in built.stdout.split()}


class PackagedHost(unittest.TestCase):
    versions = {"now": None}
    owner = None  # who signs policies away from the controller

    @classmethod
    def setUpClass(cls):
        need_a_bootable_machine()
        cls.built = Path(tempfile.mkdtemp(prefix="perennial-packages-"))
        cls.addClassCleanup(shutil.rmtree, cls.built, ignore_errors=True)
        with one_at_a_time():
            built = {name: build_packages(cls.built / name, version) for name, version in cls.versions.items()}
            cls.packages = built["now"]
            cls.base = base_folder(cls.packages.values())
        cls.signed_repository()

    @classmethod
    def signed_repository(cls):
        """An apt repository of the versions, signed by a key made for it."""
        home = cls.built / "gnupg"
        home.mkdir(mode=0o700)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "GNUPGHOME": str(home), "LANG": "C.UTF-8"}
        run(["/usr/bin/gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key",
             "packages@example.test", "ed25519", "sign", "never"], env=environment)
        cls.repository = cls.built / "repository"
        for packages in cls.versions:
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
        result = self._outcome.result  # what has failed already: the outcome itself begins anew for each cleanup
        failed = any(getattr(test, "test_case", test) is self for test, _ in result.failures + result.errors)
        if failed and self.host.process and self.host.process.running():
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
        self.publish(self.first_documents())
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

    def first_documents(self):
        return web_documents(self.enrollment)

    def publish(self, documents):
        """A commit, where perennial-controller looks for it."""
        for path, document in documents.items():
            write(self.policies.work / path, to_yaml(document) + "\n")
        if self.owner:
            self.owner.sign(self.policies.work)
        self.policies.commit({})
        new = self.host.path("/srv/policies.new")
        shutil.copytree(self.policies.folder, new)
        self.host.run("chown", "-R", "perennial-controller:", "/srv/policies.new")
        current, before = self.host.path("/srv/policies"), self.host.path("/srv/policies.before")
        if current.exists():
            current.rename(before)
        new.rename(current)
        shutil.rmtree(before, ignore_errors=True)

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

    def set_up_agent(self, more=""):
        """From the files of the package: only what its comments say is changed."""
        host = self.host
        config = host.read("/etc/perennial/agent.yaml")
        self.assertIn("policies: /etc/perennial/policies\n", config)
        host.write("/etc/perennial/agent.yaml", config.replace("policies: /etc/perennial/policies\n",
                   f"controller: {{url: \"{self.controller.url}\"}}\nintervals: {{scan: 5s, retry: 1s}}\n{more}"))
        scanner = host.read("/etc/perennial/scanner.yaml")
        host.write("/etc/perennial/scanner.yaml", re.sub(r"^# ( +(?:- kind: nginx|config:))", r" \1", scanner, flags=re.M))
        shutil.copy(host.path("/usr/share/doc/perennial-agent/examples/guard.yaml"), host.path("/etc/perennial/guard.yaml"))
        shutil.copy(host.path("/var/lib/perennial/enrollment/issuing.pem"), host.path("/etc/perennial/issuers.pem"))

    def leave_a_token(self):
        token = self.ask("join-token", "create", "--host", "web1", "--label", "role=web")["token"]
        self.host.write("/etc/perennial/join-token", token + "\n", 0o600)

    def join(self):
        self.leave_a_token()
        self.host.run("systemctl", "stop", "perennial-agent")
        self.host.run("systemctl", "start", "perennial-agent-join")
        self.host.wait_active("perennial-agent")

    # What is seen.

    def events(self, kind):
        return [event for event in self.ask("audit", "tail", "-n", "1000")["items"] if event["kind"] == kind]

    def heard(self, kind, count=1, seconds=60):
        """So many events of that kind in the controller's audit log: the last of them."""
        def there():
            events = self.events(kind)
            return events if len(events) >= count else None
        return wait_until(there, f"{count} times {kind}", seconds, every=0.5)[-1]

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
