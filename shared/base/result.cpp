#include "shared/base/result.h"

#include <array>

namespace perennial {

namespace {

struct NamedKind {
    ErrorKind kind;
    std::string_view name;
};

constexpr std::array namedKinds = {
    NamedKind{ErrorKind::InvalidInput, "invalid-input"},
    NamedKind{ErrorKind::NotFound, "not-found"},
    NamedKind{ErrorKind::PermissionDenied, "permission-denied"},
    NamedKind{ErrorKind::Unavailable, "unavailable"},
    NamedKind{ErrorKind::Conflict, "conflict"},
    NamedKind{ErrorKind::Corrupt, "corrupt"},
    NamedKind{ErrorKind::Internal, "internal"},
};

} // namespace

std::string_view nameOf(ErrorKind kind)
{
    for (const auto& named : namedKinds)
        if (named.kind == kind) return named.name;
    return "internal";
}

std::optional<ErrorKind> errorKindOf(std::string_view name)
{
    for (const auto& named : namedKinds)
        if (named.name == name) return named.kind;
    return std::nullopt;
}

} // namespace perennial
