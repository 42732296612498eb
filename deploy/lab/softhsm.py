"""A PKCS#11 token of SoftHSM2, with a PIN that can be looked for."""

import os
import secrets
from pathlib import Path

from .files import write
from .processes import run

MODULE = "/usr/lib/softhsm/libsofthsm2.so"


class Token:
    """Whoever uses it needs SOFTHSM2_CONF = `config` in the environment."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.pin = secrets.token_hex(10)
        (self.folder / "tokens").mkdir(parents=True)
        self.config = write(self.folder / "softhsm2.conf",
                            f"directories.tokendir = {self.folder}/tokens\nlog.level = ERROR\n")
        self.pin_file = write(self.folder / "pin", self.pin + "\n", 0o600)
        self._tool("--init-token", "--free", "--label", "lab", "--so-pin", secrets.token_hex(10))

    def _tool(self, *arguments):
        run(["/usr/bin/softhsm2-util", *arguments, "--pin", self.pin],
            env={**os.environ, "SOFTHSM2_CONF": str(self.config)})

    def take(self, key, label, number):
        """The key goes into the token, and its file away."""
        self._tool("--import", key, "--token", "lab", "--label", label, "--id", f"{number:02}")
        Path(key).unlink()

    def settings(self, **keys):
        """The section `pkcs11` of a configuration; `keys`: setting and label."""
        return {"module": MODULE, "pin_file": self.pin_file,
                **{setting: f"pkcs11:token=lab;object={label};type=private" for setting, label in keys.items()}}

    def places_of_the_pin(self, folder, process):
        """Files below the folder that contain it, other than its own, and what anybody sees of the process."""
        files = [file for file in Path(folder).rglob("*") if file.is_file() and file != self.pin_file]
        files += [Path(f"/proc/{process.pid}/{name}") for name in ("cmdline", "environ")]
        return [str(file) for file in files if self.pin.encode() in file.read_bytes()]
