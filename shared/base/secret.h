#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace perennial {

// Text that must not leak: move-only, wiped when it goes, cannot be printed or compared by
// accident. It lies in pages of its own, which are never swapped out and in no core dump; where the
// system allows no more locked memory (RLIMIT_MEMLOCK) it is kept all the same. A lock does not
// outlive a fork.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text); // what `text` held is wiped
    ~Secret() { wipe(); }
    Secret(Secret&& other) noexcept { swap(other); }
    Secret& operator=(Secret&& other) noexcept
    {
        Secret taken(std::move(other));
        swap(taken);
        return *this;
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    // For the one call that needs the text; never into a log, an argument or an environment.
    std::string_view reveal() const { return {text_ == nullptr ? "" : text_, size_}; }
    bool empty() const { return size_ == 0; }

private:
    void swap(Secret& other) noexcept
    {
        std::swap(text_, other.text_);
        std::swap(size_, other.size_);
    }
    void wipe() noexcept;

    char* text_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace perennial
