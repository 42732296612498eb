"""A real MIT KDC with a realm of its own: everything in the lab's folder, nothing of the system's is read or changed."""

import os
from .files import write
from .processes import Process, free_port, run

REALM = "LAB.EXAMPLE.TEST"


class Kdc:
    def __init__(self, lab, realm=REALM):
        self.lab = lab
        self.realm = realm
        self.folder = lab.folder / f"kdc-{realm.lower()}"
        self.port = free_port()
        self.config = self.folder / "krb5.conf"
        self.environment = {"KRB5_CONFIG": str(self.config), "KRB5_KDC_PROFILE": str(self.folder / "kdc.conf"),
                            "KRB5RCACHEDIR": str(self.folder)}
        self.process = None

    def prepare(self):
        write(self.config, f"""[libdefaults]
  default_realm = {self.realm}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  default_ccache_name = FILE:{self.folder}/ccache
[realms]
  {self.realm} = {{
    kdc = 127.0.0.1:{self.port}
  }}
[domain_realm]
  localhost = {self.realm}
""")
        write(self.folder / "kdc.conf", f"""[kdcdefaults]
  kdc_listen = 127.0.0.1:{self.port}
  kdc_tcp_listen = 127.0.0.1:{self.port}
[realms]
  {self.realm} = {{
    database_name = {self.folder}/principal
    key_stash_file = {self.folder}/stash
    acl_file = {self.folder}/kadm5.acl
    max_life = 1h
    supported_enctypes = aes256-cts-hmac-sha1-96:normal
  }}
""")
        self._run("/usr/sbin/kdb5_util", "create", "-s", "-W", "-r", self.realm, "-P", os.urandom(12).hex())

    def _run(self, *arguments, **options):
        return run(arguments, env={**os.environ, **self.environment}, **options)

    def add(self, name):
        """A principal with a random key; returns its keytab."""
        keytab = self.folder / (name.replace("/", "_") + ".keytab")
        self._run("/usr/sbin/kadmin.local", "-r", self.realm, "-q", f"addprinc -randkey {name}@{self.realm}")
        self._run("/usr/sbin/kadmin.local", "-r", self.realm, "-q", f"ktadd -k {keytab} {name}@{self.realm}")
        keytab.chmod(0o600)
        return keytab

    def start(self):
        self.process = Process("krb5kdc", ["/usr/sbin/krb5kdc", "-n", "-r", self.realm], self.folder, self.environment)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def log_in(self, name, keytab):
        """A ticket for the principal; returns the environment that finds it."""
        cache = self.folder / f"{name.replace('/', '_')}.ccache"
        self._run("/usr/bin/kinit", "-c", cache, "-k", "-t", keytab, f"{name}@{self.realm}")
        return {**self.environment, "KRB5CCNAME": f"FILE:{cache}"}
