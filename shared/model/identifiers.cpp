#include "shared/model/identifiers.h"

#include <algorithm>

namespace perennial::model {

namespace {

bool isSafeCharacter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

} // namespace

bool isSafeIdentifier(const std::string& text)
{
    if (text.empty() || text.size() > 128) return false;
    // Not ".." and no hidden file; not taken for an option of a program.
    if (text.front() == '.' || text.front() == '-') return false;
    return std::all_of(text.begin(), text.end(), isSafeCharacter);
}

} // namespace perennial::model
