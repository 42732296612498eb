#pragma once

#include "shared/base/secret.h"
#include "shared/pkcs11/module.h"
#include "shared/x509/key_elsewhere.h"

#include <optional>

namespace perennial::pkcs11 {

enum class ObjectClass { Certificate, PublicKey, PrivateKey };
enum class Access { Read, Write };

// What an object says of itself. Foreign: a label can be anything.
struct Object {
    unsigned long handle;
    std::string label;
    Bytes id; // CKA_ID: the same for a key's two halves and its certificate
};

// One session with a token. Nothing that a token says is believed to have any size or form.
class Session {
public:
    static constexpr std::size_t labelLimit = 256;
    static constexpr std::size_t idLimit = 256;

    static Result<Session> open(const Module& module, const Token& token, Access access);
    ~Session();
    Session(Session&& other) noexcept;
    Session& operator=(Session&&) = delete;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Tried once, and not where a wrong PIN was given before: mayTryPin().
    Status login(const Secret& pin);
    // Objects of a class, with that label or id where one is given; at most `limit`, and `more`
    // tells of others. One whose label or id is over its limit counts, without it.
    struct Found {
        std::vector<Object> objects;
        bool more = false;
    };
    struct Query {
        std::optional<std::string> label = {};
        std::optional<Bytes> id = {};
    };
    Result<Found> find(ObjectClass kind, const Query& query, std::size_t limit) const;
    // The bytes of a certificate (X.509). InvalidInput: over the limit, or of another kind.
    Result<Bytes> certificate(const Object& object, std::size_t limit) const;
    // Of a public key object, as SubjectPublicKeyInfo. InvalidInput: no RSA and no EC key.
    Result<Bytes> publicKeyDer(const Object& publicKey) const;

    // Both halves in the token, the private one sensitive and not extractable. `keyType` as of
    // PrivateKey::generate().
    Status generate(std::string_view keyType, const std::string& label, const Bytes& id) const;
    Status setLabel(const Object& object, const std::string& label) const;
    Status destroy(const Object& object) const;
    // InvalidInput for another digest than of SHA-2, and what the token does not know.
    Result<Bytes> sign(const Object& privateKey, const x509::DigestToSign& wanted) const;

private:
    Session(_CK_FUNCTION_LIST& functions, unsigned long handle, unsigned long tokenFlags)
        : functions_(&functions), handle_(handle), tokenFlags_(tokenFlags)
    {
    }
    Result<Bytes> attribute(unsigned long object, unsigned long type, std::size_t limit) const;
    std::string attributeOr(unsigned long object, unsigned long type, std::size_t limit) const;
    Result<unsigned long> number(unsigned long object, unsigned long type) const;

    _CK_FUNCTION_LIST* functions_;
    unsigned long handle_;
    unsigned long tokenFlags_;
    bool open_ = true;
};

} // namespace perennial::pkcs11
