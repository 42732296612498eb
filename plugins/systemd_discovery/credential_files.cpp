#include "plugins/systemd_discovery/credential_files.h"

#include "shared/base/file_traits.h"
#include "shared/base/secret.h"
#include "shared/x509/digest.h"
#include "shared/x509/private_key.h"

#include <filesystem>

namespace perennial::plugins::systemd {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t fileLimit = 1U << 20U; // systemd's own for a credential
const CredentialFile nothing;
const CredentialFile unlistedFolder = {CredentialFile::Kind::Folder, {}, {}, {}, {}};

} // namespace

bool CredentialFiles::spend(std::size_t& left, std::size_t amount)
{
    if (!isSpent_ && amount <= left) {
        left -= amount;
        return true;
    }
    if (!isSpent_)
        found_.skip("too many credentials of all units together: what remains is not looked at");
    isSpent_ = true;
    return false;
}

std::string CredentialFiles::pathOf(const std::string& source)
{
    if (source.starts_with('/')) return source;
    if (const auto known = paths_.find(source); known != paths_.end()) return known->second;
    for (const auto& store : stores_) {
        if (!spend(limits_.entries, 1)) return {};
        auto path = (fs::path(store) / source).string();
        std::error_code problem;
        if (fs::exists(path, problem)) return paths_[source] = path;
    }
    return paths_[source] = std::string();
}

const CredentialFile& CredentialFiles::at(const std::string& path, bool mayList)
{
    if (const auto known = known_.find(path); known != known_.end()) return known->second;
    if (!spend(limits_.entries, 1)) return nothing;
    std::error_code problem;
    const auto status = fs::status(path, problem);
    if (fs::is_directory(status) && !mayList) return unlistedFolder;
    auto& file = known_[path];
    if (fs::is_directory(status))
        list(path, file);
    else if (fs::is_regular_file(status))
        read(path, file);
    return isSpent_ ? nothing : file;
}

void CredentialFiles::list(const std::string& path, CredentialFile& file)
{
    file.kind = CredentialFile::Kind::Folder;
    auto names = files_.list(path);
    if (!names)
        file.fault = names.error().message;
    else if (spend(limits_.entries, names->size()))
        file.names = *std::move(names);
}

void CredentialFiles::read(const std::string& path, CredentialFile& file)
{
    file.kind = CredentialFile::Kind::Regular;
    if (!spend(limits_.files, 1)) return;
    const auto resolved = resolveLinks(path);
    auto text =
        resolved ? files_.read(*resolved, fileLimit) : Result<std::string>(resolved.error());
    if (!text) {
        file.fault = text.error().message;
        return;
    }
    const Secret bytes(*std::move(text));
    if (!spend(limits_.bytes, bytes.reveal().size())) return;
    if (bytes.reveal().find("-----BEGIN ") == std::string_view::npos) return;
    if (auto certificates = x509::Certificate::allFromPem(bytes.reveal()))
        file.certificates = *std::move(certificates);
    if (const auto key = x509::PrivateKey::fromPem(bytes))
        file.keyPin = x509::sha256Hex(key->publicKeyDer());
}

} // namespace perennial::plugins::systemd
