// The built program on a host with a real nginx, another TLS server and files.

#include "shared/protocol/scan_report.h"
#include "tests/support/nginx.h"
#include "tests/support/openssl_server.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;

namespace {

const std::string program = std::string(PERENNIAL_BIN_DIR) + "/perennial-scanner";

struct Host {
    TemporaryFolder folder;
    TestPki pki{folder};

    Host()
    {
        pki.makeRoot("root");
        for (const char* name : {"a.test", "b.test", "served.test", "stray.test"})
            pki.issueServer(name, "root");
    }
    std::string pairOf(const std::string& name) const
    {
        return "ssl_certificate " + pki[name].certificate + "; ssl_certificate_key " +
               pki[name].key + ";\n";
    }
    ToolRun run(const std::string& config, const std::vector<std::string>& arguments) const
    {
        std::vector<std::string> command = {
            program, "--config", folder.write("scanner.yaml", config)};
        command.insert(command.end(), arguments.begin(), arguments.end());
        return runTool(command, "", 60);
    }
    model::InventoryReport scan(const std::string& config) const
    {
        const auto done = run(config, {"scan"});
        REQUIRE_MESSAGE(done.status == 0, done.output);
        const auto json = Json::parse(done.output);
        REQUIRE_MESSAGE(json.ok(), done.output);
        auto report = protocol::scanReportFromJson(*json);
        REQUIRE(report.ok());
        return *std::move(report);
    }
    model::Fingerprint fingerprint(const std::string& name) const
    {
        return model::Fingerprint(
            x509::Certificate::fromPem(readText(pki[name].certificate))->fingerprint());
    }
};

const model::Slot* slotAt(const model::InventoryReport& report, const std::string& path)
{
    for (const auto& slot : report.slots) {
        if (slot.place.certificatePath == path) return &slot;
    }
    return nullptr;
}

} // namespace

TEST_CASE("one scan shows what nginx uses, what lies in folders and what listens")
{
    const Host host;
    const int port = freePort();
    const auto listen = "listen 127.0.0.1:" + std::to_string(port) + " ssl";
    const Nginx nginx(port, "server { " + listen + "; server_name a.test; " +
                                host.pairOf("a.test") + "}\nserver { " + listen +
                                " default_server; " + host.pairOf("b.test") + "}\n");
    const OpensslServer other(host.pki["served.test"], {});
    const OpensslServer stray(host.pki["root"], {});
    const TemporaryFolder files;
    const auto certificate = files.write("web.pem", readText(host.pki["served.test"].chain));
    const auto key = files.write("web.key", readText(host.pki["served.test"].key));
    const auto report =
        host.scan("sources:\n  - {kind: nginx, config: " + (nginx.folder() / "nginx.conf") +
                  "}\n  - {kind: files, folders: [" + files.path().string() +
                  "]}\n  - kind: listeners\n    only: [\"127.0.0.1:" + std::to_string(port) +
                  "\", \"*:" + std::to_string(other.port()) +
                  "\", \"*:" + std::to_string(stray.port()) + "\"]\n");
    CHECK(report.slots.size() == 3);

    const auto* a = slotAt(report, host.pki["a.test"].certificate);
    REQUIRE(a != nullptr);
    CHECK(a->service == "nginx");
    CHECK(a->place.keyPath == host.pki["a.test"].key);
    CHECK(a->certificate.fingerprint == host.fingerprint("a.test"));
    CHECK(a->listeners ==
          std::vector<model::Listener>{{"127.0.0.1", port, "a.test", host.fingerprint("a.test")}});
    CHECK(a->warnings.empty());

    const auto* b = slotAt(report, host.pki["b.test"].certificate);
    REQUIRE(b != nullptr);
    CHECK(b->listeners ==
          std::vector<model::Listener>{{"127.0.0.1", port, "", host.fingerprint("b.test")}});

    const auto* served = slotAt(report, certificate);
    REQUIRE(served != nullptr);
    CHECK(served->place.keyPath == key);
    CHECK(served->service.empty());
    CHECK(served->listeners == std::vector<model::Listener>{{"127.0.0.1", other.port(), "",
                                   host.fingerprint("served.test"), "", true}});

    CHECK(std::count(report.skipped.begin(), report.skipped.end(),
              "127.0.0.1:" + std::to_string(stray.port()) +
                  ": listens with a certificate from no known file") == 1);
}

TEST_CASE("a server that still shows the certificate of yesterday is told")
{
    const Host host;
    const auto certificate =
        host.folder.write("live.pem", readText(host.pki["a.test"].certificate));
    const auto key = host.folder.write("live.key", readText(host.pki["a.test"].key));
    const int port = freePort();
    const Nginx nginx(port, "server { listen 127.0.0.1:" + std::to_string(port) +
                                " ssl; ssl_certificate " + certificate + "; ssl_certificate_key " +
                                key + "; }\n");
    host.folder.write("live.pem", readText(host.pki["b.test"].certificate));
    const auto report =
        host.scan("sources:\n  - {kind: nginx, config: " + (nginx.folder() / "nginx.conf") + "}\n");
    REQUIRE(report.slots.size() == 1);
    CHECK(report.slots[0].certificate.fingerprint == host.fingerprint("b.test"));
    CHECK(report.slots[0].listeners[0].served == host.fingerprint("a.test"));
    CHECK(report.slots[0].warnings ==
          std::vector<std::string>{"key does not match the certificate",
              "127.0.0.1:" + std::to_string(port) + " shows another certificate: SHA-256 " +
                  host.fingerprint("a.test").text()});
}

