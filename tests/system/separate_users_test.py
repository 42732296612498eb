"""The programs under the users of the units: an agent without rights, a scanner that only reads, an installer as root."""

import os
import shutil
import subprocess
import unittest

from lab.agent import Agent
from lab.processes import Process, run
from system_case import HOST, SystemCase

AGENT = (64301, 64300)    # user, group: of no account, so they own nothing else on the machine
SCANNER = (64302, 64300)
STRANGER = (64303, 64303)


class SeparateUsers(Agent):
    """As deploy/systemd starts them: scanner and installer by their sockets, each as a user of its own."""

    def __init__(self, lab, nginx):
        super().__init__(lab, nginx)
        self.scanner_socket = self.folder / "scanner.sock"
        self.socket = self.state / "agent.sock"
        self.user = {"user": AGENT[0], "group": AGENT[1], "extra_groups": []}

    def prepare(self, enrollment, **options):
        super().prepare(enrollment, caller=str(AGENT[0]), scanner_socket=self.scanner_socket, **options)
        self.lab.folder.chmod(0o755)
        self.folder.chmod(0o755)
        for file in (self.config, self.scanner_config):
            file.chmod(0o644)
        self.state.mkdir(mode=0o700)
        os.chown(self.state, *AGENT)
        programs = self.lab.folder / "programs"  # where the build folder is closed to others
        programs.mkdir()
        for program in self.lab.programs.glob("perennial*"):
            shutil.copy(program, programs)
        self.lab.programs = programs

    def join(self, token, host=HOST, check=True):
        return run([self.lab.program("perennial-agent"), "join", "--config", self.config, "--token-file", "-",
                    "--host", host], check=check, input=token + "\n", **self.user)

    def _by_socket(self, name, path, how, command):
        process = Process(name, ["/usr/bin/systemd-socket-activate", *how, "--listen", path, *command], self.folder)
        self.lab.started(process)
        process.wait_for(path.exists, "its socket is there")
        os.chown(path, 0, AGENT[1])
        path.chmod(0o660)
        return process

    def start_installer(self):
        self.installer = self._by_socket("installer", self.installer_socket, ["--seqpacket"], [
            self.lab.program("perennial-installer"), "serve", "--config", self.guard])
        self._by_socket("scanner", self.scanner_socket, ["--accept", "--inetd"], [
            "/usr/bin/setpriv", f"--reuid={SCANNER[0]}", f"--regid={SCANNER[1]}", "--clear-groups", "--no-new-privs",
            "--inh-caps=-all,+dac_read_search", "--ambient-caps=+dac_read_search",
            "--bounding-set=-all,+dac_read_search",
            self.lab.program("perennial-scanner"), "--config", self.scanner_config, "scan"])

    def start(self):
        self.process = Process("agent", [self.lab.program("perennial-agent"), "run", "--config", self.config],
                               self.folder, user=AGENT)
        self.lab.started(self.process)
        self.process.wait_for(self.socket.exists, "its socket is there")


@unittest.skipUnless(os.geteuid() == 0, "users of their own need root")
class UnderTheirUsers(SystemCase):
    agent_class = SeparateUsers

    def test_renewal_by_an_agent_without_rights(self):
        """agent, scanner and installer under three users: renewed, and the agent could not read or write a key itself"""
        self.everything()
        self.heard("renewal.completed")
        new = self.nginx.served()
        self.assertNotEqual(new["serial"], self.old["serial"])
        self.assertNotEqual(new["public_key"], self.old["public_key"])
        self.assert_pair_matches()
        owner = self.nginx.key.stat()
        self.assertEqual((owner.st_uid, owner.st_gid, owner.st_mode & 0o777), (0, 0, 0o600))
        for attempt in (["/usr/bin/cat", self.nginx.key], ["/usr/bin/touch", self.nginx.tls / "mine"],
                        ["/usr/bin/ls", self.agent.installer_state]):
            self.assertNotEqual(run(attempt, check=False, **self.agent.user).returncode, 0, attempt)
        status = open(f"/proc/{self.agent.process.pid}/status").read()
        self.assertIn("CapEff:\t0000000000000000", status)
        self.assertIn(f"Uid:\t{AGENT[0]}\t{AGENT[0]}\t{AGENT[0]}\t{AGENT[0]}", status)

    def test_no_key_in_what_the_agent_keeps(self):
        """nothing that the agent or the controller keeps contains a private key"""
        self.everything()
        self.heard("renewal.completed")
        for folder in (self.agent.state, self.controller.folder / "audit"):
            found = run(["/usr/bin/grep", "-rlE", "BEGIN (EC |RSA |ENCRYPTED )?PRIVATE KEY", folder], check=False)
            own = [line for line in found.stdout.splitlines() if not line.endswith("identity.pem")]
            self.assertEqual(own, [])

    def test_installer_answers_its_callers_alone(self):
        """a user that the guard does not name gets a refusal from the installer, and no slot changes"""
        self.start_enrollment()
        self.start_nginx()
        self.start_controller()
        self.start_agent()
        self.heard("renewal.completed")
        before = self.nginx.served()["serial"]
        self.agent.installer_socket.chmod(0o666)  # as if the unit had been loosened
        asked = subprocess.run(
            ["/usr/bin/python3", "-c", _ASK, str(self.agent.installer_socket)], capture_output=True, text=True,
            timeout=30, user=STRANGER[0], group=STRANGER[1], extra_groups=[], check=False)
        self.assertIn("is not among the guard's callers", asked.stdout)
        self.assertEqual(self.nginx.served()["serial"], before)


_ASK = """
import socket, sys
asker = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
asker.connect(sys.argv[1])
asker.send(b'{}')
print(asker.recv(65536).decode(errors='replace'))
"""
