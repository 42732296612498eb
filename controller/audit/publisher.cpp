#include "controller/audit/publisher.h"

#include "shared/base/periodic_task.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <thread>

namespace perennial::controller {

namespace {

constexpr std::chrono::milliseconds lookInterval{500};
constexpr std::chrono::milliseconds stopLimit{5000};

bool isSinkName(const std::string& name)
{
    return !name.empty() && name.size() <= 64 &&
           std::all_of(name.begin(), name.end(), [](unsigned char letter) {
               return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
                      (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
           });
}

} // namespace

class Publisher::Worker {
public:
    explicit Worker(std::unique_ptr<SinkRunner> runner)
        : runner_(std::move(runner)), task_(std::in_place, lookInterval, [this] { work(); })
    {
    }

    void wakeUp()
    {
        if (task_) task_->wakeUp();
    }
    void pause()
    {
        stopping_ = true;
        task_.reset(); // waits for the step under way
    }
    void finish(const Clock& clock)
    {
        const auto end = clock.monotonic() + stopLimit;
        for (auto status = runner_->status(); status.working && status.lag > 0;
             status = runner_->status()) {
            if (clock.monotonic() >= end) return;
            runner_->step();
        }
    }
    SinkStatus status() const { return runner_->status(); }

private:
    void work()
    {
        while (!stopping_ && runner_->step()) {}
    }

    std::unique_ptr<SinkRunner> runner_;
    std::atomic<bool> stopping_{false};
    std::optional<PeriodicTask> task_; // last: it stops before what it uses goes away
};

Publisher::Publisher(const Clock& clock) : clock_(clock) {}

Publisher::~Publisher()
{
    for (auto& worker : workers_)
        worker->pause();
}

Result<std::unique_ptr<Publisher>> Publisher::start(std::vector<NamedSink> sinks, AuditLog& log,
    FileSystem& files, const Clock& clock, const std::filesystem::path& cursorFolder)
{
    std::set<std::string> names;
    for (const auto& sink : sinks) {
        if (!isSinkName(sink.name))
            return Error{ErrorKind::InvalidInput,
                "a sink's name has 1 to 64 letters, digits, - and _; not so " +
                    toPrintable(sink.name, 100)};
        if (!names.insert(sink.name).second)
            return Error{ErrorKind::InvalidInput, "two sinks are named " + sink.name};
    }
    if (auto done = files.makeFolder(cursorFolder); !done) return done.error();
    std::unique_ptr<Publisher> publisher(new Publisher(clock));
    for (auto& sink : sinks) {
        publisher->workers_.push_back(std::make_unique<Worker>(std::make_unique<SinkRunner>(
            sink.name, std::move(sink.sink), log, files, clock, cursorFolder / sink.name)));
    }
    return publisher;
}

void Publisher::wakeUp()
{
    for (auto& worker : workers_)
        worker->wakeUp();
}

void Publisher::stop()
{
    for (auto& worker : workers_)
        worker->pause();
    {
        std::vector<std::jthread> finishing; // side by side: one that hangs delays no other
        for (auto& worker : workers_)
            finishing.emplace_back([this, &worker] { worker->finish(clock_); });
    }
    workers_.clear();
}

std::vector<SinkStatus> Publisher::status() const
{
    std::vector<SinkStatus> all;
    for (const auto& worker : workers_)
        all.push_back(worker->status());
    return all;
}

} // namespace perennial::controller
