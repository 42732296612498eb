#include "shared/model/order.h"

#include <array>
#include <utility>

namespace perennial::model {

namespace {

constexpr std::array<std::pair<Origin, std::string_view>, 4> originNames = {
    {{Origin::Controller, "controller"}, {Origin::AgentAlone, "agent-alone"},
        {Origin::HostAdmin, "host-admin"}, {Origin::Emergency, "emergency"}}};

} // namespace

std::string nameOf(Origin origin)
{
    for (const auto& [value, name] : originNames) {
        if (value == origin) return std::string(name);
    }
    return {};
}

std::optional<Origin> originOf(std::string_view name)
{
    for (const auto& [value, text] : originNames) {
        if (text == name) return value;
    }
    return std::nullopt;
}

} // namespace perennial::model
