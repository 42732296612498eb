#include "plugins/systemd_discovery/unit_pairs.h"

#include "shared/base/file_traits.h"
#include "shared/base/secret.h"
#include "shared/model/identifiers.h"
#include "shared/service_config/named_pair.h"
#include "shared/x509/certificate.h"
#include "shared/x509/digest.h"
#include "shared/x509/private_key.h"

#include <filesystem>

namespace perennial::plugins::systemd {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t fileLimit = 1U << 20U; // systemd's own for a credential
constexpr std::size_t mostFiles = 200;       // of one unit
constexpr std::size_t mostFound = 10'000;
constexpr int deepestFolder = 3;

} // namespace

struct UnitPairs::Held {
    struct File {
        std::string path;
        std::string at;
        std::vector<x509::Certificate> certificates;
    };
    std::vector<File> files;
    std::map<std::string, std::string> keys; // the file of a key, by the hash of its public half
    std::size_t looked = 0;
};

std::string UnitPairs::pathOf(const Credential& credential) const
{
    if (credential.source.starts_with('/')) return credential.source;
    for (const auto& folder : folders_) {
        auto path = (fs::path(folder) / credential.source).string();
        std::error_code problem;
        if (fs::exists(path, problem)) return path;
    }
    return {};
}

// What a file holds; of a folder, each file in it is a credential.
void UnitPairs::look(const std::string& path, const Credential& credential, Held& held, int depth)
{
    std::error_code problem;
    if (fs::is_directory(path, problem)) {
        const auto names = files_.list(path);
        if (!names) return found_.skip(credential.at + ": " + names.error().message);
        if (depth == deepestFolder)
            return found_.skip(credential.at + ": folders are nested too deep");
        for (const auto& name : *names)
            look((fs::path(path) / name).string(), credential, held, depth + 1);
        return;
    }
    if (!fs::is_regular_file(path, problem)) return; // a socket hands it over, or nobody
    if (++held.looked > mostFiles) {
        if (held.looked == mostFiles + 1)
            found_.skip(credential.at + ": too many files of one unit");
        return;
    }
    const auto resolved = resolveLinks(path);
    auto text =
        resolved ? files_.read(*resolved, fileLimit) : Result<std::string>(resolved.error());
    if (!text) return found_.skip(credential.at + ": " + text.error().message);
    const Secret bytes(*std::move(text));
    if (bytes.reveal().find("-----BEGIN ") == std::string_view::npos) return;
    auto certificates = x509::Certificate::allFromPem(bytes.reveal());
    if (certificates && !certificates->empty())
        held.files.push_back({path, credential.at, *std::move(certificates)});
    if (const auto key = x509::PrivateKey::fromPem(bytes))
        held.keys.emplace(x509::sha256Hex(key->publicKeyDer()), path);
}

// A certificate in the unit's file itself.
void UnitPairs::addSet(const std::string& name, const Credential& credential, const UnitName& unit)
{
    const auto text = unescaped(credential.source);
    if (!text || text->find("-----BEGIN CERTIFICATE-----") == std::string::npos) return;
    const auto certificates = x509::Certificate::allFromPem(*text);
    if (!certificates) return found_.skip(credential.at + ": a certificate that cannot be read");
    const auto file = credential.at.substr(0, credential.at.rfind(':'));
    for (const auto& certificate : *certificates) {
        if (found_.found.size() < mostFound)
            found_.found.push_back({{"pem", file, ""},
                certificate.isAuthority() ? "authority" : "end-entity", name,
                "it stands in the file of " + unit.text() + " itself, which nothing here writes",
                model::factsOf(certificate)});
    }
}

void UnitPairs::add(const UnitName& unit, const Credentials& credentials)
{
    Held held;
    for (const auto& [key, credential] : credentials.all()) {
        const auto& name = key.second;
        const bool isEncrypted = credential.kind == CredentialLine::Kind::LoadEncrypted ||
                                 credential.kind == CredentialLine::Kind::SetEncrypted;
        if (credential.kind == CredentialLine::Kind::Set) {
            addSet(name, credential, unit);
        } else if (isEncrypted && found_.found.size() < mostFound) {
            const bool isSet = credential.kind == CredentialLine::Kind::SetEncrypted;
            auto path =
                isSet ? credential.at.substr(0, credential.at.rfind(':')) : pathOf(credential);
            if (path.empty())
                found_.skip(credential.at + ": an encrypted credential that is in no folder");
            else
                found_.found.push_back({{"credential", std::move(path), ""}, "unknown", name,
                    "an encrypted credential of " + unit.text() + ", which is not read", {}});
        } else if (!isEncrypted) {
            if (const auto path = pathOf(credential); !path.empty())
                look(path, credential, held, 0);
        }
    }
    const auto service = model::isSafeIdentifier(unit.prefix) ? unit.prefix : std::string();
    for (const auto& file : held.files) {
        const auto& leaf = file.certificates.front();
        const auto keyFile = held.keys.find(leaf.publicKeyPin());
        if (keyFile != held.keys.end()) {
            service_config::addPlace(
                {file.at, "/", {"a credential", file.path}, {"a credential", keyFile->second}},
                service, {}, {}, found_);
        } else if (found_.found.size() < mostFound) {
            const bool isAuthority = leaf.isAuthority();
            found_.found.push_back(
                {{"pem", file.path, ""}, isAuthority ? "authority" : "end-entity", "",
                    "a credential of " + unit.text() + " without its key among them",
                    model::factsOf(leaf)});
        }
    }
}

} // namespace perennial::plugins::systemd
