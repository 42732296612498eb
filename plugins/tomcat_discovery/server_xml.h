#pragma once

#include "shared/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace perennial::plugins::tomcat {

// One <Certificate>; paths as they are written, with ${catalina.base} put in. Passwords are looked
// at only for whether they are there.
struct CertificateElement {
    std::string at; // "/etc/tomcat10/server.xml: Connector 2, SSLHostConfig 1, Certificate 1"
    std::string certificateFile;
    std::string keyFile; // Tomcat takes the certificate's file where it is empty
    std::string chainFile;
    std::string keyStoreFile;
    std::string keyStoreType;
    std::string keyStorePasswordFile;
    bool ownKeyPassword = false; // of the key apart from that of its store
};

struct HostConfig {
    std::string at;
    std::string name; // in lower case: "web.test", "*.web.test", "_default_"
    std::vector<CertificateElement> certificates;
};

struct Connector {
    std::string at;
    std::string port; // with what the server adds to every port
    std::string address;
    bool tls = false;
    std::string defaultName; // of the SSLHostConfig for any name that none has
    std::vector<HostConfig> hosts;
};

// What server.xml says of TLS, as Tomcat 10.1 reads it. `base` is CATALINA_BASE. Error for what is
// no XML, has a document type declaration or is beyond limits.
Result<std::vector<Connector>> connectorsOf(
    std::string_view xml, const std::string& file, const std::string& base);

} // namespace perennial::plugins::tomcat
