#include "shared/nss/nss_folder.h"

#include "shared/base/file_traits.h"
#include "shared/base/secret.h"

#include <algorithm>

namespace perennial::nss {

namespace {

constexpr std::size_t longestChain = 10;

Result<Secret> readFile(const FileSystem& files, const std::string& folder, const char* name)
{
    const auto path = resolveLinks(folder + "/" + name);
    if (!path) return path.error();
    auto content = files.read(*path, databaseLimit);
    if (!content) return content.error();
    Secret bytes(*std::move(content)); // without a password, a key is hardly encrypted
    for (const char* open : {"-journal", "-wal"}) {
        if (files.inspect(path->string() + open))
            return Error{ErrorKind::Unavailable, folder + "/" + name + ": is being written"};
    }
    return bytes;
}

} // namespace

Result<Folder> readFolder(const FileSystem& files, const std::string& folder)
{
    // Certificates first: whoever replaces both writes the keys first.
    const auto certificates = readFile(files, folder, certificatesFile);
    if (!certificates) return certificates.error();
    const auto keys = readFile(files, folder, keysFile);
    if (!keys) return keys.error();
    auto stored = readCertificates(certificates->reveal());
    if (!stored) return stored.error().in(folder + "/" + certificatesFile);
    auto ids = readKeyIds(keys->reveal());
    if (!ids) return ids.error().in(folder + "/" + keysFile);
    return Folder{*std::move(stored), *std::move(ids)};
}

std::vector<Entry> entriesOf(const StoredCertificates& stored)
{
    std::vector<Entry> entries;
    for (const auto& [nickname, keyId, certificate] : stored.certificates)
        entries.push_back({nickname, keyId, certificate.isAuthority()});
    return entries;
}

Result<std::vector<x509::Certificate>> chainOf(const Folder& folder, const std::string& nickname)
{
    const auto& all = folder.stored.certificates;
    const auto leaf = std::find_if(
        all.begin(), all.end(), [&](const auto& stored) { return stored.nickname == nickname; });
    if (leaf == all.end())
        return Error{ErrorKind::NotFound, "the database has no certificate of that nickname"};
    const auto reasons = whyNoSlots(entriesOf(folder.stored), folder.keyIds);
    if (const auto& why = reasons[static_cast<std::size_t>(leaf - all.begin())]; !why.empty())
        return Error{ErrorKind::InvalidInput, why};
    std::vector<x509::Certificate> chain = {leaf->certificate};
    while (chain.size() < longestChain && !chain.back().isSelfIssued()) {
        const auto& child = chain.back();
        const auto issuer = std::find_if(all.begin(), all.end(), [&](const auto& stored) {
            return stored.certificate.isAuthority() &&
                   stored.certificate.subjectDer() == child.issuerDer() &&
                   child.isSignedBy(stored.certificate);
        });
        if (issuer == all.end()) break;
        chain.push_back(issuer->certificate);
    }
    return chain;
}

} // namespace perennial::nss
