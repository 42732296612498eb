#include "controller/enrollment/api/line_file.h"

#include "shared/base/clock.h"
#include "shared/base/file_descriptor.h"
#include "shared/base/periodic_task.h"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <mutex>
#include <poll.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace perennial::enrollment::server {

namespace {

constexpr std::chrono::milliseconds lookInterval{100}; // for the end, while nobody reads a FIFO
constexpr std::chrono::milliseconds endInterval{5};
constexpr std::chrono::milliseconds patience{2000}; // at the end

Result<FileDescriptor> openFile(const std::string& file)
{
    FileDescriptor opened(::open(file.c_str(),
        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK, 0640));
    if (!opened) return Error{ErrorKind::InvalidInput, file + ": " + std::strerror(errno)};
    return opened;
}

std::int64_t linesIn(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

} // namespace

struct LineFile::State {
    State(std::string path, LostLine line, const Log& to, FileDescriptor opened)
        : file(std::move(path)), lostLine(std::move(line)), log(to), descriptor(std::move(opened))
    {
    }
    void run();
    void take(std::unique_lock<std::mutex>& lock);
    void openAgain();
    std::string_view writeOut(std::string_view text);
    std::string_view keepWholeLines(std::string_view text, std::size_t written);
    bool waitUntilWritable();
    void sayFailing(int code);

    const std::string file;
    const LostLine lostLine;
    const Log log;

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<std::string> lines;
    std::int64_t lost = 0;
    std::int64_t untold = 0; // of them
    bool reopening = false;
    bool stopping = false;
    bool abandoned = false; // nothing but this is there any more
    bool ended = false;

    // The thread's alone.
    FileDescriptor descriptor;
    bool failing = false;
    bool owesLineFeed = false;
};

void LineFile::State::run()
{
    std::unique_lock lock(mutex);
    while (!abandoned) {
        changed.wait(lock, [this] { return stopping || reopening || !lines.empty(); });
        if (reopening) {
            reopening = false;
            lock.unlock();
            openAgain();
            lock.lock();
        } else if (!lines.empty()) {
            take(lock);
        } else {
            break;
        }
    }
    ended = true;
}

// All that waits, and then what was lost after it.
void LineFile::State::take(std::unique_lock<std::mutex>& lock)
{
    std::string text;
    for (const auto& line : lines)
        text += line;
    lines.clear();
    const auto waited = linesIn(text);
    const auto telling = untold;
    lock.unlock();
    if (telling > 0) text += lostLine(telling);
    const auto written = linesIn(writeOut(text));
    lock.lock();
    const auto lostNow = std::max<std::int64_t>(0, waited - written);
    lost += lostNow;
    untold += lostNow - (written > waited ? telling : 0);
}

// What of it is in the file.
std::string_view LineFile::State::writeOut(std::string_view text)
{
    if (owesLineFeed) {
        if (::write(descriptor.get(), "\n", 1) != 1) return {};
        owesLineFeed = false;
    }
    std::size_t written = 0;
    while (written < text.size()) {
        const auto count = ::write(descriptor.get(), text.data() + written, text.size() - written);
        if (count > 0) written += static_cast<std::size_t>(count);
        if (count > 0 || (count < 0 && errno == EINTR)) continue;
        const int code = errno;
        if (count < 0 && code == EAGAIN && waitUntilWritable()) continue;
        sayFailing(code);
        return keepWholeLines(text, written);
    }
    failing = false;
    return text;
}

// A line that is there in part is taken back; where that cannot be, it ends before the next one.
std::string_view LineFile::State::keepWholeLines(std::string_view text, std::size_t written)
{
    const auto end = text.substr(0, written).rfind('\n');
    const auto whole = end == std::string_view::npos ? 0 : end + 1;
    if (whole == written) return text.substr(0, whole);
    struct stat facts {};
    const bool takenBack =
        ::fstat(descriptor.get(), &facts) == 0 && S_ISREG(facts.st_mode) &&
        ::ftruncate(descriptor.get(), facts.st_size - static_cast<off_t>(written - whole)) == 0;
    owesLineFeed = !takenBack;
    return text.substr(0, whole);
}

// Of a FIFO. False: it is time to end, or there is no reader any more.
bool LineFile::State::waitUntilWritable()
{
    pollfd one{descriptor.get(), POLLOUT, 0};
    for (;;) {
        const int ready = ::poll(&one, 1, static_cast<int>(lookInterval.count()));
        if (ready < 0 && errno != EINTR) return false;
        if (ready > 0) return (one.revents & POLLOUT) != 0;
        const std::lock_guard lock(mutex);
        if (stopping || reopening) return false;
    }
}

void LineFile::State::sayFailing(int code)
{
    if (!failing)
        log.error(file + ": lines are lost until it can be written again: " + std::strerror(code));
    failing = true;
}

void LineFile::State::openAgain()
{
    auto opened = openFile(file);
    if (!opened) {
        log.error("the old file is kept: " + opened.error().message);
        return;
    }
    descriptor = *std::move(opened);
    owesLineFeed = false;
}

Result<std::unique_ptr<LineFile>> LineFile::open(
    const std::string& file, LostLine lostLine, const Log& log)
{
    auto opened = openFile(file);
    if (!opened) return opened.error();
    return std::unique_ptr<LineFile>(
        new LineFile(std::make_shared<State>(file, std::move(lostLine), log, *std::move(opened))));
}

LineFile::LineFile(std::shared_ptr<State> state) : state_(std::move(state))
{
    std::thread([state = state_] { state->run(); }).detach();
}

LineFile::~LineFile()
{
    const Deadline deadline(patience);
    std::unique_lock lock(state_->mutex);
    state_->stopping = true;
    state_->changed.notify_all();
    while (!state_->ended && !deadline.over()) {
        lock.unlock();
        pauseFor(endInterval);
        lock.lock();
    }
    state_->abandoned = true;
}

void LineFile::put(std::string line)
{
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->lines.size() >= queueLimit) {
            ++state_->lost;
            ++state_->untold;
            return;
        }
        state_->lines.push_back(std::move(line));
    }
    state_->changed.notify_all();
}

void LineFile::reopen()
{
    {
        const std::lock_guard lock(state_->mutex);
        state_->reopening = true;
    }
    state_->changed.notify_all();
}

std::int64_t LineFile::lost() const
{
    const std::lock_guard lock(state_->mutex);
    return state_->lost;
}

} // namespace perennial::enrollment::server
