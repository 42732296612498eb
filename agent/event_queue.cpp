#include "agent/event_queue.h"

#include <algorithm>
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

} // namespace

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
            events_.push_back(*std::move(event));
        }
        start = end + 1;
    }
    return {};
}

Status EventQueue::add(const std::vector<model::AuditEvent>& events)
{
    const std::lock_guard lock(mutex_);
    std::string lines;
    std::vector<model::AuditEvent> fresh;
    auto number = last_;
    for (auto event : events) {
        if (ids_.count(event.id) != 0) continue;
        event.agentSequence = ++number;
        event.agentEpoch = epoch_;
        const auto json = model::toJson(event);
        if (!json) return json.error();
        lines += json->canonical() + "\n";
        fresh.push_back(std::move(event));
    }
    if (fresh.empty()) return {};
    if (auto written = files_.append(eventsFile(), lines); !written) return written;
    last_ = number;
    for (auto& event : fresh) {
        ids_.insert(event.id);
        events_.push_back(std::move(event));
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
    while (!events_.empty() && events_.front().agentSequence <= sequence) {
        ids_.erase(events_.front().id);
        events_.pop_front();
    }
    if (sequence / rewriteAfter == before / rewriteAfter) return {};
    std::string lines;
    for (const auto& event : events_) {
        const auto json = model::toJson(event);
        if (!json) return json.error();
        lines += json->canonical() + "\n";
    }
    return files_.replace(eventsFile(), lines);
}

std::int64_t EventQueue::pending() const
{
    const std::lock_guard lock(mutex_);
    return static_cast<std::int64_t>(events_.size());
}

} // namespace perennial::agent
