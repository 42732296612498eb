#include "shared/policy/policy_documents.h"

#include "shared/base/encoding.h"
#include "shared/policy/document_kinds.h"
#include "shared/policy/set_checks.h"

#include <algorithm>
#include <tuple>

namespace perennial::policy {

namespace {

constexpr std::size_t documentsLimit = 1000;

// "web.yaml:12: what" of the YAML reader, taken apart again.
Problem problemOf(const std::string& file, const std::string& message)
{
    const std::string prefix = file + ":";
    if (message.rfind(prefix, 0) != 0) return {file, 0, message};
    int line = 0;
    std::size_t at = prefix.size();
    for (; at < message.size() && message[at] >= '0' && message[at] <= '9' && line < 100'000'000;
         ++at)
        line = line * 10 + (message[at] - '0');
    if (message.compare(at, 2, ": ") != 0) return {file, 0, message};
    return {file, line, message.substr(at + 2)};
}

void readOne(const yaml::Value& value, ProblemList& problems, SetContent& content)
{
    if (value.kind != yaml::Value::Kind::Mapping) {
        problems.add(value.line, "a document must be a mapping with the key kind");
        return;
    }
    std::string kind;
    int line = value.line;
    for (const auto& [key, child] : value.mapping) {
        if (key != "kind") continue;
        kind = child.scalar;
        line = child.line;
    }
    if (kind == "enrollment-service") {
        content.services.push_back(
            {readEnrollmentService(value, problems), problems.file(), value.line});
    } else if (kind == "certificate-policy") {
        content.policies.push_back(
            {readCertificatePolicy(value, problems), problems.file(), value.line});
    } else if (kind == "trust-anchors") {
        content.anchors.push_back({readTrustAnchors(value, problems), problems.file(), value.line});
    } else {
        problems.add(line, "kind must be enrollment-service, certificate-policy or trust-anchors" +
                               (kind.empty() ? std::string() : ", not " + quoted(kind)));
    }
}

void readFile(const model::PolicyDocument& document, ProblemList& problems, SetContent& content)
{
    if (!model::isDocumentPath(document.path)) {
        problems.add(0, "the path must be relative, end in .yaml, and have letters, digits, '-', "
                        "'_' and '.' (not first in a part) only");
        return;
    }
    const auto values = yaml::parseAll(document.content, document.path);
    if (!values) {
        const auto problem = problemOf(document.path, values.error().message);
        problems.add(problem.line, problem.what);
        return;
    }
    if (values->empty()) problems.add(1, "is empty: there is no document in it");
    for (const auto& value : *values)
        readOne(value, problems, content);
}

template <class Noun>
std::vector<Noun> sortedNouns(const std::vector<Placed<Noun>>& placed)
{
    std::vector<Noun> nouns;
    nouns.reserve(placed.size());
    for (const auto& one : placed)
        nouns.push_back(one.noun);
    std::sort(
        nouns.begin(), nouns.end(), [](const Noun& a, const Noun& b) { return a.name < b.name; });
    return nouns;
}

} // namespace

std::string toText(const std::vector<Problem>& problems)
{
    std::string text;
    for (const auto& problem : problems) {
        text += problem.file;
        if (problem.line > 0) text += ":" + std::to_string(problem.line);
        text += ": " + problem.what + "\n";
    }
    return text;
}

Parsed parseDocuments(const std::vector<model::PolicyDocument>& documents)
{
    Parsed parsed;
    if (documents.size() > documentsLimit) {
        parsed.problems.push_back({"(all)", 0,
            "there are " + std::to_string(documents.size()) + " documents; at most " +
                std::to_string(documentsLimit) + " are read"});
        return parsed;
    }
    SetContent content;
    for (const auto& document : documents) {
        ProblemList problems(toPrintable(document.path, 250));
        readFile(document, problems, content);
        parsed.problems.insert(
            parsed.problems.end(), problems.problems().begin(), problems.problems().end());
    }
    const auto between = findProblemsInSet(content);
    parsed.problems.insert(parsed.problems.end(), between.begin(), between.end());
    std::stable_sort(
        parsed.problems.begin(), parsed.problems.end(), [](const Problem& a, const Problem& b) {
            return std::tie(a.file, a.line) < std::tie(b.file, b.line);
        });
    if (!parsed.problems.empty()) return parsed;
    parsed.set.policies = sortedNouns(content.policies);
    parsed.set.services = sortedNouns(content.services);
    parsed.set.anchors = sortedNouns(content.anchors);
    for (const auto& policy : content.policies)
        parsed.set.policyLines[policy.noun.name] = policy.file + ":" + std::to_string(policy.line);
    return parsed;
}

} // namespace perennial::policy
