"""A git repository of policies whose commits are signed with an SSH key."""

import os
from .files import to_yaml, write
from .processes import run


class PolicyRepository:
    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder / "policies"
        self.work = self.folder / "work"
        self.signing_key = self.folder / "signer"
        self.allowed_signers = self.folder / "allowed_signers"

    def prepare(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        run(["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "signer", "-f", self.signing_key])
        public = self.signing_key.with_suffix(".pub").read_text().split()
        write(self.allowed_signers, f"policy-signer@example.test namespaces=\"git\" {public[0]} {public[1]}\n")
        self.git("init", "-q", "-b", "main", str(self.work), where=self.folder)

    def git(self, *arguments, where=None):
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1", "LANG": "C.UTF-8"}
        settings = {"user.name": "Policy Signer", "user.email": "policy-signer@example.test", "gpg.format": "ssh",
                    "user.signingkey": str(self.signing_key), "commit.gpgsign": "true"}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return run(["/usr/bin/git", *options, *arguments], cwd=where or self.work, env=environment).stdout.strip()

    def commit(self, documents, message="Policies", signed=True):
        """documents: path to mapping, or text. Returns the commit."""
        for path, document in documents.items():
            write(self.work / path, document if isinstance(document, str) else to_yaml(document) + "\n")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message, *([] if signed else ["--no-gpg-sign"]))
        return self.git("rev-parse", "HEAD")


def web_documents(enrollment, service="nginx", enroll=None, **renew):
    """The pair the quickstart uses: where certificates come from, and what web servers should have."""
    from .enrollment import CERTIFICATE_CEP
    return {
        "services/lab.yaml": {
            "kind": "enrollment-service", "name": "lab", "issuer": "ces",
            "policy_endpoints": [enrollment.url(CERTIFICATE_CEP)],
            "tls_trust": enrollment.root.read_text(), "issuer_trust": enrollment.root.read_text()},
        "policies/web-servers.yaml": {
            "kind": "certificate-policy", "name": "web-servers",
            "match": {"labels": {"role": "web"}, "names": ["*.example.test"], "services": [service]},
            "renew": {"before": "30d", "spread": "5d", **renew},
            "enrollment_service": "lab", "key": {"type": "same"}, "action": f"reload-{service}",
            **({"enroll": enroll} if enroll else {})}}
