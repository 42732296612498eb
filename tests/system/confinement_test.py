"""What is in deploy/ beside the units: AppArmor profiles, the SELinux module, examples for cloud-init, Ansible and trust stores."""

import hashlib
import re
import shutil
import ssl
import tempfile
import textwrap
import unittest
from pathlib import Path

import system_case
from lab.processes import run

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"
PROGRAMS = ("agent", "enroller", "scanner", "installer", "token-keeper")


def need(path):
    if not Path(path).exists():
        raise unittest.SkipTest(f"there is no {path} (deploy/install-packages host)")


def parse(text):
    """What apparmor_parser said of it."""
    need("/usr/sbin/apparmor_parser")
    with tempfile.NamedTemporaryFile("w", suffix=".profile") as profile:
        profile.write(text)
        profile.flush()
        return run(["/usr/sbin/apparmor_parser", "-Q", "-K", profile.name], check=False)


class AppArmor(unittest.TestCase):
    def test_profiles_are_parsed(self):
        """apparmor_parser takes the profile of each of the host's programs, and no nonsense"""
        for program in PROGRAMS:
            with self.subTest(program=program):
                text = (DEPLOY / "apparmor" / f"perennial-{program}").read_text()
                self.assertIn(f"profile perennial-{program} /usr/lib/perennial/perennial-{program} {{", text)
                done = parse(text)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotEqual(parse(text.replace(" mr,\n", " surprise,\n", 1)).returncode, 0)

    def test_one_right_a_program(self):
        """no profile gives a program what another one is for"""
        text = {program: (DEPLOY / "apparmor" / f"perennial-{program}").read_text() for program in PROGRAMS}
        for program in ("agent", "enroller", "token-keeper"):
            self.assertNotRegex(text[program], r"(?m)^ +capability")
        for program in ("installer", "token-keeper"):
            self.assertNotRegex(text[program], r"(?m)^ +network")
        self.assertIn("audit deny /etc/perennial/token-*.pin rw,", text["installer"])  # its other rule would let it
        self.assertEqual(re.findall(r"capability (\w+)", text["scanner"]), ["dac_read_search"])
        for path, rule in re.findall(r"^ +(?:owner )?([/@]\S+) (\w+),", text["scanner"], re.M):
            expected = {"/var/lib/perennial/scanner/**": ("rw",), "/usr/lib/perennial/perennial-token-keeper": ("rix",)}
            self.assertIn(rule, expected.get(path, ("r", "mr")))


class SELinux(unittest.TestCase):
    def compile(self, folder):
        need("/usr/share/selinux/devel/Makefile")
        need("/usr/bin/checkmodule")
        return run(["/usr/bin/make", "-C", folder, "-f", "/usr/share/selinux/devel/Makefile", "perennial.pp"], check=False)

    def test_the_module_is_compiled(self):
        """checkmodule and semodule_package take the policy module, and none with a mistake in it"""
        with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
            for file in (DEPLOY / "selinux").iterdir():
                shutil.copy(file, folder)
            done = self.compile(folder)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertGreater(Path(folder, "perennial.pp").stat().st_size, 10_000)
            Path(folder, "perennial.pp").unlink()
            source = Path(folder, "perennial.te")
            source.write_text(source.read_text() + "\nallow perennial_agent_t nowhere_t:file read;\n")
            self.assertNotEqual(self.compile(folder).returncode, 0)
            self.assertFalse(Path(folder, "perennial.pp").exists())

    def test_labels(self):
        """libselinux finds the types of what the compiled module labels: who signs policies and PINs have their own"""
        need("/usr/sbin/selabel_lookup")
        with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
            for file in (DEPLOY / "selinux").iterdir():
                shutil.copy(file, folder)
            self.assertEqual(self.compile(folder).returncode, 0)
            run(["/usr/bin/semodule_unpackage", f"{folder}/perennial.pp", f"{folder}/module", f"{folder}/contexts"])
            for path, kind in {"/etc/perennial/policy_signers": "signers", "/etc/perennial/token-www-data.pin": "pin",
                               "/etc/perennial/token-www-data.yaml": "conf", "/etc/perennial/credentials/web": "conf",
                               "/usr/lib/perennial/perennial-token-keeper": "token_keeper_exec",
                               "/run/perennial/agent.sock": "run", "/run/perennial-token-keeper/www-data.sock": "token_run",
                               "/var/lib/perennial/agent/identity.pem": "agent_state"}.items():
                told = run(["/usr/sbin/selabel_lookup", "-b", "file", "-r", "-f", f"{folder}/contexts", "-t", "file", "-k",
                            path]).stdout
                self.assertIn(f"system_u:object_r:perennial_{kind}_t:s0\n", told, path)
        # Each has one reader of ours, and no writer; the scanner reads every file anyhow.
        policy = (DEPLOY / "selinux/perennial.te").read_text()
        rules = re.findall(r"^\w+.*perennial_(?:signers|pin)_t\b.*$", policy, re.M)
        self.assertEqual([rule for rule in rules if not rule.startswith(("type ", "files_"))],
                         ["read_files_pattern(perennial_agent_t, perennial_conf_t, perennial_signers_t)",
                          "allow init_t perennial_pin_t:file read_file_perms;"])

    def test_every_program_has_a_domain(self):
        """the module labels every program of the host, and gives the network to who needs it alone"""
        contexts = (DEPLOY / "selinux/perennial.fc").read_text()
        policy = (DEPLOY / "selinux/perennial.te").read_text()
        for program in PROGRAMS:
            kind = program.replace("-", "_")
            self.assertIn(f"/usr/lib/perennial/perennial-{program}\t--\tgen_context(system_u:object_r:perennial_{kind}_exec_t",
                          contexts)
        connecting = re.findall(r"corenet_tcp_connect_all_ports\(perennial_(\w+)_t\)", policy)
        self.assertEqual(sorted(connecting), ["agent", "enroller", "scanner"])  # the scanner greets local listeners
        self.assertEqual(set(re.findall(r"manage_\w+\(perennial_scanner_t, (\w+)", policy)), {"perennial_scanner_state_t"})


