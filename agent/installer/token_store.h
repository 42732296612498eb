#pragma once

#include "agent/installer/pair.h"
#include "shared/model/token_message.h"

namespace perennial::installer {

// A certificate in a file with its key in a PKCS#11 token. perennial-token-keeper, another user's
// process, works with the token and has its PIN; what it says of keys is compared, never believed.

bool isInToken(const Place& place); // by the spelling of its key's path
// Of that key: PermissionDenied where the guard's `tokens` do not name it.
struct GuardedToken {
    const TokenRule* rule;
    std::string label;
};
Result<GuardedToken> tokenOf(const Guard& guard, const Place& place);

// CKA_ID of the key that an order makes: the same after a crash that nobody wrote down.
Bytes tokenKeyId(const std::string& order);

struct TokenReply {
    model::TokenKeys keys;
    std::vector<FileDescriptor> sockets; // of a loan: old key, new key
};
// `request`: its label is filled in. Unavailable: the keeper is not there.
Result<TokenReply> askKeeper(const Guard& guard, const Place& place, model::TokenRequest request);
// The pair's key is its public half. NotFound: no key has the label, or there is no certificate.
Result<Pair> readTokenPair(const FileSystem& disk, const Guard& guard, const Place& place);
// The public half of a key that the order made. NotFound: it is not there, or not as <label>.next.
Result<x509::PrivateKey> newTokenKey(
    const Guard& guard, const Place& place, const std::string& order);

} // namespace perennial::installer
