#pragma once

#include "controller/enrollment/authentication/certificate_mappings.h"
#include "controller/enrollment/rules/certificate_decision.h"
#include "controller/enrollment/rules/request_rules.h"
#include "shared/x509/authority.h"

#include <doctest/doctest.h>

namespace perennial::test {

using namespace perennial::enrollment;
using namespace perennial::enrollment::server;

inline const TimePoint now{Duration(1'800'000'000)};
constexpr Duration day = std::chrono::hours(24);

inline CertificateTemplate webServer()
{
    CertificateTemplate t;
    t.name = "WebServer";
    t.oid = "1.3.6.1.4.1.311.21.8.1.2.3";
    t.validity = day * 90;
    t.renewal = day * 30;
    t.keyAlgorithms = {"ec-p256"};
    t.keyUsages = {"digitalSignature"};
    t.extendedKeyUsages = {
        std::string(x509::oid::serverAuthentication), std::string(x509::oid::clientAuthentication)};
    t.namePatterns = {"*.Example.test"};
    t.keyBasedRenewal = true;
    t.enroll.users = {"ann"};
    return t;
}

template <class T>
T must(Result<T> result)
{
    REQUIRE(result);
    return *std::move(result);
}

inline HResult codeOf(const std::optional<Refusal>& refusal)
{
    REQUIRE(refusal);
    return refusal->code;
}

inline x509::Extension sid(const char* value)
{
    return {std::string(x509::oid::ntdsSecurity), false, sidExtensionContent(value)};
}

struct Wanted {
    std::string subject = "web1.example.test";
    std::vector<x509::GeneralName> names = {{x509::GeneralName::Type::Dns, "web1.example.test"}};
    std::optional<x509::Extension> more;
};

inline x509::SigningRequest requestFor(const Wanted& wanted, const x509::PrivateKey& key)
{
    x509::RequestContent content;
    content.subjectDer = wanted.subject.empty() ? Bytes("\x30\x00", 2)
                                                : must(x509::subjectDerFromText(wanted.subject));
    content.extensions.push_back(
        must(x509::templateInformationExtension(webServer().information())));
    if (!wanted.names.empty())
        content.extensions.push_back(must(x509::alternativeNameExtension(wanted.names)));
    if (wanted.more) content.extensions.push_back(*wanted.more);
    return must(x509::makeSigningRequest(content, key));
}

// An authority, a certificate of it, and everything a renewal is judged by; each test changes one
// thing.
struct Renewal {
    CertificateTemplate chosen = webServer();
    x509::PrivateKey authorityKey = must(x509::PrivateKey::generate("ec-p256"));
    x509::Certificate authority =
        must(x509::makeRoot({"CA", now - day * 100, now + day * 1000, 0}, authorityKey));
    std::string oldName = "web1.example.test";
    x509::PrivateKey oldKey = must(x509::PrivateKey::generate("ec-p256"));
    x509::PrivateKey newKey = must(x509::PrivateKey::generate("ec-p256"));
    x509::Certificate old = issued(now - day * 80, now + day * 10, webServer());
    x509::SigningRequest request = requestFor({}, newKey);
    std::optional<CertificateRecord> record;
    std::optional<x509::Certificate> tls = old;
    std::optional<x509::Certificate> tlsIssuer;
    TimePoint when = now;

    Renewal() { remember(); }

    void remember()
    {
        record = CertificateRecord{
            old.serial(), 1, old.subject(), "WebServer", now, now, old.fingerprint(), false, {}};
        tls = old;
    }
    x509::Certificate issued(TimePoint from, TimePoint to, const CertificateTemplate& of) const
    {
        auto extensions = must(extensionsOf(of));
        extensions.push_back(must(
            x509::alternativeNameExtension({{x509::GeneralName::Type::Dns, "web1.example.test"}})));
        return must(x509::issueCertificate(
            {must(x509::subjectDerFromText(oldName)), oldKey.publicKeyDer(), from, to, extensions},
            authority, authorityKey));
    }
    RenewalFacts facts(bool keyBased) const
    {
        return {chosen, request, old, record, authority, tls, tlsIssuer, keyBased, when};
    }
    std::optional<Refusal> judged(bool keyBased = true) const
    {
        return refuseRenewal(facts(keyBased));
    }
};

} // namespace perennial::test
