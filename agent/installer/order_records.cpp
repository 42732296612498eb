#include "agent/installer/order_records.h"

#include "shared/base/file_place.h"
#include "shared/base/json.h"

#include <algorithm>
#include <array>

namespace perennial::installer {

namespace {

constexpr std::array<std::string_view, 5> stageNames = {
    "key-ready", "placing", "placed", "finished", "discarded"};

Json toJson(const OrderRecord& record)
{
    Json json;
    json["order"] = record.order;
    json["certificate"] = record.place.certificate.native();
    json["key"] = record.place.key.native();
    json["stage"] = stageNames.at(static_cast<std::size_t>(record.stage));
    json["updated"] = toRfc3339(record.updated);
    json["replaces"] = record.replaces;
    json["fingerprint"] = record.fingerprint;
    json["cleared"] = record.cleared;
    if (!record.chain.empty()) json["chain"] = record.chain;
    if (!record.previousKey.empty()) json["previous_key"] = record.previousKey;
    if (!record.version.empty()) {
        json["version"] = record.version;
        json["previous_version"] = record.previousVersion;
    }
    json["placings"] = Json::Array{};
    for (const auto& placing : record.placings)
        json["placings"].push(toRfc3339(placing));
    return json;
}

Result<OrderRecord> fromJson(const Json& json)
{
    JsonReader in(json, "order");
    const auto timeIn = [&in](const char* member, const std::string& text) {
        auto time = timeFromRfc3339(text);
        if (!time) in.fail(member, time.error().message);
        return time ? *time : TimePoint();
    };
    OrderRecord record;
    record.order = in.string("order");
    record.place = {in.string("certificate"), in.string("key")};
    const auto stage = std::find(stageNames.begin(), stageNames.end(), in.string("stage"));
    if (stage == stageNames.end()) in.fail("stage", "is none");
    record.stage = static_cast<Stage>(stage - stageNames.begin());
    record.updated = timeIn("updated", in.string("updated"));
    record.replaces = in.string("replaces");
    record.fingerprint = in.string("fingerprint");
    record.cleared = in.boolean("cleared");
    record.chain = in.optionalString("chain").value_or("");
    record.previousKey = in.optionalString("previous_key").value_or("");
    record.version = in.optionalString("version").value_or("");
    record.previousVersion = in.optionalString("previous_version").value_or("");
    for (const auto& text : in.strings("placings"))
        record.placings.push_back(timeIn("placings", text));
    if (auto status = in.finish(); !status) return status.error();
    return record;
}

} // namespace

bool Place::overlaps(const Place& other) const
{
    return certificate == other.certificate || certificate == other.key ||
           key == other.certificate || key == other.key;
}

Result<x509::PrivateKey> OrderRecords::readKey(const std::string& order) const
{
    auto file = openToRead(keyFile(order));
    if (!file) return file.error();
    return x509::PrivateKey::fromDescriptor(file->get());
}

Result<OrderRecord> OrderRecords::load(const std::string& order) const
{
    auto text = files_.read(file(order, ".json"));
    if (!text) return text.error();
    auto json = Json::parse(*text);
    auto record = json ? fromJson(*json) : Result<OrderRecord>(json.error());
    if (record && record->order == order) return record;
    return Error{ErrorKind::Corrupt, file(order, ".json").string() + " is damaged" +
                                         (record ? "" : ": " + record.error().message)};
}

Result<std::vector<OrderRecord>> OrderRecords::all() const
{
    auto names = files_.list(folder);
    if (!names) return names.error();
    std::vector<OrderRecord> records;
    for (const auto& name : *names) {
        if (name.front() == '.' || !name.ends_with(".json")) continue;
        auto record = load(name.substr(0, name.size() - 5));
        if (record)
            records.push_back(*std::move(record));
        else
            log_.error(record.error().message);
    }
    return records;
}

Status OrderRecords::save(const OrderRecord& record)
{
    return files_.replace(file(record.order, ".json"), toJson(record).pretty());
}

} // namespace perennial::installer
