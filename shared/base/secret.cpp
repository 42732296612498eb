#include "shared/base/secret.h"

#include <cstring>
#include <new>
#include <sys/mman.h>

namespace perennial {

Secret::Secret(std::string text)
{
    if (!text.empty()) {
        void* pages = ::mmap(
            nullptr, text.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) throw std::bad_alloc();
        (void)::mlock(pages, text.size());
        (void)::madvise(pages, text.size(), MADV_DONTDUMP);
        std::memcpy(pages, text.data(), text.size());
        text_ = static_cast<char*>(pages);
        size_ = text.size();
    }
    // Growing and shrinking leave old content behind the end.
    text.resize(text.capacity());
    ::explicit_bzero(text.data(), text.size());
}

void Secret::wipe() noexcept
{
    if (text_ == nullptr) return;
    ::explicit_bzero(text_, size_);
    (void)::munmap(text_, size_);
    text_ = nullptr;
    size_ = 0;
}

} // namespace perennial
