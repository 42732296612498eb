#pragma once

#include "controller/enrollment/issuing/authority_keys.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/base/log.h"
#include "shared/tls/tls_settings.h"
#include "shared/yaml/strict_yaml.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace perennial::enrollment::server {

// Where the certificate that the endpoints show, and its key, come from.
struct ServiceCertificateSettings {
    std::string certificateFile; // the chain behind it in the same file
    std::string keyFile;         // empty: the key is in a token
    std::optional<TokenSettings> token = {};
    std::string tokenKey = {}; // "pkcs11:token=perennial;object=tls;type=private"
};
ServiceCertificateSettings readServiceCertificate(yaml::Reader in);

Result<tls::Identity> loadServiceCertificate(const ServiceCertificateSettings& settings);

// Notices that somebody, an agent as a rule, has renewed the service's own certificate. Files that
// do not fit each other yet are looked at again the next time, and the old pair stays until then.
class ServiceCertificateWatch {
public:
    struct Parts {
        EnrollmentStore& store; // each change is an event service.certificate_changed
        const Clock& clock;
        const Log& log;
    };
    // Loads it the first time. `changed` is called with every later one.
    static Result<std::unique_ptr<ServiceCertificateWatch>> open(
        const ServiceCertificateSettings& settings, const Parts& parts);

    tls::Identity current() const;
    TimePoint notAfter() const { return current().chain.front().notAfter(); }
    // Does nothing while the files are the ones of the last time.
    void look(const std::function<void(const tls::Identity&)>& changed);

private:
    ServiceCertificateWatch(const ServiceCertificateSettings& settings, const Parts& parts)
        : settings_(settings), parts_(parts)
    {
    }
    std::string stamp() const;
    void tell(const x509::Certificate& before, const x509::Certificate& after);

    ServiceCertificateSettings settings_;
    Parts parts_;
    mutable std::mutex mutex_;
    tls::Identity current_;
    std::string loaded_; // stamp of the files that current_ is of
    std::string failure_;
};

} // namespace perennial::enrollment::server
