#include "controller/audit/audit_log.h"

#include "controller/audit/log_key.h"
#include "shared/audit/audit_record.h"
#include "shared/base/random.h"
#include "shared/x509/digest.h"

#include <algorithm>

namespace perennial::controller {

namespace {

constexpr std::int64_t batchSize = 500;
constexpr std::size_t mostNotes = 10'000; // a bound; notes come one at a time

std::string kindOf(const SinkEvent& event)
{
    const auto record = audit::readRecord(event.canonical);
    const Json* kind = record ? record->event.find("kind") : nullptr;
    return kind != nullptr && kind->string() != nullptr ? *kind->string() : "";
}

} // namespace

AuditLog::AuditLog(FileSystem& files, sql::Database& database, const Clock& clock,
    AuditLogSettings settings, LogWriter writer)
    : database_(database), clock_(clock), settings_(std::move(settings)),
      reader_(files, audit::LogFiles{settings_.folder}, settings_.eventsPerFile),
      writer_(std::move(writer))
{
    publish();
}

Status AuditLog::create(
    FileSystem& files, const AuditLogSettings& settings, const std::string& origin)
{
    const audit::LogFiles log{settings.folder};
    if (files.inspect(log.publicKey()))
        return Error{ErrorKind::Conflict, settings.folder.string() + " holds an audit log already"};
    // A key without a log is what a crash in here left: it has signed nothing but emptiness.
    const auto signer = makeLogKey(files, settings.keyFile, origin);
    if (!signer) return signer.error();
    return LogWriter::create(files, log, *signer);
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(
    FileSystem& files, sql::Database& database, const Clock& clock, AuditLogSettings settings)
{
    auto lock = lockLog(settings.keyFile);
    if (!lock) return lock.error();
    auto signer = readLogKey(files, settings.keyFile, audit::LogFiles{settings.folder});
    if (!signer) return signer.error();
    LogWriter::Opening opening{settings.eventsPerFile, {}, settings.acceptRestoredLog};
    auto known = database.read([&](sql::Session& session) -> Status {
        auto note = AuditOutbox::knownCheckpoint(session);
        if (note) opening.knownNote = std::move(*note);
        return note ? Status() : note.error();
    });
    if (!known) return known.error();
    auto writer =
        LogWriter::open(files, audit::LogFiles{settings.folder}, std::move(*signer), opening);
    if (!writer) return writer.error();
    std::unique_ptr<AuditLog> log(
        new AuditLog(files, database, clock, std::move(settings), std::move(*writer)));
    log->lock_ = std::move(*lock);
    const std::lock_guard writing(log->writing_);
    if (auto done = log->start(); !done) return done.error();
    return log;
}

Status AuditLog::start()
{
    if (auto done = dropIntegratedBefore(); !done) return done;
    const auto& state = writer_.state();
    const auto before = state.size();
    bool stopped = before == 0;
    if (before > 0) {
        const auto last = reader_.read(before - 1, before, 1);
        if (!last) return last.error();
        stopped = !last->events.empty() && kindOf(last->events.front()) == "audit.stopped";
    }
    const auto note = state.newestNote;
    const bool repaired = state.repaired;
    if (const auto& restore = state.restore) {
        auto done = appendOwn(
            "admin.restored", {{"log_size", restore->logSize}, {"checkpoint_size", restore->lostTo},
                                  {"checkpoint", restore->newestNote}});
        if (!done) return done;
    }
    auto done = appendOwn("audit.started", {{"size", before}, {"stopped_before", stopped},
                                               {"repaired", repaired}, {"checkpoint", note}});
    if (!done) return done;
    // What excuses a gap must be signed, or it excuses nothing.
    return state.restore ? sign() : Status();
}

// A crash between writing and removing leaves the first rows of the outbox as the last records.
Status AuditLog::dropIntegratedBefore()
{
    const auto size = writer_.state().size();
    const auto from = std::max<std::int64_t>(0, size - 2 * batchSize);
    std::set<std::string> written;
    for (auto next = from; next < size;) {
        const auto part = reader_.read(next, size, batchSize);
        if (!part) return part.error();
        for (const auto& event : part->events) {
            if (const auto record = audit::readRecord(event.canonical))
                written.insert(record->event.canonical());
        }
        next += static_cast<std::int64_t>(part->events.size());
        if (part->events.empty()) break;
    }
    return database_.transaction([&](sql::Session& session) -> Status {
        const auto rows = AuditOutbox::oldest(session, batchSize);
        if (!rows) return rows.error();
        std::int64_t last = 0;
        for (const auto& row : *rows) {
            if (!written.contains(row.event)) break;
            last = row.position;
        }
        return last > 0 ? AuditOutbox::removeUpTo(session, last) : Status();
    });
}

Status AuditLog::integrate()
{
    const std::lock_guard writing(writing_);
    auto done = integrateNow();
    const std::lock_guard lock(mutex_);
    failure_.reset();
    if (!done) failure_ = done.error();
    return done;
}

Status AuditLog::integrateNow()
{
    if (const auto step = clockWatch_.look(clock_)) {
        note(ownEvent("audit.clock_step",
            {{"milliseconds", std::int64_t{step->by.count()}}, {"before", toRfc3339(step->before)},
                {"after", toRfc3339(step->after)}}));
    }
    for (;;) {
        if (auto done = removeIntegrated(); !done) return done;
        const auto batch = collect();
        if (!batch) return batch.error();
        if (batch->rows.empty() && batch->notes.empty()) return checkpointWhenDue();
        if (auto done = write(*batch); !done) return done;
        if (auto done = removeIntegrated(); !done) return done;
        if (auto done = checkpointWhenDue(); !done) return done;
    }
}

Result<AuditLog::Batch> AuditLog::collect()
{
    Batch batch;
    const auto most =
        std::clamp(settings_.checkpointEvents - uncovered_, std::int64_t{1}, batchSize);
    auto found = database_.read([&](sql::Session& session) -> Status {
        auto rows = AuditOutbox::oldest(session, static_cast<std::size_t>(most));
        if (rows) batch.rows = std::move(*rows);
        return rows ? Status() : rows.error();
    });
    if (!found) return found.error();
    const std::lock_guard lock(mutex_);
    const auto count = std::min(notes_.size(), static_cast<std::size_t>(batchSize));
    batch.notes.assign(notes_.begin(), notes_.begin() + static_cast<std::ptrdiff_t>(count));
    return batch;
}

Status AuditLog::write(const Batch& batch)
{
    std::vector<Json> events;
    for (const auto& row : batch.rows) {
        auto json = Json::parse(row.event);
        if (!json)
            return Error{ErrorKind::Corrupt, "audit outbox, position " +
                                                 std::to_string(row.position) + ": " +
                                                 json.error().message};
        events.push_back(std::move(*json));
    }
    for (const auto& event : batch.notes) {
        auto json = model::toJson(event);
        if (json) events.push_back(std::move(*json));
    }
    if (auto done = append(events); !done) return done;
    if (!batch.rows.empty()) {
        integrated_ = batch.rows.back().position;
        rowsRemain_ = true;
    }
    const std::lock_guard lock(mutex_);
    notes_.erase(notes_.begin(), notes_.begin() + static_cast<std::ptrdiff_t>(batch.notes.size()));
    return {};
}

Status AuditLog::removeIntegrated()
{
    if (!rowsRemain_) return {};
    auto done = database_.transaction(
        [&](sql::Session& session) { return AuditOutbox::removeUpTo(session, integrated_); });
    if (done) rowsRemain_ = false;
    return done;
}

Status AuditLog::append(const std::vector<Json>& events)
{
    const auto now = clock_.preciseNow();
    std::vector<std::string> records;
    records.reserve(events.size());
    auto sequence = writer_.state().size();
    for (const auto& event : events)
        records.push_back(audit::makeRecord(event, sequence++, now));
    if (auto done = writer_.append(records); !done) return done;
    if (uncovered_ == 0) uncoveredSince_ = clock_.monotonic();
    uncovered_ += static_cast<std::int64_t>(events.size());
    publish();
    return {};
}

Status AuditLog::appendOwn(const std::string& kind, Json::Object details)
{
    auto json = model::toJson(ownEvent(kind, std::move(details)));
    if (!json) return json.error();
    return append({std::move(*json)});
}

model::AuditEvent AuditLog::ownEvent(const std::string& kind, Json::Object details) const
{
    model::AuditEvent event;
    event.time = clock_.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = kind;
    event.actor = {"controller", settings_.host, "local", ""};
    event.host = settings_.host;
    event.details = std::move(details);
    return event;
}

Status AuditLog::checkpointWhenDue()
{
    if (uncovered_ == 0) return {};
    const bool waited = clock_.monotonic() - uncoveredSince_ >= settings_.checkpointEvery;
    if (!waited && uncovered_ < settings_.checkpointEvents) return {};
    const auto covered = writer_.state().size();
    if (auto done = sign(); !done) return done;
    auto done = appendOwn(
        "audit.checkpoint", {{"size", covered}, {"checkpoint", writer_.state().newestNote}});
    uncovered_ = 0; // the checkpoint's own event waits for something new
    return done;
}

Status AuditLog::sign()
{
    const auto note = writer_.signCheckpoint();
    if (!note) return note.error();
    uncovered_ = 0;
    publish();
    return database_.transaction(
        [&](sql::Session& session) { return AuditOutbox::knowCheckpoint(session, *note); });
}

void AuditLog::note(model::AuditEvent event)
{
    const std::lock_guard lock(mutex_);
    if (notes_.size() < mostNotes) notes_.push_back(std::move(event));
}

Status AuditLog::stop()
{
    if (auto done = integrate(); !done) return done;
    const std::lock_guard writing(writing_);
    if (auto done = appendOwn("audit.stopped", {{"size", writer_.state().size()}}); !done)
        return done;
    return sign();
}

void AuditLog::publish()
{
    const std::lock_guard lock(mutex_);
    size_ = writer_.state().size();
    checkpoint_ = writer_.state().newestNote;
    checkpointSize_ = writer_.state().newestSize;
}

std::int64_t AuditLog::size() const
{
    const std::lock_guard lock(mutex_);
    return size_;
}

std::string AuditLog::checkpoint() const
{
    const std::lock_guard lock(mutex_);
    return checkpoint_;
}

std::int64_t AuditLog::checkpointSize() const
{
    const std::lock_guard lock(mutex_);
    return checkpointSize_;
}

std::optional<std::int64_t> AuditLog::restoredAt() const
{
    const auto& restore = writer_.state().restore;
    return restore ? std::optional(restore->logSize) : std::nullopt;
}

std::string AuditLog::publicKey() const { return writer_.signer().verifier().toText(); }

Status AuditLog::health() const
{
    const std::lock_guard lock(mutex_);
    return failure_ ? Status(*failure_) : Status();
}

Result<std::vector<SinkEvent>> AuditLog::read(std::int64_t sequence, std::size_t limit) const
{
    auto part = reader_.read(sequence, size(), limit);
    if (!part) return part.error();
    if (part->damaged) {
        damaged(*part->damaged);
        if (part->events.empty())
            return Error{ErrorKind::Corrupt, "record " + std::to_string(*part->damaged) +
                                                 " of the audit log is not what was written"};
    }
    return std::move(part->events);
}

void AuditLog::damaged(std::int64_t sequence) const
{
    auto event = ownEvent("audit.verify_failed", {{"sequence", sequence}});
    event.outcome = model::Outcome::Failure;
    event.reason = "a record is not what was written";
    const std::lock_guard lock(mutex_);
    if (damaged_.size() < mostNotes && damaged_.insert(sequence).second)
        notes_.push_back(std::move(event));
}

Result<std::int64_t> AuditLog::firstRecordedSince(TimePoint time) const
{
    return reader_.firstSince(time, size());
}

Bytes AuditLog::secretFor(std::string_view purpose) const
{
    const Secret key = writer_.signer().key().toPem();
    return x509::hmacSha256(key.reveal(), purpose);
}

} // namespace perennial::controller
