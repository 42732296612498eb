#include "shared/protocol/agent_messages.h"

#include "tests/support/golden.h"
#include "tests/unit/protocol/documented_messages.h"

#include <algorithm>
#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <vector>

using namespace perennial;

namespace {

// Every object inside the value, the value itself first.
void findObjects(Json& json, std::vector<Json*>& found)
{
    if (json.object() != nullptr) {
        found.push_back(&json);
        for (auto& [name, value] : *json.object())
            findObjects(value, found);
    }
    if (json.array() != nullptr) {
        for (auto& element : *json.array())
            findObjects(element, found);
    }
}

std::vector<std::string> keysOf(const Json& json)
{
    std::vector<std::string> keys;
    for (const auto& [name, value] : *json.object())
        keys.push_back(name);
    return keys;
}

// Labels, files and details: maps, whose members have no fixed names.
bool hasFreeNames(const Json& json)
{
    return json.find("role") != nullptr || json.find("services/corp.yaml") != nullptr ||
           json.object()->size() == 1;
}

struct Change {
    std::string what;
    std::function<void(Json&, const std::string&)> apply;
};

const std::vector<Change> changes = {
    {"taken away", [](Json& object, const std::string& key) { object.object()->erase(key); }},
    {"null", [](Json& object, const std::string& key) { object[key] = Json(); }},
    {"of another type",
        [](Json& object, const std::string& key) {
            object[key] = object[key].string() != nullptr ? Json(1) : Json("x");
        }},
    {"renamed", [](Json& object, const std::string& key) {
         object[key + "x"] = object[key];
         object.object()->erase(key);
     }}};

bool isOptional(const std::string& message, const std::string& key)
{
    // An event leaves empty members out.
    static const std::vector<std::string> optional = {"reason", "correlation_id", "agent_id",
        "host", "slot_id", "policy", "certificate", "details", "id", "authentication", "address"};
    if (message == "signed documents") return key == "signed_manifest";
    return message == "event batch" &&
           std::find(optional.begin(), optional.end(), key) != optional.end();
}

} // namespace

TEST_CASE("the page has an example of every message, which is read and written unchanged")
{
    const auto examples = test::examplesOnPage();
    CHECK(examples.size() == test::documentedMessages().size());
    for (const auto& message : test::documentedMessages()) {
        CAPTURE(message.name);
        REQUIRE(examples.count(message.name) == 1);
        const Json& example = examples.at(message.name);
        const auto again = message.readAndWrite(example);
        REQUIRE_MESSAGE(again, again.error().message);
        CHECK(again->pretty() == example.pretty());
    }
}

TEST_CASE("a member that is missing, of another type or unknown makes a message refused")
{
    std::size_t refused = 0;
    for (const auto& message : test::documentedMessages()) {
        Json example = test::examplesOnPage().at(message.name);
        std::vector<Json*> objects;
        findObjects(example, objects);
        for (std::size_t i = 0; i < objects.size(); ++i) {
            if (hasFreeNames(*objects[i])) continue;
            for (const auto& key : keysOf(*objects[i])) {
                for (const auto& change : changes) {
                    if (change.what == "taken away" && isOptional(message.name, key)) continue;
                    Json changed = example;
                    std::vector<Json*> copies;
                    findObjects(changed, copies);
                    change.apply(*copies[i], key);
                    CAPTURE(message.name);
                    CAPTURE(key);
                    CAPTURE(change.what);
                    CHECK_FALSE(message.readAndWrite(changed));
                    ++refused;
                }
            }
        }
    }
    CHECK(refused > 300);
}

TEST_CASE("only this version and the one before it are understood")
{
    for (const auto& message : test::documentedMessages()) {
        CAPTURE(message.name);
        for (const int other : {-1, 0, protocol::version + 1, 1000}) {
            Json example = test::examplesOnPage().at(message.name);
            example["version"] = other;
            const auto read = message.readAndWrite(example);
            REQUIRE_FALSE(read);
            CHECK(read.error().message.find("version") != std::string::npos);
        }
    }
}

