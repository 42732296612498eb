"""Everything the quickstart shows, after the build: see deploy/quickstart --help."""

import argparse
import json
import os
import shutil
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lab.agent import Agent
from lab.audit_feed import AuditFeed
from lab.controller import Controller
from lab.enrollment import CERTIFICATE_CES, Enrollment
from lab.lab import Lab
from lab.nginx import Nginx
from lab.policies import PolicyRepository, web_documents
from lab.processes import LabError, run, wait_until
from lab.progress import Progress, table
from lab.rsyslog import Rsyslog

HOST = "web1.example.test"
TOLD = {
    "renewal.ordered": "the controller orders a renewal",
    "renewal.accepted": "the agent takes the order",
    "key.generated": "a new key is made on this host",
    "request.submitting": "the renewal is signed by the old key and goes to CES",
    "request.submitted": "CES has answered",
    "certificate.issued": "the certificate is checked: key, names, chain, usages",
    "certificate.installing": "the installer places it",
    "certificate.installed": "key and certificate are in place; nginx is reloaded",
    "renewal.completed": "a TLS handshake sees the new certificate",
    "renewal.failed": "a step failed; it will be tried again",
    "renewal.rolled_back": "the old certificate was put back",
    "renewal.abandoned": "the renewal was given up",
}
LAST = ("renewal.completed", "renewal.rolled_back", "renewal.abandoned")
MARK = ".made-by-quickstart"
OWN_FOLDER = Path(__file__).resolve().parents[2] / "build" / "quickstart"


