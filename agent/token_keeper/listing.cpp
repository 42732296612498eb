#include "agent/token_keeper/listing.h"

#include "shared/pkcs11/session.h"

namespace perennial::token_keeper {

namespace {

constexpr std::size_t bytesLimit = 8U << 20U; // of all certificates; base64 makes a third more
constexpr std::size_t mostRemarks = 100;

class Lister {
public:
    void add(const pkcs11::Module& module, const pkcs11::Token& token)
    {
        const auto name = "token \"" + toPrintable(token.label, 100) + "\"";
        const auto session = pkcs11::Session::open(module, token, pkcs11::Access::Read);
        if (!session) return remark(name, session.error().message);
        const auto room = model::TokenListing::mostCertificates - listing_.certificates.size();
        const auto found = session->find(pkcs11::ObjectClass::Certificate, {}, room);
        if (!found) return remark(name, found.error().message);
        if (found->more) remark(name, "it holds more certificates than are looked at");
        for (const auto& object : found->objects)
            addCertificate(*session, token, object, name);
    }
    void remark(const std::string& where, const std::string& what)
    {
        if (listing_.remarks.size() < mostRemarks) listing_.remarks.push_back(where + ": " + what);
    }
    model::TokenListing take() { return std::move(listing_); }

private:
    void addCertificate(const pkcs11::Session& session, const pkcs11::Token& token,
        const pkcs11::Object& object, const std::string& name)
    {
        auto der = session.certificate(object, model::TokenListing::certificateLimit);
        const auto where = name + ", \"" + toPrintable(object.label, 100) + "\"";
        if (!der) return remark(where, der.error().message);
        bytes_ += der->size();
        if (bytes_ > bytesLimit) return remark(where, "the tokens hold too much");
        model::TokenCertificate one{token.label, object.label, object.id, *std::move(der), {}};
        if (!object.id.empty()) addKey(session, object.id, one);
        listing_.certificates.push_back(std::move(one));
    }

    static void addKey(
        const pkcs11::Session& session, const Bytes& id, model::TokenCertificate& one)
    {
        const auto secret = session.find(pkcs11::ObjectClass::PrivateKey, {{}, id}, 1);
        one.privateKey = secret && !secret->objects.empty();
        const auto open = session.find(pkcs11::ObjectClass::PublicKey, {{}, id}, 1);
        if (!open || open->objects.empty() || open->more) return;
        if (auto key = session.publicKeyDer(open->objects.front())) one.publicKey = *std::move(key);
    }

    model::TokenListing listing_;
    std::size_t bytes_ = 0;
};

} // namespace

model::TokenListing list(const pkcs11::Module& module)
{
    Lister lister;
    const auto tokens = module.tokens();
    if (!tokens) {
        lister.remark("the module", tokens.error().message);
        return lister.take();
    }
    for (const auto& token : *tokens) {
        if (token.initialized) lister.add(module, token);
    }
    return lister.take();
}

} // namespace perennial::token_keeper
