#pragma once

#include <cstddef>
#include <utility>

namespace perennial {

// Memory in pages of its own, which are never swapped out and in no core dump; where the system
// allows no more locked memory (RLIMIT_MEMLOCK) it is kept all the same. Wiped when it goes.
class LockedBlock {
public:
    LockedBlock() = default;
    explicit LockedBlock(std::size_t size); // std::bad_alloc
    ~LockedBlock() { free(start_, size_); }
    LockedBlock(LockedBlock&& other) noexcept
        : start_(std::exchange(other.start_, nullptr)), size_(std::exchange(other.size_, 0))
    {
    }
    LockedBlock& operator=(LockedBlock&& other) noexcept
    {
        LockedBlock taken(std::move(other));
        std::swap(start_, taken.start_);
        std::swap(size_, taken.size_);
        return *this;
    }
    LockedBlock(const LockedBlock&) = delete;
    LockedBlock& operator=(const LockedBlock&) = delete;

    char* data() const { return start_; }
    std::size_t size() const { return size_; }

    // For a Secret, which is one of these and knows its text alone.
    static char* make(std::size_t size);
    static void free(char* start, std::size_t size) noexcept;

private:
    char* start_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace perennial
