"""perennial-agent doctor enrollment, over the built programs: which step says what, in order and with each thing broken."""

import json
import subprocess

from lab.enrollment import PASSWORD_CEP, web_template
from lab.files import write, write_yaml
from lab.policies import web_documents
from system_case import SystemCase

REACHED = ["endpoint", "dns", "tcp", "tls", "clock"]
RENEWAL = ["certificate", *REACHED, "authentication", "policies", "template", "rights", "endpoints", *REACHED,
           "enrolment", "dry run"]
FIRST = [*REACHED, "authentication", "policies", "template", "key", "rights", "endpoints", *REACHED, "enrolment",
         "dry run"]


class Doctor(SystemCase):
    def start(self, templates=None):
        self.start_enrollment(templates)
        self.start_nginx()
        self.folder = self.lab.folder / "documents"
        for path, document in web_documents(self.enrollment, before="1d", spread="1h").items():
            write_yaml(self.folder / path, document)
        self.start_agent(policies=self.folder, labels={"role": "web"})
        self.pair = ["--certificate-file", self.nginx.certificate, "--key-file", self.nginx.key]

    def doctor(self, *arguments):
        done = subprocess.run([self.lab.program("perennial-agent"), "--config", self.agent.config, "doctor", "enrollment",
                               *map(str, arguments)], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr

    def look(self, *arguments):
        """The steps in order, each once where it repeats itself, and the bad lines."""
        status, text, problem = self.doctor("--service", "lab", *arguments, "--json")
        self.assertIn(status, (0, 1), problem)
        self.assertNotIn("PRIVATE", text)
        self.assertNotIn(self.enrollment.password, text)
        report = json.loads(text)
        lines = report["lines"]
        for line in lines:
            self.assertEqual({"step", "verdict", "seen", "mend"}, set(line))
            self.assertEqual(bool(line["mend"]), line["verdict"] == "bad", line)
        bad = [line for line in lines if line["verdict"] == "bad"]
        self.assertEqual(report["bad"], len(bad))
        self.assertEqual(status, 1 if bad else 0)
        steps = [line["step"] for at, line in enumerate(lines) if at == 0 or lines[at - 1]["step"] != line["step"]]
        return steps, bad

    def first(self, **changes):
        options = {"policy-url": self.enrollment.url(PASSWORD_CEP), "template": "WebServer", "name": "web1.example.test",
                   "user": "web-enroller", "password-file": self.enrollment.password_file}
        options.update({name.replace("_", "-"): value for name, value in changes.items()})
        return [part for name, value in options.items() if value is not None for part in ("--" + name, value)]

    def assert_bad(self, found, *expected):
        """Which lines are bad: (step, what it names), and no other."""
        _, bad = found
        self.assertEqual([line["step"] for line in bad], [step for step, _ in expected], bad)
        for line, (_, names) in zip(bad, expected):
            self.assertIn(names, line["seen"])

    def test_in_order(self):
        """doctor: in order every step is there and good, of a renewal and of a first enrolment with a password"""
        self.start()
        self.assertEqual(self.look(*self.pair), (RENEWAL, []))
        self.assertEqual(self.look(*self.first()), (FIRST, []))
        status, text, problem = self.doctor("--service", "lab", *self.pair)
        self.assertEqual(status, 0, problem)
        self.assertIn("nothing stands against a renewal", text)

    def test_wrong_use(self):
        """doctor: an unknown service, and options that do not go together"""
        self.start()
        status, _, problem = self.doctor("--service", "other")
        self.assertEqual(status, 1)
        self.assertIn("they have lab", problem)
        self.assertEqual(self.doctor()[0], 2)
        for wrong in (["--principal", "host/web1"], self.first(template=None), self.first(user=None),
                      self.first(password_file=None), self.first(keytab_file="x"), [*self.pair, *self.first()]):
            self.assertEqual(self.doctor("--service", "lab", *wrong)[0], 2, wrong)

    def test_first_broken(self):
        """doctor of a first enrolment: password, its place, keytab, template, key, each bad in its own step"""
        self.start([web_template(), web_template(name="Rsa", oid="1.3.6.1.4.1.311.21.8.1.2.3.7",
                                                 key={"algorithms": ["rsa"], "minimum_rsa_bits": 3072})])
        wrong = write(self.lab.folder / "wrong", "not the password", 0o600)
        self.assert_bad(self.look(*self.first(password_file=wrong)), ("policies", "fault"))
        missing = self.lab.folder / "nothing"
        self.assert_bad(self.look(*self.first(password_file=missing)), ("identity", str(missing)))
        self.assert_bad(self.look(*self.first(user=None, password_file=None, principal="host/web1", keytab_file=missing)),
                        ("identity", str(missing)))
        self.assert_bad(self.look(*self.first(template="Nothing")), ("endpoints", "template Nothing"))
        self.assert_bad(self.look(*self.first(template="Rsa", key_type="rsa-2048")), ("key", "3072 bits"))
        self.assertEqual(self.look(*self.first(template="Rsa")), (FIRST, []))

    def test_renewal_broken(self):
        """doctor of a renewal: a template without key-based renewal, a certificate that is no client's"""
        self.start([web_template(), web_template(name="Once", oid="1.3.6.1.4.1.311.21.8.1.2.3.8", key_based_renewal=False),
                    web_template(name="Server", oid="1.3.6.1.4.1.311.21.8.1.2.3.9",
                                 extended_key_usages=["serverAuthentication"], key_based_renewal=False)])
        pairs = {}
        self.enrollment.process.stop()
        for template in ("Once", "Server"):
            pairs[template] = self.lab.folder / f"{template}.pem", self.lab.folder / f"{template}.key"
            self.enrollment.issue_test(*pairs[template], template=template)
        self.enrollment.start()
        certificate, key = pairs["Once"]
        # The key-based CEP does not list it.
        self.assert_bad(self.look("--certificate-file", certificate, "--key-file", key),
                        ("policies", "no template"), ("endpoints", "does not offer template"))
        certificate, key = pairs["Server"]
        steps, bad = self.look("--certificate-file", certificate, "--key-file", key)
        self.assertIn(("certificate", "not good for client authentication"), [(b["step"], b["seen"]) for b in bad])
        self.assertIn("dry run", [b["step"] for b in bad])

    def test_away(self):
        """doctor: the service is away: the connection is what is bad"""
        self.start()
        self.enrollment.process.stop()
        self.assert_bad(self.look(*self.pair), ("tcp", f"port {self.enrollment.port}"))
        self.assert_bad(self.look(*self.first()), ("tcp", f"port {self.enrollment.port}"))
