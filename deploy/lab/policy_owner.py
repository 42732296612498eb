"""Those who own the policies and sign them away from the controller: keys of ssh-keygen, used by ssh-keygen."""

import shutil

from .files import write
from .processes import run

KEYGEN = "/usr/bin/ssh-keygen"


class PolicyOwner:
    def __init__(self, lab, names=("ann", "bob")):
        self.lab = lab
        self.folder = lab.folder / "owners"
        self.folder.mkdir(mode=0o755)
        self.names = names
        for name in (*names, "eve"):
            run([KEYGEN, "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", self.folder / name])
        lines = [f"{name}@example.test {self.public(name)}" for name in names]
        self.signers = write(self.folder / "policy_signers", "".join(lines), 0o644)

    def public(self, name):
        return (self.folder / f"{name}.pub").read_text()

    def sign(self, work, names=None, expires="90d"):
        """As docs/policies.md says: a new manifest, and a signature of each."""
        manifest, signatures = work / ".perennial/manifest.json", work / ".perennial/signatures"
        first = not manifest.exists()
        run([self.lab.program("perennial"), "policies", "manifest", "--expires", expires,
             *(["--repository", "lab-policies"] if first else []), work])
        for name in names or self.names:
            run([KEYGEN, "-q", "-Y", "sign", "-n", "perennial-policies", "-f", self.folder / name, manifest])
            shutil.move(f"{manifest}.sig", signatures / f"{name}.sig")

    @staticmethod
    def relayed(work):
        """What a controller relays of a work tree, and its documents."""
        signatures = {file.name: file.read_text() for file in (work / ".perennial/signatures").glob("*.sig")}
        documents = {str(file.relative_to(work)): file.read_text() for file in work.rglob("*.yaml")}
        return {"manifest": (work / ".perennial/manifest.json").read_text(), "signatures": signatures, "signers": ""}, documents
