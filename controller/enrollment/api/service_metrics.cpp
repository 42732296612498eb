#include "controller/enrollment/api/service_metrics.h"

#include <cstdio>

namespace perennial::enrollment::server {

namespace {

std::string begin(const std::string& name, const char* type, const char* what)
{
    return "# HELP perennial_enrollment_" + name + " " + what + "\n# TYPE perennial_enrollment_" +
           name + " " + type + "\n";
}

std::string value(const std::string& name, std::int64_t number)
{
    return "perennial_enrollment_" + name + " " + std::to_string(number) + "\n";
}

std::string gauge(const std::string& name, const char* what, std::int64_t number)
{
    return begin(name, "gauge", what) + value(name, number);
}

std::int64_t seconds(TimePoint time) { return time.time_since_epoch().count(); }

std::string secondsText(std::chrono::milliseconds time)
{
    std::array<char, 32> text{};
    (void)std::snprintf(text.data(), text.size(), "%lld.%03lld",
        static_cast<long long>(time.count() / 1000), static_cast<long long>(time.count() % 1000));
    return text.data();
}

std::string listsText(const CrlPublisher::Lists& lists)
{
    if (!lists.base && !lists.delta) return {};
    auto text = begin("crl_next_update_seconds", "gauge", "When the published CRL ends.");
    if (lists.base)
        text += value("crl_next_update_seconds{kind=\"base\"}", seconds(lists.base->nextUpdate()));
    if (lists.delta)
        text +=
            value("crl_next_update_seconds{kind=\"delta\"}", seconds(lists.delta->nextUpdate()));
    return text;
}

} // namespace

void ServiceMetrics::count(const std::string& listener, int status, std::chrono::milliseconds took)
{
    const std::lock_guard lock(mutex_);
    auto& answers = answers_[{listener, status}];
    ++answers.count;
    answers.took += took;
}

std::string ServiceMetrics::answersText() const
{
    const std::lock_guard lock(mutex_);
    auto counts = begin("http_answers_total", "counter", "Answers since the start.");
    auto times = begin(
        "http_answer_seconds_total", "counter", "Time from the end of each head to its answer.");
    for (const auto& [key, answers] : answers_) {
        const auto labels =
            "{listener=\"" + key.first + "\",status=\"" + std::to_string(key.second) + "\"}";
        counts += value("http_answers_total" + labels, answers.count);
        times += "perennial_enrollment_http_answer_seconds_total" + labels + " " +
                 secondsText(answers.took) + "\n";
    }
    return counts + times;
}

Result<std::string> ServiceMetrics::text() const
{
    const auto counts = parts_.store.counts();
    if (!counts) return counts.error();
    auto text = begin("requests", "gauge", "Requests on record, by what became of them.");
    for (const auto* state : {"pending", "issued", "denied"}) {
        const auto found = counts->requests.find(state);
        text += value("requests{state=\"" + std::string(state) + "\"}",
            found == counts->requests.end() ? 0 : found->second);
    }
    text += gauge("certificates", "Certificates on record.", counts->certificates);
    text += gauge("certificates_revoked", "Of them revoked.", counts->revoked);
    text += gauge("templates", "Templates in force.",
        static_cast<std::int64_t>(parts_.templates.current()->templates.size()));
    text += gauge("tls_certificate_not_after_seconds", "End of the service's own certificate.",
        seconds(parts_.certificate.notAfter()));
    text += gauge("authority_not_after_seconds", "End of the issuing authority's certificate.",
        seconds(parts_.authority.notAfter()));
    text += begin("access_log_lost_lines_total", "counter",
        "Lines that the access log could not take since the start.");
    text += value("access_log_lost_lines_total", parts_.lostLines());
    return text + listsText(parts_.lists()) + answersText();
}

} // namespace perennial::enrollment::server
