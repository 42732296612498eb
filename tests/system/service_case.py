"""What is asked of every service: each listener and name proved, neighbours unharmed, a bad reload taken back."""

import os
import shutil

from lab.files import write
from lab.nginx import describe_certificate
from lab.policies import web_documents
from lab.processes import answers, run, wait_until
from system_case import HOST

NEIGHBOUR = "web2.example.test"


class ServiceCases:
    """What is asked of each service. self.nginx is the service at work, whatever its kind."""
    reads_by_itself = False  # each of its processes reads the pair when it begins

    def prepare_service(self, **options):
        self.start_enrollment()
        self.nginx = self.make_service()
        self.nginx.prepare(**options)
        write(self.nginx.tls / "chain.pem", self.enrollment.issuing.read_text())
        self.issue(self.nginx.certificate, HOST)

    def issue(self, certificate, name, **options):
        self.enrollment.issue_test(certificate, certificate.with_suffix(".key"), name, **options)

    def placed(self):
        return describe_certificate(self.nginx.certificate.read_text())

    def start_service(self, **options):
        self.prepare_service(**options)
        self.nginx.start()
        self.old = self.nginx.served()

    def renew(self, **agent_options):
        self.start_controller(documents=web_documents(self.enrollment, service=self.nginx.kind))
        self.start_agent(**agent_options)

    def action(self, **changes):
        action = {**self.nginx.reload_action(), **changes}
        return {"actions": {f"reload-{self.nginx.kind}": {k: v for k, v in action.items() if v is not None}}}

    def assert_rolled_back(self, text, reloads=True):
        back = self.heard("renewal.rolled_back", seconds=90)
        self.assertIn(text, back["reason"])
        if reloads or not self.reads_by_itself:
            self.assertTrue(back["details"]["old_served"])
        else:  # a process that began in between shows the new certificate until the service reloads
            run(self.nginx.reload_action()["run"])
            wait_until(lambda: {shown["fingerprint"] for shown in self.nginx.everywhere()} == {self.old["fingerprint"]},
                       "the old certificate is served everywhere")
        for shown in self.nginx.everywhere():
            self.assertEqual(shown["fingerprint"], self.old["fingerprint"])
        self.assert_pair_matches()
        self.assertEqual(self.placed()["serial"], self.old["serial"])

    def assert_not_written(self, *passwords):
        """No program of the agent's, and not the controller, has written one down."""
        for file in [*self.lab.folder.rglob("*.log"), *(f for f in self.agent.folder.rglob("*") if f.is_file())]:
            for password in passwords:
                self.assertNotIn(password.encode(), file.read_bytes(), file)

    def test_every_listener_and_name(self):
        """a renewal: every listener of the slot shows the whole new certificate"""
        self.start_service()
        self.renew()
        completed = self.heard("renewal.completed")
        self.assertEqual(completed["details"]["listeners"], self.listeners)
        placed = self.placed()
        self.assertNotEqual(placed["public_key"], self.old["public_key"])
        self.assertEqual(placed["serial"], completed["certificate"]["serial"])
        for shown in self.nginx.everywhere():
            self.assertEqual(shown["fingerprint"], placed["fingerprint"])
        self.assert_pair_matches()
        # The chain is served with it: a client that knows only the root is content.
        starttls = ["-starttls", self.nginx.starttls] if self.nginx.starttls else []
        shown = run(["/usr/bin/openssl", "s_client", "-connect", f"127.0.0.1:{self.nginx.port}", "-servername", HOST,
                     *starttls, "-verify_return_error", "-verify_hostname", HOST, "-CAfile", self.enrollment.root], input="")
        self.assertIn("Verify return code: 0", shown.stdout)

    def test_stopped_stays_stopped(self):
        """a service that is down takes its new certificate when it starts; a reload that would start it is not run"""
        self.prepare_service()
        self.old = self.placed()
        mark = self.lab.folder / "reloaded"
        self.renew(guard={"actions": {f"reload-{self.nginx.kind}": {"run": ["/usr/bin/touch", mark]}}})
        completed = self.heard("renewal.completed")
        self.assertEqual(completed["reason"], "the service was down before")
        self.assertFalse(mark.exists())
        self.assertFalse(answers(self.nginx.port))
        self.assert_pair_matches()
        self.nginx.start()
        self.assertEqual(self.nginx.served()["serial"], completed["certificate"]["serial"])

    def test_reload_hangs(self):
        """a reload that hangs: ended at its time limit, the old pair back and served"""
        self.start_service()
        self.renew(guard={"actions": {f"reload-{self.nginx.kind}": {"run": ["/usr/bin/sleep", "600"],
                                                                    "timeout": "1s"}}})
        self.assert_rolled_back("the action could not be run", reloads=False)

    def test_reload_does_nothing(self):
        """a reload that exits 0 while the old certificate is still served: taken back"""
        self.start_service()
        self.renew(guard={"actions": {f"reload-{self.nginx.kind}": {"run": ["/usr/bin/true"]}}})
        self.assert_rolled_back("still shows the certificate", reloads=False)

    def test_check_fails(self):
        """a configuration that its service refuses: no reload, the old pair back, the service as before"""
        self.start_service()
        pid = self.nginx.process.pid
        self.nginx.break_configuration()
        self.renew()
        self.assert_rolled_back("the check failed")
        self.assertTrue(self.nginx.process.running())
        self.assertEqual(self.nginx.process.pid, pid)


