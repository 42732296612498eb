#include "shared/base/secret.h"

#include "shared/base/locked_block.h"

#include <cstring>

namespace perennial {

Secret::Secret(std::string text)
{
    if (!text.empty()) {
        text_ = LockedBlock::make(text.size());
        size_ = text.size();
        std::memcpy(text_, text.data(), size_);
    }
    // Growing and shrinking leave old content behind the end.
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
}

void Secret::wipe() noexcept
{
    LockedBlock::free(text_, size_);
    text_ = nullptr;
    size_ = 0;
}

} // namespace perennial
