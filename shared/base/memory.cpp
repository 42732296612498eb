#include "shared/base/memory.h"

#include <cstdint>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace perennial {

namespace {

constexpr int largeBlock = 32 * 1024; // bytes: from here on a mapping of its own

// Only segments that are never writable, not even before relocation: nothing in them can be lost.
int dropReadOnlySegments(dl_phdr_info* object, std::size_t, void*)
{
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int index = 0; index < object->dlpi_phnum; ++index) {
        const auto& segment = object->dlpi_phdr[index];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
        const auto from = (object->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        const auto end = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
        (void)::madvise(reinterpret_cast<void*>(from), end - from, MADV_DONTNEED);
    }
    return 0;
}

} // namespace

void keepHeapSmall()
{
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, largeBlock);
    ::mallopt(M_TRIM_THRESHOLD, largeBlock);
    ::mallopt(M_TOP_PAD, 0);
}

void giveBackMemory()
{
    ::malloc_trim(0);
    ::dl_iterate_phdr(dropReadOnlySegments, nullptr);
}

} // namespace perennial
