#pragma once

#include <cstdint>
#include <map>
#include <sys/types.h>

namespace perennial {

// What is to be had once for all, shared out so that what one user fills up is not taken from the
// others: each user has at most half of it, all of them together three quarters. Root and the
// process's own user, whom everything depends on anyway, are bound by the whole alone.
class OwnerShares {
public:
    explicit OwnerShares(std::uint64_t whole);

    static constexpr auto everybody = static_cast<uid_t>(-1); // whose it is cannot be said
    bool isTrusted(uid_t owner) const { return owner == 0 || owner == self_; }

    std::uint64_t left() const { return whole_ - spent_; }
    std::uint64_t left(uid_t owner) const;
    void spend(uid_t owner, std::uint64_t amount); // no more than is left of the whole

private:
    std::uint64_t whole_;
    std::uint64_t spent_ = 0;
    std::uint64_t byOthers_ = 0;
    std::map<uid_t, std::uint64_t> by_;
    uid_t self_;
};

} // namespace perennial
