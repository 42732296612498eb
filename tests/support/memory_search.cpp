#include "tests/support/memory_search.h"

#include "shared/base/file_descriptor.h"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace perennial::test {

namespace {

std::size_t timesIn(const std::string& content, const std::string& text)
{
    std::size_t times = 0;
    for (auto at = content.find(text); at != std::string::npos; at = content.find(text, at + 1))
        ++times;
    return times;
}

// Of one process: how often one of the texts is in its memory.
std::size_t timesIn(pid_t process, const std::vector<std::string>& texts)
{
    const auto folder = "/proc/" + std::to_string(process);
    std::ifstream maps(folder + "/maps");
    const FileDescriptor memory(::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(memory.get() >= 0);
    std::size_t times = 0;
    std::size_t looked = 0;
    for (std::string line; std::getline(maps, line);) {
        unsigned long first = 0;
        unsigned long last = 0;
        char dash = 0;
        std::string rights;
        std::istringstream range(line);
        range >> std::hex >> first >> dash >> last >> rights;
        constexpr unsigned long reserved = 1UL << 30U; // bytes; of a sanitizer, never text
        if (!rights.starts_with("rw") || last - first > reserved) continue;
        std::string content(last - first, '\0');
        const auto got =
            ::pread(memory.get(), content.data(), content.size(), static_cast<off_t>(first));
        if (got <= 0) continue;
        ++looked;
        for (const auto& text : texts)
            times += timesIn(content, text);
    }
    REQUIRE(looked > 0);
    return times;
}

} // namespace

std::size_t timesInMemoryAfter(
    const std::function<void()>& body, const std::function<std::vector<std::string>()>& textsOf)
{
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const FileDescriptor reading(ends[0]);
    FileDescriptor writing(ends[1]);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
        if (::write(writing.get(), "x", 1) != 1) ::_exit(1);
        while (true) // until it is killed
            ::pause();
    }
    writing = FileDescriptor();
    char said = 0;
    const bool ended = ::read(reading.get(), &said, 1) == 1;
    const auto texts = textsOf();
    const auto times = ended ? timesIn(child, texts) : 0;
    (void)::kill(child, SIGKILL);
    (void)::waitpid(child, nullptr, 0);
    REQUIRE(ended);
    REQUIRE_FALSE(texts.empty());
    return times;
}

} // namespace perennial::test
