#include "shared/plugin_api/plugin_registry.h"

#include "shared/base/encoding.h"

#include <sstream>
#include <string_view>

namespace perennial {

namespace {

template <class Factory>
Status add(std::map<std::string, Factory>& factories, std::string_view kind,
    const std::string& name, Factory factory)
{
    if (name.empty() || !factory)
        return Error{ErrorKind::Internal, std::string(kind) + " without a name or a factory"};
    if (!factories.emplace(name, std::move(factory)).second)
        return Error{ErrorKind::Conflict, std::string(kind) + " " + name + " is there twice"};
    return {};
}

// The names that there are belong into the message: the reader wants to mend a file.
template <class Factory>
Result<Factory> find(
    const std::map<std::string, Factory>& factories, std::string_view kind, const std::string& name)
{
    const auto found = factories.find(name);
    if (found != factories.end()) return found->second;
    std::string known;
    for (const auto& [other, factory] : factories)
        known += (known.empty() ? "" : ", ") + other;
    return Error{ErrorKind::NotFound, "no " + std::string(kind) + " is called " +
                                          toPrintable(name, 100) +
                                          "; there are: " + (known.empty() ? "none" : known)};
}

template <class Made, class Factory, class Settings>
Result<Made> make(const std::map<std::string, Factory>& factories, std::string_view kind,
    const std::string& name, const Settings& settings)
{
    const auto factory = find(factories, kind, name);
    if (!factory) return factory.error();
    auto made = (*factory)(settings);
    if (!made) return made.error().in(std::string(kind) + " " + name);
    return made;
}

constexpr std::string_view issuerKind = "issuer";
constexpr std::string_view sourceKind = "discovery source";
constexpr std::string_view sinkKind = "audit sink";

} // namespace

Result<std::string> soleConfigOf(const PluginSettings& settings)
{
    std::string config;
    for (const auto& [key, value] : settings) {
        if (key != "config") return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        config = value;
    }
    if (config.empty()) return Error{ErrorKind::InvalidInput, "config: is missing"};
    if (!config.starts_with('/'))
        return Error{ErrorKind::InvalidInput, "config: must be an absolute path"};
    return config;
}

std::vector<std::string> linesOf(const std::string& list)
{
    std::vector<std::string> lines;
    std::istringstream in(list);
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

Status PluginRegistry::addIssuer(const std::string& name, IssuerFactory factory)
{
    return add(issuers_, issuerKind, name, std::move(factory));
}

Status PluginRegistry::addDiscoverySource(const std::string& name, DiscoverySourceFactory factory)
{
    return add(discoverySources_, sourceKind, name, std::move(factory));
}

Status PluginRegistry::addAuditSink(const std::string& name, AuditSinkFactory factory)
{
    return add(auditSinks_, sinkKind, name, std::move(factory));
}

Result<std::unique_ptr<Issuer>> PluginRegistry::makeIssuer(
    const std::string& name, const model::EnrollmentService& service) const
{
    return make<std::unique_ptr<Issuer>>(issuers_, issuerKind, name, service);
}

Result<std::unique_ptr<DiscoverySource>> PluginRegistry::makeDiscoverySource(
    const std::string& name, const PluginSettings& settings) const
{
    return make<std::unique_ptr<DiscoverySource>>(discoverySources_, sourceKind, name, settings);
}

Result<std::unique_ptr<AuditSink>> PluginRegistry::makeAuditSink(
    const std::string& name, const PluginSettings& settings) const
{
    return make<std::unique_ptr<AuditSink>>(auditSinks_, sinkKind, name, settings);
}

} // namespace perennial
