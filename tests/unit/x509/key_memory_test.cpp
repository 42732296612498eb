#include "shared/x509/key_memory.h"

#include "shared/base/encoding.h"
#include "shared/x509/private_key.h"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace perennial;
using namespace perennial::x509;

namespace {

// Key memory is the whole process's: each case has one of its own.
int statusOfChild(const std::function<int()>& body)
{
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = -1;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The secret number of a P-256 key, from its PKCS#8 text, as a little-endian machine keeps it.
std::string numberOf(const PrivateKey& key)
{
    const auto pem = key.toPem();
    std::string base64;
    std::istringstream lines{std::string(pem.reveal())};
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with("-----")) base64 += line;
    const auto der = fromBase64(base64);
    if (!der) return "";
    const std::string before{"\x02\x01\x01\x04\x20", 5}; // ECPrivateKey: version 1, 32 octets
    const auto at = der->find(before);
    if (at == std::string::npos) return "";
    auto number = der->substr(at + before.size(), 32);
    std::reverse(number.begin(), number.end());
    return number;
}

// Whether the bytes are in a part of this process's memory that is locked and in no core dump.
bool isLocked(const std::string& bytes)
{
    std::ifstream maps("/proc/self/smaps");
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    bool found = false;
    for (std::string line; std::getline(maps, line);) {
        unsigned long first = 0;
        unsigned long last = 0;
        char dash = 0;
        std::istringstream range(line);
        if (range >> std::hex >> first >> dash >> last && dash == '-') {
            from = first;
            to = last;
        }
        if (!line.starts_with("VmFlags:")) continue;
        if (line.find(" lo") == std::string::npos || line.find(" dd") == std::string::npos)
            continue;
        std::string content(to - from, '\0');
        const auto read = ::pread(memory, content.data(), content.size(), static_cast<off_t>(from));
        if (read > 0) found = found || content.find(bytes) != std::string::npos;
    }
    ::close(memory);
    return found;
}

int lookAt(const Result<PrivateKey>& key)
{
    if (!key) return 10;
    const auto number = numberOf(*key);
    if (number.size() != 32) return 11;
    return isLocked(number) ? 0 : 1;
}

} // namespace

TEST_CASE("a key that was made, and one that was read, lie in locked memory and in no core dump")
{
    CHECK(statusOfChild([] {
        if (!lockKeyMemory(keyMemoryOfAProgram)) return 20;
        const auto made = PrivateKey::generate("ec-p256");
        if (const int status = lookAt(made); status != 0) return status;
        return lookAt(PrivateKey::fromPem(made->toPem()));
    }) == 0);
}

TEST_CASE("without asking for it, they do not")
{
    CHECK(statusOfChild([] { return lookAt(PrivateKey::generate("ec-p256")); }) == 1);
}

TEST_CASE("there is room for the largest keys, several times")
{
    CHECK(statusOfChild([] {
        if (!lockKeyMemory(keyMemoryOfAProgram)) return 20;
        std::vector<PrivateKey> keys;
        for (int i = 0; i < 2; ++i) {
            auto key = PrivateKey::generate("rsa-4096");
            if (!key) return 21;
            auto again = PrivateKey::fromPem(key->toPem());
            if (!again) return 22;
            keys.push_back(*std::move(key));
            keys.push_back(*std::move(again));
        }
        for (int i = 0; i < 20; ++i) {
            auto key = PrivateKey::generate("ec-p384");
            if (!key) return 23;
            keys.push_back(*std::move(key));
        }
        return 0;
    }) == 0);
}

TEST_CASE("where nothing may be locked, keys work all the same")
{
    CHECK(statusOfChild([] {
        const rlimit none{0, 0};
        if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0) return 30;
        if (::geteuid() == 0 && ::setuid(65534) != 0) return 31; // root's right ignores the limit
        if (lockKeyMemory(keyMemoryOfAProgram)) return 32;
        return PrivateKey::generate("ec-p256") ? 0 : 33;
    }) == 0);
}
