#pragma once

#include <compare>
#include <string>
#include <utility>

namespace perennial::model {

// Different strings are different types: an AgentId is no SlotId.
template <class Tag>
class Identifier {
public:
    Identifier() = default;
    explicit Identifier(std::string text) : text_(std::move(text)) {}
    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    friend auto operator<=>(const Identifier&, const Identifier&) = default;

private:
    std::string text_;
};

using AgentId = Identifier<struct AgentTag>; // "agent-" and 32 hex digits
using SlotId = Identifier<struct SlotTag>;   // "slot-" and 16 hex digits
using OrderId =
    Identifier<struct OrderTag>; // UUIDv7; "alone-..." and "host-..." when made on a host
using Fingerprint =
    Identifier<struct FingerprintTag>; // lower-case hex SHA-256 of the certificate's DER

// Letters, digits, '-', '_', '.', at most 128: safe in file names, URLs and logs.
bool isSafeIdentifier(const std::string& text);

} // namespace perennial::model
