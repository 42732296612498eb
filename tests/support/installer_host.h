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

// How a pair lies on a disk.
enum class StoreKind { Separate, Combined, Versioned, Pkcs12, OwnChain, Helper };
inline constexpr StoreKind allStoreKinds[] = {StoreKind::Separate, StoreKind::Combined,
    StoreKind::Versioned, StoreKind::Pkcs12, StoreKind::OwnChain, StoreKind::Helper};
inline bool isHelper(StoreKind kind) { return kind == StoreKind::Helper; }

// What the installer meets on a host: a pair in a store, a guard file, an authority by openssl's
// hand.
class InstallerHost {
public:
    static constexpr const char* order = "0198c6d2-0000-7000-8000-000000000001";
    using Fields = std::map<std::string, std::string>;

    static constexpr const char* password = "changeit";

    explicit InstallerHost(StoreKind storeKind = StoreKind::Separate)
        : kind(storeKind), pki_(folder)
    {
        for (const char* name : {"tls", "state"})
            REQUIRE(files.makeFolder(folder / name, 0755));
        pki_.makeRoot("root");
        pki_.makeAuthority("issuing", "root");
        TestCertificateContent content;
        content.commonName = "web1.example.test";
        content.alternativeNames = "DNS:web1.example.test";
        const auto& old = pki_.issue("old", "issuing", content);
        putInPlace(old);
        writeGuard({});
    }
    void putInPlace(const TestCertificate& pair)
    {
        std::string in = "tls/";
        if (kind == StoreKind::Versioned) {
            REQUIRE(files.makeFolder(folder / "tls/v1", 0755));
            std::error_code failed;
            std::filesystem::create_directory_symlink("v1", folder / "tls/live", failed);
            in = "tls/live/";
        }
        certificate = folder / (in + (kind == StoreKind::Pkcs12 ? "web.p12" : "web.pem"));
        const bool oneFile =
            kind == StoreKind::Combined || kind == StoreKind::Pkcs12 || kind == StoreKind::Helper;
        key = oneFile ? certificate : folder / (in + "web.key");
        if (kind == StoreKind::Pkcs12) {
            (void)folder.write("password", std::string(password) + "\n");
            mustRun({"/usr/bin/openssl", "pkcs12", "-export", "-inkey", pair.key, "-in", pair.chain,
                "-name", "web1", "-passout", "file:" + (folder / "password"), "-out", certificate});
        } else if (oneFile) {
            (void)folder.write(in + "web.pem", readText(pair.key) + readText(pair.chain), 0600);
        } else {
            const bool apart = kind == StoreKind::OwnChain;
            (void)folder.write(
                in + "web.pem", readText(apart ? pair.certificate : pair.chain), 0644);
            // With the root: the old chain is another text than a new one.
            if (apart)
                (void)folder.write(in + "chain.pem", readText(pki_["issuing"].fullChain), 0644);
            (void)folder.write(in + "web.key", readText(pair.key), 0600);
        }
    }

    // Nothing is in place yet, and the guard has a certificate enrolled there.
    void empty(const std::string& names = "[web1.example.test]")
    {
        for (const auto& file : {certificate, key})
            std::filesystem::remove(file);
        writeGuard({{"enrollments", enrollment(names)}});
    }
    std::string enrollment(const std::string& names) const
    {
        return "[{certificate: " + certificate + ", key: " + key + ", names: " + names + "}]";
    }

    // Lines by their key; others than these may be added, and these replaced ("" takes one away).
    void writeGuard(const Fields& changes)
    {
        Fields lines = {
            {"socket", "{path: " + (folder / "installer.sock") + ", mode: \"0666\"}"},
            {"state", folder / "state"},
            {"callers", "[" + std::to_string(::geteuid()) + "]"},
            {"stores", "[{folder: " + (folder / "tls") + helperLines() +
                           (kind == StoreKind::Versioned ? ", version_link: live" : "") +
                           (kind == StoreKind::OwnChain ? ", chain_file: chain.pem" : "") +
                           (kind == StoreKind::Pkcs12 ? ", password_file: " + (folder / "password")
                                                      : std::string()) +
                           "}]"},
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

    // tests/support/store_helper.py; what goes wrong is in "fault".
    std::string helperLines(const std::string& timeout = "20s") const
    {
        if (kind != StoreKind::Helper) return "";
        if (!std::filesystem::exists(folder / "fault")) setFault("");
        const auto source =
            std::filesystem::path(PERENNIAL_SOURCE_DIR) / "tests/support/store_helper.py";
        (void)folder.write("helper", readText(source), 0755);
        return ", helper_timeout: " + timeout + ", helper: [" + (folder / "helper") + ", " +
               (folder / "fault") + "]";
    }
    void setFault(const std::string& text) const { (void)folder.write("fault", text, 0600); }

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
        const bool placed = verb == "make_key" || verb.starts_with("lend_") ||
                            verb == "preflight" || verb == "place";
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
    model::InstallerMessage placeFirst(const std::string& chain)
    {
        return ask("place", {{"chain", chain}, {"replaces", ""}});
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

    std::string certificateText() const // in openssl's eyes: PEM
    {
        if (kind != StoreKind::Pkcs12) return readText(certificate);
        return mustRun({"/usr/bin/openssl", "pkcs12", "-in", certificate, "-passin",
            "file:" + (folder / "password"), "-nokeys", "-clcerts"});
    }
    std::string keyText() const
    {
        if (kind != StoreKind::Pkcs12) return readText(key);
        return mustRun({"/usr/bin/openssl", "pkcs12", "-in", key, "-passin",
            "file:" + (folder / "password"), "-nocerts", "-nodes"});
    }
    std::string fingerprint() const // of what is in place
    {
        auto found = x509::Certificate::fromPem(certificateText());
        REQUIRE(found);
        return found->fingerprint();
    }
    bool pairMatches() const // in openssl's eyes
    {
        const auto ofCertificate =
            mustRun({"/usr/bin/openssl", "x509", "-noout", "-pubkey"}, certificateText());
        return ofCertificate == mustRun({"/usr/bin/openssl", "pkey", "-pubout"}, keyText());
    }
    // In the chain's own file is what belongs to the certificate.
    bool chainFits(const std::string& newFingerprint)
    {
        if (kind != StoreKind::OwnChain) return true;
        const auto& issuing = pki_["issuing"];
        const bool isNew = fingerprint() == newFingerprint;
        return readText(folder / "tls/chain.pem") ==
               readText(isNew ? issuing.chain : issuing.fullChain);
    }
    // The names below "tls" when nothing is under way.
    std::set<std::string> liveFiles() const
    {
        if (kind == StoreKind::OwnChain) return {"chain.pem", "web.key", "web.pem"};
        if (kind != StoreKind::Versioned)
            return {std::filesystem::path(certificate).filename().string(),
                std::filesystem::path(key).filename().string()};
        return {"live", std::filesystem::read_symlink(folder / "tls/live").string()};
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
    const StoreKind kind;

private:
    TestPki pki_;
    int serial_ = 1000;
};

inline std::string reasonOf(const model::InstallerMessage& answer)
{
    return answer.verb == "done" ? "done" : answer.field("kind") + ": " + answer.field("reason");
}

} // namespace perennial::test