class OwnUserCases(ServiceCases):
    """Of a service that is a user of its own and reads its key as this one."""

    def issue(self, certificate, name, **options):
        super().issue(certificate, name, **options)
        self.nginx.own(certificate.with_suffix(".key"))


class NeighbourCases(ServiceCases):
    """Of a service that shows another certificate beside that of the slot."""

    def prepare_service(self, **options):
        super().prepare_service(**options)
        self.issue(self.nginx.neighbour_certificate, NEIGHBOUR, valid_from="-1d")

    def start_service(self, **options):
        super().start_service(**options)
        self.old_neighbour = self.nginx.neighbour()
        self.assertNotEqual(self.old["serial"], self.old_neighbour["serial"])

    def assert_neighbour_unharmed(self):
        self.assertEqual(self.nginx.neighbour()["fingerprint"], self.old_neighbour["fingerprint"])

    def assert_rolled_back(self, text, reloads=True):
        super().assert_rolled_back(text, reloads)
        self.assert_neighbour_unharmed()

    def test_every_listener_and_name(self):
        """a renewal: every listener of the site shows the whole new certificate, its neighbour on the port its own"""
        super().test_every_listener_and_name()
        self.assert_neighbour_unharmed()

    def test_neighbour_breaks(self):
        """a reload that works for the site and breaks its neighbour on the same port: taken back, both as before"""
        self.start_service()
        place = getattr(self.nginx, "key_store", self.nginx.certificate)
        shutil.copy(place, self.lab.folder / "old")
        script = write(self.lab.folder / "reload.py", f"""import os, sys
sys.path.insert(0, {str(self.lab_modules())!r})
from pathlib import Path
from types import SimpleNamespace
from {type(self.nginx).__module__} import {type(self.nginx).__name__} as Service
service = Service(SimpleNamespace(folder=Path({str(self.lab.folder)!r})))
for name, value in {self.nginx_ports()!r}.items():
    setattr(service, name, value)
renewed = Path({str(self.lab.folder / "old")!r}).read_bytes() != Path({str(place)!r}).read_bytes()
service.break_neighbour() if renewed else service.write_neighbour()
service.reload_now()
""", 0o755)
        self.renew(guard=self.action(check=None, signal=None, pid_file=None,
                                     run=[os.path.realpath("/usr/bin/python3"), str(script)], timeout="20s"))
        self.assert_rolled_back("another certificate of the service is not served as before")

    def nginx_ports(self):
        return {name: value for name, value in vars(self.nginx).items() if name.endswith("port")}

    @staticmethod
    def lab_modules():
        import lab
        return os.path.dirname(os.path.dirname(os.path.abspath(lab.__file__)))
