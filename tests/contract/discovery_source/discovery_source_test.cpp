// What every discovery source promises, asked of each that ships.

#include "plugins/builtin_plugins.h"
#include "shared/model/identifiers.h"
#include "shared/model/token_uri.h"
#include "tests/support/discovery_text.h"
#include "tests/support/nginx.h"
#include "tests/support/nss_database.h"
#include "tests/support/openssl_server.h"
#include "tests/support/soft_token.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <fstream>
#include <map>
#include <sys/stat.h>

using namespace perennial;
using namespace perennial::test;

namespace fs = std::filesystem;

namespace {

// A host on which every source has something to find, and things that must stop none of them.
struct Host {
    TemporaryFolder folder;
    TestPki pki{folder};
    int port = freePort();
    std::optional<Nginx> nginx;
    std::string apache; // configurations of services that do not run
    std::string haproxy;
    std::string postgresql;
    std::string postfix;
    std::string dovecot;
    std::string openldap;
    std::string nss; // the folder of a database
    SoftToken token;
    std::string tomcat;
    std::string redis;
    std::string mariadb;
    std::string rsyslog;
    std::string kubeconfig;
    std::string manifest;
    std::string units;
    std::string secret; // a line of a private key

    Host()
    {
        pki.makeRoot("root");
        pki.issueServer("web.test", "root");
        const auto& web = pki["web.test"];
        const auto pair =
            "ssl_certificate " + web.certificate + "; ssl_certificate_key " + web.key + ";";
        nginx.emplace(port, "server { listen 127.0.0.1:" + std::to_string(port) +
                                " ssl; server_name web.test; " + pair + " }\n");
        const auto key = readText(web.key);
        secret = key.substr(key.find('\n') + 1, 40);
        folder.write("password", "changeit\n");
        mustRun({"/usr/bin/openssl", "pkcs12", "-export", "-inkey", web.key, "-in", web.chain,
            "-passout", "file:" + (folder / "password"), "-out", folder / "web.p12"});
        token.importKey(web.key, "web", "01").addCertificate(web.certificate, "web", "01");
        nss = NssDatabase(folder / "nss").add("web 1", web.key, web.chain).folder();
        fs::create_directory(folder / "odd");
        REQUIRE(::mkfifo((folder / "odd/fifo.pem").c_str(), 0600) == 0);
        fs::create_symlink(".", folder / "odd/loop");
        folder.write("odd/half.pem", key.substr(0, key.size() / 2));
        folder.write("odd/locked.pem", key, 0000);
        folder.write("odd/name\xFF.pem", readText(web.certificate));
        apache = folder.write("apache2.conf",
            "Listen 443\n<VirtualHost *:443>\nSSLEngine on\nServerName web.test\n"
            "SSLCertificateFile " +
                web.certificate + "\nSSLCertificateKeyFile " + web.key +
                "\n</VirtualHost>\nIncludeOptional odd/*\nInclude " + web.key + "\n");
        fs::copy_file(web.certificate, folder / "beside.pem");
        fs::copy_file(web.key, folder / "beside.pem.key");
        haproxy = folder.write(
            "haproxy.cfg", "global\n crt-base " + folder.path().string() +
                               "\nfrontend f\n bind :443 ssl crt beside.pem crt odd crt " +
                               web.key + " crt-list " + web.key + "\n" + secret + "\n");
        postgresql = folder.write("postgresql.conf",
            "ssl = on\nssl_cert_file = '" + web.certificate + "'\nssl_key_file = '" + web.key +
                "'\ninclude_dir = 'odd'\ninclude '" + web.key + "'\n" + secret + "\n");
        fs::create_directory(folder / "postfix");
        folder.write("postfix/main.cf",
            "smtpd_tls_chain_files = " + web.key + ", " + web.certificate + "\n" + secret + "\n");
        folder.write("postfix/master.cf", "smtp inet n - n - - smtpd\n -o smtpd_tls_cert_file=" +
                                              (folder / "odd/half.pem") + "\n" + key);
        postfix = folder / "postfix";
        dovecot = folder.write("dovecot.conf",
            "protocols = imap\nssl_cert = <" + web.certificate + "\nssl_key = <" + web.key +
                "\n!include_try odd/*\n!include " + web.key + "\nlocal_name web.test {\n" +
                "ssl_cert = " + secret + "\n}\n" + secret + "\n");
        openldap = folder.write("slapd.conf",
            "TLSCertificateFile " + web.certificate + "\nTLSCertificateKeyFile " + web.key +
                "\nargsfile " + web.key + "\ninclude " + (folder / "odd/fifo.pem") + "\ninclude " +
                web.key + "\n" + secret + " \"\n");
        fs::create_directory(folder / "conf");
        const auto connector = [&](const std::string& certificate) {
            return "<Connector port=\"443\" SSLEnabled=\"true\" keyPass=\"" + secret +
                   "\"><SSLHostConfig><Certificate certificateKeyFile=\"" + web.key +
                   "\" certificateFile=\"" + certificate + "\"/></SSLHostConfig></Connector>";
        };
        tomcat = folder.write("conf/server.xml",
            "<Server><Service>" + connector(web.certificate) + connector(secret + "\n$") +
                connector(folder / "odd") + key + "</Service></Server>");
        redis = folder.write("redis.conf", "tls-port 443\ntls-cert-file \"" + web.certificate +
                                               "\"\ntls-key-file '" + web.key + "'\ninclude " +
                                               (folder / "odd/*") + "\ninclude " + web.key + "\n" +
                                               secret + " \"\n");
        mariadb = folder.write("my.cnf",
            "[mysqld]\nssl-cert=" + web.certificate + "\nssl-key='" + web.key + "'\n!includedir " +
                (folder / "odd") + "\n!include " + (folder / "odd/fifo.pem") + "\n!include " +
                web.key + "\n" + secret + "\n[" + secret + "\n");
        rsyslog = folder.write("rsyslog.conf",
            "$DefaultNetstreamDriverCertFile " + web.certificate +
                "\nglobal(defaultNetstreamDriverKeyFile=\"" + web.key + "\" x=\"" + secret +
                "\")\n$IncludeConfig " + (folder / "odd/") + "\ninclude(file=\"" + web.key +
                "\")\n" + secret + "\ninput(" + secret + ")\n");
        kubeconfig = folder.write("kubeconfig",
            "kind: Config\nusers:\n- user: {client-certificate: " + web.certificate +
                ", client-key: " + web.key + "}\n- user: {client-certificate-data: " + secret +
                ", client-key-data: " + secret + "}\n- name: " + secret + "\n");
        manifest = folder.write("etcd.yaml", "kind: Pod\n" + secret + ": \"" + secret + "\n");
        units = folder / "units";
        fs::create_directory(units);
        folder.write("units/web.service",
            "[Service]\nLoadCredential=crt:" + web.certificate + "\nLoadCredential=key:" + web.key +
                "\n" + secret + "\nLoadCredential=odd:" + (folder / "odd") +
                "\nSetCredential=" + secret + "\nLoadCredential=" + secret + "%H\n");
        // Read by nginx's source only: the server that runs knows nothing of it.
        const auto config = nginx->folder() / "nginx.conf";
        std::ofstream(config, std::ios::app) << "include " << folder / "odd/*"
                                             << ";\ninclude " << web.key << ";\n";
    }
    std::map<std::string, PluginSettings> settings() const
    {
        return {{"nginx", {{"config", nginx->folder() / "nginx.conf"}}},
            {"apache", {{"config", apache}}}, {"haproxy", {{"config", haproxy}}},
            {"postgresql", {{"config", postgresql}}}, {"postfix", {{"config", postfix}}},
            {"dovecot", {{"config", dovecot}}}, {"openldap", {{"config", openldap}}},
            {"tomcat", {{"config", tomcat}}}, {"redis", {{"config", redis}}},
            {"mariadb", {{"config", mariadb}}}, {"rsyslog", {{"config", rsyslog}}},
            {"systemd", {{"units", units}}},
            {"trust", {{"stores", pki["web.test"].certificate + "\n" + (folder / "odd") + "\n" +
                                      (folder / "odd/half.pem") + "\n" + pki["web.test"].key},
                          {"distribution", units}}},
            {"kubernetes", {{"kubeconfigs", kubeconfig + "\n" + (folder / "odd/*") + "\n" +
                                                pki["web.test"].key},
                               {"manifests", manifest}}},
            {"files", {{"folders", folder.path().string()}}},
            {"key_store", {{"file", folder / "web.p12"}, {"password_file", folder / "password"}}},
            {"nss", {{"folders", nss + "\n" + (folder / "odd")}}},
            {"pkcs11", {{"module", SoftToken::module}, {"variables", token.variable()},
                           {"keeper", PERENNIAL_BIN_DIR "/perennial-token-keeper"}}},
            {"listeners", {{"only", "127.0.0.1:" + std::to_string(port) +
                                        "\n127.0.0.1:" + std::to_string(freePort())}}}};
    }
};

// Names, sizes, modes and times of everything below a folder.
std::string stateOf(const fs::path& folder)
{
    std::map<std::string, std::string> lines;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        struct stat facts {};
        REQUIRE(::lstat(entry.path().c_str(), &facts) == 0);
        lines[entry.path().string()] =
            std::to_string(facts.st_mode) + " " + std::to_string(facts.st_size) + " " +
            std::to_string(facts.st_ctim.tv_sec) + "." + std::to_string(facts.st_ctim.tv_nsec);
    }
    std::string text;
    for (const auto& [path, line] : lines)
        text += path + " " + line + "\n";
    return text;
}

