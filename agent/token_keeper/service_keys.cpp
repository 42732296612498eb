#include "agent/token_keeper/service_keys.h"

namespace perennial::token_keeper {

using pkcs11::ObjectClass;

namespace {

constexpr std::size_t mostAlone = 16;

std::optional<model::TokenKey> toldOf(const std::optional<ServiceKeys::Key>& key)
{
    if (!key) return std::nullopt;
    return model::TokenKey{key->secret.id, key->publicKey};
}

bool has(const std::optional<ServiceKeys::Key>& key, const Bytes& id)
{
    return key && key->secret.id == id;
}

} // namespace

model::TokenKeys ServiceKeys::Found::told() const
{
    return {toldOf(live), toldOf(next), toldOf(previous)};
}

Result<std::optional<ServiceKeys::Key>> ServiceKeys::keyNamed(const std::string& name) const
{
    const auto wrong = [&](ErrorKind kind, const std::string& what) {
        return Error{kind, "the key \"" + toPrintable(name, 200) + "\" in the token " + what};
    };
    const auto secret = session_.find(ObjectClass::PrivateKey, {name, {}}, 1);
    if (!secret) return secret.error();
    if (secret->objects.empty()) return std::optional<Key>();
    const auto& object = secret->objects.front();
    if (secret->more) return wrong(ErrorKind::Conflict, "is there several times");
    if (object.id.empty()) return wrong(ErrorKind::InvalidInput, "has no CKA_ID; give it one");
    const auto same = session_.find(ObjectClass::PrivateKey, {{}, object.id}, 1);
    if (!same) return same.error();
    if (same->more) return wrong(ErrorKind::Conflict, "shares its CKA_ID with another one");
    const auto open = session_.find(ObjectClass::PublicKey, {{}, object.id}, 1);
    if (!open) return open.error();
    if (open->objects.empty() || open->more)
        return wrong(ErrorKind::InvalidInput, "must have one public key with its CKA_ID");
    auto publicKey = session_.publicKeyDer(open->objects.front());
    if (!publicKey) return publicKey.error();
    return std::optional(Key{object, *std::move(publicKey)});
}

Result<ServiceKeys::Found> ServiceKeys::look() const
{
    Found found;
    for (const auto& [name, key] : {std::pair(label_, &found.live), std::pair(next(), &found.next),
             std::pair(previous(), &found.previous)}) {
        auto there = keyNamed(name);
        if (!there) return there.error();
        *key = *std::move(there);
    }
    return found;
}

// The public half follows; what is read there goes by its CKA_ID.
Status ServiceKeys::rename(const Key& key, const std::string& name) const
{
    if (auto status = session_.setLabel(key.secret, name); !status) return status;
    const auto open = session_.find(ObjectClass::PublicKey, {{}, key.secret.id}, 1);
    if (!open) return open.error();
    for (const auto& object : open->objects) {
        if (auto status = session_.setLabel(object, name); !status) return status;
    }
    return {};
}

// The private half first: what is left of a key when this is killed signs nothing.
Status ServiceKeys::destroy(const Key& key) const
{
    const auto open = session_.find(ObjectClass::PublicKey, {{}, key.secret.id}, 1);
    if (!open) return open.error();
    if (auto status = session_.destroy(key.secret); !status) return status;
    for (const auto& object : open->objects) {
        if (auto status = session_.destroy(object); !status) return status;
    }
    return {};
}

// What a generation cut short leaves, or a destruction: a public half alone. It is ours by its name
// and its ID both; an administrator's may have a short one.
Status ServiceKeys::destroyLonePublic(const Bytes& id) const
{
    const auto secret = session_.find(ObjectClass::PrivateKey, {{}, id}, 1);
    if (!secret) return secret.error();
    if (!secret->objects.empty()) return {};
    for (const auto& name : {next(), previous()}) {
        const auto alone = session_.find(ObjectClass::PublicKey, {name, id}, mostAlone);
        if (!alone) return alone.error();
        for (const auto& object : alone->objects) {
            if (auto status = session_.destroy(object); !status) return status;
        }
    }
    return {};
}

Status ServiceKeys::make(const std::string& keyType, const Bytes& id) const
{
    const auto found = look();
    if (!found) return found.error();
    for (const auto* key : {&found->live, &found->previous}) {
        if (has(*key, id)) return Error{ErrorKind::Conflict, "the order's key is in use"};
    }
    if (has(found->next, id)) return {};
    if (found->next)
        return Error{ErrorKind::Conflict, "\"" + next() +
                                              "\" in the token is of another order; "
                                              "destroy it if no order is open"};
    if (auto status = destroyLonePublic(id); !status) return status;
    return session_.generate(keyType, next(), id);
}

Status ServiceKeys::swap(const Bytes& id) const
{
    const auto found = look();
    if (!found) return found.error();
    if (has(found->live, id)) return {};
    if (!has(found->next, id))
        return Error{ErrorKind::NotFound, "the order's key is not in the token"};
    if (found->live) {
        // The one from before the last renewal: what is in force was proved since.
        if (found->previous) {
            if (auto status = destroy(*found->previous); !status) return status;
        }
        if (auto status = rename(*found->live, previous()); !status) return status;
    }
    return rename(*found->next, label_);
}

Status ServiceKeys::back(const Bytes& id) const
{
    const auto found = look();
    if (!found) return found.error();
    const bool isNew = has(found->live, id);
    if (found->live && !isNew) return {};
    if (!found->previous)
        return Error{ErrorKind::NotFound, "\"" + previous() + "\" is not in the token any more"};
    if (isNew) {
        // Another order's, made since, and never in force: it makes another one.
        if (found->next) {
            if (auto status = destroy(*found->next); !status) return status;
        }
        if (auto status = rename(*found->live, next()); !status) return status;
    }
    return rename(*found->previous, label_);
}

Status ServiceKeys::drop(const Bytes& id) const
{
    const auto found = look();
    if (!found) return found.error();
    for (const auto* key : {&found->next, &found->previous}) {
        if (!has(*key, id)) continue;
        if (auto status = destroy(**key); !status) return status;
    }
    return destroyLonePublic(id);
}

} // namespace perennial::token_keeper
