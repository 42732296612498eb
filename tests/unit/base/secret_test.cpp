#include "shared/base/secret.h"

#include "shared/base/locked_block.h"

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>

using namespace perennial;

namespace {

template <class T>
concept Printable = requires(std::ostream& out, const T& value)
{
    out << value;
};
template <class T>
concept Comparable = requires(const T& a, const T& b)
{
    a == b;
};

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!Printable<Secret> && !Comparable<Secret>);

// What the system says of the memory part that an address lies in; empty: nothing is there.
std::string memoryPartAt(const void* address)
{
    std::ifstream maps("/proc/self/smaps");
    std::string part;
    for (std::string line; std::getline(maps, line);) {
        std::uintptr_t from = 0;
        std::uintptr_t to = 0;
        if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2) {
            if (!part.empty()) return part;
            const auto wanted = reinterpret_cast<std::uintptr_t>(address);
            if (wanted < from || wanted >= to) continue;
        } else if (part.empty()) {
            continue;
        }
        part += line + "\n";
    }
    return part;
}

bool mayLock(std::size_t size)
{
    rlimit limit{};
    return ::geteuid() == 0 || (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur >= size);
}

} // namespace

TEST_CASE("a secret moves, and what it leaves behind holds nothing of it")
{
    Secret first(std::string("hunter2"));
    const auto* const place = first.reveal().data();
    Secret second(std::move(first));
    CHECK(second.reveal() == "hunter2");
    CHECK(second.reveal().data() == place); // no copy was made
    CHECK(first.empty());
    CHECK(first.reveal().data() != nullptr);
    Secret third(std::string("other"));
    const auto* const others = third.reveal().data();
    third = std::move(second);
    CHECK(third.reveal() == "hunter2");
    CHECK(second.empty());
    CHECK(memoryPartAt(others).empty()); // wiped and given back
}

TEST_CASE("a secret lies in locked memory of its own, and is in no core dump")
{
    const std::size_t page = 4096;
    const void* place = nullptr;
    {
        const Secret secret(std::string(3 * page, 's'));
        place = secret.reveal().data();
        const auto part = memoryPartAt(place);
        const auto flags = part.substr(part.find("VmFlags:"));
        CHECK(flags.find(" dd") != std::string::npos);
#ifdef __SANITIZE_ADDRESS__
        constexpr bool takesLocks = false; // its mlock() does nothing
#else
        constexpr bool takesLocks = true;
#endif
        if (takesLocks && mayLock(16 * page)) {
            CHECK(flags.find(" lo") != std::string::npos);
            CHECK(part.find("Locked:               12 kB") != std::string::npos);
        } else {
            MESSAGE("skipped here: no memory can be locked");
        }
    }
    CHECK(memoryPartAt(place).empty());
}

TEST_CASE("a secret is kept where the system allows no locked memory")
{
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit none{0, 0};
        // Root may lock whatever the limit says.
        if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0) ::_exit(2);
        if (::geteuid() == 0 && ::setresuid(65534, 65534, 65534) != 0) ::_exit(3);
        const Secret secret(std::string("hunter2"));
        ::_exit(secret.reveal() == "hunter2" ? 0 : 4);
    }
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}

TEST_CASE("assigning a secret to itself keeps it")
{
    Secret secret(std::string("kept"));
    Secret& same = secret;
    secret = std::move(same);
    CHECK(secret.reveal() == "kept");
}

TEST_CASE("a locked block stays where it is when it moves, and is given back")
{
    LockedBlock first(100);
    char* const place = first.data();
    first.data()[99] = 'x';
    LockedBlock second(std::move(first));
    CHECK(second.data() == place);
    CHECK(second.size() == 100);
    CHECK(first.data() == nullptr);
    LockedBlock third;
    third = std::move(second);
    CHECK(third.data()[99] == 'x');
    CHECK(memoryPartAt(place).find(" dd") != std::string::npos);
    third = LockedBlock();
    CHECK(memoryPartAt(place).empty());
}