std::unique_ptr<DiscoverySource> make(const std::string& kind, const PluginSettings& settings)
{
    PluginRegistry registry;
    REQUIRE(plugins::registerDiscoverySources(registry).ok());
    auto source = registry.makeDiscoverySource(kind, settings);
    REQUIRE_MESSAGE(source.ok(), (source ? "" : source.error().message));
    return *std::move(source);
}

} // namespace

TEST_CASE("every source finds the certificate of a host that works")
{
    const Host host;
    for (const auto& [kind, settings] : host.settings()) {
        CAPTURE(kind);
        const auto found = make(kind, settings)->discover();
        REQUIRE(found.ok());
        const bool placed =
            std::any_of(found->places.begin(), found->places.end(), [&](const auto& place) {
                const auto copy = host.folder / "beside.pem";
                const auto store = host.folder / "web.p12";
                const std::string uri = "pkcs11:token=web;object=web";
                return place.place == model::Place{"pem", host.pki["web.test"].certificate,
                                          host.pki["web.test"].key} ||
                       place.place == model::Place{"pem", copy, copy + ".key"} ||
                       place.place == model::Place{"pkcs12", store, store} ||
                       place.place ==
                           model::Place{"nss", host.nss + "/web 1", host.nss + "/web 1"} ||
                       place.place == model::Place{"pkcs11", uri, uri};
            });
        const bool shown = std::any_of(
            found->listeners.begin(), found->listeners.end(), [&](const auto& listener) {
                return listener.listener.served.text() ==
                       x509::Certificate::fromPem(readText(host.pki["web.test"].certificate))
                           ->fingerprint();
            });
        const bool listed = // no slot
            std::any_of(found->found.begin(), found->found.end(), [&](const auto& one) {
                return one.place.certificatePath == host.pki["web.test"].certificate;
            });
        CHECK((placed || shown || (kind == "trust" && listed)));
    }
}

