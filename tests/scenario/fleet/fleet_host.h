#pragma once

#include "tests/support/agent_parts.h"
#include "tests/support/fake_clock.h"
#include "tests/support/memory_files.h"

namespace perennial::test {

// The certification authority of a whole fleet, and what it remembers of being asked.
struct FleetCa {
    FleetCa(const Clock& now, Duration lifeGiven) : clock(now), life(lifeGiven) {}

    std::string issue(const Bytes& publicKey, const std::string& host) const
    {
        FakeAuthority::Content content{clock.now(), clock.now() + life, {host}};
        content.subject = host;
        return authority.issue(publicKey, content);
    }
    std::int64_t hour() const
    {
        return std::chrono::floor<std::chrono::hours>(clock.now()).time_since_epoch().count();
    }

    const Clock& clock;
    Duration life; // of what it issues
    FakeAuthority authority;
    bool away = false;
    std::map<std::int64_t, std::size_t> issuedByHour;
    std::map<std::string, std::vector<TimePoint>> issued;    // by host
    std::map<std::string, std::set<std::string>> requestsOf; // by order: all that came
};

// One host with one slot: its installer, its service and its enroller, in memory.
class FleetHost final : public agent::InstallerHands,
                        public agent::Eyes,
                        public agent::EnrollerHands {
public:
    FleetHost(FleetCa& ca, std::string name) : ca_(ca), name_(std::move(name))
    {
        live_ = ca_.issue(FakeAuthority::newKey().publicKeyDer(), name_);
    }
    const std::string& name() const { return name_; }
    std::string live() const { return live_; }
    std::string served() const { return fingerprintOf(live_); }

    Status preflight(const agent::Renewal&) override { return {}; }
    Result<Bytes> makeKey(const agent::Renewal& renewal, const std::string& type) override
    {
        auto& made = keys_[renewal.order.id.text()];
        if (!made.empty()) return made;
        const auto key = x509::PrivateKey::generate(type);
        if (!key) return key.error();
        made = key->publicKeyDer();
        return made;
    }
    Status place(const agent::Renewal& renewal, const std::string& chainPem) override
    {
        if (fingerprintOf(live_) != renewal.order.replaces.text())
            return Error{ErrorKind::Conflict, "the certificate in place was changed outside"};
        live_ = chainPem;
        return {};
    }
    Status switchBack(const agent::Renewal&) override { return {}; }
    Result<agent::ActionResult> act(const agent::Renewal&) override
    {
        return agent::ActionResult{};
    }
    Result<std::string> finish(const agent::Renewal& renewal) override
    {
        keys_.erase(renewal.order.id.text());
        return std::string();
    }
    Status discard(const agent::Renewal& renewal) override
    {
        keys_.erase(renewal.order.id.text());
        return {};
    }
    Result<std::string> seesServed(
        const std::vector<model::Listener>&, const std::string& fingerprint) override
    {
        if (served() == fingerprint) return std::string();
        return Error{ErrorKind::Conflict, "the listener shows something else"};
    }

    Status revoke(const agent::Renewal&) override { return {}; }
    Result<std::string> seesUnchanged(const std::vector<model::Listener>&) override
    {
        return std::string();
    }
    std::vector<model::Listener> answering(const std::vector<model::Listener>& listeners) override
    {
        return listeners;
    }
    bool anybodyListens(const std::vector<model::Listener>&) override { return true; }

    Result<PreparedRequest> prepare(const agent::Renewal& renewal) override
    {
        const auto text = renewal.order.id.text() + " " + std::to_string(++prepared_);
        return PreparedRequest{text, "cms-renewal", "client-certificate"};
    }
    Result<IssueOutcome> submit(
        const agent::Renewal& renewal, const PreparedRequest& request) override
    {
        const auto& key = std::get<agent::KeyReady>(renewal.stage).publicKey;
        ca_.requestsOf[renewal.order.id.text()].insert(request.request + toHex(key));
        if (ca_.away) return Error{ErrorKind::Unavailable, "no answer"};
        ++ca_.issuedByHour[ca_.hour()];
        ca_.issued[name_].push_back(ca_.clock.now());
        return IssueOutcome(Issued{ca_.issue(key, name_)});
    }
    Result<IssueOutcome> poll(const agent::Renewal&, const std::string&) override
    {
        return Error{ErrorKind::InvalidInput, "nothing is pending"};
    }

private:
    FleetCa& ca_;
    std::string name_;
    std::string live_;
    std::map<std::string, Bytes> keys_; // public ones, by order
    int prepared_ = 0;
};

} // namespace perennial::test