class JoinExamples(unittest.TestCase):
    def test_ansible(self):
        """ansible takes the playbook, and no playbook with an unknown task"""
        need("/usr/bin/ansible-playbook")
        playbook = DEPLOY / "ansible/join.yml"
        with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
            wrong = Path(folder, "wrong.yml")
            wrong.write_text(playbook.read_text().replace("ansible.builtin.stat", "ansible.builtin.no_such_module"))
            for file, status in ((playbook, 0), (wrong, 4)):
                done = run(["/usr/bin/ansible-playbook", "-i", "web1,", "--syntax-check", file], check=False,
                           env={"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"})
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)


    def test_cloud_init(self):
        """the files that cloud-init writes are good configurations"""
        user_data = (DEPLOY / "cloud-init/perennial-agent.yaml").read_text()
        for name in ("agent", "scanner"):
            written = re.search(rf"path: /etc/perennial/{name}\.yaml\n +content: \|\n((?:      .*\n)+)", user_data).group(1)
            with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
                file = Path(folder, f"{name}.yaml")
                file.write_text(textwrap.dedent(written))
                done = run([system_case.PROGRAMS / f"perennial-{name}", "--config", file, "--check-config"], check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""))


class TrustExamples(unittest.TestCase):
    """What system/trust_on_host tries, where no host can be booted."""

    def read(self, name):
        return (DEPLOY / "examples/trust" / name).read_text()

    def test_of_one_mind(self):
        """guard, unit's drop-in and profile name the same folders, and the guard the example document's authority"""
        guard = self.read("guard-trust-stores.yaml")
        folders = re.findall(r"^    folder: (\S+)", guard, re.M)
        self.assertEqual(len(folders), 2)
        named = re.search(r"^ReadWritePaths=(.*)$", self.read("installer-trust.conf"), re.M).group(1).split()
        self.assertEqual(named, [f"-{folder}" for folder in folders])
        profile = self.read("apparmor-local")
        for folder in folders:
            self.assertIn(f"\n{folder}/{{,**}} rwkl,\n", profile)
        for result in re.findall(r"^    result: (\S+)", guard, re.M):
            self.assertIn(f"\n{result} r,\n", profile)
        document = (DEPLOY.parent / "policies/examples/trust/corp-roots.yaml").read_text()
        pem = textwrap.dedent(document[document.index("  -----BEGIN"):])
        root = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
        self.assertEqual(re.findall(r"^    anchors: \[(.*)\]", guard, re.M), [root, root])

    def test_local_profile(self):
        """apparmor_parser takes the installer's profile with the example's local part"""
        profile = (DEPLOY / "apparmor/perennial-installer").read_text()
        include = "  include if exists <local/perennial-installer>\n"
        self.assertIn(include, profile)
        done = parse(profile.replace(include, self.read("apparmor-local")))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotEqual(parse(profile.replace(include, self.read("apparmor-local") + "surprise\n")).returncode, 0)


if __name__ == "__main__":
    unittest.main()
