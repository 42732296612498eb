#include "shared/policy/document_kinds.h"

#include "shared/policy/policy_matching.h"
#include "shared/x509/private_key.h"

#include <algorithm>
#include <array>

namespace perennial::policy {

namespace {

constexpr Duration hour{3600};
constexpr Duration day = 24 * hour;
constexpr Duration longestBefore = 3 * 365 * day;
constexpr Duration longestSpread = 365 * day;
constexpr std::size_t templateLimit = 128;

constexpr std::array<std::string_view, 7> dayNames = {
    "mon", "tue", "wed", "thu", "fri", "sat", "sun"};

struct UsageName {
    std::string_view name, oid;
};
constexpr std::array<UsageName, 3> usageNames = {{{"serverAuth", x509::oid::serverAuthentication},
    {"clientAuth", x509::oid::clientAuthentication}, {"emailProtection", "1.3.6.1.5.5.7.3.4"}}};
constexpr std::string_view enrollmentAgent = "1.3.6.1.4.1.311.20.2.1";

bool isOid(const std::string& text)
{
    std::size_t parts = 0;
    for (std::size_t begin = 0; begin <= text.size(); ++parts) {
        const auto end = std::min(text.find('.', begin), text.size());
        const auto part = text.substr(begin, end - begin);
        if (part.empty() || part.size() > 10 || (part.size() > 1 && part.front() == '0'))
            return false;
        if (part.find_first_not_of("0123456789") != std::string::npos) return false;
        begin = end + 1;
    }
    return parts >= 3 && text.size() <= 128 && text.front() <= '2';
}

void readMatch(DocumentReader& in, model::CertificatePolicy& policy)
{
    policy.agentLabels = readLabels(in);
    for (const auto& [issuer, line] : in.texts("issuers")) {
        if (issuer.find('=') == std::string::npos || issuer.size() > 1024)
            in.problem("issuers", line,
                quoted(issuer) +
                    " is not a name as RFC 4514 writes it (CN=..., most specific first)");
        policy.issuers.push_back(issuer);
    }
    for (const auto& [pattern, line] : in.texts("names")) {
        if (const auto status = checkNamePattern(pattern); !status)
            in.problem("names", line, quoted(pattern) + " " + status.error().message);
        policy.names.push_back(pattern);
    }
    for (const auto& [service, line] : in.texts("services")) {
        if (!model::isSafeIdentifier(service))
            in.problem("services", line, quoted(service) + " is not the name of a service");
        policy.services.push_back(service);
    }
}

// "01:00"; "24:00" only as an end.
std::optional<Duration> readTimeOfDay(DocumentReader& in, const std::string& key, bool isEnd)
{
    const auto text = in.text(key);
    if (!text) return std::nullopt;
    const auto digit = [&](std::size_t at) { return (*text)[at] - '0'; };
    if (text->size() == 5 && (*text)[2] == ':' &&
        text->find_first_not_of("0123456789:") == std::string::npos &&
        std::count(text->begin(), text->end(), ':') == 1) {
        const int hours = digit(0) * 10 + digit(1);
        const int minutes = digit(3) * 10 + digit(4);
        if (minutes < 60 && (hours < 24 || (isEnd && hours == 24 && minutes == 0)))
            return Duration(hours * 3600 + minutes * 60);
    }
    in.problem(key, "must be a time of day in UTC such as \"01:30\", not " + quoted(*text));
    return std::nullopt;
}

model::Window readWindow(DocumentReader& in)
{
    model::Window window;
    for (const auto& [name, line] : in.texts("days")) {
        const auto found = std::find(dayNames.begin(), dayNames.end(), name);
        if (found == dayNames.end()) {
            in.problem(
                "days", line, quoted(name) + " is none of mon, tue, wed, thu, fri, sat, sun");
        } else {
            window.days.push_back(static_cast<int>(found - dayNames.begin()));
        }
    }
    std::sort(window.days.begin(), window.days.end());
    if (in.has("days") && window.days.empty())
        in.problem("days", "has no day: leave it out for every day");
    const auto from = in.has("from") ? readTimeOfDay(in, "from", false) : window.from;
    const auto to = in.has("to") ? readTimeOfDay(in, "to", true) : window.to;
    if (!from || !to) return window;
    window.from = *from;
    window.to = *to;
    if (window.from == window.to)
        in.problem(in.has("to") ? "to" : "from", "makes the window empty: from and to are equal");
    if (!in.has("days") && !in.has("from") && !in.has("to"))
        in.problem("days", "is missing, and from and to: leave renew.window out for any time");
    return window;
}

void readRenew(DocumentReader& in, model::CertificatePolicy& policy)
{
    const auto before = in.duration("before", longestBefore);
    policy.renewBefore = before.value_or(Duration::zero());
    if (in.has("spread"))
        policy.spread = in.duration("spread", longestSpread).value_or(Duration::zero());
    if (auto window = in.mapping("window")) policy.window = readWindow(*window);
    if (!in.has("autonomous_before")) return;
    policy.autonomousBefore = in.duration("autonomous_before", longestBefore);
    if (policy.autonomousBefore && before && *policy.autonomousBefore > *before)
        in.problem("autonomous_before",
            "must not be longer than before: the agent alone would come before every order");
}

void readExtendedKeyUsages(DocumentReader& in, model::CertificatePolicy& policy)
{
    for (const auto& [text, line] : in.texts("extended_key_usages")) {
        std::string oid = text;
        for (const auto& usage : usageNames) {
            if (usage.name == text) oid = usage.oid;
        }
        if (!isOid(oid)) {
            in.problem("extended_key_usages", line,
                quoted(text) + " is none of serverAuth, clientAuth, emailProtection and no OID");
        } else if (oid == x509::oid::anyExtendedKeyUsage || oid == enrollmentAgent) {
            in.problem("extended_key_usages", line,
                quoted(text) + " is too much for a server: any purpose, or enrolling for others");
        }
        policy.extendedKeyUsages.push_back(oid);
    }
    if (in.has("extended_key_usages") && policy.extendedKeyUsages.empty())
        in.problem("extended_key_usages", "is empty: leave it out to allow what the old one had");
}

void readOnTemplateChange(DocumentReader& in, model::CertificatePolicy& policy)
{
    if (!in.has("on_template_change")) return;
    const auto word = in.text("on_template_change");
    if (word == "pause")
        policy.onTemplateChange = model::OnTemplateChange::Pause;
    else if (word && word != "tell")
        in.problem("on_template_change", quoted(*word) + " is none of tell, pause");
}

void readSuperseded(DocumentReader& in, model::CertificatePolicy& policy)
{
    if (!in.has("superseded")) return;
    const auto word = in.text("superseded");
    if (word == "revoke")
        policy.superseded = model::Superseded::Revoke;
    else if (word && word != "keep")
        in.problem("superseded", quoted(*word) + " is none of keep, revoke");
}

model::NewEnrollment readEnroll(DocumentReader& in)
{
    model::NewEnrollment enroll;
    enroll.credential = in.identifier("credential").value_or("");
    enroll.templateName = in.text("template").value_or("");
    if (enroll.templateName.size() > templateLimit)
        in.problem("template", "must be at most 128 bytes");
    return enroll;
}

} // namespace

std::map<std::string, std::string> readLabels(DocumentReader& in)
{
    std::map<std::string, std::string> labels;
    for (const auto& [name, value] : in.textMap("labels")) {
        if (!model::isLabel(name.text, value))
            in.problem("labels", name.line, quoted(name.text) + " is not a label that can be");
        labels[name.text] = value;
    }
    return labels;
}

model::CertificatePolicy readCertificatePolicy(const yaml::Value& document, ProblemList& problems)
{
    DocumentReader in(document, "", certificatePolicyKeys, problems);
    model::CertificatePolicy policy;
    policy.name = in.identifier("name").value_or("");
    if (in.has("priority")) policy.priority = in.integer("priority", 0, 1000).value_or(0);
    if (auto match = in.mapping("match")) readMatch(*match, policy);
    if (auto place = in.mapping("place")) policy.place = readPlace(*place);
    if (auto renew = in.mapping("renew")) readRenew(*renew, policy);
    policy.enrollmentService = in.identifier("enrollment_service").value_or("");
    policy.keyType = "same";
    if (auto key = in.mapping("key")) {
        policy.keyType = key->text("type").value_or("same");
        if (policy.keyType != "same" && !x509::isKnownKeyType(policy.keyType))
            key->problem(
                "type", quoted(policy.keyType) +
                            " is none of same, rsa-2048, rsa-3072, rsa-4096, ec-p256, ec-p384");
    }
    if (auto enroll = in.mapping("enroll")) policy.enroll = readEnroll(*enroll);
    readExtendedKeyUsages(in, policy);
    readOnTemplateChange(in, policy);
    readSuperseded(in, policy);
    policy.action = in.identifier("action").value_or("");
    if (policy.place) checkPlaced(in, policy);
    return policy;
}

} // namespace perennial::policy
