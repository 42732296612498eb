#pragma once

#include "shared/base/file_system.h"
#include "shared/plugin_api/plugin_registry.h"

#include <string>

namespace perennial::plugins {

// Finds the certificates that the configuration of Redis names, and where Redis shows them. The
// files are read; no Redis is asked. Kind: "redis".
class RedisDiscovery final : public DiscoverySource {
public:
    // redis.conf, or a pattern for those of several.
    explicit RedisDiscovery(std::string config) : config_(std::move(config)) {}

    Result<Discovery> discover() override;

private:
    PosixFileSystem files_;
    std::string config_;
};

// Settings: `config`.
Result<std::unique_ptr<DiscoverySource>> makeRedisDiscovery(const PluginSettings& settings);

} // namespace perennial::plugins
