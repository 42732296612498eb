#include "plugins/files_discovery/file_parsing.h"

#include "tests/support/test_pki.h"

#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>
#include <set>

using namespace perennial;
using namespace perennial::plugins::files;
using namespace perennial::test;

namespace {

bool isWiped(const char* start, std::size_t size)
{
    return std::all_of(start, start + size, [](char c) { return c == 0; });
}

} // namespace

TEST_CASE("every file is parsed, and its bytes are wiped before others lie in their place")
{
    const TemporaryFolder made;
    TestPki pki(made);
    pki.makeRoot("root");
    const auto certificate = readText(pki["root"].certificate);
    const PasswordFiles passwords;
    FileParsing parsing(passwords);
    constexpr int count = 2000; // more than may wait: blocks are used again
    bool wiped = true;
    for (int at = 0; at < count; ++at) {
        // Now and then one that is larger than a block for many.
        const std::size_t blanks =
            at % 400 == 7 ? 300'000U : 3000U + static_cast<unsigned>(at) % 100U;
        const auto text = std::string(blanks, '\n') + certificate;
        char* const room = parsing.room(text.size());
        wiped = wiped && isWiped(room, text.size());
        std::memcpy(room, text.data(), text.size());
        parsing.add("/file" + std::to_string(at), {}, text.size());
    }
    CHECK(wiped);
    const auto files = std::move(parsing).files();
    std::set<std::string> paths;
    for (const auto& file : files) {
        if (file.content.certificates.size() == 1) paths.insert(file.path);
    }
    CHECK(files.size() == count);
    CHECK(paths.size() == count);
}

TEST_CASE("what is no file of interest is wiped at once")
{
    const PasswordFiles passwords;
    FileParsing parsing(passwords);
    char* const room = parsing.room(100);
    std::memcpy(room, "secret", 6);
    parsing.wipeRoom(100);
    CHECK(isWiped(room, 100));
    CHECK(parsing.room(100) == room);
    CHECK(std::move(parsing).files().empty());
}
