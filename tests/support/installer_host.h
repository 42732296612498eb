#pragma once

#include "agent/installer/guard.h"
#include "agent/installer/installer.h"
#include "shared/x509/digest.h"
#include "tests/support/child_process.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <map>
#include <set>

namespace perennial::test {

// What the installer meets on a host: a pair in a store, a guard file, an authority by openssl's
// hand.
class InstallerHost {
public:
    static constexpr const char* order = "0198c6d2-0000-7000-8000-000000000001";
    using Fields = std::map<std::string, std::string>;

    explicit InstallerHost(bool combined = false) : pki_(folder)
    {
        for (const char* name : {"tls", "state"})
            REQUIRE(files.makeFolder(folder / name, 0755));
        pki_.makeRoot("root");
        pki_.makeAuthority("issuing", "root");
        TestCertificateContent content;
        content.commonName = "web1.example.test";
        content.alternativeNames = "DNS:web1.example.test";
        const auto& old = pki_.issue("old", "issuing", content);
        certificate = folder / "tls/web.pem";
        key = combined ? certificate : folder / "tls/web.key";
        (void)folder.write("tls/web.pem", readText(old.chain), 0644);
        if (combined)
            (void)folder.write("tls/web.pem", readText(old.key) + readText(old.chain), 0600);
        else
            (void)folder.write("tls/web.key", readText(old.key), 0600);
        writeGuard({});
    }

    // Lines by their key; others than these may be added, and these replaced ("" takes one away).
    void writeGuard(const Fields& changes)
    {
        Fields lines = {
            {"socket", "{path: " + (folder / "installer.sock") + ", mode: \"0666\"}"},
            {"state", folder / "state"},
            {"callers", "[" + std::to_string(::geteuid()) + "]"},
            {"stores", "[{folder: " + (folder / "tls") + "}]"},
            {"issuer_certificates", pki_["issuing"].certificate},
            {"names", "[\"*.example.test\"]"},
            {"key_types", "[ec-p256, rsa-2048]"},
        };
        for (const auto& [name, text] : changes)
            lines[name] = text;
        std::string text;
        for (const auto& [name, line] : lines) {
            if (!line.empty()) text += name + ": " + line + "\n";
        }
        (void)folder.write("guard.yaml", text, 0644);
    }

    installer::Guard guard() const
    {
        auto loaded = installer::loadGuard(folder / "guard.yaml");
        REQUIRE_MESSAGE(loaded, loaded.error().message);
        return *std::move(loaded);
    }

    model::InstallerMessage ask(
        const std::string& verb, Fields fields = {}, const std::string& forOrder = order)
    {
        return askOf(files, verb, std::move(fields), forOrder).message;
    }
    installer::Answer askOf(FileSystem& disk, const std::string& verb, Fields fields = {},
        const std::string& forOrder = order)
    {
        const auto rules = guard();
        installer::Installer asked(disk, clock, rules, log);
        if (!asked.recover()) return {{"refused", {{"reason", "recovery failed"}}}, {}};
        fields["order"] = forOrder;
        const bool placed =
            verb == "make_key" || verb == "lend_keys" || verb == "preflight" || verb == "place";
        if (placed) {
            fields.emplace("slot.certificate", certificate);
            fields.emplace("slot.key", key);
        }
        return asked.handle({verb, std::move(fields)});
    }
    model::InstallerMessage makeKey(const std::string& forOrder = order)
    {
        return ask("make_key", {{"key_type", "ec-p256"}}, forOrder);
    }
    model::InstallerMessage place(const std::string& chain, const std::string& forOrder = order)
    {
        return ask("place", {{"chain", chain}, {"replaces", fingerprint()}}, forOrder);
    }

    struct Content {
        std::string names = "DNS:web1.example.test";
        std::string commonName = "web1.example.test";
        std::string issuer = "issuing";
        std::string extensions = "basicConstraints=CA:FALSE\n";
        std::string days = "90";
    };
    // A chain for the key made for this order, signed by openssl.
    std::string issue(const Content& content, const std::string& keyFile)
    {
        const auto request = folder / "new.csr";
        const auto made = folder / "new.pem";
        mustRun({"/usr/bin/openssl", "req", "-new", "-key", keyFile, "-subj",
            content.commonName.empty() ? "/" : "/CN=" + content.commonName, "-out", request});
        const auto extensions = folder.write(
            "new.ext", content.extensions +
                           (content.names.empty() ? "" : "subjectAltName=" + content.names + "\n"));
        mustRun({"/usr/bin/openssl", "x509", "-req", "-in", request, "-CA",
            pki_[content.issuer].certificate, "-CAkey", pki_[content.issuer].key, "-set_serial",
            std::to_string(++serial_), "-days", content.days, "-extfile", extensions, "-out",
            made});
        return readText(made) + readText(pki_[content.issuer].chain);
    }
    std::string issue(const Content& content) { return issue(content, newKeyFile()); }
    std::string issue() { return issue(Content{}); }
    std::string newKeyFile(const std::string& forOrder = order) const
    {
        return folder / ("state/orders/" + forOrder + ".key");
    }

    std::string fingerprint() const // of what is in place
    {
        auto found = x509::Certificate::fromPem(readText(certificate));
        REQUIRE(found);
        return found->fingerprint();
    }
    bool pairMatches() const // in openssl's eyes
    {
        const auto ofCertificate =
            mustRun({"/usr/bin/openssl", "x509", "-in", certificate, "-noout", "-pubkey"});
        return ofCertificate == mustRun({"/usr/bin/openssl", "pkey", "-in", key, "-pubout"});
    }
    std::set<std::string> filesIn(const std::string& name) const
    {
        auto names = files.list(folder / name);
        REQUIRE(names);
        return {names->begin(), names->end()};
    }
    mode_t modeOf(const std::string& file) const { return files.inspect(file)->mode; }
    TestPki& pki() { return pki_; }

    TemporaryFolder folder;
    mutable PosixFileSystem files{PosixFileSystem::Links::Refuse};
    FakeClock clock{std::chrono::floor<Duration>(SystemClock().now())};
    Log log{"test", LogLevel::Error};
    std::string certificate;
    std::string key;

private:
    TestPki pki_;
    int serial_ = 1000;
};

inline std::string reasonOf(const model::InstallerMessage& answer)
{
    return answer.verb == "done" ? "done" : answer.field("kind") + ": " + answer.field("reason");
}

} // namespace perennial::test
