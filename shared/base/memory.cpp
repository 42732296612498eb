#include "shared/base/memory.h"

#include <malloc.h>

namespace perennial {

namespace {

constexpr int largeBlock = 32 * 1024; // bytes: from here on a mapping of its own

} // namespace

void keepHeapSmall()
{
    ::mallopt(M_ARENA_MAX, 1);
    ::mallopt(M_MMAP_THRESHOLD, largeBlock);
    ::mallopt(M_TRIM_THRESHOLD, largeBlock);
    ::mallopt(M_TOP_PAD, 0);
}

void giveBackFreeMemory() { ::malloc_trim(0); }

} // namespace perennial
