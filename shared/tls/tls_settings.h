#pragma once

#include "shared/x509/certificate.h"
#include "shared/x509/private_key.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace perennial::tls {

struct Identity {
    std::vector<x509::Certificate> chain; // leaf first
    std::shared_ptr<const x509::PrivateKey> key;
};
// Reads PEM files; refuses a key that does not match, or one that others may read (mode & 077).
Result<Identity> loadIdentity(const std::string& certificateFile, const std::string& keyFile);
// The same with a key that is in no file; `keyName` is for what is told when it does not match.
Result<Identity> loadIdentity(
    const std::string& certificateFile, x509::PrivateKey key, const std::string& keyName);

// Whom a client trusts. One of the two; neither is an error, there is no "verify nothing".
struct Trust {
    std::vector<x509::Certificate> anchors;
    std::string pin; // SPKI SHA-256 hex of an authority that must be in the chain the server sends
};

struct ClientSettings {
    Trust trust;
    std::optional<Identity> identity; // presented as TLS client certificate
};

struct ServerSettings {
    Identity identity;
    enum class ClientCertificate { No, Optional, Required };
    ClientCertificate clientCertificate = ClientCertificate::No;
    std::vector<x509::Certificate> clientAnchors;
};

} // namespace perennial::tls
