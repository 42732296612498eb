#include "shared/base/log.h"

#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <regex>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace perennial;

namespace {

// What the body writes to standard error, in a process of its own.
std::string errorOutputOf(const std::function<void()>& body)
{
    const test::TemporaryFolder folder;
    const std::string path = folder / "stderr";
    const pid_t child = ::fork();
    if (child == 0) {
        const int file = ::open(path.c_str(), O_WRONLY | O_CREAT, 0600);
        ::dup2(file, STDERR_FILENO);
        body();
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    std::ostringstream content;
    content << std::ifstream(path).rdbuf();
    return content.str();
}

} // namespace

TEST_CASE("a log line has time, program, level and message, and quieter levels are left out")
{
    const auto output = errorOutputOf([] {
        ::unsetenv("JOURNAL_STREAM");
        const Log log("perennial-test");
        log.debug("unseen");
        log.info("one");
        log.warning("two");
        log.error("three");
        Log("perennial-test", LogLevel::Error).warning("unseen");
        Log("perennial-test", LogLevel::Debug).debug("four");
    });
    const std::string time = R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z perennial-test )";
    const std::regex lines(time + "info: one\n" + time + "warning: two\n" + time +
                           "error: three\n" + time + "debug: four\n");
    CHECK_MESSAGE(std::regex_match(output, lines), output);
}

TEST_CASE("under systemd a log line has a priority instead of a time")
{
    CHECK(errorOutputOf([] {
        ::setenv("JOURNAL_STREAM", "8:1", 1);
        Log("perennial-test").warning("careful");
    }) == "<4>perennial-test warning: careful\n");
}

TEST_CASE("a message cannot forge a second log line, whatever its bytes and length")
{
    const auto output = errorOutputOf([] {
        ::setenv("JOURNAL_STREAM", "8:1", 1);
        Log("perennial-test").info("a\n<3>perennial-test error: forged\x1b[2J\xff");
        Log("perennial-test").info(std::string(100'000, '\n'));
    });
    CHECK(std::count(output.begin(), output.end(), '\n') == 2);
    CHECK(output.find("a\\u000A<3>") != std::string::npos);
    CHECK(output.find('\x1b') == std::string::npos);
    CHECK(output.size() < 5000);
}
