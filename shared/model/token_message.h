#pragma once

#include "shared/base/encoding.h"
#include "shared/base/result.h"
#include "shared/x509/key_elsewhere.h"

#include <optional>
#include <string>
#include <string_view>

namespace perennial::model {

// What the installer asks perennial-token-keeper about the keys of one label, one JSON object in a
// datagram each way. A key has one of three labels: "web" is the service's, "web.next" the one that
// an order made, "web.previous" the one that was the service's before.
enum class TokenVerb {
    Look, // what is there
    Make, // a key as <label>.next, with `id` and of `keyType`; the one that is there with this id
    Swap, // <label>.next with `id` becomes <label>, which becomes <label>.previous
    Back, // the other way, wherever a Swap or a Back stopped
    Drop, // destroys <label>.next or <label>.previous, whichever has `id`
    Lend, // with two descriptors: sockets where <label> and <label>.next (`id`) sign
    LendNext, // with one: <label>.next (`id`)
};
std::string_view nameOf(TokenVerb verb);

struct TokenRequest {
    TokenVerb verb = TokenVerb::Look;
    std::string label;
    Bytes id = {}; // CKA_ID of the order's key
    std::string keyType = {};
};

struct TokenKey {
    Bytes id;        // CKA_ID
    Bytes publicKey; // SubjectPublicKeyInfo
    friend bool operator==(const TokenKey&, const TokenKey&) = default;
};
struct TokenKeys {
    std::optional<TokenKey> live;
    std::optional<TokenKey> next;
    std::optional<TokenKey> previous;
    friend bool operator==(const TokenKeys&, const TokenKeys&) = default;
};

inline constexpr std::size_t tokenLabelLimit = 100; // bytes, of a label that is renewed

std::string toJsonText(const TokenRequest& request);
// InvalidInput names what is wrong: not JSON, a member that is missing, unknown, of the wrong type
// or over its limit.
Result<TokenRequest> tokenRequestFromJson(std::string_view text);
std::string toJsonText(const Result<TokenKeys>& answer);
// A foreign module ran where this comes from. The Error that the keeper answered, or InvalidInput.
Result<TokenKeys> tokenAnswerFromJson(std::string_view text);

// What is asked at a socket that a key was lent by: a scheme and a digest; answered by a signature
// or a reason. The keeper speaks first: the public key.
std::string encodeSignatureWanted(const x509::DigestToSign& wanted);
// InvalidInput: another scheme, or no digest of SHA-256, SHA-384 or SHA-512. Points into `text`.
Result<x509::DigestToSign> decodeSignatureWanted(std::string_view text);
std::string encodeSignature(const Result<Bytes>& signature);
Result<Bytes> decodeSignature(std::string_view text);

} // namespace perennial::model
