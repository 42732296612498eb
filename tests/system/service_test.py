"""perennial-enrollment as its operator sees it: its own certificate, logs, metrics, users. Seen by openssl and curl."""

import json
import os
import shutil
import signal
import subprocess
from types import SimpleNamespace

from enrollment_test import NAME, OID, EnrollmentCase
from foreign_client import GET_POLICIES, OPENSSL, RST, get_policies, issue_pkcs10, issue_renewal
from lab.agent import Agent
from lab.enrollment import CERTIFICATE_CEP, CERTIFICATE_CES, PASSWORD_CEP, PASSWORD_CES, Enrollment, web_template
from lab.files import write, write_yaml
from lab.nginx import served_certificate
from lab.policies import web_documents
from lab.processes import run, wait_until
from lab.softhsm import Token

CURL = "/usr/bin/curl"


class OfOneName(Enrollment):
    """Its own certificate has the name localhost alone."""

    def url(self, path):
        return super().url(path).replace("127.0.0.1", "localhost")

    @property
    def admin_url(self):
        return f"https://localhost:{self.admin_port}"


class ServiceCase(EnrollmentCase):
    enrollment_class = Enrollment

    def sections(self):
        """Further sections of the configuration."""
        return {}

    def start_enrollment(self, templates=None):
        self.enrollment = self.enrollment_class(self.lab)
        self.tls = self.lab.folder / "tls"
        self.tls.mkdir(mode=0o755)
        self.access_log = self.lab.folder / "access.jsonl"
        self.enrollment.prepare(templates, {"access_log": self.access_log, **self.sections()})
        self.enrollment.environment = {name: os.environ[name] for name in ("SOFTHSM2_CONF",) if name in os.environ}
        self.before_start()
        self.enrollment.start()

    def before_start(self):
        pass

    def issue(self, name, **more):
        pair = self.tls / f"{name}.pem", self.tls / f"{name}.key"
        self.enrollment.issue_test(*pair, "localhost", valid_from="-1h", **more)
        return pair

    def served(self):
        return served_certificate(self.enrollment.port, "localhost")["serial"]

    @staticmethod
    def serial_of(pem):
        return run([OPENSSL, "x509", "-in", pem, "-noout", "-serial"]).stdout.strip().split("=")[1]

    def log(self):
        return next(self.enrollment.folder.glob("perennial-enrollment*.log")).read_text()


