#include "agent/installer/token_store.h"

#include "shared/base/encoding.h"
#include "shared/base/trusted_path.h"
#include "shared/base/unix_socket.h"
#include "shared/model/token_uri.h"
#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::installer {

namespace {

constexpr Duration connectLimit{5};
constexpr Duration answerLimit{60}; // making an RSA key in a slow token
constexpr std::size_t idSize = 20;

Result<x509::PrivateKey> publicHalf(const model::TokenKey& key)
{
    return x509::keyElsewhere(key.publicKey, [](const x509::DigestToSign&) {
        return Result<Bytes>(Error{ErrorKind::PermissionDenied, "the key is in a token"});
    });
}

Result<UnixSocket> callKeeper(const TokenRule& rule)
{
    if (auto status = checkFolders(rule.socket); !status) return status.error();
    auto socket = UnixSocket::connect(rule.socket, connectLimit);
    if (!socket) return Error{ErrorKind::Unavailable, socket.error().message};
    const auto peer = socket->peer();
    if (!peer) return peer.error();
    if (peer->uid != 0 && peer->uid != rule.user)
        return Error{ErrorKind::PermissionDenied, "somebody else answers there"};
    return socket;
}

} // namespace

bool isInToken(const Place& place) { return model::isTokenUri(place.key.native()); }

Result<GuardedToken> tokenOf(const Guard& guard, const Place& place)
{
    const auto uri = model::parseTokenUri(place.key.native());
    if (!uri) return uri.error();
    const auto rule = guard.tokens.find(uri->token);
    const auto names = [&](const TokenRule& token) {
        return std::find(token.keys.begin(), token.keys.end(), uri->object) != token.keys.end();
    };
    // One spelling: places of orders are compared as text.
    if (rule == guard.tokens.end() || !names(rule->second) ||
        place.key != model::TokenUri{uri->token, uri->object, {}}.text())
        return Error{ErrorKind::PermissionDenied,
            place.key.native() + " is among none of the guard's tokens"};
    return GuardedToken{&rule->second, uri->object};
}

Bytes tokenKeyId(const std::string& order) { return x509::sha256(order).substr(0, idSize); }

Result<TokenReply> askKeeper(const Guard& guard, const Place& place, model::TokenRequest request)
{
    const auto token = tokenOf(guard, place);
    if (!token) return token.error();
    request.label = token->label;
    const auto at = "perennial-token-keeper at " + token->rule->socket.string();
    const auto socket = callKeeper(*token->rule);
    if (!socket) return socket.error().in(at);
    if (auto sent = socket->send(model::toJsonText(request)); !sent) return sent.error().in(at);
    auto answer = socket->receive(answerLimit);
    if (!answer) return answer.error().in(at);
    if (answer->content.empty()) return Error{ErrorKind::Unavailable, at + " ended: no answer"};
    auto keys = model::tokenAnswerFromJson(answer->content);
    if (!keys) return keys.error().in(at);
    return TokenReply{*std::move(keys), std::move(answer->descriptors)};
}

Result<Pair> readTokenPair(const FileSystem& disk, const Guard& guard, const Place& place)
{
    const auto* rule = guard.storeOf(place.certificate);
    if (rule != nullptr &&
        (!rule->helper.empty() || !rule->versionLink.empty() || !rule->chainFile.empty()))
        return Error{ErrorKind::PermissionDenied,
            "a key in a token goes with plain files only, not with helper, version_link or "
            "chain_file"};
    auto reply = askKeeper(guard, place, {model::TokenVerb::Look, {}});
    if (!reply) return reply.error();
    if (!reply->keys.live)
        return Error{ErrorKind::NotFound, "no key in the token is at " + place.key.native()};
    auto key = publicHalf(*reply->keys.live);
    if (!key) return key.error();
    auto certificateFacts = disk.inspect(place.certificate);
    if (!certificateFacts) return certificateFacts.error();
    auto text = disk.read(place.certificate, storeFileLimit);
    if (!text) return text.error();
    auto certificate = x509::Certificate::fromPem(*text);
    if (!certificate) return certificate.error().in(place.certificate.string());
    FileFacts keyFacts{};
    keyFacts.links = 1;
    Pair pair{{place, *certificateFacts, keyFacts}, *std::move(certificate), *std::move(key),
        FileDescriptor()};
    pair.tokenKeyId = reply->keys.live->id;
    if (reply->keys.previous) pair.previousKeyId = reply->keys.previous->id;
    return pair;
}

Result<x509::PrivateKey> newTokenKey(
    const Guard& guard, const Place& place, const std::string& order)
{
    auto reply = askKeeper(guard, place, {model::TokenVerb::Look, {}});
    if (!reply) return reply.error();
    if (!reply->keys.next || reply->keys.next->id != tokenKeyId(order))
        return Error{ErrorKind::NotFound, "the order's key is not in the token"};
    return publicHalf(*reply->keys.next);
}

} // namespace perennial::installer
