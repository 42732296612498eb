#include "agent/scanner/slot_reading.h"

#include "agent/scanner/certificate_check.h"
#include "agent/scanner/key_check.h"
#include "agent/scanner/key_store_reading.h"
#include "shared/base/file_traits.h"
#include "shared/base/secret.h"
#include "shared/model/token_uri.h"
#include "shared/nss/nss_folder.h"
#include "shared/x509/certificate_chain.h"

#include <iterator>

namespace perennial::scanner {

namespace {

Result<std::vector<x509::Certificate>> chainIn(std::string_view pem, const std::string& path)
{
    auto chain = x509::Certificate::allFromPem(pem);
    if (!chain) return chain.error().in(path);
    if (chain->empty())
        return Error{ErrorKind::InvalidInput, path + ": holds no certificate in PEM"};
    return chain;
}

Result<std::vector<x509::Certificate>> readChain(const FileSystem& files, const std::string& path)
{
    const auto resolved = resolveLinks(path);
    if (!resolved) return resolved.error();
    auto text = files.read(*resolved, chainFileLimit);
    if (!text) return text.error();
    const Secret pem(*std::move(text)); // the key may be in the same file
    return chainIn(pem.reveal(), path);
}

Result<std::vector<x509::Certificate>> readNssEntry(
    const FileSystem& files, const std::filesystem::path& path)
{
    const auto folder = nss::readFolder(files, path.parent_path());
    if (!folder) return folder.error();
    auto chain = nss::chainOf(*folder, path.filename());
    if (!chain) return chain.error().in(path.string());
    return chain;
}

Result<std::vector<x509::Certificate>> readPlace(
    const FileSystem& files, const DiscoveredPlace& found)
{
    const auto& path = found.place.certificatePath;
    if (model::isTokenUri(path)) return chainIn(found.certificatePem, path);
    if (found.place.store == "pkcs12") return readKeyStore(files, path, found.passwordFile);
    if (found.place.store == "nss") return readNssEntry(files, path);
    return readChain(files, path);
}

// What is wrong with the key, or with the file that holds it.
std::vector<std::string> keyWarnings(
    const FileSystem& files, const model::Place& place, const x509::Certificate& leaf)
{
    if (place.store == "pkcs12") return checkKeyFile(files, place.keyPath);
    if (place.store == "nss")
        return checkKeyFile(
            files, std::filesystem::path(place.keyPath).parent_path() / nss::keysFile);
    if (model::isTokenUri(place.certificatePath)) return {}; // its source has compared them
    if (model::isTokenUri(place.keyPath))
        return {"its key is in a token, and was not compared with it"};
    return checkKey(files, place.keyPath, leaf);
}

void add(std::vector<std::string> more, std::vector<std::string>& warnings)
{
    warnings.insert(
        warnings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

} // namespace

Result<model::Slot> readSlot(const FileSystem& files, const DiscoveredPlace& found,
    const std::set<std::string>& roots, TimePoint now)
{
    const auto& path = found.place.certificatePath;
    const auto chain = readPlace(files, found);
    if (!chain) return chain.error();
    model::Slot slot;
    slot.id = model::slotIdOf(found.place);
    slot.place = found.place;
    slot.service = found.service;
    slot.listeners = found.listeners;
    slot.certificate = model::factsOf(chain->front());
    slot.certificatePem = x509::chainPem(*chain);
    slot.warnings = found.warnings;
    if (const auto named = files.inspect(path); named && named->type == FileFacts::Type::Link)
        slot.warnings.emplace_back("certificate path is a symbolic link");
    add(checkCertificate(chain->front(), now), slot.warnings);
    add(checkChain(*chain, roots, now), slot.warnings);
    add(keyWarnings(files, found.place, chain->front()), slot.warnings);
    return slot;
}

} // namespace perennial::scanner
