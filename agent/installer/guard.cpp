#include "agent/installer/guard.h"

#include <algorithm>

namespace perennial::installer {

namespace fs = std::filesystem;

namespace {

// DNS names have no case (RFC 4343), and only ASCII letters occur in them.
std::string lowerCase(std::string text)
{
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

} // namespace

FileAttributes StoreRule::attributesFor(
    const fs::path& file, bool isKey, const FileFacts& current) const
{
    return {isKey ? keyMode : certificateMode, owner.value_or(current.owner),
        group.value_or(current.group), file};
}

const StoreRule* Guard::storeOf(const fs::path& file) const
{
    const StoreRule* innermost = nullptr;
    for (const auto& store : stores) {
        const bool inside = file.native().starts_with(store.folder.native() + "/");
        if (inside && (innermost == nullptr ||
                          store.folder.native().size() > innermost->folder.native().size()))
            innermost = &store;
    }
    return innermost;
}

bool Guard::allowsName(const std::string& askedName) const
{
    const std::string name = lowerCase(askedName);
    // One label of a host's name in front; "uri:https://web1" is none.
    const auto dot = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_*");
    const bool oneLabelMore = dot != std::string::npos && dot > 0;
    return std::any_of(names.begin(), names.end(), [&](const std::string& allowed) {
        const std::string pattern = lowerCase(allowed);
        if (pattern == name) return true;
        return pattern.starts_with("*.") && oneLabelMore && name.substr(dot) == pattern.substr(1);
    });
}

} // namespace perennial::installer
