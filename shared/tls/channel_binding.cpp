#include "shared/tls/channel_binding.h"

#include <array>
#include <openssl/evp.h>
#include <openssl/x509.h>

namespace perennial::tls {

Bytes serverEndPoint(const x509::Certificate& certificate)
{
    int hash = NID_undef;
    // Knows RSASSA-PSS too, where the parameters name the hash.
    if (X509_get_signature_info(certificate.handle(), &hash, nullptr, nullptr, nullptr) != 1 ||
        hash == NID_undef)
        return {};
    if (hash == NID_md5 || hash == NID_sha1) hash = NID_sha256;
    const EVP_MD* algorithm = EVP_get_digestbynid(hash);
    if (algorithm == nullptr) return {};
    const auto& der = certificate.toDer();
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    if (EVP_Digest(der.data(), der.size(), out.data(), &size, algorithm, nullptr) != 1) return {};
    return Bytes(reinterpret_cast<const char*>(out.data()), size);
}

} // namespace perennial::tls
