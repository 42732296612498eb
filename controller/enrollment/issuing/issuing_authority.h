#pragma once

#include "controller/enrollment/issuing/authority_keys.h"
#include "shared/base/clock.h"
#include "shared/x509/authority.h"

#include <optional>
#include <vector>

namespace perennial::enrollment::server {

// Turns what was decided into a signed certificate. The embedded authority is one; a relay to
// another CES can be another.
class IssuingAuthority {
public:
    virtual ~IssuingAuthority() = default;

    virtual Result<x509::Certificate> issue(const x509::CertificateContent& content) = 0;
    virtual const x509::Certificate& certificate() const = 0;
    virtual const std::vector<x509::Certificate>& above() const = 0; // up to the root
    // Signs answers (CMC) in the authority's name.
    virtual const x509::PrivateKey& responseKey() const = 0;
};

// Root and issuing authority with their keys in files that only the server's user may read, or in a
// PKCS#11 token. The root's key is needed to make the issuing authority and for the root's CRL, and
// never else: `run` does not open it.
class EmbeddedAuthority final : public IssuingAuthority {
public:
    struct Files {
        std::string root;
        std::string rootKey;
        std::string issuing;
        std::string issuingKey;
        std::optional<TokenSettings> token = {}; // its keys take the place of the files
    };
    struct Names {
        std::string root;
        std::string issuing;
        std::string keyType;
        std::vector<x509::Extension> issuingAddresses =
            {}; // of the issuing authority's certificate
    };
    // Conflict when any of the files is there already. Keys in a token must be there.
    static Status make(const Files& files, const Names& names, TimePoint now);
    // `addresses`: what every certificate says of CRLs, issuer and OCSP.
    static Result<EmbeddedAuthority> open(
        const Files& files, std::vector<x509::Extension> addresses = {});
    // The root's CRL: the only thing besides making an authority that opens the root's key.
    static Status writeRootList(const Files& files, const std::string& listFile, TimePoint now);

    Result<x509::Certificate> issue(const x509::CertificateContent& content) override;
    const x509::Certificate& certificate() const override { return chain_.front(); }
    const std::vector<x509::Certificate>& above() const override { return above_; }
    const x509::PrivateKey& responseKey() const override { return key_; }

private:
    EmbeddedAuthority(std::vector<x509::Certificate> chain, x509::PrivateKey key,
        std::vector<x509::Extension> addresses)
        : chain_(std::move(chain)), above_(chain_.begin() + 1, chain_.end()), key_(std::move(key)),
          addresses_(std::move(addresses))
    {
    }

    std::vector<x509::Certificate> chain_; // issuing authority first
    std::vector<x509::Certificate> above_;
    x509::PrivateKey key_;
    std::vector<x509::Extension> addresses_;
};

} // namespace perennial::enrollment::server
