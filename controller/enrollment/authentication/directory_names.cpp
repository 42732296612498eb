#include "controller/enrollment/authentication/directory_names.h"

#include "controller/enrollment/authentication/certificate_mappings.h"
#include "shared/model/host_names.h"

#include <algorithm>
#include <cstdint>

namespace perennial::enrollment::server {

namespace {

constexpr std::size_t nameLimit = 256;

std::string onlyValue(const ldap::Entry& entry, const std::string& attribute)
{
    if (attribute.empty()) return {};
    const auto& values = entry.of(attribute);
    return values.size() == 1 ? values.front() : std::string();
}

// user@place, visible ASCII: what RFC 5280 4.2.1.6 wants of an rfc822Name, and all that is asked of
// a UPN here.
bool isAddress(const std::string& value)
{
    const auto at = value.find('@');
    return value.size() <= nameLimit && at != std::string::npos && at > 0 &&
           value.find('@', at + 1) == std::string::npos &&
           model::isHostName(value.substr(at + 1)) &&
           std::all_of(value.begin(), value.end(), [](char c) {
               return c > ' ' && c < '\x7F' &&
                      std::string_view("\\\"(),:;<>[]").find(c) == std::string_view::npos;
           });
}

// MS-DTYP 2.4.2.2: revision, count, an authority of six bytes (the first two are zero in all that
// there are), and as many numbers of four bytes, the lowest first.
std::string sidOfBinary(const std::string& value)
{
    constexpr std::size_t head = 8;
    constexpr std::size_t most = 15;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(value[at]); };
    if (value.size() < head || byte(0) != 1 || byte(1) == 0 || byte(1) > most ||
        value.size() != head + 4U * byte(1) || byte(2) != 0 || byte(3) != 0)
        return {};
    std::uint32_t authority = 0;
    for (std::size_t at = 4; at < head; ++at)
        authority = authority << 8U | byte(at);
    auto text = "S-1-" + std::to_string(authority);
    for (std::size_t at = head; at < value.size(); at += 4) {
        std::uint32_t number = 0;
        for (std::size_t i = 4; i > 0; --i)
            number = number << 8U | byte(at + i - 1);
        text += "-" + std::to_string(number);
    }
    return text;
}

} // namespace

AccountNames accountNamesIn(const ldap::Entry& entry, const DirectorySettings::Names& names)
{
    AccountNames account;
    if (const auto dns = onlyValue(entry, names.dns); model::isHostName(dns)) account.dns = dns;
    if (const auto upn = onlyValue(entry, names.upn); isAddress(upn)) account.upn = upn;
    if (const auto email = onlyValue(entry, names.email); isAddress(email)) account.email = email;
    const auto sid = onlyValue(entry, names.sid);
    for (const auto& text : {sid, sidOfBinary(sid)}) {
        if (isSid(text)) account.sid = text;
    }
    // A certificate without it would be mapped by weaker means.
    if (!names.sid.empty() && account.sid.empty()) return {{}, {}, {}, {}, true};
    return account;
}

} // namespace perennial::enrollment::server
