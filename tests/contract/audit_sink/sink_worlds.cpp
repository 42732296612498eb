#include "tests/contract/audit_sink/sink_worlds.h"

#include "plugins/syslog_sink/syslog_sink.h"
#include "shared/base/json.h"

#include <algorithm>
#include <doctest/doctest.h>

namespace perennial::test {

namespace {

constexpr auto* receiverName = "siem.example.test";
constexpr auto* senderName = "controller.example.test";

} // namespace

SyslogWorld::SyslogWorld(const std::string& driver)
    : pki(folder), rsyslog(folder, makeCertificates(pki), "root", receiverName, senderName, driver)
{
}

TestPki& SyslogWorld::makeCertificates(TestPki& pki)
{
    pki.makeRoot("root");
    pki.issueServer(receiverName, "root");
    pki.issueClient(senderName, "root");
    return pki;
}

std::map<std::string, std::string> SyslogWorld::settings() const
{
    return {{"host", "127.0.0.1"}, {"port", std::to_string(rsyslog.port())},
        {"server_name", receiverName}, {"trust_file", pki["root"].certificate},
        {"certificate_file", pki[senderName].certificate}, {"key_file", pki[senderName].key},
        {"hostname", senderName}, {"settle_after", "2s"}};
}

std::unique_ptr<AuditSink> SyslogWorld::makeSink()
{
    auto sink = plugins::makeSyslogSink(settings());
    REQUIRE_MESSAGE(sink, sink.error().message);
    return std::move(*sink);
}

std::unique_ptr<AuditSink> SyslogWorld::makeQuickSink()
{
    auto read = plugins::readSyslogSettings(settings());
    REQUIRE(read);
    read->settleAfter = std::chrono::milliseconds(200);
    return std::make_unique<plugins::SyslogSink>(std::move(*read), std::make_unique<SystemClock>());
}

std::vector<std::int64_t> SyslogWorld::received() const
{
    std::vector<std::int64_t> sequences;
    for (const auto& message : rsyslog.messages()) {
        const auto data = Json::parse(message.structuredData);
        REQUIRE_MESSAGE(data, message.structuredData);
        const Json* ours = data->find("perennial@32473");
        REQUIRE(ours != nullptr);
        sequences.push_back(std::stoll(*ours->find("seq")->string()));
    }
    return sequences;
}

void SyslogWorld::waitFor(const std::set<std::int64_t>& sequences) const
{
    waitForFile(folder / "received.jsonl", [&] {
        const auto all = received();
        const std::set<std::int64_t> there(all.begin(), all.end());
        return std::includes(there.begin(), there.end(), sequences.begin(), sequences.end());
    });
}

// Takes events in one call and has them written in a later one, as receivers with a queue do.
class MemoryWorld::Sink final : public AuditSink {
public:
    explicit Sink(MemoryWorld& world) : world_(world) {}
    Result<std::int64_t> deliver(const std::vector<SinkEvent>& events) override
    {
        if (auto open = flush(); !open) return open.error();
        for (const auto& event : events)
            world_.queue_.push_back(event.sequence);
        return delivered_;
    }
    Result<std::int64_t> settle() override
    {
        if (auto open = flush(); !open) return open.error();
        return delivered_;
    }

private:
    Status flush()
    {
        const Error gone{ErrorKind::Unavailable, "the receiver is gone"};
        if (!world_.up_) return gone;
        if (std::exchange(life_, world_.life_) != world_.life_) return gone;
        auto& queue = world_.queue_;
        world_.written_.insert(world_.written_.end(), queue.begin(), queue.end());
        if (!queue.empty()) delivered_ = queue.back();
        queue.clear();
        return {};
    }

    MemoryWorld& world_;
    int life_ = 0;
    std::int64_t delivered_ = -1;
};

std::unique_ptr<AuditSink> MemoryWorld::makeSink() { return std::make_unique<Sink>(*this); }

void MemoryWorld::killReceiver()
{
    up_ = false;
    ++life_;
    queue_.clear();
}

SinkEvent makeEvent(std::int64_t sequence, const std::string& subject, std::size_t names)
{
    Json::Array list;
    for (std::size_t i = 0; i < names; ++i)
        list.emplace_back("host-" + std::to_string(i) + ".with-a-long-name.example.test");
    Json event;
    event["actor"] = Json::Object{{"id", "agent-1"}, {"type", "agent"}};
    event["certificate"] = Json::Object{{"fingerprint", std::string(64, 'a')},
        {"issuer", "CN=Issuing CA"}, {"names", std::move(list)}, {"names_total", names},
        {"not_after", "2027-01-01T00:00:00Z"}, {"serial", "0A1B2C"}, {"subject", subject}};
    event["correlation_id"] = "order-7";
    event["host"] = "web1.example.test";
    event["id"] = "0195d7a0-0000-7000-8000-" + std::to_string(100'000'000'000 + sequence);
    event["kind"] = "certificate.installed";
    event["outcome"] = "success";
    event["policy"] = "0123abcd:web";
    event["recorded_time"] = "2026-11-21T06:00:01.000Z";
    event["schema_version"] = 1;
    event["seq"] = sequence;
    event["time"] = "2026-11-21T06:00:00.123Z";
    return {sequence, event.canonical()};
}

std::vector<SinkEvent> makeEvents(std::int64_t first, std::int64_t count)
{
    std::vector<SinkEvent> events;
    for (auto sequence = first; sequence < first + count; ++sequence)
        events.push_back(makeEvent(sequence));
    return events;
}

Status Carrier::deliver(std::size_t batch)
{
    const auto end = std::min(next_ + batch, events_.size());
    const std::vector<SinkEvent> part(events_.begin() + static_cast<std::ptrdiff_t>(next_),
        events_.begin() + static_cast<std::ptrdiff_t>(end));
    next_ = end;
    return take(sink_.deliver(part));
}

Status Carrier::take(const Result<std::int64_t>& result)
{
    if (!result) {
        next_ = static_cast<std::size_t>(delivered_ + 1);
        return result.error();
    }
    delivered_ = std::max(delivered_, *result);
    CHECK(delivered_ < static_cast<std::int64_t>(next_)); // never what it was not given
    return {};
}

void Carrier::finish()
{
    const Deadline deadline(std::chrono::seconds(60));
    while (delivered_ + 1 < static_cast<std::int64_t>(events_.size())) {
        REQUIRE_FALSE(deadline.over());
        if (!allSent()) {
            (void)deliver();
        } else {
            (void)take(sink_.settle());
        }
    }
}

} // namespace perennial::test
