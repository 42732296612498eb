#pragma once

#include <string_view>

namespace perennial::enrollment::server::web {

std::string_view styleSheet(); // certsrv.css

} // namespace perennial::enrollment::server::web
