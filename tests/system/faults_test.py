"""What goes wrong: each time a clear event, the old certificate still served, nothing lost."""

import http.server
import json
import ssl
import threading

from lab.enrollment import web_template
from lab.policies import web_documents
from lab.processes import run, wait_until
from system_case import HOST, SystemCase


class Policies(SystemCase):
    def setUp(self):
        super().setUp()
        self.start_enrollment()
        self.start_controller()
        self.heard("policy.applied")

    def assert_refused(self, commit, text):
        rejected = wait_until(lambda: self._rejected(commit), f"policy.rejected of {commit}")
        self.assertIn(text, rejected["reason"])
        shown = self.controller.ask("policies", "show")
        self.assertEqual(shown["commit"], self.commit)
        self.assertEqual(shown["rejected"]["commit"], commit)

    def _rejected(self, commit):
        self.feed.poll()
        return next((e for e in self.feed.events if e["kind"] == "policy.rejected" and e["policy"] == commit), None)

    def test_broken_documents(self):
        """unknown key, repeated key, tab, anchor bomb: file and line are named, the last good policies stay"""
        good = json.dumps  # only to keep the table short
        bombs = "a: &a [x, x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
        for text, expected in (
                ("kind: certificate-policy\nname: x\nsurprise: 1\n", "bad.yaml:3"),
                ("kind: certificate-policy\nname: x\nname: y\n", "bad.yaml:3"),
                ("kind: certificate-policy\n\tname: x\n", "bad.yaml:2"),
                (bombs, "bad.yaml:1")):
            with self.subTest(text=good(text)):
                commit = self.policies.commit({"policies/bad.yaml": text})
                self.assert_refused(commit, expected)
                checked = self.controller.cli("policies", "check", str(self.policies.work), check=False)
                self.assertEqual(checked.returncode, 2)
                self.assertIn(expected, checked.stdout + checked.stderr)

    def test_unsigned_commit(self):
        """an unsigned commit is refused, and so is a signed one on top of it"""
        unsigned = self.policies.commit({"note.txt": "hello"}, signed=False)
        self.assert_refused(unsigned, "not signed by an allowed signer")
        signed = self.policies.commit({"note.txt": "hello again"})
        self.assert_refused(signed, "not signed by an allowed signer")

    def test_rewritten_history(self):
        """a rollback to an older signed commit is refused"""
        second = self.policies.commit({"note.txt": "second"})
        wait_until(lambda: self.controller.ask("policies", "show")["commit"] == second, "the second commit applies")
        first, self.commit = self.commit, second
        self.policies.git("reset", "-q", "--hard", first)
        self.assert_refused(first, "rewritten or rolled back")


