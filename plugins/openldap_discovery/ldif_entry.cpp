#include "plugins/openldap_discovery/ldif_entry.h"

#include "shared/base/encoding.h"
#include "shared/service_config/server_name.h"

#include <algorithm>

namespace perennial::plugins::openldap {

namespace {

constexpr std::size_t mostAttributes = 10'000;

Result<Attribute> attributeFrom(std::string_view line)
{
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return Error{ErrorKind::InvalidInput, "is no attribute with a value"};
    Attribute attribute{service_config::lowerCase(std::string(line.substr(0, colon))), {}};
    auto rest = line.substr(colon + 1);
    const bool encoded = rest.starts_with(':');
    if (rest.starts_with('<'))
        return Error{ErrorKind::InvalidInput, "has its value in another file, which is not read"};
    if (encoded) rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (!encoded) {
        attribute.value = rest;
        return attribute;
    }
    auto value = fromBase64(rest);
    if (!value) return Error{ErrorKind::InvalidInput, "has a value that is no base64"};
    attribute.value = *std::move(value);
    return attribute;
}

} // namespace

std::vector<Attribute> firstEntryOf(
    std::string_view text, const std::string& file, Discovery& found)
{
    std::vector<Attribute> attributes;
    int number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const int begin = number + 1;
        std::string line;
        do {
            const auto end = std::min(text.find('\n', at), text.size());
            auto piece = text.substr(at, end - at);
            at = end + 1;
            if (piece.ends_with('\r')) piece.remove_suffix(1);
            if (++number > begin) piece.remove_prefix(1); // of a folded line
            line += piece;
        } while (at < text.size() && text[at] == ' ');
        if (line.empty() && attributes.empty()) continue;
        if (line.empty()) break; // the entry's end
        if (line.front() == '#') continue;
        const auto where = file + ":" + std::to_string(begin) + ": ";
        if (attributes.size() == mostAttributes) {
            found.skip(where + "too many attributes");
            break;
        }
        auto attribute = attributeFrom(line);
        if (!attribute) {
            found.skip(where + attribute.error().message);
            continue;
        }
        attribute->line = begin;
        attributes.push_back(*std::move(attribute));
    }
    return attributes;
}

} // namespace perennial::plugins::openldap
