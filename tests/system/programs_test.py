"""What every program has in common on its command line."""

import tempfile
import unittest
from pathlib import Path

import system_case
from lab.processes import run

SERVICES = ("perennial-agent", "perennial-controller", "perennial-enrollment", "perennial-installer",
            "perennial-scanner")
CONFIGURED = (*SERVICES, "perennial")
# The enroller gets its task on standard input: it has no configuration; the keeper of tokens has its file by subcommand.
ALL = (*CONFIGURED, "perennial-enroller", "perennial-token-keeper")


class Programs(unittest.TestCase):
    def call(self, program, *arguments):
        return run([system_case.PROGRAMS / program, *arguments], check=False, timeout=20)

    def test_help_and_version(self):
        """every program says what it is, how it is written, and its version"""
        for program in ALL:
            with self.subTest(program=program):
                told = self.call(program, "--help")
                self.assertEqual((told.returncode, told.stderr), (0, ""))
                self.assertIn("Usage: ", told.stdout)
                version = self.call(program, "--version")
                self.assertEqual(version.returncode, 0)
                self.assertRegex(version.stdout, rf"^{program} \d+\.\d+\.\d+\n$")

    def test_wrong_use(self):
        """wrong use ends every program with 2, and says so on standard error only"""
        for program in ALL:
            for arguments in (["--bogus"], ["bogus"], ["--config"]):
                with self.subTest(program=program, arguments=arguments):
                    done = self.call(program, *arguments)
                    self.assertEqual((done.returncode, done.stdout), (2, ""))
                    self.assertNotEqual(done.stderr, "")

    def test_bad_configuration(self):
        """--check-config: a file that is absent, of no kind, too large or wrong ends with 2 and is named"""
        with tempfile.TemporaryDirectory(prefix="perennial-") as folder:
            unknown = Path(folder, "unknown.yaml")
            unknown.write_text("surprise: 1\n")
            repeated = Path(folder, "repeated.yaml")
            repeated.write_text("state: /a\nstate: /b\n")
            large = Path(folder, "large.yaml")
            large.write_text("# " + "x" * (17 << 20) + "\n")
            for file in (Path(folder, "absent.yaml"), Path(folder), unknown, repeated, large, Path("/dev/zero")):
                for program in CONFIGURED:
                    with self.subTest(program=program, file=file.name):
                        done = self.call(program, "--config", file, "--check-config")
                        self.assertEqual((done.returncode, done.stdout), (2, ""))
                        self.assertIn(str(file), done.stderr)
                        self.assertLess(len(done.stderr), 2000)


if __name__ == "__main__":
    unittest.main()
