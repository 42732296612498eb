#pragma once

#include "shared/base/result.h"
#include "shared/plugin_api/audit_sink.h"
#include "shared/plugin_api/discovery_source.h"
#include "shared/plugin_api/issuer.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace perennial {

// Each plugin refuses what it does not know. A list is its elements, one a line.
using PluginSettings = std::map<std::string, std::string>;
std::vector<std::string> linesOf(const std::string& list);
// Of a source that takes nothing but `config`, an absolute path.
Result<std::string> soleConfigOf(const PluginSettings& settings);
using IssuerFactory =
    std::function<Result<std::unique_ptr<Issuer>>(const model::EnrollmentService&)>;
using DiscoverySourceFactory =
    std::function<Result<std::unique_ptr<DiscoverySource>>(const PluginSettings&)>;
using AuditSinkFactory = std::function<Result<std::unique_ptr<AuditSink>>(const PluginSettings&)>;

// Names to factories. main() makes one and hands it down; there is no global registry. A name
// twice, and an unknown name, are errors.
class PluginRegistry {
public:
    Status addIssuer(const std::string& name, IssuerFactory factory);
    Status addDiscoverySource(const std::string& name, DiscoverySourceFactory factory);
    Status addAuditSink(const std::string& name, AuditSinkFactory factory);

    Result<std::unique_ptr<Issuer>> makeIssuer(
        const std::string& name, const model::EnrollmentService& service) const;
    Result<std::unique_ptr<DiscoverySource>> makeDiscoverySource(
        const std::string& name, const PluginSettings& settings) const;
    Result<std::unique_ptr<AuditSink>> makeAuditSink(
        const std::string& name, const PluginSettings& settings) const;

private:
    std::map<std::string, IssuerFactory> issuers_;
    std::map<std::string, DiscoverySourceFactory> discoverySources_;
    std::map<std::string, AuditSinkFactory> auditSinks_;
};

} // namespace perennial
