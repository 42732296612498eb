#include "controller/enrollment/templates/template_sections.h"

#include "controller/enrollment/templates/template_risks.h"
#include "controller/enrollment/templates/usage_names.h"
#include "shared/base/encoding.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::server {

namespace {

constexpr std::size_t extensionLimit = 4096; // bytes

std::vector<std::string> oidsOf(
    yaml::Reader& in, const std::string& key, const std::vector<std::string>& words)
{
    std::vector<std::string> oids;
    for (const auto& word : words) {
        const auto oid = usageOid(word);
        if (oid.empty() || !looksLikeOid(oid))
            in.fail(key, toPrintable(word, 80) + " is no known name and no OID");
        if (std::find(oids.begin(), oids.end(), oid) != oids.end())
            in.fail(key, toPrintable(word, 80) + " is there twice");
        oids.push_back(oid);
    }
    return oids;
}

// Only what no key of the file, and no rule, decides already.
bool isDecidedElsewhere(const std::string& oid)
{
    constexpr std::array<std::string_view, 14> decided = {x509::oid::keyUsage,
        x509::oid::subjectAlternativeName, x509::oid::basicConstraints,
        x509::oid::certificatePolicies, x509::oid::extendedKeyUsage,
        x509::oid::subjectKeyIdentifier, x509::oid::authorityKeyIdentifier, x509::oid::templateName,
        x509::oid::templateInformation, x509::oid::applicationPolicies, x509::oid::ntdsSecurity,
        "2.5.29.31", "2.5.29.46", "1.3.6.1.5.5.7.1.1"};
    return std::find(decided.begin(), decided.end(), oid) != decided.end();
}

void readExtension(yaml::Reader in, CertificateTemplate& t)
{
    x509::Extension extension;
    extension.oid = in.text("oid");
    extension.critical = in.booleanOr("critical", false);
    const auto value = fromHex(in.text("value"));
    if (in.failed()) return;
    if (!looksLikeOid(extension.oid)) in.fail("oid", "is not an OID");
    if (isDecidedElsewhere(extension.oid))
        in.fail("oid", extension.oid + " is written by the service itself");
    if (std::any_of(t.furtherExtensions.begin(), t.furtherExtensions.end(),
            [&](const auto& other) { return other.oid == extension.oid; }))
        in.fail("oid", extension.oid + " is there twice");
    if (!value || value->empty() || value->size() > extensionLimit)
        in.fail("value", "must be 1 to 4096 bytes of DER in hex");
    if (in.failed()) return;
    extension.value = *value;
    t.furtherExtensions.push_back(std::move(extension));
}

int compatibility(yaml::Reader& in, const std::string& key, int otherwise)
{
    const std::vector<std::string> words = {"2003", "2008", "2008R2", "2012", "2012R2", "2016"};
    if (!in.has(key)) return otherwise;
    const auto word = in.oneOf(key, words);
    const auto found = std::find(words.begin(), words.end(), word);
    return static_cast<int>(found - words.begin()) + 1;
}

void readHolders(yaml::Reader in, EnrollmentRights& rights)
{
    for (const auto& user : in.textsOr("users", {}))
        rights.users.insert(user);
    for (const auto& group : in.textsOr("groups", {}))
        rights.groups.insert(group);
    for (auto certificate : in.textsOr("certificates", {})) {
        std::transform(certificate.begin(), certificate.end(), certificate.begin(),
            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        const bool hash = certificate.rfind("sha256:", 0) == 0;
        const bool good =
            hash ? certificate.size() == 71 &&
                       certificate.find_first_not_of("0123456789abcdef", 7) == std::string::npos
                 : certificate.rfind("dns:", 0) == 0 && certificate.size() > 4;
        if (!good)
            in.fail(
                "certificates", toPrintable(certificate, 80) +
                                    " is neither sha256: and 64 hex digits nor dns: and a name");
        rights.certificates.insert(certificate);
    }
}

} // namespace

void readKey(yaml::Reader in, CertificateTemplate& t)
{
    t.keyAlgorithms = in.texts("algorithms");
    for (const auto& algorithm : t.keyAlgorithms) {
        if (algorithm != "rsa" && algorithm != "ec-p256" && algorithm != "ec-p384")
            in.fail("algorithms", toPrintable(algorithm, 80) + " is none of rsa, ec-p256, ec-p384");
    }
    if (!in.failed() && t.keyAlgorithms.empty()) in.fail("algorithms", "must name at least one");
    const auto bits = in.integerOr("minimum_rsa_bits", 2048);
    if (bits < 2048 || bits > 8192) in.fail("minimum_rsa_bits", "must be between 2048 and 8192");
    t.minimumRsaBits = static_cast<int>(bits);
    t.key.hash = in.oneOfOr("hash", {"sha256", "sha384", "sha512"}, "sha256");
    const auto same = in.oneOfOr("same_for_renewal", {"false", "true", "allowed"}, "false");
    t.key.inRenewals = same == "true"      ? KeyInRenewals::Same
                       : same == "allowed" ? KeyInRenewals::Either
                                           : KeyInRenewals::New;
    // Legacy providers know a key spec where the newer ones know usages; and they only know RSA.
    const bool legacy = t.schema < 3 && in.oneOfOr("provider_kind", {"cng", "legacy"},
                                            t.schema == 1 ? "legacy" : "cng") == "legacy";
    if (legacy && !in.failed() && t.keyAlgorithms != std::vector<std::string>{"rsa"})
        in.fail("algorithms", "a legacy provider, as in schema 1, makes rsa keys only");
    if (legacy) {
        t.key.usageProperty.reset();
        t.key.spec =
            in.oneOfOr("spec", {"exchange", "signature"}, "exchange") == "signature" ? 2 : 1;
    } else if (in.has("usage")) {
        t.key.usageProperty = 0;
        for (const auto& word : in.texts("usage")) {
            const auto bit = word == "decrypt" ? 1U
                             : word == "sign"  ? 2U
                             : word == "agree" ? 4U
                                               : 0;
            if (bit == 0) in.fail("usage", "must be a list of sign, decrypt and agree");
            *t.key.usageProperty |= bit;
        }
    }
    t.key.permissions = in.optionalText("permissions");
    t.key.providers =
        in.textsOr("providers", {legacy ? "Microsoft RSA SChannel Cryptographic Provider"
                                        : "Microsoft Software Key Storage Provider"});
}

void readNames(yaml::Reader& in, CertificateTemplate& t)
{
    t.subjectSupplied = in.oneOfOr("subject", {"supplied", "built"}, "supplied") == "supplied";
    t.namePatterns = in.textsOr("names", {});
    t.wildcards = in.booleanOr("wildcards", false);
    auto built = in.optionalMapping("built_from");
    if (t.subjectSupplied) {
        if (built) in.fail("built_from", "belongs to subject: built");
        return;
    }
    for (const auto* key : {"names", "wildcards"})
        if (in.has(key)) in.fail(key, "belongs to subject: supplied");
    if (!built) {
        in.fail("subject", "built needs built_from");
        return;
    }
    t.built.commonName =
        built->oneOfOr("common_name", {"none", "caller", "dns", "upn", "email"}, "none");
    if (t.built.commonName == "none") t.built.commonName.clear();
    t.built.alternativeNames = built->textsOr("alternative_names", {});
    for (const auto& source : t.built.alternativeNames) {
        if (source != "dns" && source != "upn" && source != "email")
            built->fail("alternative_names", "must be a list of dns, upn and email");
    }
    if (!in.failed() && t.built.commonName.empty() && t.built.alternativeNames.empty())
        built->fail("common_name", "a certificate needs a common name or an alternative name");
}

void readUsages(yaml::Reader& in, CertificateTemplate& t)
{
    t.keyUsages = in.texts("key_usage");
    if (!in.failed() && t.keyUsages.empty()) in.fail("key_usage", "must name at least one");
    t.extendedKeyUsages = oidsOf(in, "extended_key_usages", in.texts("extended_key_usages"));
    t.applicationPolicies =
        oidsOf(in, "application_policies", in.textsOr("application_policies", {}));
    t.certificatePolicies =
        oidsOf(in, "certificate_policies", in.textsOr("certificate_policies", {}));
    for (auto& extension : in.optionalMappings("extensions"))
        readExtension(extension, t);
    if (!in.failed() && t.schema == 1 && !t.applicationPolicies.empty())
        in.fail("application_policies", "need schema 2 or later");
    if (in.failed()) return;
    if (const auto made = x509::keyUsageExtension(t.keyUsages); !made)
        in.fail("key_usage", made.error().message);
    for (const auto* list :
        {&t.extendedKeyUsages, &t.applicationPolicies, &t.certificatePolicies}) {
        const auto key = list == &t.extendedKeyUsages     ? "extended_key_usages"
                         : list == &t.applicationPolicies ? "application_policies"
                                                          : "certificate_policies";
        if (list->empty()) continue;
        if (const auto made = x509::extendedKeyUsageExtension(*list); !made)
            in.fail(key, made.error().message);
    }
}

void readFlags(yaml::Reader& in, CertificateTemplate& t)
{
    for (const auto& name : in.textsOr("flags", {})) {
        if (const auto problem = setFlag(t.namedFlags, name); !problem.empty())
            in.fail("flags", toPrintable(name, 80) + " " + problem);
    }
    const int otherwise = t.schema == 1 ? 0 : 4;
    t.serverVersion = t.clientVersion = otherwise;
    if (auto versions = in.optionalMapping("compatibility")) {
        t.serverVersion = compatibility(*versions, "server", otherwise);
        t.clientVersion = compatibility(*versions, "client", otherwise);
    }
    t.keyBasedRenewal = in.booleanOr("key_based_renewal", false);
    t.previousApproval = in.booleanOr("previous_approval", false);
    t.namesFromOldCertificate = in.booleanOr("names_from_old_certificate", false);
    t.managerApproval = in.booleanOr("manager_approval", false);
    t.securityExtension = in.booleanOr("security_extension", true);
    t.machine = in.booleanOr("machine", true);
    if (in.failed()) return;
    if (t.schema == 1 && (t.keyBasedRenewal || t.previousApproval))
        in.fail(t.keyBasedRenewal ? "key_based_renewal" : "previous_approval",
            "needs schema 2 or later");
    if (t.keyBasedRenewal && !t.subjectSupplied)
        in.fail("key_based_renewal", "needs subject: supplied");
    if (t.keyBasedRenewal && (t.serverVersion < 4 || t.clientVersion < 4))
        in.fail("compatibility", "key_based_renewal needs 2012 or later for server and client");
}

void readSignatures(yaml::Reader& in, CertificateTemplate& t)
{
    auto needed = in.optionalMapping("ra_signatures");
    if (!needed) return;
    const auto count = needed->integer("count");
    if (!in.failed() && (count < 0 || count > 4))
        needed->fail("count",
            "must be 0 to 4: a message has five signers at most, its own key's among them");
    t.signatures.count = static_cast<int>(count);
    t.signatures.extendedKeyUsages =
        oidsOf(*needed, "extended_key_usages", needed->textsOr("extended_key_usages", {}));
    t.signatures.policies = oidsOf(*needed, "policies", needed->textsOr("policies", {}));
    if (!in.failed() && count > 0 && t.signatures.extendedKeyUsages.empty() &&
        t.signatures.policies.empty())
        needed->fail("count", "say with extended_key_usages or policies who may sign: otherwise "
                              "every certificate of this authority would do");
}

void readRights(yaml::Reader in, CertificateTemplate& t)
{
    readHolders(in.mapping("enroll"), t.enroll);
    if (auto more = in.optionalMapping("autoenroll")) readHolders(*more, t.autoEnroll);
}

void readAcceptedRisks(yaml::Reader& in, CertificateTemplate& t)
{
    for (const auto& name : in.textsOr("accepted_risks", {})) {
        if (!isRiskName(name))
            in.fail("accepted_risks", toPrintable(name, 80) + " is not ESC1 to ESC17");
        t.acceptedRisks.insert(name);
    }
    t.riskReason = in.textOr("risk_reason", "");
    if (in.failed()) return;
    if (!t.acceptedRisks.empty() && t.riskReason.empty())
        in.fail("accepted_risks", "say why in risk_reason");
}

} // namespace perennial::enrollment::server
