#include "plugins/ces_issuer/examination.h"

#include "shared/http/client/target.h"
#include "shared/tls/listener_probe.h"
#include "shared/tls/reachability.h"

#include <charconv>

namespace perennial::plugins {

using Verdict = Examination::Verdict;

namespace {

constexpr const char* network = ": who runs the network, or the service";
constexpr const char* serviceAdministrator = ": who runs the service";

class EndpointExaminer {
public:
    explicit EndpointExaminer(const ExaminationInput& input) : input_(input) {}

    bool isReached(const std::string& url);
    std::vector<Examination> take() { return std::move(lines_); }

private:
    void add(std::string step, Verdict verdict, const std::string& seen, std::string mend = "")
    {
        lines_.push_back({std::move(step), verdict, toPrintable(seen, 600), std::move(mend)});
    }
    void lookAtTls(const std::string& address, int port, const std::string& host);

    const ExaminationInput& input_;
    std::vector<Examination> lines_;
};

bool EndpointExaminer::isReached(const std::string& url)
{
    const auto target = http::readTarget(url);
    if (!target) {
        add("address", Verdict::Bad, target.error().message,
            "mend the address: who writes the policies");
        return false;
    }
    const auto addresses = tls::lookUp(target->host);
    if (!addresses) {
        add("dns", Verdict::Bad, addresses.error().message,
            std::string("mend the name or its record") + network);
        return false;
    }
    std::string list;
    for (const auto& address : *addresses)
        list += (list.empty() ? "" : ", ") + address;
    add("dns", Verdict::Good, target->host + " is " + list);
    int port = 443;
    const auto digits = target->place.substr(target->place.rfind(':') + 1);
    (void)std::from_chars(digits.data(), digits.data() + digits.size(), port);
    std::string reached;
    for (const auto& address : *addresses) {
        const auto status = tls::reach(address, port, input_.limits.connect);
        if (status && reached.empty()) reached = address;
        const std::string where = address + " port " + std::to_string(port);
        if (status)
            add("tcp", Verdict::Good, where + " answers");
        else
            add("tcp", Verdict::Bad, where + ": " + status.error().message,
                std::string("open the way, or start the service") + network);
    }
    if (reached.empty()) return false;
    lookAtTls(reached, port, target->host);
    return true;
}

// What is shown, trusted or not; whether it is trusted, the next exchange tells.
void EndpointExaminer::lookAtTls(const std::string& address, int port, const std::string& host)
{
    const auto served = tls::probeListener({address, port, host}, input_.limits.connect);
    if (!served || served->chain.empty()) {
        add("tls", Verdict::Bad, served ? "no certificate is shown" : served.error().message,
            std::string("let it speak TLS 1.2 or later") + serviceAdministrator);
        return;
    }
    for (const auto& certificate : served->chain) {
        const bool valid = input_.context.now >= certificate.notBefore() &&
                           input_.context.now < certificate.notAfter();
        add("tls", valid ? Verdict::Good : Verdict::Bad,
            served->protocol + ", " + certificate.subject() + ", issued by " +
                certificate.issuer() + ", until " + toRfc3339(certificate.notAfter()),
            valid ? "" : std::string("renew it, or set the clock") + serviceAdministrator);
    }
}

} // namespace

ReachedEndpoint examineEndpoint(const std::string& url, const ExaminationInput& input)
{
    EndpointExaminer examiner(input);
    const bool reached = examiner.isReached(url);
    return {reached, examiner.take()};
}

} // namespace perennial::plugins
