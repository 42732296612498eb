#pragma once

#include "shared/x509/signing_request.h"
#include "tests/support/fake_host.h"

#include <functional>

namespace perennial::test {

// perennial-enroller and the CA behind it. What the CA was asked is in a file: it remembers what an
// agent that died has forgotten.
class FakeEnroller final : public agent::EnrollerHands {
public:
    using Answer = std::function<Result<IssueOutcome>(const Bytes& publicKey)>;
    Answer onSubmit;
    Answer onPoll;
    Result<PreparedRequest> (*onPrepare)(const PreparedRequest&) = [](const PreparedRequest& made) {
        return Result<PreparedRequest>(made);
    };

    FakeEnroller(std::filesystem::path folder, const FakeHost& host, const FakeAuthority& authority,
        const Clock& clock)
        : folder_(std::move(folder)), host_(host), authority_(authority), clock_(clock)
    {
        std::filesystem::create_directories(folder_);
        onSubmit = onPoll = [this](const Bytes& publicKey) { return issue(publicKey); };
    }

    // A certificate for ninety days from now; parts of it may be wrong.
    IssueOutcome issue(const Bytes& publicKey, FakeAuthority::Content content = {}) const
    {
        content.notBefore = clock_.now();
        content.notAfter = clock_.now() + std::chrono::days(90);
        return Issued{authority_.issue(publicKey, content)};
    }
    // The requests that the CA got, in order; one line each.
    std::vector<std::string> asked() const { return linesOf("asked"); }
    std::size_t polls() const { return linesOf("polls").size(); }

    // Another one each time, as a signature by an elliptic curve is.
    Result<PreparedRequest> prepare(const agent::Renewal& renewal) override
    {
        if (renewal.enrollment) return prepareAnew(renewal);
        if (auto lent = host_.lendKeys(renewal); !lent) return lent.error();
        add("prepared", "+");
        const auto number = std::to_string(linesOf("prepared").size());
        return onPrepare(
            {renewal.order.id.text() + " " + number, "cms-renewal", "client-certificate"});
    }
    Result<IssueOutcome> submit(
        const agent::Renewal& renewal, const PreparedRequest& request) override
    {
        if (auto may = mayAsk(renewal); !may) return may.error();
        const auto& key = std::get<agent::KeyReady>(renewal.stage).publicKey;
        add("asked", (renewal.enrollment ? renewal.enrollment->credential : request.request) + " " +
                         toHex(key));
        return onSubmit(key);
    }
    Result<IssueOutcome> poll(const agent::Renewal& renewal, const std::string& ticket) override
    {
        if (auto may = mayAsk(renewal); !may) return may.error();
        add("polls", ticket);
        return onPoll(std::get<agent::AwaitingIssuer>(renewal.stage).publicKey);
    }

    Status revoke(const agent::Renewal& renewal) override
    {
        if (auto lent = host_.lendKeys(renewal); !lent) return lent;
        add("revoked", fingerprintOf(renewal.oldChainPem));
        return onRevoke();
    }
    std::function<Status()> onRevoke = [] { return Status(); };
    // By which certificates it was asked to revoke what they replaced.
    std::vector<std::string> askedToRevoke() const { return linesOf("revoked"); }

    std::optional<FaultCause> lastCause() const override { return cause; }
    std::optional<FaultCause> cause; // of every error that follows

private:
    // A renewal by key needs the old key for each question, an enrolment none.
    Status mayAsk(const agent::Renewal& renewal) const
    {
        return renewal.enrollment ? Status() : host_.lendKeys(renewal);
    }
    Result<PreparedRequest> prepareAnew(const agent::Renewal& renewal)
    {
        const auto key = host_.lendNewKey(renewal);
        if (!key) return key.error();
        add("prepared", "+");
        std::vector<x509::GeneralName> names;
        for (const auto& name : renewal.enrollment->names)
            names.push_back({x509::GeneralName::Type::Dns, name});
        const auto alternative = x509::alternativeNameExtension(names);
        const auto subject = x509::subjectDerFromText(renewal.enrollment->names.front());
        REQUIRE((alternative && subject));
        const auto made = x509::makeSigningRequest({*subject, {*alternative}, {}}, *key);
        REQUIRE(made);
        return onPrepare({made->toDer(), "pkcs10", "username-password"});
    }
    std::vector<std::string> linesOf(const std::string& name) const
    {
        std::ifstream in(folder_ / name);
        std::vector<std::string> lines;
        for (std::string line; std::getline(in, line);)
            lines.push_back(line);
        return lines;
    }
    void add(const std::string& name, const std::string& line) const
    {
        std::ofstream(folder_ / name, std::ios::app) << line << "\n";
    }

    std::filesystem::path folder_;
    const FakeHost& host_;
    const FakeAuthority& authority_;
    const Clock& clock_;
};

} // namespace perennial::test