class Joining(SystemCase):
    def setUp(self):
        super().setUp()
        self.start_enrollment()
        self.start_nginx()
        self.start_controller()
        from lab.agent import Agent
        self.agent = Agent(self.lab, self.nginx)
        self.agent.prepare(self.enrollment, controller=self.controller)

    def test_bad_tokens(self):
        """garbage, another host's token, a token used twice, a pin of another controller: refused and told"""
        self.assertEqual(self.agent.join("perennial-join.1.nonsense", check=False).returncode, 2)
        token = self.controller.join_token("other.example.test")
        self.assertEqual(self.agent.join(token, check=False).returncode, 1)
        self.assertIn("other.example.test", self.heard("agent.auth_failed")["reason"])
        good = self.controller.join_token(HOST)
        wrong_pin = good[:-1] + ("0" if good[-1] != "0" else "1")
        refused = self.agent.join(wrong_pin, check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertEqual(self.agent.join(good, check=False).returncode, 0)
        for file in ("identity.pem", "identity.key", "agent.json"):
            (self.agent.state / file).unlink(missing_ok=True)
        self.assertEqual(self.agent.join(good, check=False).returncode, 1)
        self.assertIn("used already", self._last("agent.auth_failed")["reason"])

    def _last(self, kind):
        def look():
            self.feed.poll()
            found = [e for e in self.feed.events if e["kind"] == kind]
            return found[-1] if len(found) > 1 else None
        return wait_until(look, f"another {kind}")


class Services(SystemCase):
    def test_not_good_for_client_authentication(self):
        """a certificate that cannot authenticate its own renewal: said so by name, and left alone"""
        template = web_template(extended_key_usages=["serverAuthentication"])
        self.start_enrollment([template])
        self.start_nginx()
        documents = web_documents(self.enrollment)
        self.start_controller(documents=documents)
        self.start_agent()
        abandoned = self.heard("renewal.abandoned")
        self.assertIn("client authentication", abandoned["reason"])
        self.assert_old_served()
        self.assert_pair_matches()

    def test_wrong_password(self):
        """a first enrolment with a wrong password: a clear error, no key left behind"""
        self.start_enrollment()
        from lab.enrollment import PASSWORD_CEP
        from lab.files import write
        wrong = write(self.lab.folder / "wrong", "not the password", 0o600)
        key = self.lab.folder / "first.key"
        done = run([self.lab.program("perennial-enroller"), "first", "--policy-url", self.enrollment.url(PASSWORD_CEP),
                    "--trust-file", self.enrollment.root, "--user", "web-enroller", "--password-file", wrong,
                    "--template", "WebServer", "--name", HOST, "--certificate-file", self.lab.folder / "first.pem",
                    "--key-file", key], check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("password", done.stderr)
        self.assertNotIn("not the password", done.stderr + self.enrollment.process.tail())
        self.assertFalse(key.exists())

    def test_ces_answers_html(self):
        """where CES was, something answers HTML: the renewal waits, and goes on when CES is back"""
        self.start_enrollment()
        self.start_nginx()
        self.start_controller()
        self.enrollment.process.stop()
        stranger = HtmlServer(self.enrollment)
        self.addCleanup(stranger.stop)
        self.start_agent()
        failed = self.heard("renewal.failed")
        self.assertIn("without SOAP", failed["reason"])
        self.assert_old_served()
        stranger.stop()
        self.enrollment.start()
        self.heard("renewal.completed", failed["correlation_id"])
        self.assertNotEqual(self.nginx.served()["serial"], self.old["serial"])

    def test_reload_fails(self):
        """a reload that fails: the old pair is back on disk and served"""
        self.start_enrollment()
        self.start_nginx()
        self.start_controller()
        (self.nginx.folder / "sites" / "broken.conf").write_text("nonsense here;\n")
        self.start_agent()
        back = self.heard("renewal.rolled_back")
        self.assertIn("reload-nginx", back["reason"])
        self.assert_old_served()
        self.assert_pair_matches()
        self.assertIn(self.old["serial"], run(["/usr/bin/openssl", "x509", "-in", self.nginx.certificate, "-noout",
                                               "-serial"]).stdout)

    def test_agent_killed(self):
        """the agent killed in the middle of a renewal: the next start completes it, with one new certificate"""
        self.start_enrollment()
        self.start_nginx()
        self.start_controller()
        self.start_agent()
        wait_until(lambda: "request.submitting" in self.agent.process.tail(20000), "the request is on its way", every=0.001)
        self.agent.process.kill()
        self.agent.socket.unlink(missing_ok=True)
        self.agent.start()
        completed = self.heard("renewal.completed")
        self.assertEqual(self.nginx.served()["serial"], completed["certificate"]["serial"])
        self.assert_pair_matches()
        issued = self.controller.ask("enrollment", "certificates")["items"]
        self.assertLessEqual(len([c for c in issued if c["template"] == "WebServer"]), 3)  # the old one, and at most two

    def test_the_agent_alone(self):
        """no controller answers: the agent renews under its last policies, and tells of it later"""
        self.start_enrollment()
        self.start_nginx(valid_from="-1d")  # not due yet
        self.start_controller()
        self.start_agent(intervals={"scan": "1s", "retry": "1s", "unanswered": "2s"})
        self.heard("certificate.discovered")
        wait_until(lambda: json.loads(self.agent.command("status", "--json").stdout)["policy_commit"] == self.commit,
                   "the agent holds the policies")
        self.controller.process.stop()
        self.put_near_its_end()
        self.wait_for_new_certificate()
        self.controller.start()
        autonomous = self.heard("renewal.autonomous")
        self.heard("renewal.completed", autonomous["correlation_id"])


class HtmlServer:
    """Something else that has CES's address and certificate."""

    def __init__(self, enrollment):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                page = b"<html><body>Service unavailable</body></html>"
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", enrollment.port), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(enrollment.state / "tls.pem", enrollment.state / "tls.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.running = True

    def stop(self):
        if self.running:
            self.running = False
            self.server.shutdown()
            self.server.server_close()
