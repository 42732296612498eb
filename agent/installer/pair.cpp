#include "agent/installer/pair.h"

#include "agent/installer/helper_store.h"
#include "agent/installer/token_store.h"
#include "shared/base/file_place.h"

#include <algorithm>

namespace perennial::installer {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t passwordLimit = 1024;

// Exactly as long as needed from the start: growing would leave copies of the key behind.
Secret joined(std::string_view keyPem, std::string_view chainPem)
{
    std::string text;
    text.reserve(keyPem.size() + chainPem.size());
    text.append(keyPem).append(chainPem);
    return Secret(std::move(text));
}

Result<Secret> readPassword(const FileSystem& disk, const Guard& guard, const fs::path& file)
{
    const auto* rule = guard.storeOf(file);
    if (rule == nullptr || rule->passwordFile.empty())
        return Error{ErrorKind::PermissionDenied,
            file.string() + " is PKCS#12; the guard names no password_file for its store"};
    auto text = disk.read(rule->passwordFile, passwordLimit);
    if (!text) return text.error().in("password_file");
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    if (text->empty() || text->find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos)
        return Error{ErrorKind::InvalidInput,
            rule->passwordFile.string() + " must hold one line that is not empty"};
    return Secret(*std::move(text));
}

// Authorities without a name are what is left of some chain, and are replaced with it.
bool isEntry(const x509::Pkcs12Certificate& other)
{
    return other.trusted || !other.alias.empty() || !other.certificate.isAuthority();
}

Result<Pair> readPkcs12Pair(const FileSystem& disk, const Guard& guard, const Place& files,
    const FileFacts& facts, std::string_view bytes)
{
    const auto password = readPassword(disk, guard, files.key);
    if (!password) return password.error();
    auto store = x509::readPkcs12(bytes, *password);
    if (!store) return store.error().in(files.key.string());
    const bool more =
        store->unread > 0 || std::any_of(store->others.begin(), store->others.end(), &isEntry);
    if (more || store->keys.size() != 1 || store->keys.front().chain.empty())
        return Error{ErrorKind::InvalidInput,
            files.key.string() + " does not hold one key with its certificate and nothing else, "
                                 "which would be lost; give the pair a file of its own"};
    auto& [alias, key, chain] = store->keys.front();
    auto lent = openInMemory(key.toPem().reveal());
    if (!lent) return lent.error();
    return Pair{
        {files, facts, facts, {}, {}, alias}, chain.front(), std::move(key), *std::move(lent)};
}

} // namespace

bool isVersion(std::string_view name)
{
    return name.size() > 1 && name.size() < 11 && name[0] == 'v' && name[1] != '0' &&
           name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

Result<Place> filesOf(const FileSystem& disk, const Guard& guard, const Place& place)
{
    const auto* rule = guard.storeOf(place.certificate);
    const auto* keyRule = guard.storeOf(place.key);
    const auto link = rule == nullptr ? fs::path() : rule->linkPath();
    if (link.empty() && (keyRule == nullptr || keyRule->linkPath().empty())) return place;
    if (place.certificate.parent_path() != link || place.key.parent_path() != link)
        return Error{ErrorKind::PermissionDenied,
            "the guard's version_link is for pairs in " + link.string() + " only"};
    const auto version = disk.readLink(link);
    if (!version) return version.error();
    if (!isVersion(*version))
        return Error{ErrorKind::PermissionDenied,
            link.string() + " must lead to a folder beside it, \"v\" and a number"};
    const auto folder = rule->folder / *version;
    return Place{folder / place.certificate.filename(), folder / place.key.filename()};
}

fs::path chainFileOf(const Guard& guard, const Place& place)
{
    const auto* rule = guard.storeOf(place.certificate);
    const bool has = rule != nullptr && !rule->chainFile.empty();
    return has ? place.certificate.parent_path() / rule->chainFile : fs::path();
}

Result<Pair> readPair(const FileSystem& disk, const Guard& guard, const Place& place)
{
    if (isInToken(place)) return readTokenPair(disk, guard, place);
    if (guard.helperOf(place) != nullptr) return readHelperPair(guard, place);
    auto files = filesOf(disk, guard, place);
    if (!files) return files.error();
    auto certificateFacts = disk.inspect(files->certificate);
    if (!certificateFacts) return certificateFacts.error();
    auto content = disk.read(files->certificate, storeFileLimit);
    if (!content) return content.error();
    const Secret text(*std::move(content)); // the key may be in it too
    if (files->certificate == files->key && x509::isPkcs12(text.reveal()))
        return readPkcs12Pair(disk, guard, *files, *certificateFacts, text.reveal());
    auto certificate = x509::Certificate::fromPem(text.reveal());
    if (!certificate) return certificate.error().in(files->certificate.string());

    auto keyFacts = disk.inspect(files->key);
    if (!keyFacts) return keyFacts.error();
    auto keyFile = openToRead(files->key);
    if (!keyFile) return keyFile.error();
    auto key = x509::PrivateKey::fromDescriptor(keyFile->get());
    if (!key) return key.error().in(files->key.string());
    Pair pair{{*files, *certificateFacts, *keyFacts, chainFileOf(guard, *files)},
        *std::move(certificate), *std::move(key), *std::move(keyFile)};
    if (pair.chainFile.empty()) return pair;
    auto chainFacts = disk.inspect(pair.chainFile);
    if (!chainFacts) return chainFacts.error();
    if (chainFacts->type != FileFacts::Type::Regular)
        return Error{ErrorKind::InvalidInput, pair.chainFile.string() + " is not a regular file"};
    pair.chainFacts = *chainFacts;
    return pair;
}

Result<std::vector<NewFile>> makeFiles(const FileSystem& disk, const Guard& guard,
    const Layout& current, const Secret& keyPem, const std::vector<x509::Certificate>& chain)
{
    std::vector<NewFile> made;
    const auto& [certificateFile, keyFile] = current.files;
    if (current.alias) {
        const auto password = readPassword(disk, guard, keyFile);
        if (!password) return password.error();
        auto key = x509::PrivateKey::fromPem(keyPem);
        if (!key) return key.error();
        auto bytes = x509::writePkcs12(*current.alias, *key, chain, *password);
        if (!bytes) return bytes.error();
        made.push_back({keyFile, current.keyFacts, true, Secret(*std::move(bytes))});
        return made;
    }
    if (current.chainFacts && chain.size() < 2)
        return Error{ErrorKind::InvalidInput,
            "the new certificate has no authorities for " + current.chainFile.string()};
    std::string chainPem = chain.front().toPem();
    std::string apart; // where the authorities have a file of their own
    for (std::size_t at = 1; at < chain.size(); ++at)
        (current.chainFacts ? apart : chainPem) += chain[at].toPem();
    if (certificateFile == keyFile) {
        made.push_back({keyFile, current.keyFacts, true, joined(keyPem.reveal(), chainPem)});
    } else {
        if (current.tokenKeyId.empty())
            made.push_back({keyFile, current.keyFacts, true, joined(keyPem.reveal(), "")});
        made.push_back(
            {certificateFile, current.certificateFacts, false, Secret(std::move(chainPem))});
    }
    if (current.chainFacts)
        made.push_back({current.chainFile, *current.chainFacts, false, Secret(std::move(apart))});
    return made;
}

} // namespace perennial::installer
