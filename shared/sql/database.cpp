#include "shared/sql/database.h"

#include "shared/base/encoding.h"
#include "shared/sql/connection.h"
#include "shared/sql/database_file.h"
#include "shared/sql/migrations.h"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace perennial::sql {

namespace {

constexpr std::size_t idleReaders = 4;

class SqliteDatabase final : public Database {
public:
    SqliteDatabase(std::string file, const Options& options, std::unique_ptr<Connection> writer)
        : file_(std::move(file)), options_(options), writer_(std::move(writer))
    {
    }

    Status transaction(const std::function<Status(Session&)>& work) override;
    Status read(const std::function<Status(Session&)>& work) override;
    Status backup(const std::string& toFile) override;
    Status checkIntegrity() override;

private:
    struct Turn {
        const Connection::Work& work;
        std::optional<Status> outcome = {}; // when it was its turn
        bool isNext = false;                // to write for all who wait
        std::condition_variable changed = {};
    };
    void handOn(const std::vector<Turn*>& turns, std::vector<Status> outcomes);
    // Without memory the program ends: the others would wait for ever.
    std::vector<Status> write(const std::vector<Turn*>& turns) noexcept;
    Result<std::unique_ptr<Connection>> takeReader();
    void giveBack(std::unique_ptr<Connection> reader);

    std::string file_;
    Options options_;
    // Whoever finds nobody writing writes for all who wait, with one COMMIT, and hands on to the
    // first of those that came meanwhile. Each is woken once.
    std::mutex queueing_;
    std::vector<Turn*> queue_;
    bool writing_ = false;
    std::atomic<std::thread::id> writingThread_;
    std::unique_ptr<Connection> writer_; // of whoever is writing
    std::mutex idling_;
    std::vector<std::unique_ptr<Connection>> idle_; // readers; another is opened when all are busy
};

Status SqliteDatabase::transaction(const Connection::Work& work)
{
    if (writingThread_.load() == std::this_thread::get_id())
        return Error{ErrorKind::Internal, toPrintable(file_) + ": a transaction inside another"};
    Turn mine{work};
    std::unique_lock lock(queueing_);
    queue_.push_back(&mine);
    if (writing_) mine.changed.wait(lock, [&] { return mine.outcome || mine.isNext; });
    if (mine.outcome) return *std::move(mine.outcome);
    writing_ = true;
    const auto turns = std::exchange(queue_, {});
    lock.unlock();
    auto outcomes = write(turns);
    lock.lock();
    handOn(turns, std::move(outcomes));
    return *std::move(mine.outcome);
}

// With the queue locked: a turn is gone as soon as its thread can go on.
void SqliteDatabase::handOn(const std::vector<Turn*>& turns, std::vector<Status> outcomes)
{
    for (std::size_t at = 0; at < turns.size(); ++at) {
        turns[at]->outcome = std::move(outcomes[at]);
        turns[at]->changed.notify_one();
    }
    writing_ = !queue_.empty();
    if (!writing_) return;
    queue_.front()->isNext = true;
    queue_.front()->changed.notify_one();
}

std::vector<Status> SqliteDatabase::write(const std::vector<Turn*>& turns) noexcept
{
    std::vector<const Connection::Work*> works;
    for (const auto* turn : turns)
        works.push_back(&turn->work);
    writingThread_ = std::this_thread::get_id();
    auto outcomes = writer_->inOneTransaction(works);
    writingThread_ = std::thread::id();
    return outcomes;
}

Status SqliteDatabase::read(const std::function<Status(Session&)>& work)
{
    auto reader = takeReader();
    if (!reader) return reader.error();
    auto status = (*reader)->inTransaction(work);
    giveBack(*std::move(reader));
    return status;
}

Result<std::unique_ptr<Connection>> SqliteDatabase::takeReader()
{
    {
        const std::lock_guard lock(idling_);
        if (!idle_.empty()) {
            auto reader = std::move(idle_.back());
            idle_.pop_back();
            return reader;
        }
    }
    return Connection::open(file_, Connection::Access::Read, options_);
}

void SqliteDatabase::giveBack(std::unique_ptr<Connection> reader)
{
    const std::lock_guard lock(idling_);
    if (idle_.size() < idleReaders) idle_.push_back(std::move(reader));
}

Status SqliteDatabase::backup(const std::string& toFile)
{
    const auto target = std::filesystem::absolute(toFile).string();
    if (auto made = makeFile(target, IfThere::Refuse); !made) return made;
    const auto copy = [&]() -> Status {
        // Of its own: query_only forbids it, and writers should not wait.
        auto connection = Connection::open(file_, Connection::Access::Write, options_);
        if (!connection) return connection.error();
        const auto copied = (*connection)->execute("VACUUM INTO ?", {target});
        if (!copied) return copied.error();
        return syncFile(target);
    };
    auto status = copy();
    if (!status) removeFile(target);
    return status;
}

Status SqliteDatabase::checkIntegrity()
{
    return read([&](Session& session) -> Status {
        const auto found = session.query("PRAGMA integrity_check(10)");
        if (!found) return found.error();
        std::string problems;
        for (const auto& row : *found)
            if (row.text(0) != "ok") problems += (problems.empty() ? "" : "; ") + row.text(0);
        if (problems.empty()) return {};
        return Error{ErrorKind::Corrupt, toPrintable(file_) +
                                             ": it is damaged; stop, keep it, and restore a "
                                             "backup (" +
                                             toPrintable(problems) + ")"};
    });
}

} // namespace

Result<std::unique_ptr<Database>> Database::open(
    const std::string& file, const std::vector<Migration>& migrations, const Options& options)
{
    // SQLite gives a meaning to ":memory:" and "file:...": an absolute path has none.
    const auto path = std::filesystem::absolute(file).string();
    if (auto made = makeFile(path, IfThere::Keep); !made) return made.error();
    auto writer = Connection::open(path, Connection::Access::Write, options);
    if (!writer) return writer.error();
    if (auto checked = checkFile(**writer, path, migrations); !checked) return checked.error();
    if (auto kept = (*writer)->keepWriteAheadLog(); !kept) return kept.error();
    if (auto migrated = migrate(**writer, path, migrations); !migrated) return migrated.error();
    return std::unique_ptr<Database>(
        std::make_unique<SqliteDatabase>(path, options, *std::move(writer)));
}

} // namespace perennial::sql