TEST_CASE("no line of a key is in the report, whatever is asked to be read")
{
    const Host host;
    const auto key = readText(host.pki["a.test"].key);
    const auto secret = key.substr(key.find('\n') + 1, 40);
    host.folder.write("nginx.conf", "http { include a.conf; include *.key; " +
                                        host.pairOf("a.test") +
                                        "server { listen 443; ssl_certificate_key \"data:" + key +
                                        "\"; ssl_certificate \"" + key + "\"; } }");
    host.folder.write("a.conf", key);
    host.folder.write("both.pem", key + readText(host.pki["a.test"].certificate) + key);
    const auto done =
        host.run("sources:\n  - {kind: nginx, config: " + (host.folder / "nginx.conf") +
                     "}\n  - {kind: files, folders: [" + host.folder.path().string() + "]}\n",
            {"scan"});
    REQUIRE(done.status == 0);
    CHECK(done.output.find(secret) == std::string::npos);
    CHECK(done.output.find("PRIVATE KEY") == std::string::npos);
    CHECK(done.output.find("both.pem") != std::string::npos);
}

TEST_CASE("the exit status says what went wrong")
{
    const Host host;
    const std::string good = "sources:\n  - {kind: listeners, only: [\"127.0.0.1:1\"]}\n";
    const auto check = host.run(good, {"--check-config"});
    CHECK(check.status == 0);
    CHECK(check.output == "ok\n");
    CHECK(host.run(good, {"scan"}).status == 0);
    CHECK(host.run(good, {}).status == 2);
    CHECK(host.run(good, {"scan", "--fast"}).status == 2);
    CHECK(host.run(good, {"search"}).status == 2);
    for (const char* word : {"--check-config", "scan"}) {
        const auto bad = host.run("sources:\n  - {kind: nginx, confg: /x}\n", {word});
        CHECK(bad.status == 2);
        CHECK_MESSAGE(
            bad.output.find("scanner.yaml:2: discovery source nginx: unknown key \"confg\"") !=
                std::string::npos,
            bad.output);
    }
    const auto none =
        host.run("sources:\n  - {kind: nginx, config: /nowhere/nginx.conf}\n", {"scan"});
    CHECK(none.status == 1);
    CHECK(none.output.find("/nowhere/nginx.conf") != std::string::npos);
    CHECK(runTool({program, "--version"}).output == "perennial-scanner " PERENNIAL_VERSION "\n");
    CHECK(runTool({program, "--help"}).output.find("--check-config") != std::string::npos);
    CHECK(runTool({program, "scan"}).status == 2);
    CHECK(runTool({program, "--config", "/nowhere.yaml", "scan"}).status == 2);
}

TEST_CASE("what is no slot is found, and what sources remember lies in the scanner's own folder")
{
    const Host host;
    host.folder.write("odd name", readText(host.pki["root"].certificate));
    const TemporaryFolder state;
    state.write("gone-0123456789abcdef.memory", "old");
    const auto config = "state: " + state.path().string() +
                        "\nsources:\n  - {kind: files, folders: [" + host.folder.path().string() +
                        "]}\n";
    const auto first = host.scan(config);
    CHECK_FALSE(std::filesystem::exists(state / "gone-0123456789abcdef.memory"));
    const auto memory = std::filesystem::directory_iterator(state.path())->path().string();
    CHECK(memory.ends_with(".memory"));
    const auto is = [&](const std::string& path) {
        return std::count_if(first.found.begin(), first.found.end(), [&](const auto& found) {
            return found.place.certificatePath == path && found.kind == "authority" &&
                   found.certificate && found.certificate->fingerprint == host.fingerprint("root");
        });
    };
    CHECK(is(host.folder / "odd name") == 1);
    const auto same = host.scan(config);
    CHECK(same.found == first.found);
    CHECK(same.slots == first.slots);
    // Damaged, or somebody else's to write: only slower.
    state.write(std::filesystem::path(memory).filename().string(), "damaged");
    CHECK(host.scan(config).found == first.found);
    std::filesystem::permissions(
        memory, std::filesystem::perms::others_write, std::filesystem::perm_options::add);
    CHECK(host.scan(config).found == first.found);
}

TEST_CASE("a report that cannot be written is no success")
{
    const Host host;
    const auto config = host.folder.write(
        "scanner.yaml", "sources:\n  - {kind: listeners, only: [\"127.0.0.1:1\"]}\n");
    const auto done = runTool({"/usr/bin/python3", "-c",
        "import subprocess, sys; sys.exit(subprocess.run(sys.argv[1:], stdout=open('/dev/full', "
        "'w')).returncode)",
        program, "--config", config, "scan"});
    CHECK(done.status == 1);
    CHECK(done.output.find("cannot be written") != std::string::npos);
}
