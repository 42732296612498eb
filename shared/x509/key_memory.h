#pragma once

#include <cstddef>

namespace perennial::x509 {

// Room for the numbers of private keys: OpenSSL takes them from here, not from the heap. When it is full,
// making and reading keys fails, so a server needs some for each connection that is being made.
inline constexpr std::size_t keyMemoryOfAProgram = 256U << 10U; // bytes, a power of two
inline constexpr std::size_t keyMemoryOfAServer = 4U << 20U;

// From here on private keys of this process lie in memory that is never swapped out and in no core
// dump. Call before the first key, once; a child that was forked calls it for itself. False where the
// system allows no locked memory (RLIMIT_MEMLOCK): keys work all the same, a renewal is worth more.
bool lockKeyMemory(std::size_t size);

} // namespace perennial::x509
