#include "shared/protocol/scan_report.h"

#include "shared/base/encoding.h"
#include "shared/protocol/agent_messages.h"
#include "shared/protocol/certificate_members.h"
#include "shared/protocol/member_reading.h"

namespace perennial::protocol {

namespace {

constexpr std::size_t entryLimit = 400'000; // an alias has 64 KB, escaped six times that
constexpr std::size_t reasonLimit = 1024;
constexpr std::size_t foundBytes = 8U << 20U;
constexpr std::size_t configurationBytes = 4U << 20U;
constexpr std::size_t pathLimit = 4096;
constexpr std::string_view keyMark = "PRIVATE KEY-----";

// What is left out is found by a sweep all the same.
Json configurationOf(const model::InventoryReport& report)
{
    Json paths{Json::Array()};
    std::size_t bytes = 0;
    std::size_t count = 0;
    for (const auto& path : report.configuration) {
        if (path.find(keyMark) != std::string::npos) continue;
        bytes += path.size();
        if (++count > configurationLimit || bytes > configurationBytes) break;
        paths.push(path);
    }
    return paths;
}

} // namespace

Json toJson(const model::FoundCertificate& found)
{
    Json json;
    json["kind"] = found.kind;
    json["place"] = toJson(found.place);
    json["entry"] = found.entry;
    json["reason"] = toPrintable(found.reason, reasonLimit);
    json["certificate"] = found.certificate ? toJson(*found.certificate) : Json();
    return json;
}

Result<model::FoundCertificate> foundCertificateFromJson(const Json& json)
{
    JsonReader in(json, "found certificate");
    model::FoundCertificate found;
    found.kind = readIdentifier(in, "kind");
    const Json& place = in.value("place");
    found.entry = in.string("entry", entryLimit);
    found.reason = in.string("reason", reasonLimit);
    const Json& certificate = in.value("certificate");
    if (json.find("certificate") == nullptr) in.fail("certificate", "is missing");
    if (auto status = in.finish(); !status) return status.error();
    auto readPlace = placeFromJson(place);
    if (!readPlace) return readPlace.error().in("found certificate");
    found.place = *std::move(readPlace);
    if (certificate.isNull()) return found;
    auto facts = factsFromJson(certificate);
    if (!facts) return facts.error().in("found certificate");
    found.certificate = *std::move(facts);
    return found;
}

void writeScanReport(std::ostream& out, model::InventoryReport report)
{
    out << "{\"configuration\":" << configurationOf(report).canonical() << ",\"found\":[";
    std::size_t bytes = 0;
    std::size_t left = 0;
    for (const auto& found : report.found) {
        const auto text = toJson(found).canonical();
        if (bytes + text.size() > foundBytes || text.find(keyMark) != std::string::npos) {
            ++left;
            continue;
        }
        out << (bytes == 0 ? "" : ",") << text;
        bytes += text.size();
    }
    if (left > 0)
        report.skipped.push_back(
            std::to_string(left) + " certificates that are no slots: left out");
    out << "],\"report\":" << toJson(report).canonical() << "}\n";
}

Result<model::InventoryReport> scanReportFromJson(const Json& json)
{
    if (auto status = refusePrivateKeys(json, "scan report"); !status) return status.error();
    JsonReader in(json, "scan report");
    auto configuration = in.strings("configuration", configurationLimit);
    const auto& all = in.array("found", foundLimit);
    const Json& inner = in.value("report");
    if (auto status = in.finish(); !status) return status.error();
    auto report = inventoryReportFromJson(inner);
    if (!report) return report.error();
    for (const auto& path : configuration) {
        if (path.size() > pathLimit)
            return Error{
                ErrorKind::InvalidInput, "scan report: configuration: a path over 4096 bytes"};
    }
    report->configuration = std::move(configuration);
    for (const auto& element : all) {
        auto found = foundCertificateFromJson(element);
        if (!found) return found.error().in("scan report");
        report->found.push_back(*std::move(found));
    }
    return report;
}

} // namespace perennial::protocol
