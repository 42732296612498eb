#include "agent/scanner/slot_reading.h"

#include "agent/scanner/key_check.h"
#include "agent/scanner/key_store_reading.h"
#include "shared/base/file_traits.h"
#include "shared/base/secret.h"
#include "shared/x509/certificate_chain.h"

namespace perennial::scanner {

namespace {

Result<std::vector<x509::Certificate>> readChain(const FileSystem& files, const std::string& path)
{
    const auto resolved = resolveLinks(path);
    if (!resolved) return resolved.error();
    auto text = files.read(*resolved, chainFileLimit);
    if (!text) return text.error();
    const Secret pem(*std::move(text)); // the key may be in the same file
    auto chain = x509::Certificate::allFromPem(pem.reveal());
    if (!chain) return chain.error().in(path);
    if (chain->empty())
        return Error{ErrorKind::InvalidInput, path + ": holds no certificate in PEM"};
    return chain;
}

void addCertificateWarnings(
    const model::CertificateFacts& facts, TimePoint now, std::vector<std::string>& warnings)
{
    if (facts.notAfter < now) warnings.push_back("expired at " + toRfc3339(facts.notAfter));
    if (facts.notBefore > now) warnings.push_back("not valid before " + toRfc3339(facts.notBefore));
    for (const auto* weak : {"md5", "MD5", "sha1", "SHA1"}) {
        if (facts.signatureAlgorithm.find(weak) != std::string::npos)
            warnings.push_back("signed with a broken digest: " + facts.signatureAlgorithm);
    }
}

} // namespace

Result<model::Slot> readSlot(const FileSystem& files, const DiscoveredPlace& found, TimePoint now)
{
    const auto& path = found.place.certificatePath;
    const bool isKeyStore = found.place.store == "pkcs12";
    const auto chain =
        isKeyStore ? readKeyStore(files, path, found.passwordFile) : readChain(files, path);
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
    addCertificateWarnings(slot.certificate, now, slot.warnings);
    const auto keyWarnings = isKeyStore ? checkKeyFile(files, path)
                                        : checkKey(files, found.place.keyPath, chain->front());
    for (const auto& warning : keyWarnings)
        slot.warnings.push_back(warning);
    return slot;
}

} // namespace perennial::scanner
