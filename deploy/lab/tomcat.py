"""A real Tomcat in a JVM: two names on one port, the first on a second too; its manager on loopback has it read its files."""

import os

from .files import write
from .nginx import served_certificate
from .processes import Process, free_port, run
from .two_sites import TwoSites

HOME = "/usr/share/tomcat10"
PASSWORD = "changeit"
MANAGER_PASSWORD = "lab-manager"
CONNECTOR = 'address="127.0.0.1" SSLEnabled="true" maxThreads="4" minSpareThreads="1"'


class Tomcat(TwoSites):
    kind = "tomcat"
    config_name = "conf/server.xml"

    def __init__(self, lab, *names):
        super().__init__(lab, *names)
        self.manager_port = free_port()
        self.curl_options = self.folder / "reload.curl"

    def site(self):
        return f'certificateFile="tls/{self.certificate.name}" certificateKeyFile="${{catalina.base}}/tls/{self.key.name}"'

    def prepare(self):
        for name in ("logs", "temp", "work", "webapps"):
            (self.folder / name).mkdir(parents=True)
        self.tls.mkdir()
        self.tls.chmod(0o755)
        neighbour = self.neighbour_certificate
        write(self.config, f"""<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
  <GlobalNamingResources>
    <Resource name="users" type="org.apache.catalina.UserDatabase" pathname="conf/tomcat-users.xml"
              factory="org.apache.catalina.users.MemoryUserDatabaseFactory"/>
  </GlobalNamingResources>
  <Service name="Catalina">
    <Connector port="{self.manager_port}" address="127.0.0.1"/>
    <Connector port="{self.port}" {CONNECTOR} defaultSSLHostConfigName="{self.server_name}">
      <SSLHostConfig hostName="{self.server_name}"><Certificate {self.site()}/></SSLHostConfig>
      <SSLHostConfig hostName="{self.neighbour_name}">
        <Certificate certificateFile="{neighbour}" certificateKeyFile="{neighbour.with_suffix(".key")}"/>
      </SSLHostConfig>
    </Connector>
    <Connector port="{self.second_port}" {CONNECTOR}>
      <SSLHostConfig><Certificate {self.site()}/></SSLHostConfig>
    </Connector>
    <Engine name="Catalina" defaultHost="localhost">
      <Realm className="org.apache.catalina.realm.UserDatabaseRealm" resourceName="users"/>
      <Host name="localhost" appBase="webapps" autoDeploy="false"/>
    </Engine>
  </Service>
</Server>
""")
        write(self.folder / "conf/web.xml", open("/etc/tomcat10/web.xml").read())
        write(self.folder / "conf/Catalina/localhost/manager.xml",
              f'<Context docBase="{HOME}-admin/manager" privileged="true"/>\n')
        write(self.folder / "conf/tomcat-users.xml", f"""<tomcat-users xmlns="http://tomcat.apache.org/xml" version="1.0">
  <user username="perennial" password="{MANAGER_PASSWORD}" roles="manager-script"/>
</tomcat-users>
""", 0o600)
        write(self.curl_options, f"""url = "http://127.0.0.1:{self.manager_port}/manager/text/sslReload"
user = "perennial:{MANAGER_PASSWORD}"
fail
silent
show-error
""", 0o600)

    def start(self):
        process = Process(self.name, [
            "/usr/bin/java", "-Xmx96m", "-Xss512k", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "-Djava.awt.headless=true", f"-Dcatalina.home={HOME}", f"-Dcatalina.base={self.folder}",
            f"-Djava.io.tmpdir={self.folder}/temp", "-cp", f"{HOME}/bin/bootstrap.jar:{HOME}/bin/tomcat-juli.jar",
            "org.apache.catalina.startup.Bootstrap", "start"], self.folder)
        self.lab.started(process)
        self.process = process
        for port in (self.port, self.second_port, self.manager_port):
            process.wait_for_port(port, seconds=90)

    def reload_action(self):
        return {"run": ["/usr/bin/curl", "-q", "-K", self.curl_options], "timeout": "30s"}

    def everywhere(self):
        return [self.served(), served_certificate(self.port), served_certificate(self.second_port)]

    def break_neighbour(self):
        """Its files hold another pair, which Tomcat takes."""
        for path, kept in self._neighbour_files():
            os.rename(path, kept)
        neighbour = self.neighbour_certificate
        run(["/usr/bin/openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=another", "-days", "2",
             "-keyout", neighbour.with_suffix(".key"), "-out", neighbour])

    def write_neighbour(self):
        for path, kept in self._neighbour_files():
            if kept.exists():
                os.rename(kept, path)

    def _neighbour_files(self):
        files = (self.neighbour_certificate, self.neighbour_certificate.with_suffix(".key"))
        return [(path, path.with_suffix(f"{path.suffix}.kept")) for path in files]


class TomcatOfKeyStores(Tomcat):
    """The site's pair in a PKCS#12 file."""

    @property
    def key_store(self):
        return self.tls / "web1.p12"

    @property
    def password_file(self):
        return self.folder / "password"

    def site(self):
        return (f'certificateKeystoreFile="{self.key_store}" certificateKeystoreType="PKCS12" '
                'certificateKeystorePasswordFile="password"')

    def make_store(self):
        write(self.password_file, PASSWORD + "\n", 0o600)
        run(["/usr/bin/openssl", "pkcs12", "-export", "-in", self.certificate, "-inkey", self.key, "-name", "web1",
             "-passout", f"file:{self.password_file}", "-out", self.key_store])
        for path in (self.certificate, self.key):
            path.unlink()

    def placed(self):
        """The certificate in the store, as openssl takes it out."""
        return run(["/usr/bin/openssl", "pkcs12", "-in", self.key_store, "-passin", f"file:{self.password_file}",
                    "-clcerts", "-nokeys"]).stdout
