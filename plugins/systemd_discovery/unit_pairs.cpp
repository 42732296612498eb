#include "plugins/systemd_discovery/unit_pairs.h"

#include "shared/model/identifiers.h"
#include "shared/service_config/named_pair.h"

#include <filesystem>

namespace perennial::plugins::systemd {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t mostLooked = 200; // files and folders of one unit
constexpr std::size_t mostFound = 10'000;
constexpr int deepestFolder = 3;

std::string unitFileOf(const Credential& credential)
{
    return credential.at.substr(0, credential.at.rfind(':'));
}

} // namespace

struct UnitPairs::Held {
    struct File {
        std::string path;
        std::string at;
        const std::vector<x509::Certificate>* certificates; // kept by CredentialFiles
    };
    std::vector<File> files;
    std::map<std::string, std::string> keys; // the file of a key, by the hash of its public half
    std::size_t looked = 0;
};

// What a file holds; of a folder, each file in it is a credential.
void UnitPairs::look(const std::string& path, const Credential& credential, Held& held, int depth)
{
    if (held.looked > mostLooked) return;
    const auto& file = files_.at(path, depth < deepestFolder);
    if (file.kind == CredentialFile::Kind::None) return; // a socket hands it over, or nobody
    if (++held.looked > mostLooked)
        return found_.skip(credential.at + ": too many files of one unit");
    if (!file.fault.empty()) return found_.skip(credential.at + ": " + file.fault);
    if (file.kind == CredentialFile::Kind::Folder) {
        if (depth == deepestFolder)
            return found_.skip(credential.at + ": folders are nested too deep");
        for (const auto& name : file.names) {
            if (held.looked > mostLooked || files_.isSpent()) return;
            look((fs::path(path) / name).string(), credential, held, depth + 1);
        }
        return;
    }
    if (!file.certificates.empty()) held.files.push_back({path, credential.at, &file.certificates});
    if (!file.keyPin.empty()) held.keys.emplace(file.keyPin, path);
}

// A certificate in the unit's file itself.
void UnitPairs::addSet(const std::string& name, const Credential& credential, const UnitName& unit)
{
    if (credential.isBroken)
        return found_.skip(credential.at + ": a certificate that cannot be read");
    const auto file = unitFileOf(credential);
    for (const auto& certificate : credential.certificates) {
        if (found_.found.size() < mostFound)
            found_.found.push_back({{"pem", file, ""},
                certificate.isAuthority() ? "authority" : "end-entity", name,
                "it stands in the file of " + unit.text() + " itself, which nothing here writes",
                model::factsOf(certificate)});
    }
}

void UnitPairs::addEncrypted(
    const std::string& name, const Credential& credential, const UnitName& unit)
{
    if (found_.found.size() >= mostFound) return;
    const bool isSet = credential.kind == CredentialLine::Kind::SetEncrypted;
    auto path = isSet ? unitFileOf(credential) : files_.pathOf(credential.source);
    if (!path.empty())
        found_.found.push_back({{"credential", std::move(path), ""}, "unknown", name,
            "an encrypted credential of " + unit.text() + ", which is not read", {}});
    else if (!files_.isSpent())
        found_.skip(credential.at + ": an encrypted credential that is in no folder");
}

void UnitPairs::addHeld(const Held& held, const UnitName& unit)
{
    const auto service = model::isSafeIdentifier(unit.prefix) ? unit.prefix : std::string();
    for (const auto& file : held.files) {
        const auto& leaf = file.certificates->front();
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

void UnitPairs::add(const UnitName& unit, const Credentials& credentials)
{
    Held held;
    for (const auto& [key, credential] : credentials.all()) {
        switch (credential.kind) {
        case CredentialLine::Kind::Set: addSet(key.second, credential, unit); break;
        case CredentialLine::Kind::SetEncrypted:
        case CredentialLine::Kind::LoadEncrypted: addEncrypted(key.second, credential, unit); break;
        case CredentialLine::Kind::Load:
            if (files_.isSpent()) break;
            if (const auto path = files_.pathOf(credential.source); !path.empty())
                look(path, credential, held, 0);
        }
    }
    if (!files_.isSpent()) addHeld(held, unit); // else the key of one may be what was not read
}

} // namespace perennial::plugins::systemd
