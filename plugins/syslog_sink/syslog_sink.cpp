#include "plugins/syslog_sink/syslog_sink.h"

namespace perennial::plugins {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds connectLimit{10'000};
constexpr milliseconds writeLimit{10'000};
constexpr milliseconds confirmLimit{30'000};
constexpr milliseconds lookTime{200};
constexpr milliseconds goodbyeLimit{1000};
constexpr std::size_t pieceSize = 64U << 10U;

} // namespace

SyslogSink::SyslogSink(SyslogSettings settings, std::unique_ptr<Clock> clock)
    : settings_(std::move(settings)), clock_(std::move(clock))
{
}

SyslogSink::~SyslogSink()
{
    if (connection_) connection_->close(goodbyeLimit);
}

Result<std::int64_t> SyslogSink::deliver(const std::vector<SinkEvent>& events)
{
    if (events.empty()) return delivered_;
    const auto first = events.front().sequence;
    if (!marks_.empty() && first <= marks_.back().sequence) marks_.clear(); // given once more
    if (marks_.empty()) delivered_ = first - 1;
    if (connection_) {
        const auto open = look(milliseconds(0));
        // One that was closed while nothing was under way has lost nothing.
        if (!open && !marks_.empty()) return broken(open.error());
        if (!open) connection_.reset();
    }
    if (!connection_) {
        if (auto connected = connect(); !connected) return broken(connected.error());
    }
    if (auto written = write(events); !written) return broken(written.error());
    marks_.push_back({events.back().sequence, clock_->monotonic(), std::nullopt});
    if (auto open = look(milliseconds(0)); !open) return broken(open.error());
    return delivered_;
}

Result<std::int64_t> SyslogSink::settle()
{
    if (marks_.empty()) return delivered_;
    if (auto open = look(lookTime); !open) return broken(open.error());
    return delivered_;
}

Status SyslogSink::connect()
{
    const auto files = readTlsFiles(settings_);
    if (!files) return files.error();
    auto connection = tls::ClientConnection::open(settings_.target, *files, connectLimit);
    if (!connection) return connection.error();
    connection_ = std::move(*connection);
    return {};
}

Status SyslogSink::write(const std::vector<SinkEvent>& events)
{
    std::string piece;
    for (const auto& event : events) {
        piece += syslogFrame(syslogMessage(event, settings_.format));
        if (piece.size() < pieceSize && &event != &events.back()) continue;
        if (auto written = connection_->write(piece, writeLimit); !written) return written;
        piece.clear();
    }
    return {};
}

// Watches the read side, and moves what is known delivered.
Status SyslogSink::look(milliseconds howLong)
{
    if (auto open = connection_->watch(howLong); !open) return open;
    const auto now = clock_->monotonic();
    if (connection_->confirmed()) {
        for (auto& mark : marks_) {
            if (!mark.confirmed) mark.confirmed = now;
        }
    }
    while (!marks_.empty() && marks_.front().confirmed &&
           now - *marks_.front().confirmed >= settings_.settleAfter) {
        delivered_ = marks_.front().sequence;
        marks_.pop_front();
    }
    if (!marks_.empty() && !marks_.front().confirmed && now - marks_.front().written > confirmLimit)
        return Error{ErrorKind::Unavailable, "the receiver's machine confirms nothing any more"};
    return {};
}

Error SyslogSink::broken(const Error& error)
{
    connection_.reset();
    marks_.clear();
    return error;
}

Result<std::unique_ptr<AuditSink>> makeSyslogSink(const PluginSettings& settings)
{
    auto read = readSyslogSettings(settings);
    if (!read) return read.error();
    const auto files = readTlsFiles(*read);
    if (!files) return files.error().in("syslog sink");
    return std::unique_ptr<AuditSink>(
        std::make_unique<SyslogSink>(std::move(*read), std::make_unique<SystemClock>()));
}

} // namespace perennial::plugins
