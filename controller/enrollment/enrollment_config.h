#pragma once

#include "controller/enrollment/api/service_certificate.h"
#include "controller/enrollment/authentication/authentication_settings.h"
#include "controller/enrollment/authentication/directory_settings.h"
#include "controller/enrollment/issuing/authority_keys.h"
#include "controller/enrollment/publication/publication_settings.h"
#include "controller/enrollment/relay/relay_settings.h"
#include "controller/enrollment/web/web_settings.h"
#include "shared/base/result.h"

#include <string>
#include <vector>

namespace perennial::enrollment::server {

struct ListenSettings {
    std::string host;
    int port = 0;
    std::vector<std::string> names; // of the TLS certificate: DNS names and addresses
};

// One CEP endpoint.
struct PolicyProviderSettings {
    std::string path; // as Microsoft shapes it; compared without regard to letter case
    AuthenticationSettings authentication;
    bool keyBasedRenewal = false; // lists only templates for key-based renewal
    std::string policyId;         // "{GUID}"
    std::string name;
    std::uint32_t nextUpdateHours = 8;
};

// One CES endpoint.
struct EnrollmentServiceSettings {
    std::string path;
    AuthenticationSettings authentication;
    bool renewalOnly = false;
    bool keyBasedRenewal = false;
    // A bare PKCS#10 counts as a renewal of the TLS client certificate.
    bool tlsCertificateMayStandIn = false;
    std::uint32_t priority = 1;
    int refusalLimit = 100; // of a caller in a quarter of an hour; 0: none
};

struct AuthoritySettings {
    std::string name;
    std::string rootName;
    std::string keyType; // of the keys that init makes
    std::optional<TokenSettings> token = {};
};

// enrollment.yaml; docs/configuration.md describes each key.
struct EnrollmentConfig {
    std::string state; // folder
    ListenSettings listen;
    ListenSettings adminApi;
    AuthoritySettings authority;        // without a relay
    std::optional<RelaySettings> relay; // instead of an authority
    // Of the endpoints and the admin API; without one, what init made.
    std::optional<ServiceCertificateSettings> serviceCertificate = {};
    std::string accessLog; // file; empty: none
    PublicationSettings publication;
    std::string templates;        // folder
    std::string users;            // file
    std::string holderRevocation; // path; empty: holders revoke nothing
    std::optional<KerberosSettings> kerberos;
    std::optional<DirectorySettings> directory;
    std::string certificateMappings; // file; empty: no certificate speaks for anybody
    std::optional<WebEnrollmentSettings> webEnrollment;
    std::vector<PolicyProviderSettings> policyProviders;
    std::vector<EnrollmentServiceSettings> enrollmentServices;

    std::string rootFile() const { return state + "/root.pem"; }
    std::string rootKeyFile() const { return state + "/root.key"; }
    std::string issuingFile() const { return state + "/issuing.pem"; }
    std::string issuingKeyFile() const { return state + "/issuing.key"; }
    std::string rootListFile() const { return state + "/root.crl"; }
    std::string listFolder() const { return state + "/crl"; } // with a relay: as fetched
    std::string tlsFile() const { return state + "/tls.pem"; }
    std::string tlsKeyFile() const { return state + "/tls.key"; }
    ServiceCertificateSettings tlsIdentity() const
    {
        return serviceCertificate.value_or(ServiceCertificateSettings{tlsFile(), tlsKeyFile()});
    }
    std::string replayFile() const { return state + "/kerberos.replay"; }
    std::string databaseFile() const { return state + "/enrollment.db"; }
    // The URL of a service, its path percent-encoded where it has spaces.
    std::string urlOf(const std::string& path) const;
};

Result<EnrollmentConfig> readEnrollmentConfig(const std::string& file);

} // namespace perennial::enrollment::server
