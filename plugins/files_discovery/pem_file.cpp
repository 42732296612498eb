#include "plugins/files_discovery/pem_file.h"

#include "shared/x509/digest.h"
#include "shared/x509/pem.h"
#include "shared/x509/private_key.h"

namespace perennial::plugins::files {

namespace {

constexpr std::size_t longestChain = 10; // more is a bundle of authorities

void lookAtCertificates(std::string_view text, PemFile& file)
{
    if (text.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) return;
    const auto chain = x509::Certificate::allFromPem(text, longestChain);
    if (!chain)
        file.fault = chain.error().message;
    else if (chain->empty())
        file.fault = "no certificate in PEM";
    else if (chain->front().isAuthority())
        file.fault = "the certificate of an authority";
    else
        file.certificatePin = chain->front().publicKeyPin();
}

} // namespace

PemFile lookInto(const Secret& text)
{
    PemFile file;
    lookAtCertificates(text.reveal(), file);
    const auto block = x509::privateKeyBlock(text.reveal());
    if (block.empty()) return file;
    file.hasKey = true;
    const auto key = x509::PrivateKey::fromPem(Secret(std::string(block)));
    if (key) file.keyPin = x509::sha256Hex(key->publicKeyDer());
    return file;
}

} // namespace perennial::plugins::files
