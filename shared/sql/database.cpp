#include "shared/sql/database.h"

#include "shared/base/encoding.h"
#include "shared/sql/connection.h"
#include "shared/sql/database_file.h"
#include "shared/sql/migrations.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

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
    Result<std::unique_ptr<Connection>> takeReader();
    void giveBack(std::unique_ptr<Connection> reader);

    std::string file_;
    Options options_;
    std::mutex writing_;
    std::atomic<std::thread::id> writingThread_;
    std::unique_ptr<Connection> writer_;
    std::mutex idling_;
    std::vector<std::unique_ptr<Connection>> idle_; // readers; another is opened when all are busy
};

Status SqliteDatabase::transaction(const std::function<Status(Session&)>& work)
{
    if (writingThread_.load() == std::this_thread::get_id())
        return Error{ErrorKind::Internal, toPrintable(file_) + ": a transaction inside another"};
    const std::lock_guard turn(writing_);
    writingThread_ = std::this_thread::get_id();
    auto status = writer_->inTransaction(work);
    writingThread_ = std::thread::id();
    return status;
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
