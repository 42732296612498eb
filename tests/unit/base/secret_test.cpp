#include "shared/base/secret.h"

#include <doctest/doctest.h>
#include <sstream>
#include <type_traits>

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

// The bytes of the object itself, where a short text lives.
bool objectHolds(const Secret& secret, std::string_view text)
{
    return std::string_view(reinterpret_cast<const char*>(&secret), sizeof secret).find(text) !=
           std::string_view::npos;
}

} // namespace

TEST_CASE("a secret moves, and what it leaves behind holds nothing of it")
{
    Secret first(std::string("hunter2"));
    CHECK(objectHolds(first, "hunter2"));
    Secret second(std::move(first));
    CHECK(second.reveal() == "hunter2");
    CHECK(first.empty());
    CHECK_FALSE(objectHolds(first, "unter"));
    Secret third(std::string("other"));
    third = std::move(second);
    CHECK(third.reveal() == "hunter2");
    CHECK(second.empty());
    CHECK_FALSE(objectHolds(second, "unter"));
}

TEST_CASE("a secret that goes wipes its text first")
{
    alignas(Secret) unsigned char place[sizeof(Secret)] = {};
    auto* secret = new (place) Secret(std::string("hunter2"));
    CHECK(objectHolds(*secret, "hunter2"));
    secret->~Secret();
    const std::string_view left(reinterpret_cast<const char*>(place), sizeof place);
    CHECK(left.find("unter") == std::string_view::npos);
}

TEST_CASE("assigning a secret to itself keeps it")
{
    Secret secret(std::string("kept"));
    Secret& same = secret;
    secret = std::move(same);
    CHECK(secret.reveal() == "kept");
}
