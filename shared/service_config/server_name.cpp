#include "shared/service_config/server_name.h"

#include <string_view>

namespace perennial::service_config {

namespace {

constexpr std::size_t nameLimit = 253; // RFC 1035 2.3.4
constexpr std::string_view nameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

} // namespace

std::string lowerCase(std::string text)
{
    for (auto& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

bool canBeSent(const std::string& name)
{
    return !name.empty() && name.size() <= nameLimit &&
           name.find_first_not_of(nameCharacters) == std::string::npos &&
           name.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos &&
           name.front() != '.' && name.front() != '-' && name.find("..") == std::string::npos;
}

} // namespace perennial::service_config