class Quickstart:
    def __init__(self, options, progress):
        self.options = options
        self.progress = progress
        self.lab = Lab(options.folder, options.programs)
        self.enrollment = Enrollment(self.lab)
        self.nginx = Nginx(self.lab, HOST)
        self.rsyslog = Rsyslog(self.lab)
        self.policies = PolicyRepository(self.lab)
        self.controller = Controller(self.lab)
        self.agent = Agent(self.lab, self.nginx)
        self.feed = AuditFeed(self.controller)
        self.told = set()

    def start(self):
        step = self.progress.step
        with step("perennial-enrollment: root and issuing CA, CEP and CES"):
            self.enrollment.prepare()
            self.enrollment.start()
        with step("rsyslog listens for audit events over TLS"):
            self.rsyslog.prepare()
            self.rsyslog.start()
        with step("nginx serves a certificate of that CA with 10 days left"):
            self.nginx.prepare()
            self.enrollment.issue_test(self.nginx.certificate, self.nginx.key, HOST)
            self.nginx.start()
            self.old = self.nginx.served()
        with step("policies: a git repository with a signed commit"):
            self.policies.prepare()
            self.commit = self.policies.commit(web_documents(self.enrollment))
        with step("perennial-controller verifies and applies the policies"):
            self.controller.prepare(self.policies, sinks=[self.rsyslog.sink()], enrollment=self.enrollment)
            self.controller.start()
            wait_until(lambda: self.heard("policy.applied"), "the controller applies the policies")
        with step("the agent joins with a one-time token"):
            self.agent.prepare(self.enrollment, controller=self.controller)
            self.agent.join(self.controller.join_token(HOST), host=HOST)
        if self.options.fault:
            self.make_fault()
        with step("scanner, installer and agent: nginx's certificate is discovered"):
            self.agent.start_installer()
            self.agent.start()
            wait_until(lambda: self.heard("certificate.discovered"), "the scanner discovers the certificate")

    def heard(self, kind, order_id=None):
        self.feed.poll()
        return self.feed.first(kind, order_id)

    def make_fault(self):
        if self.options.fault == "reload":
            (self.nginx.folder / "sites" / "broken.conf").write_text("this is no nginx configuration;\n")
            self.progress.note("fault: nginx's configuration is broken, so a reload fails", "!")
        elif self.options.fault == "served":
            lazy = {"actions": {"reload-nginx": {"run": ["/usr/bin/true"], "timeout": "20s"}}}
            self.agent.allow(self.enrollment, guard=lazy)
            self.progress.note("fault: the reload says it worked, but nginx goes on with its old certificate", "!")
        elif self.options.fault == "ces":
            self.enrollment.process.stop()
            self.progress.note("fault: the enrolment service is down", "!")

    def mend_fault(self):
        if self.options.fault == "reload":
            (self.nginx.folder / "sites" / "broken.conf").unlink()
        elif self.options.fault == "served":
            self.agent.allow(self.enrollment)
            self.agent.restart_installer()
        elif self.options.fault == "ces":
            self.enrollment.start()
        self.progress.note("the fault is mended", "!")

    def follow(self, order_id, until, seconds=60):
        """Tells each of the order's events as it comes, to the first of `until`."""
        told = self.told

        def news():
            self.feed.poll()
            for event in self.feed.of_order(order_id):
                if event["id"] in told:
                    continue
                told.add(event["id"])
                text = TOLD.get(event["kind"])
                if text:
                    reason = f" ({event['reason']})" if event.get("reason") else ""
                    bad = event["outcome"] in ("failure", "denied")
                    self.progress.note(text + reason, "!" if bad else "+")
                if event["kind"] in until:
                    return event
            return None

        return wait_until(news, f"renewal {order_id} ends", seconds)

    def renew(self):
        ordered = wait_until(lambda: self.heard("renewal.ordered"), "the controller orders a renewal")
        self.order_id = ordered["correlation_id"]
        if self.options.fault:
            wanted = "renewal.failed" if self.options.fault == "ces" else "renewal.rolled_back"
            self.follow(self.order_id, (wanted,))
            still = self.nginx.served()["serial"] == self.old["serial"]
            self.progress.note("nginx still serves the old certificate" if still else "nginx serves something else",
                               "+" if still else "x")
            self.mend_fault()
            if self.options.fault != "ces":
                slot = self.controller.ask("certificates")["items"][0]
                order = self.controller.ask("renew", slot["agent_id"], slot["slot_id"])
                self.order_id = order["order_id"]
        self.last = self.follow(self.order_id, LAST)
        return self.last["kind"] == "renewal.completed"

    def _look(self):
        """What s_client sees. A worker of before the reload may take one more connection: it gets a moment."""
        try:
            wait_until(lambda: self.nginx.served()["serial"] != self.old["serial"], "another serial", seconds=3, every=0.2)
        except LabError:
            pass  # told by what is seen now
        return self.nginx.served()

    def outcome(self):
        with self.progress.step("openssl s_client looks at what nginx serves"):
            self.new = self._look()
        with self.progress.step("rsyslog has received the same events"):
            wait_until(lambda: any("renewal.completed" in line and self.order_id in line
                                   for line in self.rsyslog.lines()), "rsyslog receives renewal.completed")
        with self.progress.step("perennial audit verify"):
            self.controller.cli("audit", "verify", "--log", str(self.controller.audit_folder),
                                "--vkey", str(self.controller.audit_public_key))
        self.feed.poll()
        submitting = self.feed.first("request.submitting", self.order_id)
        completed = self.feed.first("renewal.completed", self.order_id)
        verified = self.new["serial"] == completed["certificate"]["serial"] != self.old["serial"]
        return {
            "verified": verified,
            "serial_changed": self.new["serial"] != self.old["serial"],
            "key_changed": self.new["public_key"] != self.old["public_key"],
            "ces_authentication": submitting["details"]["authentication"],
            "request_format": submitting["details"]["request_format"],
            "order_id": self.order_id,
            "policy_commit": completed["policy"].split(":")[0],
            "seconds": round(completed["details"]["milliseconds"] / 1000, 3),
            "old_serial": self.old["serial"], "new_serial": self.new["serial"],
            "service_address": f"127.0.0.1:{self.nginx.port}",
            "trust_anchor": str(self.enrollment.root),
            "siem_file": str(self.rsyslog.received),
            "audit_log": str(self.controller.audit_folder),
            "audit_public_key": str(self.controller.audit_public_key)}

    def show(self, outcome):
        out = sys.stdout
        out.write("\n")
        table([("old serial", outcome["old_serial"]), ("new serial", outcome["new_serial"]),
               ("key changed", "yes" if outcome["key_changed"] else "no"),
               ("asked of CES", f"{outcome['request_format']}, authenticated by {outcome['ces_authentication']}"),
               ("order to verified", f"{outcome['seconds']:.3f} s"), ("order", outcome["order_id"]),
               ("policy commit", outcome["policy_commit"])], out)
        out.write("\n  audit events of this order, and whether rsyslog has them:\n")
        lines = self.rsyslog.lines()
        for event in self.feed.of_order(self.order_id):
            there = "rsyslog" if any(event["id"] in line for line in lines) else "-"
            out.write(f"  {event['seq']:>5}  {event['time']}  {event['kind']:<26} {event['policy'][:12]:<12} {there}\n")
        out.write(f"\n  rsyslog's file: {outcome['siem_file']}\n  audit log:      {outcome['audit_log']}\n")

    def keep(self):
        pids = {process.name: process.pid for process in self.lab.processes if process.running()}
        (self.lab.folder / "running.json").write_text(json.dumps(pids))
        cli = f"{self.lab.program('perennial')} --config {self.controller.cli_config}"
        print(f"""
  running until deploy/quickstart --stop:
    nginx            https://127.0.0.1:{self.nginx.port}/  ({HOST}, trust {self.enrollment.root})
    operator API     {self.controller.operator_url}
    CES              {self.enrollment.url(CERTIFICATE_CES)}
  worth trying:
    {cli} status
    {cli} renewals
    {cli} audit tail -n 5""", file=sys.stderr if self.options.json else sys.stdout)


