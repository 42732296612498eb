// The part of Placement for keys in PKCS#11 tokens.

#include "agent/installer/placement.h"
#include "agent/installer/token_store.h"

namespace perennial::installer {

Status Placement::askToken(const OrderRecord& record, model::TokenVerb verb, const Bytes& id) const
{
    auto reply = askKeeper(guard_, record.place, {verb, {}, id});
    return reply ? Status() : reply.error();
}

// Unset: none is there, or nothing that is one. A read that fails is neither.
Result<std::optional<x509::Certificate>> Placement::certificateAt(const Place& place) const
{
    auto text = files_.read(place.certificate, storeFileLimit);
    if (!text && !tellsWhatIsThere(text.error())) return text.error();
    const Secret content(text ? *std::move(text) : std::string()); // the key may be in it too
    const auto there = x509::Certificate::fromPem(content.reveal());
    return there ? std::optional(*there) : std::nullopt;
}

// The key's name changes first, both ways: whoever was killed leaves no key with the name, the new
// key without its certificate, or the new certificate without its key. Then the old key comes back,
// and the old certificate, unless somebody else put one there meanwhile.
Status Placement::settleToken(const OrderRecord& record)
{
    auto reply = askKeeper(guard_, record.place, {model::TokenVerb::Look, {}});
    if (!reply) return reply.error();
    const auto& live = reply->keys.live;
    const bool isNewKey = live && live->id == tokenKeyId(record.order);
    const auto certificate = certificateAt(record.place);
    if (!certificate) return certificate.error();
    const auto& there = *certificate;
    const bool fits = live && there && there->publicKeyDer() == live->publicKey;
    const bool ours = !live || isNewKey || (there && there->fingerprint() == record.fingerprint);
    return ours && !fits ? restore(record) : Status();
}

// Only a key under our own two names is ever destroyed, never the service's.
Status Placement::dropFromToken(const OrderRecord& record) const
{
    if (record.stage == Stage::Discarded)
        return askToken(record, model::TokenVerb::Drop, tokenKeyId(record.order));
    const auto previous = fromHex(record.previousKey);
    return previous ? askToken(record, model::TokenVerb::Drop, *previous) : previous.error();
}

} // namespace perennial::installer
