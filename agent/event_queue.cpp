#include "agent/event_queue.h"

#include "shared/base/random.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace perennial::agent {

namespace {

constexpr std::size_t fileLimit = 256U << 20U;
constexpr std::int64_t rewriteAfter = 100; // acknowledged lines that may stay in the file

Result<std::int64_t> numberIn(const std::string& text)
{
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end || number < 0)
        return Error{ErrorKind::Corrupt, "is not the number of an event"};
    return number;
}

// What nobody can cause but by changing something here, within what the guard allows.
constexpr std::array changes = {"key.", "request.", "certificate.", "trust.", "renewal.accepted",
    "renewal.autonomous", "renewal.completed", "renewal.rolled_back", "renewal.blocked",
    "agent.events_dropped", "agent.identity_expired"};

model::AuditEvent droppedEvent(const model::AuditEvent& last, std::int64_t count)
{
    model::AuditEvent event;
    event.id = uuidV7(last.time);
    event.kind = "agent.events_dropped";
    event.time = last.time;
    event.actor = last.actor;
    event.agentId = last.agentId;
    event.host = last.host;
    event.outcome = model::Outcome::Failure;
    event.reason = std::to_string(count) + " events of kind " + last.kind +
                   " were not kept: the controller has not taken those before them";
    event.details = {{"kind", last.kind}, {"count", count}};
    return event;
}

} // namespace

std::size_t EventQueue::shareOf(const std::string& kind)
{
    const bool ours = std::any_of(changes.begin(), changes.end(),
        [&](const char* prefix) { return kind.rfind(prefix, 0) == 0; });
    return ours ? shareOfChanges : shareOfOthers;
}

Result<std::unique_ptr<EventQueue>> EventQueue::open(
    FileSystem& files, std::filesystem::path folder, std::string epoch)
{
    std::unique_ptr<EventQueue> queue(new EventQueue(files, std::move(folder), std::move(epoch)));
    if (auto loaded = queue->load(); !loaded) return loaded.error();
    return queue;
}

Status EventQueue::load()
{
    if (const auto text = files_.read(acknowledgedFile(), 64)) {
        const auto number = numberIn(*text);
        if (!number) return number.error().in(acknowledgedFile().string());
        acknowledged_ = last_ = *number;
    } else if (text.error().kind != ErrorKind::NotFound) {
        return text.error();
    }
    const auto text = files_.read(eventsFile(), fileLimit);
    if (!text && text.error().kind == ErrorKind::NotFound) return {};
    if (!text) return text.error();
    std::size_t start = 0;
    while (start < text->size()) {
        const auto end = text->find('\n', start);
        // A line without its end was being written when the machine stopped: it was never
        // published.
        if (end == std::string::npos) return files_.replace(eventsFile(), text->substr(0, start));
        const auto json = Json::parse(std::string_view(*text).substr(start, end - start));
        auto event =
            json ? model::auditEventFromJson(*json) : Result<model::AuditEvent>(json.error());
        if (!event)
            return Error{ErrorKind::Corrupt, eventsFile().string() + ": " + event.error().message};
        last_ = std::max(last_, event->agentSequence);
        if (event->agentSequence > acknowledged_) {
            ids_.insert(event->id);
            ++shares_[event->kind].waiting;
            events_.push_back(*std::move(event));
        }
        start = end + 1;
    }
    return {};
}

Status EventQueue::add(const std::vector<model::AuditEvent>& events)
{
    const std::lock_guard lock(mutex_);
    std::vector<model::AuditEvent> fresh;
    std::vector<const model::AuditEvent*> over;
    std::map<std::string, std::size_t> more;
    for (const auto& event : events) {
        if (ids_.count(event.id) != 0) continue;
        if (shares_[event.kind].waiting + more[event.kind] >= shareOf(event.kind)) {
            over.push_back(&event);
            continue;
        }
        ++more[event.kind];
        fresh.push_back(event);
    }
    if (auto added = append(std::move(fresh)); !added) return added;
    for (const auto* event : over) {
        ++shares_[event->kind].dropped;
        shares_[event->kind].last = *event;
    }
    return tellDropped(false);
}

Status EventQueue::append(std::vector<model::AuditEvent> events)
{
    std::string lines;
    auto number = last_;
    for (auto& event : events) {
        event.agentSequence = ++number;
        event.agentEpoch = epoch_;
        const auto json = model::toJson(event);
        if (!json) return json.error();
        lines += json->canonical() + "\n";
    }
    if (events.empty()) return {};
    if (auto written = files_.append(eventsFile(), lines); !written) return written;
    last_ = number;
    for (auto& event : events) {
        ids_.insert(event.id);
        ++shares_[event.kind].waiting;
        events_.push_back(std::move(event));
    }
    return {};
}

// The first at once, then each time there are ten times as many; `rest`: how many it were, where
// there is room again.
Status EventQueue::tellDropped(bool rest)
{
    for (auto& [kind, share] : shares_) {
        const auto limit = shareOf(kind);
        const bool isNews = rest ? share.dropped > share.told && share.waiting <= limit / 2
                                 : share.dropped >= std::max<std::int64_t>(1, share.told * 10);
        if (isNews && shares_["agent.events_dropped"].waiting < shareOfChanges) {
            if (auto told = append({droppedEvent(share.last, share.dropped)}); !told) return told;
            share.told = share.dropped;
        }
        if (rest && share.waiting <= limit / 2) share.dropped = share.told = 0;
    }
    return {};
}

std::vector<model::AuditEvent> EventQueue::next(std::size_t most) const
{
    const std::lock_guard lock(mutex_);
    const auto count = std::min(most, events_.size());
    return {events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(count)};
}

Status EventQueue::acknowledge(std::int64_t sequence)
{
    const std::lock_guard lock(mutex_);
    if (sequence <= acknowledged_) return {};
    if (sequence > last_)
        return Error{
            ErrorKind::InvalidInput, "the controller acknowledged events that were never sent"};
    if (auto written = files_.replace(acknowledgedFile(), std::to_string(sequence)); !written)
        return written;
    const auto before = acknowledged_;
    acknowledged_ = sequence;
    forgetUpTo(sequence);
    if (auto told = tellDropped(true); !told) return told;
    if (sequence / rewriteAfter == before / rewriteAfter) return {};
    std::string lines;
    for (const auto& event : events_) {
        const auto json = model::toJson(event);
        if (!json) return json.error();
        lines += json->canonical() + "\n";
    }
    return files_.replace(eventsFile(), lines);
}

void EventQueue::forgetUpTo(std::int64_t sequence)
{
    while (!events_.empty() && events_.front().agentSequence <= sequence) {
        ids_.erase(events_.front().id);
        --shares_[events_.front().kind].waiting;
        events_.pop_front();
    }
}

std::int64_t EventQueue::pending() const
{
    const std::lock_guard lock(mutex_);
    return static_cast<std::int64_t>(events_.size());
}

} // namespace perennial::agent