def make_room(folder):
    """An empty folder for this run. Only what an earlier run made is removed: --folder may be a slip of the hand."""
    folder = Path(folder)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise LabError(f"{folder} is no folder")
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / MARK).is_file() and folder.resolve() != OWN_FOLDER:
            raise LabError(f"{folder} has files that no quickstart made: name an empty folder, or one that is not there")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).write_text("deploy/quickstart removes this folder when it runs again\n")


def stop(folder):
    path = Path(folder) / "running.json"
    if not path.exists():
        print("nothing is running", file=sys.stderr)
        return 0
    for name, pid in json.loads(path.read_text()).items():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
            if str(Path(folder).resolve()) in command:  # never a stranger that has the number now
                os.kill(pid, signal.SIGTERM)
                wait_until(lambda: not Path(f"/proc/{pid}/cmdline").read_bytes(), f"{name} ends", seconds=10)
        except (FileNotFoundError, ProcessLookupError):
            continue
        except LabError as error:
            print(error, file=sys.stderr)
            return 1
    path.unlink()
    print("stopped", file=sys.stderr)
    return 0


def parse():
    parser = argparse.ArgumentParser(prog="deploy/quickstart", add_help=False)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--break", dest="fault", choices=("reload", "served", "ces"))
    parser.add_argument("--folder")
    parser.add_argument("--programs")
    return parser.parse_args()


def main():
    options = parse()
    if options.stop:
        return stop(options.folder)
    if Path(options.folder, "running.json").exists():
        stop(options.folder)
    try:
        make_room(options.folder)
    except (LabError, OSError) as error:
        print(f"deploy/quickstart: {error}", file=sys.stderr)
        return 2
    progress = Progress(sys.stderr if options.json else sys.stdout)
    quickstart = Quickstart(options, progress)
    kept = False
    try:
        quickstart.start()
        done = quickstart.renew()
        if not done:
            raise LabError(f"the renewal ended with {quickstart.last['kind']}: {quickstart.last.get('reason')}")
        outcome = quickstart.outcome()
        if options.json:
            print(json.dumps(outcome))
        else:
            quickstart.show(outcome)
        if options.keep:
            quickstart.keep()
            kept = True
        return 0 if outcome["verified"] and outcome["key_changed"] else 1
    except (LabError, OSError, KeyError) as error:
        progress.note(f"{error}", "x")
        for process in quickstart.lab.processes:
            print(f"-- {process.output}:\n{process.tail(800)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        if not kept:
            quickstart.lab.stop()


if __name__ == "__main__":
    sys.exit(main())
