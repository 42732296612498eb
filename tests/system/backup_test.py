"""A backup, and what a controller that was restored from it does."""

import shutil
import sqlite3

from lab.audit_feed import AuditFeed
from lab.processes import run, wait_until
from system_case import SystemCase


class Backup(SystemCase):
    def back_up(self, name="backup"):
        folder = self.lab.folder / name
        self.administer("backup", "--to", folder)
        return folder

    def administer(self, *arguments, check=True):
        return run([self.controller.program, *arguments, "--config", self.controller.config], check=check)

    def lose_everything(self):
        """The machine is gone; the new one has an empty state folder."""
        self.controller.process.kill()
        shutil.rmtree(self.controller.state)
        self.controller.state.mkdir(0o711)

    def restore(self, folder):
        self.lose_everything()
        self.administer("restore", "--from", folder)
        self.controller.start()
        self.feed = AuditFeed(self.controller)

    def verify_log(self):
        done = self.controller.cli("audit", "verify", "--log", str(self.controller.audit_folder), "--vkey",
                                   str(self.controller.audit_public_key), check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_restored_controller_goes_on(self):
        """restored from before a renewal ended: the agent is known, told orders end, none is carried out twice"""
        self.start_enrollment()
        self.start_nginx()
        self.start_controller()
        self.enrollment.process.stop()  # the order is under way when the backup is made
        self.start_agent()
        order = self.heard("renewal.failed")["correlation_id"]
        folder = self.back_up()
        self.assertIn(str(folder), self.heard("admin.backup_made")["details"]["folder"])
        checked = run(["/usr/bin/sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder)
        self.assertIn("controller.db: OK", checked.stdout)

        self.enrollment.start()
        self.heard("renewal.completed", order)
        new = self.wait_for_new_certificate()
        wait_until(lambda: '"pending_events": 0' in self.agent.command("status", "--json").stdout, "all events are sent")

        self.restore(folder)
        again = self.heard("renewal.already_done", order)
        self.assertEqual(again["outcome"], "success")
        gap = self.heard("agent.seq_gap")
        self.assertGreater(gap["details"]["received"], gap["details"]["expected"])
        shown = wait_until(lambda: [r for r in self.controller.ask("renewals")["items"]
                                    if r["state"] == "already_done"], "the order has ended")
        self.assertEqual([r["order_id"] for r in shown], [order])
        agents = self.controller.ask("agents", "list")["items"]
        self.assertEqual([a["state"] for a in agents], ["active"])

        # A renewal ordered now runs to its end; the one from before the loss did not run again.
        self.assertEqual(self.nginx.served()["serial"], new["serial"])
        issued = [c for c in self.controller.ask("enrollment", "certificates")["items"]
                  if c["template"] == "WebServer"]
        self.assertEqual(len(issued), 2)
        self.verify_log()

    def test_a_damaged_backup_is_refused(self):
        """one byte changed, a file missing, one too many, cut off, a newer schema: named, and nothing is written"""
        self.start_enrollment()
        self.start_controller()
        self.heard("policy.applied")
        good = self.back_up("good")
        again = self.administer("backup", "--to", good, check=False)
        self.assertEqual(again.returncode, 1)
        refused = self.administer("restore", "--from", good, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("only into an empty state folder", refused.stderr)
        self.assertIn("is there", again.stderr)
        self.lose_everything()

        def flip(path):
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)

        def newer(path):
            with sqlite3.connect(path) as database:
                database.execute("INSERT INTO schema_version (version) VALUES (99)")
            database.close()
            sums = run(["/usr/bin/sha256sum", path.name], cwd=path.parent).stdout
            file = path.parent / "SHA256SUMS"
            file.write_text("".join(sums if line.endswith("  controller.db\n") else line
                                    for line in file.read_text().splitlines(keepends=True)))

        events = next(p.name for p in (good / "audit").glob("events-*.jsonl"))
        for name, change, said in (
                ("database", lambda f: flip(f / "controller.db"), "controller.db"),
                ("key", lambda f: flip(f / "audit.key"), "audit.key"),
                ("log", lambda f: flip(f / "audit" / events), f"audit/{events}"),
                ("missing", lambda f: (f / "authority.key").unlink(), "missing"),
                ("more", lambda f: (f / "surprise").write_text("x"), "surprise"),
                ("cut", lambda f: (f / "SHA256SUMS").unlink(), "cut off"),
                ("newer", lambda f: newer(f / "controller.db"), "newer version")):
            with self.subTest(name):
                folder = self.lab.folder / name
                shutil.copytree(good, folder)
                change(folder)
                done = self.administer("restore", "--from", folder, check=False)
                self.assertIn(done.returncode, (1, 2))
                self.assertIn(said, done.stderr)
                self.assertEqual(list(self.controller.state.iterdir()), [])

        self.administer("restore", "--from", good)
        self.controller.start()
        self.assertEqual(self.controller.ask("policies", "show")["commit"], self.commit)
        self.controller.process.stop()
        self.verify_log()
