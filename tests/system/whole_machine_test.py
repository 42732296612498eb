"""What `perennial-agent discover` finds on the machine it runs on, beside what openssl, keytool and ss show by hand."""

import collections
import json
import os
import re
import subprocess

from lab.agent import Agent
from lab.files import write_yaml
from lab.processes import run
from system_case import SystemCase

FOLDERS = ["/etc", "/usr/share/ca-certificates", "/usr/share/gnupg", "/usr/lib/python3"]
LARGEST = 1 << 20
# At the beginning of a line, as openssl wants it: what a program's text quotes is no certificate file.
PEM = re.compile(rb"(?m)^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----\s[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----\s")
PASSWORD = "changeit"


class WholeMachine(SystemCase):
    def test_what_is_here(self):
        """discover finds on this machine what openssl, keytool and ss show by hand: each certificate, each listener, the count of each kind"""
        self.start_enrollment()
        self.start_nginx()
        hidden = self.lab.folder / "hidden"
        hidden.mkdir()
        self.hide(hidden)
        self.agent = Agent(self.lab, self.nginx)
        self.agent.prepare(self.enrollment, policies=self.lab.folder / "none")
        password = self.lab.folder / "password"
        password.write_text(PASSWORD + "\n")
        password.chmod(0o600)
        folders = [*FOLDERS, str(hidden)]
        write_yaml(self.agent.scanner_config, {"sources": [
            {"kind": "nginx", "config": self.nginx.config},
            {"kind": "files", "folders": folders,
             "password_files": [f"{hidden}: {password}", f"/etc: {password}"]},
            {"kind": "listeners"}]})
        report = json.loads(self.agent.command("discover", "--json").stdout)
        by_hand = by_address(sockets())

        ours = collections.defaultdict(set)
        for one in report["found"]:
            if one["certificate"]:
                ours[one["place"]["certificate_path"]].add(one["certificate"]["fingerprint"])
        for slot in report["slots"]:
            ours[slot["place"]["certificate_path"]] |= certificates_in(slot["certificate_pem"].encode())
        passed_over = [line.split(": ")[0] for line in report["skipped"]]
        counts = collections.Counter()
        for kind, path, fingerprints in files_by_hand(folders):
            if path in passed_over:  # said, so not silent: an example inside a program's text, for one
                continue
            with self.subTest(path):
                self.assertLessEqual(fingerprints, ours[path], f"{kind}: not all were found")
            counts[kind] += 1
        self.assertEqual({kind for kind in ("pem", "der", "pkcs7", "pkcs12", "jks") if not counts[kind]}, set())
        self.assertGreater(counts["pem"], 100)  # the machine's trust anchors

        seen = {f"{l['host']}:{l['port']}": l["served"] for slot in report["slots"] for l in slot["listeners"]}
        unknown = {m[1] for m in (re.match(r"(\S+:\d+): listens with a certificate from no known file", line)
                                  for line in report["skipped"]) if m}
        own = {line.split()[3] for line in run(["/usr/bin/ss", "-H", "-tlnp"]).stdout.splitlines()
               if any(f"pid={pid}," in line for pid in self.servers())}
        self.assertGreaterEqual(len(own & set(by_hand)), 2)  # nginx and the enrolment server, at least
        for address in own & set(by_hand):  # others' may come, go and be slow while we look
            with self.subTest(address):
                self.assertTrue(address in unknown or seen.get(address) == by_hand[address],
                                f"openssl s_client sees {by_hand[address]}; ours {seen.get(address)}, {sorted(unknown)}")

    def servers(self):
        """Pids of this lab's programs and their children."""
        told = [process.pid for process in (self.enrollment.process, self.nginx.process)]
        children = run(["/usr/bin/ps", "-o", "pid=", "--ppid", ",".join(map(str, told))], check=False).stdout.split()
        return [*told, *map(int, children)]

    def hide(self, folder):
        """The enrolment server's authority in every form, under names that say nothing."""
        issuing, openssl = self.enrollment.issuing, "/usr/bin/openssl"
        run([openssl, "x509", "-in", issuing, "-outform", "DER", "-out", folder / "notes"])
        run([openssl, "crl2pkcs7", "-nocrl", "-certfile", issuing, "-outform", "DER", "-out", folder / "letter.txt"])
        run([openssl, "pkcs12", "-export", "-in", self.nginx.certificate, "-inkey", self.nginx.key, "-out",
             folder / "picture.png", "-passout", f"pass:{PASSWORD}"])
        for kind, name in (("JKS", "a.bin"), ("JCEKS", "b.bin")):
            run(["/usr/bin/keytool", "-importcert", "-noprompt", "-alias", "one", "-file", issuing, "-keystore",
                 folder / name, "-storetype", kind, "-storepass", PASSWORD])


