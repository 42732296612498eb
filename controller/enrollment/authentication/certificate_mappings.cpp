#include "controller/enrollment/authentication/certificate_mappings.h"

#include "shared/base/file_system.h"
#include "shared/yaml/strict_yaml.h"

#include <algorithm>
#include <cctype>

namespace perennial::enrollment::server {

namespace {

using Type = x509::GeneralName::Type;

constexpr std::size_t sidLimit = 80;
constexpr const char* sidUri = "tag:microsoft.com,2022-09-14:sid:";

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// As tools print it: any letter case, with colons or without.
std::string hexOf(yaml::Reader& in, const std::string& key)
{
    auto text = lowered(in.textOr(key, ""));
    text.erase(std::remove(text.begin(), text.end(), ':'), text.end());
    if (text.find_first_not_of("0123456789abcdef") != std::string::npos)
        in.fail(key, "is hex, with colons or without");
    return text;
}

std::string sidOf(yaml::Reader& in)
{
    auto sid = in.textOr("sid", "");
    if (!sid.empty() && !isSid(sid)) in.fail("sid", "looks like S-1-5-21-1-2-3-1104");
    return sid;
}

CertificateMapping readMapping(yaml::Reader& in)
{
    CertificateMapping m;
    m.name = in.text("name");
    if (!in.failed() && !isCallerName(m.name))
        in.fail("name", "holds visible ASCII characters, 128 at most");
    const auto groups = in.textsOr("groups", {});
    m.groups = {groups.begin(), groups.end()};
    m.upn = lowered(in.textOr("upn", ""));
    m.dns = lowered(in.textOr("dns", ""));
    m.sid = sidOf(in);
    m.issuer = in.textOr("issuer", "");
    m.serial = hexOf(in, "serial");
    std::transform(m.serial.begin(), m.serial.end(), m.serial.begin(),
        [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    m.subjectKeyIdentifier = hexOf(in, "subject_key_identifier");
    m.publicKeySha256 = hexOf(in, "public_key_sha256");
    if (m.issuer.empty() != m.serial.empty()) in.fail("serial", "issuer and serial come together");
    if (!m.publicKeySha256.empty() && m.publicKeySha256.size() != 64)
        in.fail("public_key_sha256", "has 64 digits");
    if (m.upn.empty() && m.dns.empty() && m.sid.empty() && m.serial.empty() &&
        m.subjectKeyIdentifier.empty() && m.publicKeySha256.empty())
        in.fail("name", "the mapping names nothing of a certificate");
    return m;
}

bool hasName(const x509::Certificate& certificate, Type type, const std::string& value)
{
    const auto names = certificate.alternativeNames();
    return std::any_of(names.begin(), names.end(),
        [&](const auto& name) { return name.type == type && lowered(name.value) == value; });
}

bool hasSid(const x509::Certificate& certificate, const std::string& sid)
{
    // Both at once must say the same: the one that disagrees counts.
    const auto extension = certificate.extension(x509::oid::ntdsSecurity);
    if (extension) return *extension == sidExtensionContent(sid);
    return hasName(certificate, Type::Uri, lowered(sidUri + sid));
}

// OCTET STRING of at most 127 bytes.
std::string subjectKeyIdentifierOf(const x509::Certificate& certificate)
{
    const auto value = certificate.extension(x509::oid::subjectKeyIdentifier);
    if (!value || value->size() < 3 || (*value)[0] != '\x04' ||
        static_cast<unsigned char>((*value)[1]) != value->size() - 2)
        return {};
    return toHex(value->substr(2));
}

bool fits(const CertificateMapping& m, const x509::Certificate& c)
{
    if (!m.upn.empty() && !hasName(c, Type::Upn, m.upn)) return false;
    if (!m.dns.empty() && !hasName(c, Type::Dns, m.dns)) return false;
    if (!m.sid.empty() && !hasSid(c, m.sid)) return false;
    if (!m.serial.empty() && (c.serial() != m.serial || c.issuer() != m.issuer)) return false;
    if (!m.subjectKeyIdentifier.empty() && subjectKeyIdentifierOf(c) != m.subjectKeyIdentifier)
        return false;
    return m.publicKeySha256.empty() || c.publicKeyPin() == m.publicKeySha256;
}

} // namespace

Result<CertificateMappings> readCertificateMappings(const std::string& file)
{
    const auto text = PosixFileSystem().read(file);
    if (!text) return text.error();
    const auto parsed = yaml::parse(*text, file);
    if (!parsed) return parsed.error();
    yaml::Reader in(*parsed, file);
    CertificateMappings mappings;
    for (auto& entry : in.mappings("mappings"))
        mappings.push_back(readMapping(entry));
    if (auto status = in.finish(); !status) return status.error();
    return mappings;
}

Result<Caller> callerOf(const CertificateMappings& mappings, const x509::Certificate& certificate)
{
    std::optional<Caller> caller;
    for (const auto& mapping : mappings) {
        if (!fits(mapping, certificate)) continue;
        if (!caller) caller = Caller{mapping.name, {}, certificate};
        if (caller->name != mapping.name)
            return Error{ErrorKind::PermissionDenied, "the certificate is mapped to two callers: " +
                                                          caller->name + " and " + mapping.name};
        caller->groups.insert(mapping.groups.begin(), mapping.groups.end());
    }
    if (!caller)
        return Error{ErrorKind::PermissionDenied,
            "the certificate " + certificate.serial() + " is mapped to nobody"};
    return *std::move(caller);
}

bool isSid(const std::string& text)
{
    return text.size() <= sidLimit && text.rfind("S-1-", 0) == 0 && text.back() != '-' &&
           text.find("--") == std::string::npos &&
           text.find_first_not_of("0123456789-", 1) == std::string::npos;
}

// GeneralNames with one otherName 1.3.6.1.4.1.311.25.2.1 that holds the SID as OCTET STRING.
Bytes sidExtensionContent(const std::string& sid)
{
    const auto element = [](char tag, const Bytes& content) {
        return Bytes{tag, static_cast<char>(content.size())} + content;
    };
    const Bytes oid("\x06\x0A\x2B\x06\x01\x04\x01\x82\x37\x19\x02\x01", 12);
    return element('\x30', element('\xA0', oid + element('\xA0', element('\x04', sid))));
}

std::string sidIn(const Bytes& extensionContent)
{
    const auto before = sidExtensionContent({}).size();
    if (extensionContent.size() <= before) return {};
    auto sid = extensionContent.substr(before);
    return isSid(sid) && sidExtensionContent(sid) == extensionContent ? sid : std::string();
}

} // namespace perennial::enrollment::server
