#include "shared/plugin_api/plugin_registry.h"

#include <doctest/doctest.h>
#include <string>

using namespace perennial;

namespace {

class NoSource final : public DiscoverySource {
public:
    Result<Discovery> discover() override { return Discovery(); }
};

Result<std::unique_ptr<DiscoverySource>> makeSource(const PluginSettings& settings)
{
    if (settings.count("config") == 0)
        return Error{ErrorKind::InvalidInput, "needs the setting config"};
    return std::unique_ptr<DiscoverySource>(std::make_unique<NoSource>());
}

Result<std::unique_ptr<Issuer>> makeIssuer(const model::EnrollmentService& service)
{
    return Error{ErrorKind::Unavailable, "asked for " + service.name};
}

Result<std::unique_ptr<AuditSink>> makeSink(const PluginSettings& settings)
{
    return Error{ErrorKind::Unavailable, std::to_string(settings.size()) + " settings"};
}

} // namespace

TEST_CASE("a plugin is made by its name with its settings")
{
    PluginRegistry registry;
    REQUIRE(registry.addDiscoverySource("nginx", makeSource));
    REQUIRE(registry.addIssuer("ces", makeIssuer));
    REQUIRE(registry.addAuditSink("syslog", makeSink));
    CHECK(registry.makeDiscoverySource("nginx", {{"config", "/etc/nginx/nginx.conf"}}));
    CHECK(registry.makeDiscoverySource("nginx", {}).error().message ==
          "discovery source nginx: needs the setting config");
    model::EnrollmentService service;
    service.name = "corp";
    CHECK(registry.makeIssuer("ces", service).error().message == "issuer ces: asked for corp");
    CHECK(registry.makeAuditSink("syslog", {{"host", "a"}}).error().message ==
          "audit sink syslog: 1 settings");
}

TEST_CASE("an unknown name is refused with the names that there are")
{
    PluginRegistry registry;
    CHECK(registry.makeAuditSink("x", {}).error().message ==
          "no audit sink is called x; there are: none");
    REQUIRE(registry.addIssuer("exec", makeIssuer));
    REQUIRE(registry.addIssuer("ces", makeIssuer));
    const auto made = registry.makeIssuer("ce\ns", {});
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::NotFound);
    CHECK(made.error().message == "no issuer is called ce\\u000As; there are: ces, exec");
    CHECK_FALSE(registry.makeDiscoverySource("ces", {}));
}

TEST_CASE("a name that is there twice, and a plugin without a name or a factory, are refused")
{
    PluginRegistry registry;
    CHECK(registry.addIssuer("ces", makeIssuer));
    CHECK(registry.addIssuer("ces", makeIssuer).error().kind == ErrorKind::Conflict);
    CHECK(registry.addDiscoverySource("ces", makeSource));
    CHECK(registry.addDiscoverySource("ces", makeSource).error().kind == ErrorKind::Conflict);
    CHECK(registry.addAuditSink("ces", makeSink));
    CHECK(registry.addAuditSink("ces", makeSink).error().kind == ErrorKind::Conflict);
    CHECK_FALSE(registry.addIssuer("", makeIssuer));
    CHECK_FALSE(registry.addIssuer("x", {}));
}
