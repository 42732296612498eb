#include "controller/audit/sink_runner.h"

#include "shared/base/encoding.h"
#include "shared/base/random.h"
#include "shared/x509/digest.h"

#include <algorithm>
#include <charconv>

namespace perennial::controller {

namespace {

constexpr std::chrono::milliseconds firstWait{1000};
constexpr std::chrono::milliseconds longestWait{60'000};
constexpr std::size_t cursorLimit = 256;

struct Cursor {
    std::int64_t next = 0;
    std::string fingerprint; // of the record before it: a restored log has another one there
};

// "<next> <sha256 hex of the record before>\n"
Result<Cursor> cursorFrom(std::string_view text, const std::filesystem::path& file)
{
    Cursor cursor;
    const auto space = text.find(' ');
    const auto digits = text.substr(0, space);
    const auto* end = digits.data() + digits.size();
    const auto [stopped, failed] = std::from_chars(digits.data(), end, cursor.next);
    if (failed != std::errc() || stopped != end || space == std::string_view::npos ||
        cursor.next < 0 || !text.ends_with('\n'))
        return Error{ErrorKind::Corrupt, file.string() + " is no sink's cursor"};
    cursor.fingerprint = text.substr(space + 1, text.size() - space - 2);
    return cursor;
}

} // namespace

SinkRunner::SinkRunner(std::string name, std::unique_ptr<AuditSink> sink, AuditLog& log,
    FileSystem& files, const Clock& clock, std::filesystem::path cursorFile)
    : name_(std::move(name)), sink_(std::move(sink)), log_(log), files_(files), clock_(clock),
      cursorFile_(std::move(cursorFile))
{
    shown_.name = name_;
}

bool SinkRunner::step()
{
    if (clock_.monotonic() < retryAt_) return false;
    Status done = loaded_ ? Status() : load();
    if (done) done = next_ < log_.size() && next_ - cursor_ < window ? deliver() : settle();
    if (!done) {
        failed(done.error());
        return false;
    }
    return next_ < log_.size() && next_ - cursor_ < window;
}

// Where it stopped. A log that is not the one in which it stopped was restored from a backup: then
// from there on, or when that is not known, from the beginning: repeats are harmless.
Status SinkRunner::load()
{
    const auto text = files_.read(cursorFile_, cursorLimit);
    if (!text && text.error().kind != ErrorKind::NotFound) return text.error();
    Cursor cursor;
    if (text) {
        auto read = cursorFrom(*text, cursorFile_);
        if (!read) return read.error();
        cursor = std::move(*read);
    }
    const auto restored = log_.restoredAt();
    if (restored && cursor.next > *restored) {
        cursor.next = *restored;
    } else if (cursor.next > 0) {
        const auto fingerprint = fingerprintOf(cursor.next - 1);
        if (!fingerprint && fingerprint.error().kind != ErrorKind::NotFound)
            return fingerprint.error();
        if (!fingerprint || *fingerprint != cursor.fingerprint) cursor.next = 0;
    }
    cursor_ = cursor.next;
    next_ = cursor_;
    loaded_ = true;
    set(cursor_, working_, "");
    return {};
}

Result<std::string> SinkRunner::fingerprintOf(std::int64_t sequence) const
{
    const auto events = log_.read(sequence, 1);
    if (!events) return events.error();
    if (events->empty()) return Error{ErrorKind::NotFound, "the log is shorter"};
    return x509::sha256Hex(events->front().canonical);
}

Status SinkRunner::deliver()
{
    const auto events = log_.read(next_, batchSize);
    if (!events) return events.error();
    if (events->empty()) return {};
    const auto delivered = sink_->deliver(*events);
    if (!delivered) return delivered.error();
    next_ = events->back().sequence + 1;
    return advance(*delivered);
}

Status SinkRunner::settle()
{
    if (cursor_ == next_) return {};
    const auto delivered = sink_->settle();
    return delivered ? advance(*delivered) : delivered.error();
}

Status SinkRunner::advance(std::int64_t delivered)
{
    const auto cursor = std::min(delivered + 1, next_);
    if (cursor <= cursor_) return {};
    const auto fingerprint = fingerprintOf(cursor - 1);
    if (!fingerprint) return fingerprint.error();
    auto kept = files_.replace(cursorFile_, std::to_string(cursor) + ' ' + *fingerprint + '\n', {});
    if (!kept) return kept;
    cursor_ = cursor;
    wait_ = std::chrono::milliseconds(0);
    // Not before something is known delivered: a receiver that refuses may first take some.
    if (!working_) tell("audit.sink_recovered", model::Outcome::Success, "");
    set(cursor_, true, "");
    return {};
}

void SinkRunner::failed(const Error& error)
{
    next_ = cursor_; // all that is not known delivered goes again
    wait_ = std::clamp(wait_ * 2, firstWait, longestWait);
    retryAt_ = clock_.monotonic() + wait_;
    const auto reason = toPrintable(error.message);
    if (working_) tell("audit.sink_failed", model::Outcome::Failure, reason);
    set(cursor_, false, reason);
}

void SinkRunner::tell(const std::string& kind, model::Outcome outcome, const std::string& reason)
{
    model::AuditEvent event;
    event.time = clock_.preciseNow();
    event.id = uuidV7(event.time);
    event.kind = kind;
    event.actor = {"controller", "", "local", ""};
    event.outcome = outcome;
    event.reason = reason;
    event.details = {{"sink", name_}, {"cursor", cursor_}};
    log_.note(std::move(event));
}

void SinkRunner::set(std::int64_t cursor, bool working, const std::string& message)
{
    working_ = working;
    const std::lock_guard lock(mutex_);
    shown_.cursor = cursor;
    shown_.working = working;
    shown_.message = message;
}

SinkStatus SinkRunner::status() const
{
    const std::lock_guard lock(mutex_);
    auto status = shown_;
    status.lag = std::max<std::int64_t>(0, log_.size() - status.cursor);
    return status;
}

} // namespace perennial::controller
