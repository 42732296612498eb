#pragma once

#include "plugins/ces_issuer/endpoint_choice.h"
#include "shared/base/clock.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace perennial::plugins {

// What a CEP said of one template, kept until it wants to be asked again.
struct RememberedOffer {
    std::vector<RankedUrl> urls;
    TimePoint readAt;     // by the CEP's clock where it told the time: what lastUpdate sends
    TimePoint nextUpdate; // by ours
    friend bool operator==(const RememberedOffer&, const RememberedOffer&) = default;
};

struct EndpointFailures {
    int count = 0; // since it last answered
    TimePoint last;
    friend bool operator==(const EndpointFailures&, const EndpointFailures&) = default;
};

// What one renewal learns of endpoints for the next one. Losing it costs a question to CEP and some
// waiting, nothing else; what cannot be read is forgotten.
class EndpointMemory {
public:
    static EndpointMemory fromText(const std::string& text);
    std::string toText() const; // JSON, within IssuerNotes::memoryLimit

    const RememberedOffer* offer(const std::string& key) const;
    void keepOffer(const std::string& key, RememberedOffer offer, TimePoint now);
    void forgetOffer(const std::string& key) { offers_.erase(key); }

    void failed(const std::string& url, TimePoint now);
    void answered(const std::string& url) { failures_.erase(url); }
    // The circuit breaker: an endpoint that failed is passed over for a minute, doubling with each
    // further failure up to half an hour. It is never left out for good: see inOrder().
    bool isOpen(const std::string& url, TimePoint now) const;
    // Those that are passed over come last: a certificate must not expire for caution.
    std::vector<std::string> inOrder(std::vector<std::string> urls, TimePoint now) const;

private:
    void makeRoom(TimePoint now);

    std::map<std::string, RememberedOffer> offers_;
    std::map<std::string, EndpointFailures> failures_;
};

// Until when an answer may be used: as long as it says, 8 hours where it does not, a week at most.
TimePoint nextUpdate(TimePoint now, std::optional<std::uint32_t> hours);
// A clock that was put back must not keep an offer for ever.
bool isFresh(const RememberedOffer& offer, TimePoint now);

} // namespace perennial::plugins
