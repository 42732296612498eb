#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace perennial::enrollment::server {

// One DER element: a tag of one octet, and what it holds. The bytes are those of the input.
struct DerElement {
    unsigned char tag = 0;
    std::string_view content;
    std::string_view whole;
    friend bool operator==(const DerElement& a, const DerElement& b) { return a.whole == b.whole; }
};

// The elements that follow each other in `bytes`; nullopt for what is not DER. For values whose
// structure nobody has looked at yet.
std::optional<std::vector<DerElement>> elementsOf(std::string_view bytes);
// Those of one SEQUENCE that is all of `der`.
std::optional<std::vector<DerElement>> elementsOfSequence(std::string_view der);

} // namespace perennial::enrollment::server