def digest(der):
    shown = run_bytes(["/usr/bin/openssl", "x509", "-inform", "DER", "-noout", "-fingerprint", "-sha256"], der)
    return shown.decode().split("=")[1].strip().replace(":", "").lower() if shown else None


def run_bytes(command, given):
    done = subprocess.run([str(word) for word in command], input=given, capture_output=True, timeout=60)
    return done.stdout if done.returncode == 0 else None


def certificates_in(pem):
    """Fingerprints of the certificates in PEM text, as openssl prints them; of a server's certificate and its chain only
    the server's: the chain is part of it, in our list too."""
    readable = [(digest(der), block) for block in PEM.findall(pem)
                if (der := run_bytes(["/usr/bin/openssl", "x509", "-outform", "DER"], block))]
    if readable and not is_authority(readable[0][1]):
        readable[1:] = [one for one in readable[1:] if not is_authority(one[1])]
    return {found for found, _ in readable}


def is_authority(block):
    shown = run_bytes(["/usr/bin/openssl", "x509", "-noout", "-ext", "basicConstraints"], block)
    return b"CA:TRUE" in (shown or b"")


def files_by_hand(folders):
    """(kind, path, SHA-256 of each certificate) of every regular file; no link is followed."""
    for folder in folders:
        for where, names, files in os.walk(folder):
            names[:] = [name for name in names if not os.path.islink(os.path.join(where, name))]
            for name in files:
                path = os.path.join(where, name)
                if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > LARGEST:
                    continue
                try:
                    content = open(path, "rb").read()
                except OSError:
                    continue
                kind, found = read_by_hand(path, content)
                if found:
                    yield kind, path, found


def read_by_hand(path, content):
    if PEM.search(content):
        return "pem", certificates_in(content)
    if content.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce")):
        kind = "JKS" if content.startswith(b"\xfe") else "JCEKS"
        listed = run_bytes(["/usr/bin/keytool", "-list", "-rfc", "-keystore", path, "-storetype", kind,
                            "-storepass", PASSWORD], b"")
        return "jks", certificates_in(listed or b"")
    if not content.startswith(b"\x30"):
        return None, None
    one = digest(content)
    if one:
        return "der", {one}
    several = run_bytes(["/usr/bin/openssl", "pkcs7", "-inform", "DER", "-print_certs"], content)
    if several:
        return "pkcs7", certificates_in(several)
    store = run_bytes(["/usr/bin/openssl", "pkcs12", "-in", path, "-nokeys", "-passin", f"pass:{PASSWORD}"], b"")
    return "pkcs12", certificates_in(store or b"")


def sockets():
    """The address of each listening TCP socket, as ss shows them."""
    return {line.split()[3] for line in run(["/usr/bin/ss", "-H", "-tln"]).stdout.splitlines()}


def by_address(listening):
    """What openssl s_client sees at each of them: address to fingerprint; those without TLS are left out."""
    shown = {}
    for address in listening:
        host, _, port = address.rpartition(":")
        if not host.startswith("127."):
            continue
        try:
            done = subprocess.run(["/usr/bin/openssl", "s_client", "-connect", f"{host}:{port}", "-noservername"],
                                  input=b"", capture_output=True, timeout=20)
        except subprocess.TimeoutExpired:  # somebody else's, who takes calls and says nothing
            continue
        blocks = PEM.findall(done.stdout)
        if blocks:
            shown[f"{host}:{port}"] = digest(run_bytes(["/usr/bin/openssl", "x509", "-outform", "DER"], blocks[0]))
    return shown