TEST_CASE("a message with a private key anywhere in it is refused whole")
{
    const std::string key = "x\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n";
    const std::vector<std::pair<std::string, std::function<void(Json&)>>> rows = {
        {"join request", [&](Json& json) { json["request"] = *json["request"].string() + key; }},
        {"identity request",
            [&](Json& json) { json["request"] = *json["request"].string() + key; }},
        {"join answer", [&](Json& json) { json["identity"] = *json["identity"].string() + key; }},
        {"identity answer",
            [&](Json& json) { json["identity"] = *json["identity"].string() + key; }},
        {"inventory report",
            [&](Json& json) {
                Json& slot = json["slots"].array()->at(0);
                slot["certificate_pem"] = *slot["certificate_pem"].string() + key;
            }},
        {"inventory report",
            [&](Json& json) { json["slots"].array()->at(0)["warnings"].push(key); }},
        {"event batch", [&](Json& json) { json["events"].array()->at(0)["details"]["x"] = key; }}};
    for (const auto& [name, change] : rows) {
        CAPTURE(name);
        Json json = test::examplesOnPage().at(name);
        change(json);
        for (const auto& message : test::documentedMessages()) {
            if (message.name != name) continue;
            const auto read = message.readAndWrite(json);
            REQUIRE_FALSE(read);
            CHECK(read.error().kind == ErrorKind::PermissionDenied);
            CHECK(read.error().message.find("MHcCAQEE") == std::string::npos);
        }
    }
}

TEST_CASE("members whose form is wrong are refused")
{
    struct Row {
        std::string message, member;
        Json value;
    };
    const std::vector<Row> rows = {{"join request", "token", "short"},
        {"join request", "token", "spaces are not base64url"},
        {"join request", "host_name", "web 1"}, {"join request", "host_name", ""},
        {"join request", "host_name", std::string(254, 'a')},
        {"join request", "request", test::readTestData("web.pem")},
        {"join answer", "agent_id", "../agent"}, {"join answer", "identity", "PEM"},
        {"join answer", "labels", *Json::parse(R"({"role":"a\nb"})")},
        {"join answer", "labels", *Json::parse(R"({"a/b":"x"})")}, {"check-in", "epoch", ""},
        {"check-in", "policy_version", -1},
        {"check-in", "policy_commit", "3F786850E387550FDAB836ED7E6DC881DE23001B"},
        {"check-in", "policy_commit", "3f78"}, {"check-in", "inventory_digest", "e3b0"},
        {"check-in", "pending_events", -1}, {"check-in answer", "next_checkin_seconds", 0},
        {"check-in answer", "next_checkin_seconds", 86401},
        {"check-in answer", "controller_time", "yesterday"},
        {"inventory report", "scanned_at", "2026-11-21"},
        {"event batch", "epoch", "another-epoch"}};
    for (const auto& row : rows) {
        CAPTURE(row.message);
        CAPTURE(row.member);
        Json json = test::examplesOnPage().at(row.message);
        json[row.member] = row.value;
        for (const auto& message : test::documentedMessages()) {
            if (message.name == row.message) CHECK_FALSE(message.readAndWrite(json));
        }
    }
}

TEST_CASE("the paths and hashes of documents are checked before anybody uses them")
{
    const Json good = test::examplesOnPage().at("documents");
    const std::vector<std::string> paths = {"", "/etc/passwd.yaml", "../x.yaml", "a/../x.yaml",
        "a//x.yaml", ".git/x.yaml", "a/.x.yaml", "a/b", "a\\b.yaml", "a b.yaml", "a/b.yaml/",
        std::string(200, 'a') + ".yaml"};
    for (const auto& path : paths) {
        CAPTURE(path);
        Json json = good;
        json["documents"].array()->at(0)["path"] = path;
        CHECK_FALSE(protocol::documentsFromJson(json));
        json = good;
        json["manifest"]["files"][path] = std::string(64, 'a');
        CHECK_FALSE(protocol::documentsFromJson(json));
    }
    Json json = good;
    json["manifest"]["files"]["services/corp.yaml"] = std::string(64, 'A');
    CHECK_FALSE(protocol::documentsFromJson(json));
    json = good;
    json["manifest"]["version"] = 0;
    CHECK_FALSE(protocol::documentsFromJson(json));
    json = good;
    json["documents"].array()->at(0)["content"] = std::string(protocol::documentLimit + 1, 'x');
    CHECK_FALSE(protocol::documentsFromJson(json));
}
