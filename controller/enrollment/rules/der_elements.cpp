#include "controller/enrollment/rules/der_elements.h"

namespace perennial::enrollment::server {

namespace {

// The length octets at the beginning of `bytes`, which are taken off it (X.690 8.1.3, 10.1).
std::optional<std::size_t> takeLength(std::string_view& bytes)
{
    if (bytes.empty()) return std::nullopt;
    const auto first = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (first < 0x80) return first;
    const std::size_t octets = first & 0x7FU;
    if (octets == 0 || octets > 3 || octets > bytes.size()) return std::nullopt;
    std::size_t length = 0;
    for (std::size_t i = 0; i < octets; ++i)
        length = length << 8U | static_cast<unsigned char>(bytes[i]);
    bytes.remove_prefix(octets);
    if (length < 0x80 || length >> (8U * (octets - 1)) == 0) return std::nullopt; // not shortest
    return length;
}

} // namespace

std::optional<std::vector<DerElement>> elementsOf(std::string_view bytes)
{
    std::vector<DerElement> elements;
    while (!bytes.empty()) {
        const auto whole = bytes;
        const auto tag = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
        const auto length = takeLength(bytes);
        if ((tag & 0x1FU) == 0x1FU || !length || *length > bytes.size()) return std::nullopt;
        const auto content = bytes.substr(0, *length);
        bytes.remove_prefix(*length);
        elements.push_back({tag, content, whole.substr(0, whole.size() - bytes.size())});
    }
    return elements;
}

std::optional<std::vector<DerElement>> elementsOfSequence(std::string_view der)
{
    const auto outer = elementsOf(der);
    if (!outer || outer->size() != 1 || outer->front().tag != 0x30) return std::nullopt;
    return elementsOf(outer->front().content);
}

} // namespace perennial::enrollment::server
