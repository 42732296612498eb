"""Where perennial-enroller finds a password: systemd's credentials and the kernel's keyring, as their own tools leave them."""

import json
import unittest
import uuid
from pathlib import Path

from foreign_client import OPENSSL
from lab.enrollment import PASSWORD_CEP
from lab.files import write
from lab.processes import run
from system_case import SystemCase

KEYCTL = "/usr/bin/keyctl"
SYSTEMD_RUN = "/usr/bin/systemd-run"


class Credentials(SystemCase):
    def setUp(self):
        super().setUp()
        self.start_enrollment()

    def command(self, *options):
        certificate = self.lab.folder / "first.pem"
        for file in (certificate, self.lab.folder / "first.key"):
            file.unlink(missing_ok=True)
        return [self.lab.program("perennial-enroller"), "first", "--policy-url", self.enrollment.url(PASSWORD_CEP),
                "--trust-file", self.enrollment.root, "--user", "web-enroller", *options, "--template", "WebServer",
                "--name", "web1.example.test", "--certificate-file", certificate,
                "--key-file", self.lab.folder / "first.key", "--json"]

    def assert_issued(self, done):
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["state"], "issued")
        run([OPENSSL, "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing,
             self.lab.folder / "first.pem"])

    def test_keyring(self):
        """a key that keyctl put into the user's keyring; gone, it is an error that says how to make one"""
        name = f"perennial-test:{uuid.uuid4()}"
        made = run([KEYCTL, "padd", "user", name, "@u"], input=self.enrollment.password, check=False)
        if made.returncode != 0:
            self.skipTest(f"the kernel gives no keyring: {made.stderr.strip()}")
        self.addCleanup(run, [KEYCTL, "unlink", made.stdout.strip(), "@u"], check=False)
        self.assert_issued(run(self.command("--password-key", name), check=False))
        run([KEYCTL, "unlink", made.stdout.strip(), "@u"])
        done = run(self.command("--password-key", name), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("keyctl add user", done.stderr)

    def test_credential(self):
        """a file of the folder that systemd names in the environment, read as systemd-creds reads it"""
        folder = self.lab.folder / "credentials"
        write(folder / "enroller", self.enrollment.password + "\n", 0o400)
        folder.chmod(0o500)
        environment = {"CREDENTIALS_DIRECTORY": str(folder), "PATH": "/usr/bin:/bin"}
        said = run(["/usr/bin/systemd-creds", "cat", "enroller"], env=environment).stdout
        self.assertEqual(said.strip(), self.enrollment.password)
        self.assert_issued(run(self.command("--password-credential", "enroller"), env=environment, check=False))
        done = run(self.command("--password-credential", "../credentials/enroller"), env=environment, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("no credential can be named", done.stderr)
        done = run(self.command("--password-credential", "enroller"), env={"PATH": "/usr/bin:/bin"}, check=False)
        self.assertIn("LoadCredential=", done.stderr)

    def test_password_file(self):
        """a file of its owner's alone, behind a link of ours too; in a folder that others may write it is refused by name"""
        folder = self.lab.folder / "vault"
        file = write(folder / "password", self.enrollment.password + "\n", 0o600)
        link = self.lab.folder / "vault-link"
        link.symlink_to(folder)
        self.assert_issued(run(self.command("--password-file", link / "password"), check=False))
        for way in (file, link / "password"):
            folder.chmod(0o770)
            done = run(self.command("--password-file", way), check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"{folder} is writable by its group or by others", done.stderr)
            folder.chmod(0o1777)  # as /tmp: nobody replaces another's file
            self.assert_issued(run(self.command("--password-file", way), check=False))

    @unittest.skipUnless(Path("/run/systemd/system").is_dir(), "systemd does not run this machine")
    def test_systemd_run(self):
        """LoadCredential= of a transient unit"""
        secret = write(self.lab.folder / "secret", self.enrollment.password + "\n", 0o600)
        self.assert_issued(run([SYSTEMD_RUN, "--pipe", "--wait", "--collect", "--quiet",
                                f"--property=LoadCredential=enroller:{secret}",
                                *self.command("--password-credential", "enroller")], check=False))


if __name__ == "__main__":
    unittest.main()
