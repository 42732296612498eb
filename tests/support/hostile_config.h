#pragma once

#include "shared/plugin_api/plugin_registry.h"
#include "tests/support/discovery_text.h"

#include <ctime>
#include <doctest/doctest.h>

namespace perennial::test {

// What a source makes of a configuration that means harm: it ends in time and within its limits.
inline std::string discoveredWithinLimits(DiscoverySource& source, const std::string& folder)
{
    const auto start = std::clock(); // the processor's time: others may be busy
    const auto found = source.discover();
    REQUIRE(found.ok());
    CHECK((std::clock() - start) / CLOCKS_PER_SEC < 30);
    CHECK(found->skipped.size() <= Discovery::skippedLimit);
    CHECK(found->places.size() <= 20'000);
    return textOf(*found, folder + "/");
}

inline std::string repeated(const std::string& text, std::size_t times)
{
    std::string all;
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

} // namespace perennial::test
