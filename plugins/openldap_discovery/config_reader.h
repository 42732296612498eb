#pragma once

#include "plugins/openldap_discovery/config_lines.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/service_config/config_files.h"

#include <map>
#include <string>

namespace perennial::plugins::openldap {

using service_config::ConfigFiles;
using service_config::ConfigLimits;

struct Value {
    std::string name; // "TLSCertificateFile" or "olcTLSCertificateFile"
    std::string text;
    std::string at; // "/etc/ldap/slapd.conf:12"
};
// By the directive's name in lower case: those of TLS, and where slapd writes its command line.
using Settings = std::map<std::string, Value>;

// Reads either form of slapd's configuration. What is wrong in one line is told in `found.skipped`
// with file and line, and stops no other.
class ConfigReader {
public:
    ConfigReader(const FileSystem& files, Discovery& found, ConfigLimits limits = {})
        : files_(files, limits, found.configuration), found_(found)
    {
    }

    // slapd.conf with what it includes, or the folder slapd.d (cn=config). Error when its first
    // file cannot be read.
    Result<Settings> read(const std::string& path);
    Settings parseConf(const std::string& text, const std::string& file);
    Settings parseLdif(const std::string& text, const std::string& file);

private:
    void readConf(const std::string& text, const std::string& file);
    void take(const Directive& directive, const std::string& at);
    void include(const Directive& directive, const std::string& at);

    ConfigFiles files_;
    Discovery& found_;
    Settings settings_;
};

} // namespace perennial::plugins::openldap