TEST_CASE("places and listeners have the form that the scanner relies on")
{
    const Host host;
    for (const auto& [kind, settings] : host.settings()) {
        CAPTURE(kind);
        const auto found = make(kind, settings)->discover();
        REQUIRE(found.ok());
        std::vector<model::Listener> listeners;
        for (const auto& seen : found->listeners) {
            CHECK_FALSE(seen.listener.served.empty());
            listeners.push_back(seen.listener);
        }
        for (const auto& place : found->places) {
            CHECK((place.place.store == "pem" || place.place.store == "pkcs12" ||
                   place.place.store == "nss" || place.place.store == "pkcs11"));
            for (const auto& path : {place.place.certificatePath, place.place.keyPath})
                CHECK((path.starts_with("/") || model::parseTokenUri(path).ok()));
            CHECK(place.certificatePem.empty() != (place.place.certificatePath.front() != '/'));
            CHECK((place.service.empty() || model::isSafeIdentifier(place.service)));
            listeners.insert(listeners.end(), place.listeners.begin(), place.listeners.end());
        }
        for (const auto& listener : listeners) {
            CHECK(listener.port >= 1);
            CHECK(listener.port <= 65'535);
            CHECK_FALSE(listener.host.empty());
            CHECK(listener.host.find_first_not_of("0123456789abcdef.:") == std::string::npos);
            CHECK(listener.serverName.size() <= 253);
        }
        CHECK(found->skipped.size() <= Discovery::skippedLimit);
    }
}

TEST_CASE("asked again, a source gives the same answer")
{
    const Host host;
    for (const auto& [kind, settings] : host.settings()) {
        CAPTURE(kind);
        const auto source = make(kind, settings);
        const auto first = source->discover();
        const auto second = source->discover();
        REQUIRE(first.ok());
        REQUIRE(second.ok());
        CHECK(textOf(*first, "") == textOf(*second, ""));
        CHECK(first->listeners == second->listeners);
    }
}

TEST_CASE("a source changes nothing on the host")
{
    const Host host;
    const auto before = stateOf(host.folder.path());
    for (const auto& [kind, settings] : host.settings()) {
        CAPTURE(kind);
        REQUIRE(make(kind, settings)->discover().ok());
        CHECK(stateOf(host.folder.path()) == before);
    }
}

TEST_CASE("no source says a word of a private key")
{
    const Host host;
    for (const auto& [kind, settings] : host.settings()) {
        CAPTURE(kind);
        const auto found = make(kind, settings)->discover();
        REQUIRE(found.ok());
        auto text = textOf(*found, "");
        for (const auto& path : found->configuration)
            text += path + "\n";
        CHECK(text.find(host.secret) == std::string::npos);
        CHECK(text.find("PRIVATE KEY") == std::string::npos);
        for (std::size_t at = 0; at + 12 <= host.secret.size(); at += 12)
            CHECK(text.find(host.secret.substr(at, 12)) == std::string::npos);
    }
}

TEST_CASE("settings that a source does not know are refused by name")
{
    const Host host;
    PluginRegistry registry;
    REQUIRE(plugins::registerDiscoverySources(registry).ok());
    for (auto [kind, settings] : host.settings()) {
        CAPTURE(kind);
        settings["colour"] = "blue";
        const auto source = registry.makeDiscoverySource(kind, settings);
        REQUIRE_FALSE(source.ok());
        CHECK(source.error().kind == ErrorKind::InvalidInput);
        CHECK(source.error().message.find("\"colour\"") != std::string::npos);
    }
}
