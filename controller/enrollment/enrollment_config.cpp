#include "controller/enrollment/enrollment_config.h"

#include "shared/base/file_system.h"
#include "shared/x509/private_key.h"
#include "shared/yaml/strict_yaml.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace perennial::enrollment::server {

namespace {

ListenSettings readListen(yaml::Reader in)
{
    ListenSettings listen{in.text("host"), static_cast<int>(in.integer("port")), in.texts("names")};
    if (listen.port < 1 || listen.port > 65535) in.fail("port", "must be between 1 and 65535");
    if (!in.failed() && listen.names.empty())
        in.fail("names", "the TLS certificate needs a name or address");
    return listen;
}

std::string lowered(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

void checkPath(yaml::Reader& in, const std::string& path, std::set<std::string>& seen)
{
    if (in.failed()) return;
    if (path.empty() || path.front() != '/' || path.find_first_of("?#%\\") != std::string::npos)
        in.fail("path", "must begin with / and hold no ?, #, % or \\ (write spaces as they are)");
    // Letter case does not tell endpoints apart.
    if (!seen.insert(lowered(path)).second) in.fail("path", "is used twice");
    if (isWebEnrollmentPath(path)) in.fail("path", "/certsrv is for web_enrollment");
}

// "{6f3c1d0a-5f0b-4a53-9a0e-2d3f8c7b6a51}" in either letter case.
bool isPolicyId(const std::string& text)
{
    constexpr std::string_view shape = "{hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh}";
    return text.size() == shape.size() &&
           std::equal(text.begin(), text.end(), shape.begin(), [](char c, char wanted) {
               return wanted == 'h' ? std::isxdigit(static_cast<unsigned char>(c)) != 0
                                    : c == wanted;
           });
}

// A client keeps one policy per id, and takes its endpoints as other ways to the same policy: one
// for each authentication, and one for key-based renewal.
void checkPolicyIds(yaml::Reader& in, const std::vector<PolicyProviderSettings>& providers)
{
    for (auto one = providers.begin(); one != providers.end(); ++one) {
        for (auto other = providers.begin(); other != one; ++other) {
            if (lowered(one->policyId) != lowered(other->policyId)) continue;
            if (one->name != other->name)
                in.fail("policy_providers",
                    one->path + " and " + other->path + " have one policy_id, but two names");
            if (one->authentication.method == other->authentication.method &&
                one->keyBasedRenewal == other->keyBasedRenewal)
                in.fail("policy_providers", one->path + " and " + other->path +
                                                " have one policy_id, authentication and mode: "
                                                "give each policy an id of its own");
        }
    }
}

// A provider whose every template would name no service at all is of no use to anybody.
void checkServices(yaml::Reader& in, const EnrollmentConfig& config)
{
    const auto byKey = [](const auto& endpoint) { return endpoint.keyBasedRenewal; };
    if (std::any_of(config.policyProviders.begin(), config.policyProviders.end(), byKey) &&
        std::none_of(config.enrollmentServices.begin(), config.enrollmentServices.end(), byKey))
        in.fail("enrollment_services",
            "a policy provider is for key-based renewal, but no enrollment service");
}

// The authority inside is shown the relay's own TLS certificate.
void checkRelayed(yaml::Reader& in, const EnrollmentConfig& config)
{
    const auto standsIn = [](const auto& service) { return service.tlsCertificateMayStandIn; };
    if (config.relay &&
        std::any_of(config.enrollmentServices.begin(), config.enrollmentServices.end(), standsIn))
        in.fail("relay", "tls_certificate_may_stand_in cannot be relayed");
}

PolicyProviderSettings readProvider(yaml::Reader& in, std::set<std::string>& seen)
{
    PolicyProviderSettings provider;
    provider.path = in.text("path");
    checkPath(in, provider.path, seen);
    provider.authentication = readAuthentication(in);
    provider.keyBasedRenewal = provider.authentication.keyBasedRenewal;
    provider.policyId = in.text("policy_id");
    if (!in.failed() && !isPolicyId(provider.policyId))
        in.fail("policy_id", "must be a GUID in braces");
    provider.name = in.text("name");
    const auto hours = in.integerOr("next_update_hours", 8);
    if (hours < 1 || hours > 8760) in.fail("next_update_hours", "must be between 1 and 8760");
    provider.nextUpdateHours = static_cast<std::uint32_t>(hours);
    return provider;
}

EnrollmentServiceSettings readService(yaml::Reader& in, std::set<std::string>& seen)
{
    EnrollmentServiceSettings service;
    service.path = in.text("path");
    checkPath(in, service.path, seen);
    service.authentication = readAuthentication(in);
    service.renewalOnly = in.booleanOr("renewal_only", false);
    service.keyBasedRenewal = service.authentication.keyBasedRenewal;
    if (!in.failed() && service.keyBasedRenewal && !service.renewalOnly)
        in.fail("key_based_renewal", "needs renewal_only: true");
    service.tlsCertificateMayStandIn = in.booleanOr("tls_certificate_may_stand_in", false);
    const auto refusals = in.integerOr("refusal_limit", service.refusalLimit);
    if (refusals < 0 || refusals > 1'000'000)
        in.fail("refusal_limit", "must be between 0 (none) and 1000000");
    service.refusalLimit = static_cast<int>(refusals);
    if (!in.failed() && service.tlsCertificateMayStandIn &&
        (!service.renewalOnly ||
            service.authentication.method != xcep::ClientAuthentication::Certificate))
        in.fail("tls_certificate_may_stand_in",
            "needs renewal_only: true and authentication: certificate");
    const auto priority = in.integerOr("priority", 1);
    if (priority < 0 || priority > 1'000'000) in.fail("priority", "must be between 0 and 1000000");
    service.priority = static_cast<std::uint32_t>(priority);
    return service;
}

TokenSettings readToken(yaml::Reader in)
{
    return {in.absolutePath("module"), in.absolutePath("pin_file"), in.text("issuing_key"),
        in.textOr("root_key", "")};
}

AuthoritySettings readAuthority(yaml::Reader in)
{
    AuthoritySettings authority{
        in.text("name"), in.text("root_name"), in.textOr("key_type", "ec-p256")};
    if (auto token = in.optionalMapping("pkcs11")) authority.token = readToken(*token);
    if (!in.failed() && !x509::isKnownKeyType(authority.keyType))
        in.fail("key_type", "is none of rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384");
    return authority;
}

// A process loads one PKCS#11 module.
void checkModules(yaml::Reader& in, const EnrollmentConfig& config)
{
    const auto& authority = config.authority.token;
    const auto& own = config.serviceCertificate->token;
    if (!in.failed() && authority && own && authority->module != own->module)
        in.fail("tls", "has another PKCS#11 module than authority; all keys of one service are in "
                       "tokens of one module");
}

// What an endpoint asks of its callers has to be configured.
void checkAuthentication(yaml::Reader& in, const EnrollmentConfig& config)
{
    bool kerberos = false;
    bool mapped = false;
    bool directory = false;
    const auto note = [&](const AuthenticationSettings& asked) {
        directory = directory || asked.passwords == PasswordSource::Directory;
        kerberos = kerberos || asked.method == xcep::ClientAuthentication::Kerberos;
        mapped = mapped || (asked.method == xcep::ClientAuthentication::Certificate &&
                               !asked.keyBasedRenewal);
    };
    for (const auto& provider : config.policyProviders)
        note(provider.authentication);
    for (const auto& service : config.enrollmentServices)
        note(service.authentication);
    if (config.webEnrollment) {
        if (config.webEnrollment->kerberos) note(*config.webEnrollment->kerberos);
        if (config.webEnrollment->password) note(*config.webEnrollment->password);
        if (config.webEnrollment->certificate) note(*config.webEnrollment->certificate);
    }
    if (in.failed()) return;
    if (kerberos && !config.kerberos)
        in.fail("kerberos", "is needed: an endpoint has authentication: kerberos");
    if (directory && !config.directory)
        in.fail("directory", "is needed: an endpoint has passwords: directory");
    if (config.kerberos) {
        if (auto right = checkPrincipals(config.kerberos->names, config.directory); !right)
            in.fail("kerberos", right.error().message);
    }
    if (mapped && config.certificateMappings.empty())
        in.fail("certificate_mappings", "is needed: an endpoint has authentication: certificate "
                                        "without key_based_renewal");
    // Only a renewal by key is looked at by the authority itself, which knows what it has revoked.
    if (mapped && config.relay && !config.relay->lists)
        in.fail("relay", "needs revocation_lists: an endpoint has authentication: certificate "
                         "without key_based_renewal, and what is revoked must be known here");
}

} // namespace

Result<EnrollmentConfig> readEnrollmentConfig(const std::string& file)
{
    const auto text = PosixFileSystem().read(file);
    if (!text) return Error{ErrorKind::InvalidInput, text.error().message};
    const auto parsed = yaml::parse(*text, file);
    if (!parsed) return parsed.error();
    yaml::Reader in(*parsed, file);
    EnrollmentConfig config;
    config.state = in.text("state");
    if (!in.failed() && config.state.front() != '/') in.fail("state", "must be an absolute path");
    config.listen = readListen(in.mapping("listen"));
    config.adminApi = readListen(in.mapping("admin_api"));
    if (auto relay = in.optionalMapping("relay")) {
        config.relay = readRelay(*relay);
        for (const auto* key : {"authority", "publication"}) {
            if (in.has(key)) in.fail(key, "has no place beside relay: it is the other machine's");
        }
    } else {
        config.authority = readAuthority(in.mapping("authority"));
    }
    if (auto tls = in.optionalMapping("tls")) {
        config.serviceCertificate = readServiceCertificate(*tls);
        checkModules(in, config);
    }
    if (auto publication = in.optionalMapping("publication"))
        config.publication = readPublication(*publication);
    if (in.has("access_log")) config.accessLog = in.absolutePath("access_log");
    config.templates = in.text("templates");
    config.users = in.text("users");
    config.kerberos = readKerberos(in);
    config.directory = readDirectory(in);
    config.certificateMappings = in.textOr("certificate_mappings", "");
    config.webEnrollment = readWebEnrollment(in);
    std::set<std::string> paths;
    for (auto& provider : in.mappings("policy_providers"))
        config.policyProviders.push_back(readProvider(provider, paths));
    for (auto& service : in.mappings("enrollment_services"))
        config.enrollmentServices.push_back(readService(service, paths));
    config.holderRevocation = in.textOr("holder_revocation", "");
    if (!config.holderRevocation.empty()) {
        checkPath(in, config.holderRevocation, paths);
        if (config.relay)
            in.fail("holder_revocation", "has no place beside relay: the other machine revokes");
    }
    checkAuthentication(in, config);
    if (!in.failed()) {
        checkPolicyIds(in, config.policyProviders);
        checkServices(in, config);
        checkRelayed(in, config);
    }
    if (auto status = in.finish(); !status) return status.error();
    return config;
}

std::string EnrollmentConfig::urlOf(const std::string& path) const
{
    std::string url = "https://" + listen.names.front() + ":" + std::to_string(listen.port);
    for (const char c : path) {
        if (c == ' ')
            url += "%20";
        else
            url += c;
    }
    return url;
}

} // namespace perennial::enrollment::server
