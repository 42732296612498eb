#include "tests/support/installer_host.h"

#include <csignal>
#include <doctest/doctest.h>
#include <unistd.h>

using namespace perennial;
using perennial::test::InstallerHost;

namespace {

std::string refusalOf(const InstallerHost& host)
{
    auto guard = installer::loadGuard(host.folder / "guard.yaml");
    return guard ? "accepted" : guard.error().message;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a guard file gives its rules, and the documented one is understood")
{
    InstallerHost host;
    const std::string tls = host.folder / "tls";
    host.writeGuard({
        {"socket", "{path: " + (host.folder / "s.sock") + ", mode: \"0600\", group: \"0\"}"},
        {"callers", "[root, \"4242\"]"},
        {"stores",
            "\n  - {folder: " + tls +
                ", owner: root, group: root, certificate_mode: \"0644\", key_mode: \"0640\"}\n"
                "  - {folder: " +
                tls + "/strict, lend_readable_keys: true}"},
        {"templates", "[1.3.6.1.4.1.311.21.8.1]"},
        {"renewals_per_day", "3"},
        {"keep_previous", "12h"},
        {"actions", "\n  reload-nginx:\n    check: [/usr/sbin/nginx, -t]\n    run: "
                    "[/usr/sbin/nginx, -s, reload]\n    timeout: 20s\n"
                    "  hup-haproxy: {check: [/usr/sbin/haproxy, -c], signal: HUP, pid_file: "
                    "/run/haproxy.pid}\n"
                    "  reload-apache: {check: [/usr/sbin/apache2ctl, configtest], systemd_unit: "
                    "apache2.service, verb: reload}"},
    });
    const auto guard = host.guard();
    CHECK(guard.socketMode == 0600);
    CHECK(guard.callers == std::vector<uid_t>{0, 4242});
    REQUIRE(guard.stores.size() == 2);
    CHECK(guard.storeOf(tls + "/web.pem")->keyMode == 0640);
    CHECK(guard.storeOf(tls + "/deeper/web.pem") == &guard.stores[0]);
    CHECK(guard.storeOf(tls + "/strict/web.pem") == &guard.stores[1]); // the innermost folder rules
    CHECK(guard.storeOf(tls + "-other/web.pem") == nullptr);
    CHECK(guard.storeOf(tls) == nullptr);
    CHECK(guard.renewalsPerDay == 3);
    CHECK(guard.keepPrevious == std::chrono::hours(12));
    CHECK(guard.issuers.size() == 1);
    const auto& nginx = std::get<installer::ProgramAction>(guard.actions.at("reload-nginx"));
    CHECK(nginx.check == std::vector<std::string>{"/usr/sbin/nginx", "-t"});
    CHECK(nginx.run == std::vector<std::string>{"/usr/sbin/nginx", "-s", "reload"});
    CHECK(nginx.timeout == Duration(20));
    const auto& haproxy = std::get<installer::SignalAction>(guard.actions.at("hup-haproxy"));
    CHECK(haproxy.signal == SIGHUP);
    CHECK(haproxy.check == std::vector<std::string>{"/usr/sbin/haproxy", "-c"});
    const auto& apache = std::get<installer::ProgramAction>(guard.actions.at("reload-apache"));
    CHECK(apache.check == std::vector<std::string>{"/usr/sbin/apache2ctl", "configtest"});
    CHECK(apache.run == std::vector<std::string>{"/usr/bin/systemctl", "--no-ask-password",
                            "reload", "--", "apache2.service"});
}

TEST_CASE("a name is allowed as it stands or below a wildcard, one label deep")
{
    installer::Guard guard;
    guard.names = {"*.example.test", "bare.test"};
    CHECK(guard.allowsName("web1.example.test"));
    CHECK(guard.allowsName("WEB1.Example.TEST"));
    CHECK(guard.allowsName("*.example.test"));
    CHECK(guard.allowsName("bare.test"));
    CHECK_FALSE(guard.allowsName("example.test"));
    CHECK_FALSE(guard.allowsName(".example.test"));
    CHECK_FALSE(guard.allowsName("a.b.example.test"));
    CHECK_FALSE(guard.allowsName("web1.example.test.evil"));
    CHECK_FALSE(guard.allowsName("web1xexample.test"));
    CHECK_FALSE(guard.allowsName("web.bare.test"));
    CHECK_FALSE(guard.allowsName(""));
    CHECK_FALSE(guard.allowsName("uri:https://web1.example.test"));
    CHECK_FALSE(guard.allowsName("root@web1.example.test"));
    CHECK_FALSE(guard.allowsName("The web1.example.test"));
}

TEST_CASE("what is wrong with a guard file is said with file, line and key")
{
    InstallerHost host;
    struct Case {
        std::string key, text, says;
    };
    const std::string store = "[{folder: " + (host.folder / "tls");
    const std::vector<Case> cases = {
        {"surprise", "1", "surprise"},
        {"state", "relative/state", "state: \"relative/state\" is not an absolute path"},
        {"state", "/var/../etc", "state: \"/var/../etc\" is not an absolute path"},
        {"callers", "[]", "callers: at least one user"},
        {"callers", "[no-such-user-here]", "callers: there is no user \"no-such-user-here\""},
        {"stores", "[]", "stores: must have at least one entry"},
        {"stores", "[{folder: /etc/}]", "stores[0].folder: \"/etc/\""},
        {"stores", store + ", key_mode: \"0644\"}]",
            "key_mode: gives away more than may be given: \"0644\""},
        {"stores", store + ", key_mode: \"0660\"}]", "key_mode: gives away"},
        {"stores", store + ", certificate_mode: \"0666\"}]", "certificate_mode: gives away"},
        {"stores", store + ", certificate_mode: \"4644\"}]", "certificate_mode: gives away"},
        {"stores", store + ", key_mode: \"600\"}]", "key_mode: must be four octal digits"},
        {"stores", store + ", owner: no-such-user-here}]", "owner: there is no user"},
        {"stores", store + ", group: no-such-group-here}]", "group: there is no group"},
        {"stores", store + ", own: root}]", "own"},
        {"stores", store + ", helper: []}]", "stores[0].helper"},
        {"stores", store + ", helper: [helper]}]", "helper: \"helper\" is not an absolute path"},
        {"stores", store + ", helper: [/opt/x/../helper]}]", "helper: \"/opt/x/../helper\""},
        {"stores", store + ", helper: [/opt/helper], helper_timeout: 3m}]",
            "helper_timeout: between 1s and 2m"},
        {"stores", store + ", helper: [/opt/helper], helper_timeout: 0s}]", "helper_timeout"},
        {"stores", store + ", helper: [/opt/helper], key_mode: \"0600\"}]", "key_mode"},
        {"stores", store + ", helper: [/opt/helper], password_file: /etc/x}]", "password_file"},
        {"stores", store + ", helper_timeout: 10s}]", "helper_timeout"},
        {"stores", "[{folder: \"/etc/n s\", helper: [/opt/helper]}]",
            "folder: a helper's folder has letters"},
        {"key_types", "[ec-p256, dsa-1024]", "key_types: \"dsa-1024\" is not a known type"},
        {"names", "[\"*\"]", "names: \"*\""},
        {"names", "[\"web*.example.test\"]", "names: \"web*.example.test\""},
        {"names", "[\"*x.example.test\"]", "names: \"*x.example.test\""},
        {"templates", "[WebServer]", "templates: each is an OID"},
        {"renewals_per_day", "0", "renewals_per_day: between 1 and 1000"},
        {"keep_previous", "31d", "keep_previous: at most 30d"},
        {"issuers", "[\"0000000000000000000000000000000000000000000000000000000000000000\"]",
            "issuers: issuer_certificates holds no certificate"},
        {"issuer_certificates", "/nonexistent/file.pem",
            "issuer_certificates: cannot look at /nonexistent"},
        {"issuer_certificates", host.pki()["old"].certificate,
            "issuer_certificates: web1.example.test is not an authority"},
        {"socket", "{path: /run/x.sock, mode: \"0777\"}", "socket.mode: gives away"},
        {"actions", "{a: {run: [nginx]}}", "actions.a.run: \"nginx\" is not an absolute path"},
        {"actions", "{a: {run: []}}", "actions.a.run: a program and its arguments"},
        {"actions", "{a: {check: [/bin/true]}}", "actions.a.run"},
        {"actions", "{a: {signal: HUP, pid_file: /run/x.pid, check: [nginx]}}",
            "actions.a.check: \"nginx\" is not an absolute path"},
        {"actions", "{a: {run: [/bin/true], timeout: 3m}}", "actions.a.timeout: between 1s and 2m"},
        {"actions", "{a: {signal: KILL, pid_file: /run/x.pid}}", "actions.a.signal"},
        {"actions", "{a: {signal: HUP, pid_file: x.pid}}", "actions.a.pid_file: \"x.pid\""},
        {"actions", "{a: {systemd_unit: nginx, verb: reload}}",
            "actions.a.systemd_unit: the full name"},
        {"actions", "{a: {systemd_unit: --force.service, verb: reload}}", "actions.a.systemd_unit"},
        {"actions", "{a: {systemd_unit: \"a b.service\", verb: reload}}", "actions.a.systemd_unit"},
        {"actions", "{a: {systemd_unit: nginx.service, verb: restart}}", "actions.a.verb"},
        {"actions", "{a: {systemd_unit: nginx.service, verb: reload, run: [/bin/true]}}", "run"},
    };
    CHECK(refusalOf(host) == "accepted");
    for (const auto& [key, text, says] : cases) {
        CAPTURE(key);
        CAPTURE(text);
        host.writeGuard({{key, text}});
        const auto refusal = refusalOf(host);
        CAPTURE(refusal);
        CHECK(contains(refusal, says));
        CHECK(refusal.starts_with(host.folder / "guard.yaml:"));
    }
    for (const char* needed :
        {"socket", "state", "callers", "stores", "issuer_certificates", "names", "key_types"}) {
        CAPTURE(needed);
        host.writeGuard({{needed, ""}});
        CHECK(contains(refusalOf(host), needed));
    }
}

TEST_CASE("pins choose among the issuers of the file")
{
    InstallerHost host;
    const auto& pki = host.pki();
    const auto both = host.folder.write("both.pem",
        test::readText(pki["root"].certificate) + test::readText(pki["issuing"].certificate), 0644);
    host.writeGuard({{"issuer_certificates", both}});
    CHECK(host.guard().issuers.size() == 2);
    host.writeGuard({{"issuer_certificates", both}, {"issuers", "[" + pki.pin("issuing") + "]"}});
    REQUIRE(host.guard().issuers.size() == 1);
    CHECK(host.guard().issuers[0].commonName() == "issuing");
}

TEST_CASE(
    "a guard file that others could have written is refused, and so is one they could replace")
{
    InstallerHost host;
    const auto& folder = host.folder;
    const auto guard = folder / "guard.yaml";
    for (const mode_t mode : {0664U, 0646U}) {
        REQUIRE(::chmod(guard.c_str(), mode) == 0);
        CHECK(refusalOf(host) ==
              guard + " is writable by its group or by others; take that right away");
    }
    REQUIRE(::chmod(guard.c_str(), 0644) == 0);
    REQUIRE(::chmod(folder.path().c_str(), 0775) == 0);
    CHECK(refusalOf(host) ==
          folder.path().string() + " is writable by its group or by others; take that right away");
    REQUIRE(::chmod(folder.path().c_str(), 01777) == 0); // as /tmp is
    CHECK(refusalOf(host) == "accepted");

    REQUIRE(::chmod(host.pki()["issuing"].certificate.c_str(), 0666) == 0);
    CHECK(contains(refusalOf(host),
        "issuer_certificates: " + host.pki()["issuing"].certificate + " is writable"));
    REQUIRE(::chmod(host.pki()["issuing"].certificate.c_str(), 0644) == 0);

    std::filesystem::rename(guard, folder / "real.yaml");
    std::filesystem::create_symlink(folder / "real.yaml", guard);
    CHECK(contains(refusalOf(host), "is not a regular file"));

    if (::geteuid() != 0) return; // giving files away needs root
    std::filesystem::remove(guard);
    std::filesystem::rename(folder / "real.yaml", guard);
    REQUIRE(::chown(guard.c_str(), 4242, 0) == 0);
    CHECK(contains(refusalOf(host), "is owned by user 4242"));
}