class OwnFiles(ServiceCase):
    enrollment_class = OfOneName

    def sections(self):
        return {"tls": {"certificate_file": self.tls / "live.pem", "key_file": self.tls / "live.key"}}

    def before_start(self):
        self.put(*self.issue("first"))

    def put(self, pem=None, key=None):
        for source, name in ((pem, "live.pem"), (key, "live.key")):
            if source:
                shutil.copy(source, self.tls / "next")
                (self.tls / "next").rename(self.tls / name)

    def test_renewed_without_a_restart(self):
        """another certificate and key in the files: new connections get it, old ones live on, no restart"""
        first = self.served()
        self.assertEqual(first, self.serial_of(self.tls / "first.pem"))
        pem, key = self.issue("second")
        self.put(key=key)
        wait_until(lambda: "the TLS certificate stays" in self.log(), "a key without its certificate is told")
        self.assertEqual(self.served(), first)
        self.put(pem=pem)
        wait_until(lambda: self.served() == self.serial_of(pem), "openssl s_client sees the second one", 20)
        self.assertTrue(self.enrollment.process.running())
        reply, key = self.submit()
        self.assert_good(reply, key)
        event = next(event for event in json.loads(self.cli("events", "--json").stdout)["items"]
                     if event["kind"] == "service.certificate_changed")
        self.assertEqual((event["details"]["serial"], event["details"]["old_serial"]), (self.served(), first))

    def test_files_that_cannot_be_used(self):
        """rubbish and a key that others may read change nothing; SIGHUP takes up what is good at once"""
        first = self.served()
        write(self.tls / "live.pem", "no certificate\n")
        self.enrollment.process.send(signal.SIGHUP)
        wait_until(lambda: "no certificate in it" in self.log(), "rubbish is told")
        self.assertEqual(self.served(), first)
        pem, key = self.issue("second")
        key.chmod(0o644)
        self.put(pem, key)
        self.enrollment.process.send(signal.SIGHUP)
        wait_until(lambda: "can be read by others" in self.log(), "a key that others may read is told")
        self.assertEqual(self.served(), first)
        (self.tls / "live.key").chmod(0o600)
        self.enrollment.process.send(signal.SIGHUP)
        wait_until(lambda: self.served() == self.serial_of(pem), "the second one is served", 20)

    def test_missing_at_the_start(self):
        """without the files the service does not start, and says which is missing"""
        self.enrollment.process.stop()
        (self.tls / "live.key").unlink()
        refused = run([self.enrollment.program, "run", "--config", self.enrollment.config], check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("live.key", refused.stderr)


class OwnToken(ServiceCase):
    """The key of the TLS certificate in SoftHSM2; the authority's keys in files."""

    enrollment_class = OfOneName

    def setUp(self):
        self.addCleanup(os.environ.pop, "SOFTHSM2_CONF", None)
        super().setUp()

    def sections(self):
        self.token = Token(self.lab.folder / "token")
        os.environ["SOFTHSM2_CONF"] = str(self.token.config)
        return {"tls": {"certificate_file": self.tls / "live.pem", "pkcs11": self.token.settings(key="tls")}}

    def before_start(self):
        pem, key = self.issue("first")
        self.token.take(key, "tls", 1)
        self.key = run([OPENSSL, "x509", "-in", pem, "-noout", "-pubkey"]).stdout
        shutil.copy(pem, self.tls / "live.pem")

    def test_handshakes_and_renewal(self):
        """handshakes are signed in the token; another certificate of the same key is taken up; the PIN is in its file alone"""
        shown = served_certificate(self.enrollment.port, "localhost")
        self.assertEqual(shown["public_key"], self.key)
        for version in ("-tls1_2", "-tls1_3"):
            run([OPENSSL, "s_client", version, "-verify_return_error", "-CAfile", self.enrollment.root, "-connect",
                 f"127.0.0.1:{self.enrollment.port}"], input="")
        reply, key = self.submit()
        self.assert_good(reply, key)
        # Of the same key, by openssl with the authority's own key.
        again = self.tls / "again.pem"
        write(self.tls / "more", "subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
        public = write(self.tls / "public", self.key)
        run([OPENSSL, "x509", "-new", "-subj", "/CN=localhost", "-force_pubkey", public, "-CA", self.enrollment.issuing,
             "-CAkey", self.enrollment.state / "issuing.key", "-set_serial", "4711", "-days", "30", "-extfile",
             self.tls / "more", "-out", again])
        again.rename(self.tls / "live.pem")
        wait_until(lambda: self.served() == "1267", "openssl s_client sees serial 4711", 20)
        self.assertEqual(self.token.places_of_the_pin(self.lab.folder, self.enrollment.process), [])


class RenewedByAnAgent(OwnFiles):
    test_renewed_without_a_restart = test_files_that_cannot_be_used = test_missing_at_the_start = None

    def before_start(self):
        self.enrollment.issue_test(self.tls / "live.pem", self.tls / "live.key", "localhost", valid_from="-80d")

    def test_agent(self):
        """an agent renews the certificate of the very service that it renews at"""
        first = self.served()
        documents = web_documents(self.enrollment)
        policy = documents["policies/web-servers.yaml"]
        policy["match"] = {"labels": {"role": "web"}, "names": ["localhost"]}
        policy["action"] = "look"
        folder = self.lab.folder / "documents"
        for path, document in documents.items():
            write_yaml(folder / path, document)
        self.agent = Agent(self.lab, SimpleNamespace(
            kind="nginx", tls=self.tls, config="/dev/null", reload_action=lambda: {"run": ["/usr/bin/true"]}))
        self.agent.prepare(self.enrollment, policies=folder, labels={"role": "web"}, guard={
            "names": ["localhost"], "actions": {"look": {
                "run": ["/usr/bin/kill", "-HUP", str(self.enrollment.process.pid)], "timeout": "20s"}}},
            sources=[{"kind": "files", "folders": [self.tls]},
                     {"kind": "listeners", "only": [f"127.0.0.1:{self.enrollment.port}"]}])
        self.agent.start_installer()
        self.agent.start()
        wait_until(lambda: self.served() != first, "openssl s_client sees another certificate", 60)
        self.assertEqual(self.served(), self.serial_of(self.tls / "live.pem"))
        self.assertTrue(self.enrollment.process.running())
        reply, key = self.submit()
        self.assert_good(reply, key)


class Operator(ServiceCase):
    def command(self, *arguments, check=True):
        return run([self.lab.program("perennial"), "--config", self.cli_config, "enrollment", *arguments], check=check)

    def lines(self):
        return [json.loads(line) for line in self.access_log.read_text().splitlines()]

    def test_access_log(self):
        """each answer is a line of JSON: who, what, how it ended; SIGHUP opens the file anew"""
        self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies())
        self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies(), "web-enroller", "wrong")
        run([CURL, "-sk", "-A", 'a "b"\\', self.enrollment.url("/none")])
        run([OPENSSL, "s_client", "-quiet", "-connect", f"127.0.0.1:{self.enrollment.port}"], input="NONSENSE\r\n\r\n",
            check=False)
        good, wrong, none, nonsense = wait_until(
            lambda: lines if len(lines := self.lines()) == 4 else None, "four lines")
        self.assertEqual((good["method"], good["path"], good["status"], good["caller"], good["listener"]),
                         ("POST", PASSWORD_CEP, 200, "web-enroller", "endpoints"))
        self.assertGreater(good["bytes"], 1000)
        self.assertEqual((wrong["status"], wrong.get("caller")), (500, None))
        self.assertEqual((none["status"], none["user_agent"], none["address"]), (404, 'a "b"\\', "127.0.0.1"))
        self.assertEqual((nonsense["status"], "path" in nonsense), (400, False))
        self.assertNotIn(self.enrollment.password, self.access_log.read_text())
        moved = self.access_log.rename(self.lab.folder / "access.1")
        self.enrollment.process.send(signal.SIGHUP)
        wait_until(self.access_log.exists, "a new file")
        self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies())
        wait_until(lambda: len(self.lines()) == 1, "its first line")
        self.assertEqual(len(moved.read_text().splitlines()), 4)
        self.assertEqual(self.access_log.stat().st_mode & 0o007, 0)

    def metrics(self, *more):
        return run([CURL, "-s", "--cacert", self.enrollment.root, *more, f"{self.enrollment.admin_url}/metrics"]).stdout

    def test_metrics(self):
        """Prometheus text for those with a viewer's token, not an auditor's: requests, ends of validity, answers by status"""
        self.assertNotIn("perennial_enrollment", self.metrics())
        for role in ("auditor", "viewer"):
            token = self.enrollment.token(role, role).read_text().strip()
            header = write(self.lab.folder / f"{role}-header", f"Authorization: Bearer {token}\n", 0o600)
            if role == "auditor":
                self.assertIn("needs a token of the role viewer or operator", self.metrics("-H", f"@{header}"))
        self.submit()
        self.submit("host7.example.org")
        text = self.metrics("-H", f"@{header}")
        values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        self.assertEqual(values['perennial_enrollment_requests{state="issued"}'], "2")  # init's own is one
        self.assertEqual(values['perennial_enrollment_requests{state="denied"}'], "1")
        self.assertEqual(values["perennial_enrollment_access_log_lost_lines_total"], "0")
        self.assertEqual(values['perennial_enrollment_http_answers_total{listener="endpoints",status="500"}'], "1")
        ends = run([OPENSSL, "x509", "-in", self.enrollment.state / "tls.pem", "-noout", "-enddate"]).stdout
        told = run(["/usr/bin/date", "-d", ends.strip().split("=")[1], "+%s"]).stdout.strip()
        self.assertEqual(values["perennial_enrollment_tls_certificate_not_after_seconds"], told)

    def test_keep_alive(self):
        """two calls of curl go over one connection"""
        url = self.enrollment.url("/none")
        done = run([CURL, "-sk", "-o", "/dev/null", "-w", "%{num_connects} ", url, "-o", "/dev/null", url])
        self.assertEqual(done.stdout.split(), ["1", "0"])

    def test_protocols_and_suites(self):
        """TLS 1.2 and 1.3 with forward secrecy; older protocols and static or CBC-SHA1 suites are refused"""
        def shake(*options):
            return run([OPENSSL, "s_client", "-connect", f"127.0.0.1:{self.enrollment.port}", *options], check=False,
                       input="").returncode
        for good in (["-tls1_3"], ["-tls1_2"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"]):
            self.assertEqual(shake(*good), 0, good)
        for bad in (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
                    ["-tls1_2", "-cipher", "AES128-GCM-SHA256:@SECLEVEL=0"],
                    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"],
                    ["-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"]):
            self.assertNotEqual(shake(*bad), 0, bad)

    def test_users(self):
        """users are added, changed and removed while it runs; each is an event with 4882"""
        secret = write(self.lab.folder / "secret", "correct horse\n", 0o600)
        self.assertEqual(self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies(), "ann", "correct horse").status, 500)
        self.assertEqual(self.command("users", "add", "ann", "--password-file", secret, "--group", "web").stdout,
                         "ann is a user now\n")
        self.assertEqual(self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies(), "ann", "correct horse").status, 200)
        self.assertEqual(json.loads(self.command("users", "--json").stdout)["items"],
                         [{"name": "ann", "groups": ["web"]}, {"name": "web-enroller", "groups": []}])
        self.assertIn("changed", self.command("users", "add", "ann", "--password-file", secret).stdout)
        self.command("users", "remove", "ann")
        self.assertEqual(self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies(), "ann", "correct horse").status, 500)
        self.assertEqual(self.command("users", "remove", "ann", check=False).returncode, 1)
        secret.chmod(0o644)
        self.assertEqual(self.command("users", "add", "bob", "--password-file", secret, check=False).returncode, 2)
        self.assertEqual(self.command("users", "add", "../x", "--password-file", secret, check=False).returncode, 2)
        events = [event for event in json.loads(self.cli("events", "--json").stdout)["items"]
                  if event["kind"].startswith("user.")]
        self.assertEqual([(event["kind"], event["details"]["by"], event["details"]["adcs_event"]) for event in events],
                         [("user.added", "local", 4882), ("user.added", "lab", 4882), ("user.changed", "lab", 4882), ("user.removed", "lab", 4882)])
        self.assertNotIn("correct horse", json.dumps(events) + self.log() + self.access_log.read_text())

    def test_users_outlive_a_restart(self):
        """what the admin API changed is in the file, beside what the command wrote"""
        secret = write(self.lab.folder / "secret", "correct horse", 0o600)
        run([self.enrollment.program, "user", "add", "--config", self.enrollment.config, "--name", "bob",
             "--password-file", secret])
        self.command("users", "add", "ann", "--password-file", secret)
        self.restart()
        for user in ("ann", "bob"):
            self.assertEqual(
                self.client.ask(PASSWORD_CEP, GET_POLICIES, get_policies(), user, "correct horse").status, 200)

    def test_users_changed_at_once(self):
        """the command and the admin API at the same time: nobody is lost, and each is an event"""
        secret = write(self.lab.folder / "secret", "correct horse", 0o600)
        commands = [subprocess.Popen([self.enrollment.program, "user", "add", "--config", self.enrollment.config,
                                      "--name", f"c{n}", "--password-file", secret]) for n in range(4)]
        for n in range(4):
            self.command("users", "add", f"a{n}", "--password-file", secret)
        self.assertEqual([command.wait(60) for command in commands], [0] * 4)
        self.enrollment.process.send(signal.SIGHUP)
        expected = [f"{who}{n}" for who in "ac" for n in range(4)] + ["web-enroller"]
        wait_until(lambda: [user["name"] for user in json.loads(self.command("users", "--json").stdout)["items"]] ==
                   expected, "all of them")
        events = [event["details"] for event in json.loads(self.cli("events", "--json").stdout)["items"]
                  if event["kind"] == "user.added"]
        self.assertEqual(sorted((event["name"], event["by"]) for event in events),
                         sorted((name, "lab" if name[0] == "a" else "local") for name in expected))

    def issue_by_operator(self, name, *more, check=True):
        files = self.lab.folder / "test.pem", self.lab.folder / "test.key"
        for file in files:
            file.unlink(missing_ok=True)
        done = self.command("issue-test", "--template", "WebServer", "--name", name, "--certificate-file", files[0],
                            "--key-file", files[1], *more, check=check)
        return done, *files

    def test_issue_test(self):
        """a certificate for trying things out: within the template, for a day, recorded, its key made here"""
        done, pem, key = self.issue_by_operator(NAME)
        run([OPENSSL, "verify", "-CAfile", self.enrollment.root, "-untrusted", self.enrollment.issuing,
             "-verify_hostname", NAME, pem])
        self.assertEqual(run([OPENSSL, "x509", "-in", pem, "-noout", "-pubkey"]).stdout,
                         run([OPENSSL, "pkey", "-in", key, "-pubout"]).stdout)
        self.assertEqual(key.stat().st_mode & 0o777, 0o600)
        run([OPENSSL, "x509", "-in", pem, "-noout", "-checkend", "80000"])
        self.assertEqual(run([OPENSSL, "x509", "-in", pem, "-noout", "-checkend", "90000"], check=False).returncode, 1)
        self.assertIn(self.serial_of(pem), done.stdout)
        events = json.loads(self.cli("events", "--json").stdout)["items"]
        told = [event["details"] for event in events if event["details"].get("serial") == self.serial_of(pem)]
        self.assertEqual([(one["adcs_event"], one["decided_by"], one["test"]) for one in told], [(4887, "lab", True)])
        request, new_key = self.client.request(NAME, web_template()["oid"], "renewed")
        cms = self.client.renewal(request, new_key, (pem, key))
        refused = self.client.ask_by_certificate(CERTIFICATE_CES, RST, issue_renewal(cms), (pem, key))
        self.assertEqual(refused.status, 500)
        self.assertIn("test certificate", refused.reason)
        again = self.command("issue-test", "--template", "WebServer", "--name", NAME, "--certificate-file", pem,
                             "--key-file", key, check=False)
        self.assertEqual(again.returncode, 2)
        for name, more in (("host7.example.org", []), (NAME, ["--valid-for", "91d"])):
            self.assertNotEqual(self.issue_by_operator(name, *more, check=False)[0].returncode, 0)
            self.assertFalse(key.exists())

    def test_received_and_issued(self):
        """a request is 4886 when it came, then 4887; a refused one 4886, then 4888"""
        self.submit()
        self.submit("host7.example.org")
        events = [event for event in json.loads(self.cli("events", "--json").stdout)["items"]
                  if event["details"].get("requester") == "web-enroller"]
        self.assertEqual([(event["details"]["adcs_event"], event["details"]["request_id"]) for event in events],
                         [(4886, 2), (4887, 2), (4886, 3), (4888, 3)])


class SixthVersion(ServiceCase):
    def sections(self):
        names = ["localhost", "127.0.0.1", "::1"]
        return {"listen": {"host": "::", "port": self.enrollment.port, "names": names},
                "admin_api": {"host": "::1", "port": self.enrollment.admin_port, "names": names}}

    def test_both_versions(self):
        """:: answers on IPv6 and IPv4 under its names; the admin API on ::1 alone"""
        for host in ("[::1]", "127.0.0.1"):
            told = run([CURL, "-s", "--cacert", self.enrollment.root, "-o", "/dev/null", "-w", "%{http_code}",
                        f"https://{host}:{self.enrollment.port}/none"]).stdout
            self.assertEqual(told, "404")
        admin = f"https://[::1]:{self.enrollment.admin_port}/healthz"
        self.assertIn("ok", run([CURL, "-s", "--cacert", self.enrollment.root, admin]).stdout)
        request, key = self.client.request(NAME, OID)
        self.assert_good(self.client.ask(PASSWORD_CES, RST, issue_pkcs10(request)), key)
        self.assertIn("::1", [json.loads(line)["address"] for line in self.access_log.read_text().splitlines()])


if __name__ == "__main__":
    import unittest
    unittest.main()
