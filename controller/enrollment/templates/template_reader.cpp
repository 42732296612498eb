#include "controller/enrollment/templates/template_reader.h"

#include "shared/base/file_system.h"
#include "shared/yaml/strict_yaml.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

std::string usageOid(const std::string& word)
{
    if (word == "serverAuthentication") return std::string(x509::oid::serverAuthentication);
    if (word == "clientAuthentication") return std::string(x509::oid::clientAuthentication);
    if (word == "emailProtection") return "1.3.6.1.5.5.7.3.4";
    return word;
}

bool looksLikeOid(const std::string& text)
{
    return text.find('.') != std::string::npos &&
           text.find_first_not_of("0123456789.") == std::string::npos;
}

void readKey(yaml::Reader in, CertificateTemplate& t)
{
    t.keyAlgorithms = in.texts("algorithms");
    for (const auto& algorithm : t.keyAlgorithms) {
        if (algorithm != "rsa" && algorithm != "ec-p256" && algorithm != "ec-p384")
            in.fail("algorithms", algorithm + " is none of rsa, ec-p256, ec-p384");
    }
    if (!in.failed() && t.keyAlgorithms.empty()) in.fail("algorithms", "must name at least one");
    t.minimumRsaBits = static_cast<int>(in.integerOr("minimum_rsa_bits", 2048));
    if (t.minimumRsaBits < 2048 || t.minimumRsaBits > 8192)
        in.fail("minimum_rsa_bits", "must be between 2048 and 8192");
}

void readUsages(yaml::Reader& in, CertificateTemplate& t)
{
    t.keyUsages = in.texts("key_usage");
    for (const auto& word : in.texts("extended_key_usages"))
        t.extendedKeyUsages.push_back(usageOid(word));
    for (const auto& oid : t.extendedKeyUsages) {
        if (!looksLikeOid(oid))
            in.fail("extended_key_usages", oid + " is no known name and no OID");
    }
}

void readRights(yaml::Reader in, CertificateTemplate& t)
{
    auto enroll = in.mapping("enroll");
    for (const auto& user : enroll.textsOr("users", {}))
        t.enrollUsers.insert(user);
    for (const auto& group : enroll.textsOr("groups", {}))
        t.enrollGroups.insert(group);
}

// The combinations that turn a template into a key to everything (ESC1, ESC2, ESC3 and their kin).
void refuseDangerous(yaml::Reader& in, const CertificateTemplate& t)
{
    if (in.failed()) return;
    for (const auto& oid : t.extendedKeyUsages) {
        if (oid == x509::oid::anyExtendedKeyUsage)
            in.fail("extended_key_usages",
                "anyExtendedKeyUsage makes certificates for everything (ESC2)");
        if (oid == "1.3.6.1.4.1.311.20.2.1")
            in.fail(
                "extended_key_usages", "a certificate request agent can act for everybody (ESC3)");
    }
    if (t.extendedKeyUsages.empty())
        in.fail("extended_key_usages", "a certificate without one is good for everything (ESC2)");
    if (!t.managerApproval && t.enrollUsers.count("*") + t.enrollGroups.count("*") > 0)
        in.fail("rights", "anybody may enrol with names of their own choice (ESC1): name the "
                          "users, or set manager_approval");
}

void checkValidity(yaml::Reader& in, const CertificateTemplate& t)
{
    if (in.failed()) return;
    if (t.validity <= Duration::zero()) in.fail("validity", "must be more than nothing");
    if (t.renewal <= Duration::zero() || t.renewal > t.validity)
        in.fail("renewal", "must be more than nothing and at most the validity");
    if (t.schema < 2 || t.schema > 4) in.fail("schema", "must be 2, 3 or 4");
    if (!looksLikeOid(t.oid)) in.fail("oid", "is not an OID");
    if (t.name.empty() ||
        t.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-_ .") != std::string::npos)
        in.fail("name", "may hold letters, digits, spaces, -, _ and .");
}

} // namespace

Result<CertificateTemplate> readTemplate(const std::string& text, const std::string& fileName)
{
    const auto parsed = yaml::parse(text, fileName);
    if (!parsed) return parsed.error();
    yaml::Reader in(*parsed, fileName);
    CertificateTemplate t;
    t.name = in.text("name");
    t.displayName = in.textOr("display_name", t.name);
    t.oid = in.text("oid");
    t.schema = static_cast<int>(in.integerOr("schema", 4));
    auto version = in.mapping("version");
    t.majorVersion = static_cast<int>(version.integer("major"));
    t.minorVersion = static_cast<int>(version.integer("minor"));
    t.validity = in.duration("validity");
    t.renewal = in.duration("renewal");
    readKey(in.mapping("key"), t);
    (void)in.oneOfOr("subject", {"supplied"}, "supplied");
    t.namePatterns = in.textsOr("names", {});
    readUsages(in, t);
    t.keyBasedRenewal = in.booleanOr("key_based_renewal", false);
    t.managerApproval = in.booleanOr("manager_approval", false);
    readRights(in.mapping("rights"), t);
    checkValidity(in, t);
    refuseDangerous(in, t);
    if (auto status = in.finish(); !status) return status.error();
    return t;
}

Result<Templates> readTemplates(const std::string& folder)
{
    const PosixFileSystem files;
    const auto names = files.list(folder);
    if (!names) return names.error();
    Templates templates;
    for (const auto& name : *names) {
        if (name.size() < 6 || name.substr(name.size() - 5) != ".yaml") continue;
        const auto path = folder + "/" + name;
        const auto text = files.read(path, 1U << 20U);
        if (!text) return text.error();
        auto read = readTemplate(*text, path);
        if (!read) return read.error();
        if (findByOid(templates, read->oid) != nullptr)
            return Error{
                ErrorKind::InvalidInput, path + ": oid " + read->oid + " is used by two templates"};
        const auto key = read->name;
        if (!templates.emplace(key, *std::move(read)).second)
            return Error{
                ErrorKind::InvalidInput, path + ": the name " + key + " is used by two templates"};
    }
    return templates;
}

} // namespace perennial::enrollment::server
