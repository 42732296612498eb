#include "shared/base/secret.h"

#include <cstring>

namespace perennial {

void Secret::wipe() noexcept
{
    // A short text lives inside the string itself, and a move leaves it behind there: the whole
    // capacity is wiped, not only what counts as content.
    text_.resize(text_.capacity());
    ::explicit_bzero(text_.data(), text_.size());
    text_.clear();
}

} // namespace perennial
