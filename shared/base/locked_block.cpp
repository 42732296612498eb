#include "shared/base/locked_block.h"

#include <cstring>
#include <new>
#include <sys/mman.h>

namespace perennial {

LockedBlock::LockedBlock(std::size_t size) : start_(make(size)), size_(size) {}

char* LockedBlock::make(std::size_t size)
{
    void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    (void)::mlock(pages, size);
    (void)::madvise(pages, size, MADV_DONTDUMP);
    return static_cast<char*>(pages);
}

void LockedBlock::free(char* start, std::size_t size) noexcept
{
    if (start == nullptr) return;
    ::explicit_bzero(start, size);
    (void)::munmap(start, size);
}

} // namespace perennial
