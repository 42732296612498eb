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

void checkPath(yaml::Reader& in, const std::string& path, std::set<std::string>& seen)
{
    if (in.failed()) return;
    if (path.empty() || path.front() != '/' || path.find_first_of("?#%\\") != std::string::npos)
        in.fail("path", "must begin with / and hold no ?, #, % or \\ (write spaces as they are)");
    auto comparable = path; // letter case does not tell endpoints apart
    std::transform(comparable.begin(), comparable.end(), comparable.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!seen.insert(comparable).second) in.fail("path", "is used twice");
}

PolicyProviderSettings readProvider(yaml::Reader& in, std::set<std::string>& seen)
{
    PolicyProviderSettings provider;
    provider.path = in.text("path");
    checkPath(in, provider.path, seen);
    provider.authentication = readAuthentication(in);
    provider.keyBasedRenewal = provider.authentication.keyBasedRenewal;
    provider.policyId = in.text("policy_id");
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
    const auto priority = in.integerOr("priority", 1);
    if (priority < 0 || priority > 1'000'000) in.fail("priority", "must be between 0 and 1000000");
    service.priority = static_cast<std::uint32_t>(priority);
    return service;
}

AuthoritySettings readAuthority(yaml::Reader in)
{
    AuthoritySettings authority{
        in.text("name"), in.text("root_name"), in.textOr("key_type", "ec-p256")};
    if (!in.failed() && !x509::isKnownKeyType(authority.keyType))
        in.fail("key_type", "is none of rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384");
    return authority;
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
    if (in.failed()) return;
    if (kerberos && !config.kerberos)
        in.fail("kerberos", "is needed: an endpoint has authentication: kerberos");
    if (directory && !config.directory)
        in.fail("directory", "is needed: an endpoint has passwords: directory");
    if (mapped && config.certificateMappings.empty())
        in.fail("certificate_mappings", "is needed: an endpoint has authentication: certificate "
                                        "without key_based_renewal");
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
    if (auto publication = in.optionalMapping("publication"))
        config.publication = readPublication(*publication);
    config.templates = in.text("templates");
    config.users = in.text("users");
    config.kerberos = readKerberos(in);
    config.directory = readDirectory(in);
    config.certificateMappings = in.textOr("certificate_mappings", "");
    std::set<std::string> paths;
    for (auto& provider : in.mappings("policy_providers"))
        config.policyProviders.push_back(readProvider(provider, paths));
    for (auto& service : in.mappings("enrollment_services"))
        config.enrollmentServices.push_back(readService(service, paths));
    checkAuthentication(in, config);
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
