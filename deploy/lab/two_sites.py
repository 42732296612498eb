"""What the web servers of the lab have in common: two sites on one port, told apart by name, the first on a second too."""

from .nginx import served_certificate
from .processes import free_port, run


class TwoSites:
    kind = ""
    starttls = None
    config_name = ""

    def __init__(self, lab, server_name="web1.example.test", neighbour="web2.example.test"):
        self.lab = lab
        self.name = self.kind
        self.folder = lab.folder / self.name
        self.port = free_port()
        self.second_port = free_port()
        self.server_name = server_name
        self.neighbour_name = neighbour
        self.tls = self.folder / "tls"
        self.certificate = self.tls / "web1.pem"
        self.key = self.tls / "web1.key"
        self.neighbour_certificate = self.tls / "web2.pem"
        self.config = self.folder / self.config_name
        self.process = None

    def run_process(self, process):
        self.process = process
        self.lab.started(process)
        process.wait_for_port(self.port)
        process.wait_for_port(self.second_port)

    def served(self):
        return served_certificate(self.port, self.server_name)

    def neighbour(self):
        return served_certificate(self.port, self.neighbour_name)

    def reload_now(self):
        run(self.reload_action()["run"])


class MailSites(TwoSites):
    """The first port begins in the clear, the second with TLS at once."""

    def served(self):
        return served_certificate(self.port, starttls=self.starttls)

    def everywhere(self):
        return [self.served(), served_certificate(self.second_port)]
