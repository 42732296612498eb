#include "controller/enrollment/rules/built_names.h"

namespace perennial::enrollment::server {

namespace {

using Type = x509::GeneralName::Type;

std::string onlyName(const std::optional<x509::Certificate>& certificate, Type type)
{
    std::string found;
    if (!certificate) return found;
    for (const auto& name : certificate->alternativeNames()) {
        if (name.type != type) continue;
        if (!found.empty()) return {};
        found = name.value;
    }
    return found;
}

struct Source {
    Type type;
    HResult missing;
    const char* what;
};

Source sourceOf(const std::string& word)
{
    if (word == "upn") return {Type::Upn, HResult::SubjectUpnRequired, "user principal name"};
    if (word == "email") return {Type::Email, HResult::SubjectEmailRequired, "e-mail address"};
    return {Type::Dns, HResult::SubjectDnsRequired, "DNS name"};
}

std::string valueOf(const Caller& caller, const AccountNames& known, const std::string& word)
{
    if (word == "caller") return caller.name;
    return word == "upn" ? known.upn : word == "email" ? known.email : known.dns;
}

Refusal unknown(const std::string& word)
{
    const auto source = sourceOf(word);
    return {source.missing,
        std::string("The template needs the caller's ") + source.what + ", and none is known."};
}

} // namespace

AccountNames namesKnownOf(const Caller& caller)
{
    auto known = caller.account;
    if (known.dns.empty()) known.dns = onlyName(caller.certificate, Type::Dns);
    if (known.upn.empty()) known.upn = onlyName(caller.certificate, Type::Upn);
    if (known.email.empty()) known.email = onlyName(caller.certificate, Type::Email);
    return known;
}

std::variant<BuiltIdentity, Refusal> buildIdentity(
    const CertificateTemplate& t, const Caller& caller)
{
    if (t.securityExtension && caller.account.lacksSid)
        return Refusal{HResult::DirectorySidRequired,
            "The certificate is to carry the SID of the caller's account, and the directory has "
            "none that is certain."};
    const auto known = namesKnownOf(caller);
    BuiltIdentity identity;
    if (!t.built.commonName.empty()) {
        identity.commonName = valueOf(caller, known, t.built.commonName);
        if (identity.commonName.empty()) return unknown(t.built.commonName);
    }
    for (const auto& word : t.built.alternativeNames) {
        const auto value = valueOf(caller, known, word);
        if (value.empty()) return unknown(word);
        identity.alternativeNames.push_back({sourceOf(word).type, value});
    }
    if (t.securityExtension) identity.sid = caller.account.sid;
    return identity;
}

} // namespace perennial::enrollment::server
