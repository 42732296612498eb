#include "controller/enrollment/api/service_certificate.h"

#include "shared/base/file_system.h"

namespace perennial::enrollment::server {

namespace {

// Changes with each change of the file, also of the one behind a link.
std::string stampOf(const std::string& file)
{
    std::error_code failed;
    const auto path = std::filesystem::canonical(file, failed);
    if (failed) return {};
    const auto facts = PosixFileSystem().inspect(path);
    if (!facts) return {};
    return path.string() + " " + std::to_string(facts->device) + " " +
           std::to_string(facts->inode) + " " + std::to_string(facts->size) + " " +
           std::to_string(facts->changedNanoseconds) + "\n";
}

} // namespace

ServiceCertificateSettings readServiceCertificate(yaml::Reader in)
{
    ServiceCertificateSettings settings;
    settings.certificateFile = in.absolutePath("certificate_file");
    if (auto token = in.optionalMapping("pkcs11")) {
        if (in.has("key_file")) in.fail("key_file", "and pkcs11 are two places for one key");
        settings.token =
            TokenSettings{token->absolutePath("module"), token->absolutePath("pin_file"), "", ""};
        settings.tokenKey = token->text("key");
    } else {
        settings.keyFile = in.absolutePath("key_file");
    }
    return settings;
}

Result<tls::Identity> loadServiceCertificate(const ServiceCertificateSettings& settings)
{
    if (!settings.token) return tls::loadIdentity(settings.certificateFile, settings.keyFile);
    auto key = openTokenKey(*settings.token, settings.tokenKey);
    if (!key) return key.error();
    return tls::loadIdentity(
        settings.certificateFile, *std::move(key), toPrintable(settings.tokenKey, 200));
}

Result<std::unique_ptr<ServiceCertificateWatch>> ServiceCertificateWatch::open(
    const ServiceCertificateSettings& settings, const Parts& parts)
{
    std::unique_ptr<ServiceCertificateWatch> watch(new ServiceCertificateWatch(settings, parts));
    watch->loaded_ = watch->stamp();
    auto identity = loadServiceCertificate(settings);
    if (!identity) return identity.error();
    watch->current_ = *std::move(identity);
    return watch;
}

tls::Identity ServiceCertificateWatch::current() const
{
    const std::lock_guard lock(mutex_);
    return current_;
}

// Of the time before the files are read: what changes meanwhile is seen the next time.
std::string ServiceCertificateWatch::stamp() const
{
    return stampOf(settings_.certificateFile) + (settings_.token ? "" : stampOf(settings_.keyFile));
}

void ServiceCertificateWatch::look(const std::function<void(const tls::Identity&)>& changed)
{
    const std::lock_guard lock(mutex_);
    const auto now = stamp();
    if (now == loaded_) return;
    const auto identity = loadServiceCertificate(settings_);
    if (!identity) {
        if (identity.error().message != failure_) // said once, tried again each time
            parts_.log.warning("the TLS certificate stays, as the files that are there now cannot "
                               "be used: " +
                               identity.error().message);
        failure_ = identity.error().message;
        return;
    }
    failure_.clear();
    loaded_ = now;
    const auto before = current_.chain.front();
    current_ = *identity;
    changed(current_);
    if (before.fingerprint() != current_.chain.front().fingerprint())
        tell(before, current_.chain.front());
}

void ServiceCertificateWatch::tell(const x509::Certificate& before, const x509::Certificate& after)
{
    parts_.log.info("new connections get another TLS certificate: serial " + after.serial() +
                    ", until " + toRfc3339(after.notAfter()));
    Json details;
    details["serial"] = after.serial();
    details["subject"] = toPrintable(after.subject());
    details["not_after"] = toRfc3339(after.notAfter());
    details["old_serial"] = before.serial();
    const auto stored =
        parts_.store.addEvent("service.certificate_changed", parts_.clock.now(), details);
    if (!stored) parts_.log.error("events: " + stored.error().message);
}

} // namespace perennial::enrollment::server
