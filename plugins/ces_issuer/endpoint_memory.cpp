#include "plugins/ces_issuer/endpoint_memory.h"

#include "shared/base/json.h"
#include "shared/plugin_api/issuer.h"

#include <algorithm>

namespace perennial::plugins {

namespace {

constexpr std::size_t mostOffers = 50;
constexpr std::size_t mostUrls = 20; // of one offer
constexpr std::size_t mostFailures = 50;
constexpr std::size_t longestUrl = 2048;
constexpr std::uint32_t defaultHours = 8; // Windows' own
constexpr std::uint32_t mostHours = 7 * 24;
constexpr Duration firstPause = std::chrono::minutes(1);
constexpr Duration longestPause = std::chrono::minutes(30);
constexpr int mostCounted = 10;

Json written(const RememberedOffer& offer)
{
    Json json;
    json["read_at"] = toRfc3339(offer.readAt);
    json["next_update"] = toRfc3339(offer.nextUpdate);
    json["urls"] = Json(Json::Array{});
    for (const auto& url : offer.urls) {
        Json one;
        one["url"] = url.url;
        one["priority"] = static_cast<std::int64_t>(url.priority);
        json["urls"].push(std::move(one));
    }
    return json;
}

TimePoint timeIn(JsonReader& in, const std::string& member)
{
    const auto time = timeFromRfc3339(in.string(member));
    if (!time) in.fail(member, time.error().message);
    return time ? *time : TimePoint();
}

std::optional<RememberedOffer> readOffer(const Json& json)
{
    JsonReader in(json, "offer");
    RememberedOffer offer{{}, timeIn(in, "read_at"), timeIn(in, "next_update")};
    for (const auto& one : in.array("urls", mostUrls)) {
        JsonReader url(one, "url");
        const auto text = url.string("url", longestUrl);
        const auto priority = url.integer("priority");
        if (!url.finish() || priority < 0 || priority > 0xFFFFFFFFLL) return std::nullopt;
        offer.urls.push_back({text, static_cast<std::uint32_t>(priority)});
    }
    if (!in.finish()) return std::nullopt;
    return offer;
}

std::optional<EndpointFailures> readFailures(const Json& json)
{
    JsonReader in(json, "failures");
    const auto count = in.integer("count");
    const EndpointFailures failures{
        static_cast<int>(std::clamp<std::int64_t>(count, 1, mostCounted)), timeIn(in, "last")};
    if (!in.finish()) return std::nullopt;
    return failures;
}

Duration pauseAfter(int failures)
{
    auto pause = firstPause;
    for (int i = 1; i < failures && pause < longestPause; ++i)
        pause *= 2;
    return std::min(pause, longestPause);
}

} // namespace

EndpointMemory EndpointMemory::fromText(const std::string& text)
{
    EndpointMemory memory;
    if (text.size() > IssuerNotes::memoryLimit) return memory;
    const auto json = Json::parse(text);
    if (!json) return memory;
    const auto* offers = json->find("offers");
    const auto* failures = json->find("failures");
    if (offers == nullptr || offers->object() == nullptr || failures == nullptr ||
        failures->object() == nullptr)
        return memory;
    for (const auto& [key, value] : *offers->object()) {
        if (auto offer = readOffer(value); offer && memory.offers_.size() < mostOffers)
            memory.offers_[key] = *std::move(offer);
    }
    for (const auto& [url, value] : *failures->object()) {
        if (auto known = readFailures(value); known && memory.failures_.size() < mostFailures)
            memory.failures_[url] = *known;
    }
    return memory;
}

std::string EndpointMemory::toText() const
{
    Json json;
    json["offers"] = Json(Json::Object{});
    json["failures"] = Json(Json::Object{});
    for (const auto& [key, offer] : offers_)
        json["offers"][key] = written(offer);
    for (const auto& [url, failures] : failures_) {
        json["failures"][url]["count"] = static_cast<std::int64_t>(failures.count);
        json["failures"][url]["last"] = toRfc3339(failures.last);
    }
    auto text = json.canonical();
    return text.size() > IssuerNotes::memoryLimit ? std::string() : text;
}

const RememberedOffer* EndpointMemory::offer(const std::string& key) const
{
    const auto found = offers_.find(key);
    return found == offers_.end() ? nullptr : &found->second;
}

void EndpointMemory::keepOffer(const std::string& key, RememberedOffer offer, TimePoint now)
{
    const bool large = offer.urls.size() > mostUrls ||
                       std::any_of(offer.urls.begin(), offer.urls.end(),
                           [](const auto& url) { return url.url.size() > longestUrl; });
    if (large) return forgetOffer(key); // it is asked for each time
    offers_[key] = std::move(offer);
    makeRoom(now);
}

void EndpointMemory::failed(const std::string& url, TimePoint now)
{
    auto& known = failures_[url];
    known.count = std::min(known.count + 1, mostCounted);
    known.last = now;
    makeRoom(now);
}

void EndpointMemory::makeRoom(TimePoint now)
{
    std::erase_if(failures_, [&](const auto& one) {
        return now - one.second.last > std::chrono::hours(24) || one.second.last > now;
    });
    while (failures_.size() > mostFailures)
        failures_.erase(std::min_element(failures_.begin(), failures_.end(),
            [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
    while (offers_.size() > mostOffers)
        offers_.erase(
            std::min_element(offers_.begin(), offers_.end(), [](const auto& a, const auto& b) {
                return a.second.nextUpdate < b.second.nextUpdate;
            }));
}

bool EndpointMemory::isOpen(const std::string& url, TimePoint now) const
{
    const auto found = failures_.find(url);
    if (found == failures_.end()) return false;
    return now >= found->second.last && now - found->second.last < pauseAfter(found->second.count);
}

std::vector<std::string> EndpointMemory::inOrder(std::vector<std::string> urls, TimePoint now) const
{
    std::stable_partition(
        urls.begin(), urls.end(), [&](const auto& url) { return !isOpen(url, now); });
    return urls;
}

TimePoint nextUpdate(TimePoint now, std::optional<std::uint32_t> hours)
{
    return now + std::chrono::hours(std::clamp(hours.value_or(defaultHours), 1U, mostHours));
}

bool isFresh(const RememberedOffer& offer, TimePoint now)
{
    return now < offer.nextUpdate && offer.nextUpdate - now <= std::chrono::hours(mostHours);
}

} // namespace perennial::plugins
