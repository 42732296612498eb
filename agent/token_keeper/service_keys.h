#pragma once

#include "shared/model/token_message.h"
#include "shared/pkcs11/session.h"

namespace perennial::token_keeper {

// The keys of one label in a token, and the moves between its three names. A key is told by its
// CKA_ID, which a change of name leaves as it is: whoever was killed in between finds out how far
// it got. The session is logged in, and may write.
class ServiceKeys {
public:
    ServiceKeys(const pkcs11::Session& session, std::string label)
        : session_(session), label_(std::move(label))
    {
    }

    struct Key {
        pkcs11::Object secret;
        Bytes publicKey;
    };
    struct Found {
        std::optional<Key> live;
        std::optional<Key> next;
        std::optional<Key> previous;
        model::TokenKeys told() const;
    };
    // Conflict: several keys under one name, or with one CKA_ID. InvalidInput: a key without a
    // CKA_ID or without its public half.
    Result<Found> look() const;
    Status make(const std::string& keyType, const Bytes& id) const;
    // For a moment no key has the service's label: a service that reads it then finds none, and
    // goes on with what it has.
    Status swap(const Bytes& id) const;
    Status back(const Bytes& id) const;
    Status drop(const Bytes& id) const;

private:
    Result<std::optional<Key>> keyNamed(const std::string& name) const;
    Status rename(const Key& key, const std::string& name) const;
    Status destroy(const Key& key) const;
    Status destroyLonePublic(const Bytes& id) const;
    std::string next() const { return label_ + ".next"; }
    std::string previous() const { return label_ + ".previous"; }

    const pkcs11::Session& session_;
    std::string label_;
};

} // namespace perennial::token_keeper
