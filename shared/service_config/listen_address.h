#pragma once

#include "shared/base/result.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace perennial::service_config {

// Where a service listens.
struct ListenAddress {
    std::string host; // numeric, in its shortest form; "0.0.0.0" and "::" for every address
    int port = 0;
    friend auto operator<=>(const ListenAddress&, const ListenAddress&) = default;
};
std::string toText(const ListenAddress& address);

bool isEveryAddress(const std::string& host); // "0.0.0.0" or "::"
bool isV6(const std::string& host);

// One spelling for one address, so that servers that share it are seen to share it. Nothing for
// what is not numeric; brackets around IPv6 are taken away.
std::optional<std::string> numericHost(const std::string& text);
std::optional<int> portFrom(std::string_view text); // 1 to 65535
// "443", "8000-8010"
Result<std::vector<int>> portsFrom(std::string_view text);

// An address of this host by which a listener at `host` is reached and none of those that `isTaken`
// names, which are more specific: on every address, the loopback ones. Nothing when all are taken.
std::optional<std::string> reachableHost(
    const std::string& host, const std::function<bool(const std::string&)>& isTaken);

} // namespace perennial::service_config
