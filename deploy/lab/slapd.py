"""A real OpenLDAP server over TLS, with people and groups: everything in the lab's folder."""

import base64
import struct

from .files import write
from .processes import Process, free_port, run

BASE = "dc=lab,dc=example,dc=test"
OPENSSL = "/usr/bin/openssl"
READER_PASSWORD = "reader's own password"


def object_sid(text):
    """The line of an entry for the SID "S-1-5-...", as Active Directory keeps it (MS-DTYP 2.4.2.2)."""
    numbers = [int(part) for part in text.split("-")[2:]]
    binary = struct.pack(">BBHI", 1, len(numbers) - 1, 0, numbers[0]) + struct.pack(f"<{len(numbers) - 1}I", *numbers[1:])
    return f"objectSid:: {base64.b64encode(binary).decode()}\n"


class Slapd:
    def __init__(self, lab, name="slapd"):
        self.lab = lab
        self.name = name
        self.folder = lab.folder / name
        self.port = free_port()
        self.url = f"ldaps://127.0.0.1:{self.port}"
        self.config = self.folder / "slapd.conf"
        self.ca = self.folder / "ca.pem"
        self.people = {}
        self.process = None

    def prepare(self, people, groups=(), host="IP:127.0.0.1", more=()):
        """`people`: name -> password; `groups`: name -> list of names; `host`: the name in its certificate;
        `more`: name -> further lines of its entry, such as attributes that Active Directory has."""
        self.people, self.more = dict(people), dict(more)
        (self.folder / "db").mkdir(parents=True)
        self._certificate(host)
        write(self.config, f"""include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.2.840.113556.1.4.146 NAME 'objectSid' EQUALITY octetStringMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.1 NAME 'labAccount' SUP top AUXILIARY MAY ( objectSid $ userPrincipalName ) )
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {self.folder}/slapd.pid
TLSCACertificateFile {self.ca}
TLSCertificateFile {self.folder}/server.pem
TLSCertificateKeyFile {self.folder}/server.key
allow bind_anon_dn bind_anon_cred
database mdb
suffix "{BASE}"
directory {self.folder}/db
maxsize 10485760
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
""")
        write(self.folder / "data.ldif", self._ldif(groups))
        run(["/usr/sbin/slapadd", "-f", self.config, "-l", self.folder / "data.ldif"])

    def dn(self, name):
        """RFC 4514 2.4, by Python's hand."""
        return "uid=" + "".join("\\" + c if c in ',+"\\<>;=#' else c for c in name) + f",ou=people,{BASE}"

    def _ldif(self, groups):
        entries = [f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: Lab\ndc: lab\n",
                   f"dn: ou=people,{BASE}\nobjectClass: organizationalUnit\nou: people\n",
                   f"dn: ou=groups,{BASE}\nobjectClass: organizationalUnit\nou: groups\n",
                   f"dn: cn=reader,{BASE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\n"
                   f"cn: reader\nuserPassword: {READER_PASSWORD}\n"]
        for name, password in self.people.items():
            entries.append(f"dn: {self.dn(name)}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
                           f"objectClass: labAccount\nuserPassword: {password}\n{self.more.get(name, '')}")
        for name, members in dict(groups).items():
            entries.append(f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n" +
                           "".join(f"member: {self.dn(member)}\n" for member in members))
        return "\n".join(entries)

    def _certificate(self, host):
        f = self.folder
        run([OPENSSL, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f / "ca.key", "-out", self.ca,
             "-days", "30", "-subj", "/CN=Lab directory CA"])
        run([OPENSSL, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f / "server.key", "-out", f / "server.csr",
             "-subj", f"/CN=Lab directory"])
        write(f / "server.ext", f"subjectAltName={host}\nextendedKeyUsage=serverAuth\n")
        run([OPENSSL, "x509", "-req", "-in", f / "server.csr", "-CA", self.ca, "-CAkey", f / "ca.key", "-CAcreateserial",
             "-days", "30", "-extfile", f / "server.ext", "-out", f / "server.pem"])

    def start(self):
        """Its log has every operation: what was asked of it can be counted."""
        self.process = Process(self.name, ["/usr/sbin/slapd", "-d", "stats", "-f", self.config, "-h", self.url],
                               self.folder)
        self.lab.started(self.process)
        self.process.wait_for_port(self.port)

    def log(self):
        return self.process.output.read_text(errors="replace")

    def settings(self, *others, **more):
        """Section `directory`; `others` are URLs that are tried before this one."""
        return {"servers": [*others, self.url], "trust_file": self.ca, "connect_timeout": "2s", "answer_timeout": "3s",
                "groups": {"base": f"ou=groups,{BASE}", "filter": "(member={dn})"}, **more}

    def by_dn(self):
        return {"user_dn": f"uid={{user}},ou=people,{BASE}"}

    def by_search(self):
        file = self.folder / "reader-password"
        write(file, READER_PASSWORD, 0o600)
        return {"search": {"base": f"ou=people,{BASE}", "filter": "(uid={user})", "bind_dn": f"cn=reader,{BASE}",
                           "password_file": file}}
