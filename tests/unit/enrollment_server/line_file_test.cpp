#include "controller/enrollment/api/line_file.h"

#include "shared/base/clock.h"
#include "shared/base/file_descriptor.h"
#include "shared/base/json.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <algorithm>
#include <csignal>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <functional>
#include <poll.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace perennial;
using namespace perennial::enrollment::server;
using namespace perennial::test;

namespace {

const Log quiet("test", LogLevel::Error);

std::unique_ptr<LineFile> opened(const std::string& file)
{
    auto lines = LineFile::open(
        file, [](std::int64_t lost) { return "{\"lost\":" + std::to_string(lost) + "}\n"; }, quiet);
    REQUIRE_MESSAGE(lines.ok(), lines.error().message);
    return *std::move(lines);
}

std::string line(int number)
{
    return "{\"number\":" + std::to_string(number) + ",\"filling\":\"" + std::string(80, 'x') +
           "\"}\n";
}

// Every line is JSON; the sum of the lines that came and of those that are told to be lost.
struct Account {
    std::int64_t came = 0;
    std::int64_t lost = 0;
};
Account accountOf(const std::string& text)
{
    Account account;
    std::istringstream in(text);
    for (std::string one; std::getline(in, one);) {
        const auto parsed = Json::parse(one);
        REQUIRE_MESSAGE(parsed.ok(), one);
        const auto* lost = parsed->find("lost");
        account.came += lost == nullptr ? 1 : 0;
        account.lost += lost != nullptr ? *lost->integer() : 0;
    }
    CHECK((text.empty() || text.back() == '\n'));
    return account;
}

bool comes(const std::function<bool()>& condition)
{
    const Deadline deadline(std::chrono::seconds(20));
    while (!condition()) {
        if (deadline.over()) return false;
        std::this_thread::yield();
    }
    return true;
}

// What a reader gets until nothing has come for a while, or the writer is gone.
std::string drained(int reader)
{
    std::string text;
    std::string part(65536, '\0');
    pollfd one{reader, POLLIN, 0};
    while (::poll(&one, 1, 500) > 0) {
        const auto got = ::read(reader, part.data(), part.size());
        if (got <= 0) break;
        text.append(part, 0, static_cast<std::size_t>(got));
    }
    return text;
}

// Writes of this process end at so many bytes of a file, in the middle of a line if it comes so.
struct FileSizeLimit {
    explicit FileSizeLimit(rlim_t bytes)
    {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit now{bytes, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    ~FileSizeLimit() { lift(); }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    void lift() const { ::setrlimit(RLIMIT_FSIZE, &before); }
    rlimit before{};
};

} // namespace

TEST_CASE("lines come in their order, and all of them before the end")
{
    const TemporaryFolder folder;
    auto lines = opened(folder / "log");
    std::string expected;
    for (int i = 0; i < 500; ++i) {
        lines->put(line(i));
        expected += line(i);
    }
    lines.reset();
    CHECK(readText(folder / "log") == expected);
    opened(folder / "log")->put(line(500));
    CHECK(readText(folder / "log") == expected + line(500));
}

TEST_CASE("a FIFO that nobody reads stops nobody; what is lost is counted and told")
{
    const TemporaryFolder folder;
    const auto file = folder / "fifo";
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK_FALSE(
        LineFile::open(file, nullptr, quiet).ok()); // without a reader: said, not waited for
    const FileDescriptor reader(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(reader);
    auto lines = opened(file);
    constexpr int many = 20'000;
    for (int i = 0; i < many; ++i)
        lines->put(line(i)); // 64 KiB fit into the FIFO; this would wait for ever
    CHECK(lines->lost() > many / 2);
    auto text = drained(reader.get());
    lines->put(line(many)); // with it what was lost is told
    lines.reset();
    text += drained(reader.get());
    const auto account = accountOf(text);
    CHECK(account.lost > many / 2);
    CHECK(account.came + account.lost == many + 1);
}

TEST_CASE("the end does not wait for a FIFO that nobody reads")
{
    const TemporaryFolder folder;
    const auto file = folder / "fifo";
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    const FileDescriptor reader(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    auto lines = opened(file);
    for (int i = 0; i < 2000; ++i)
        lines->put(line(i));
    lines.reset();
    CHECK(drained(reader.get()).rfind(line(0) + line(1), 0) == 0); // as far as there was room
}

TEST_CASE("a line that fits only in part is taken back, and the next ones are whole")
{
    const TemporaryFolder folder;
    const auto file = folder / "log";
    auto lines = opened(file);
    {
        const FileSizeLimit limit(1000); // not at the end of a line
        for (int i = 0; i < 100; ++i)
            lines->put(line(i));
        CHECK(comes([&] { return lines->lost() > 0; }));
    }
    lines->put(line(100));
    lines.reset();
    const auto account = accountOf(readText(file));
    CHECK(account.came >= 1 + 1000 / static_cast<std::int64_t>(line(100).size()));
    CHECK(account.came + account.lost == 101);
}

TEST_CASE("after reopen() lines go into a new file; the old one stays when there can be none")
{
    const TemporaryFolder folder;
    const auto file = folder / "log";
    auto lines = opened(file);
    lines->put(line(1));
    CHECK(comes([&] { return !readText(file).empty(); }));
    REQUIRE(::rename(file.c_str(), (folder / "log.1").c_str()) == 0);
    lines->reopen();
    lines->put(line(2));
    lines.reset();
    CHECK(readText(folder / "log.1") == line(1));
    CHECK(readText(file) == line(2));

    lines = opened(file);
    REQUIRE(::rename(file.c_str(), (folder / "log.2").c_str()) == 0);
    REQUIRE(::mkdir(file.c_str(), 0700) == 0);
    lines->reopen();
    lines->put(line(3));
    lines.reset();
    CHECK(readText(folder / "log.2") == line(2) + line(3));
}
