// docs/openapi.yaml against the calls and answers of the real controller.

#include "shared/yaml/strict_yaml.h"
#include "tests/unit/controller_api/api_fixture.h"

#include <algorithm>
#include <set>

using namespace perennial;
using namespace perennial::test;

namespace {

const yaml::Value* member(const yaml::Value* mapping, const std::string& key)
{
    if (mapping == nullptr) return nullptr;
    for (const auto& entry : mapping->mapping) {
        if (entry.key == key) return &entry.value;
    }
    return nullptr;
}

const yaml::Value* memberAt(const yaml::Value* value, const std::vector<std::string>& path)
{
    for (const auto& key : path)
        value = member(value, key);
    return value;
}

struct Document {
    Document()
    {
        const std::string file = "docs/openapi.yaml";
        root = must(yaml::parse(readText(std::string(PERENNIAL_SOURCE_DIR) + "/" + file), file));
    }
    std::set<std::string> calls() const // "GET /v1/status"
    {
        std::set<std::string> all;
        for (const auto& path : member(&root, "paths")->mapping) {
            for (const auto& call : path.value.mapping) {
                auto method = call.key;
                std::transform(method.begin(), method.end(), method.begin(),
                    [](char c) { return static_cast<char>(c - 'a' + 'A'); });
                all.insert(method + " " + path.key);
            }
        }
        return all;
    }
    const yaml::Value* resolved(const yaml::Value* schema) const
    {
        const auto* reference = member(schema, "$ref");
        if (reference == nullptr) return schema;
        const std::string prefix = "#/components/schemas/";
        REQUIRE(reference->scalar.rfind(prefix, 0) == 0);
        const auto* found =
            memberAt(&root, {"components", "schemas", reference->scalar.substr(prefix.size())});
        REQUIRE_MESSAGE(found != nullptr, reference->scalar);
        return found;
    }
    // Required members are there, no others than the schema's are, and types fit, all the way down.
    void check(const Json& value, const yaml::Value* schema, const std::string& where) const
    {
        CAPTURE(where);
        schema = resolved(schema);
        const auto* type = member(schema, "type");
        if (type == nullptr) return; // anything
        if (value.isNull()) {
            CHECK(member(schema, "nullable") != nullptr);
        } else if (type->scalar == "object") {
            checkObject(value, schema, where);
        } else if (type->scalar == "array") {
            REQUIRE(value.array() != nullptr);
            for (const auto& item : *value.array())
                check(item, member(schema, "items"), where + "[]");
        } else if (type->scalar == "integer") {
            CHECK(value.integer() != nullptr);
        } else if (type->scalar == "boolean") {
            CHECK(value.boolean() != nullptr);
        } else {
            REQUIRE(value.string() != nullptr);
            checkString(*value.string(), schema);
        }
    }

    yaml::Value root;

private:
    void checkObject(const Json& value, const yaml::Value* schema, const std::string& where) const
    {
        REQUIRE(value.object() != nullptr);
        if (const auto* required = member(schema, "required")) {
            for (const auto& name : required->sequence)
                CHECK_MESSAGE(value.find(name.scalar) != nullptr, (where + "." + name.scalar));
        }
        for (const auto& [name, inner] : *value.object()) {
            const auto* known = memberAt(schema, {"properties", name});
            if (known == nullptr) known = member(schema, "additionalProperties");
            CHECK_MESSAGE(known != nullptr, (where + "." + name));
            if (known != nullptr) check(inner, known, where + "." + name);
        }
    }
    static void checkString(const std::string& text, const yaml::Value* schema)
    {
        if (member(schema, "format") != nullptr) CHECK(timeFromRfc3339(text).ok());
        if (const auto* choices = member(schema, "enum")) {
            const auto& all = choices->sequence;
            CHECK_MESSAGE(std::any_of(all.begin(), all.end(),
                              [&](const yaml::Value& choice) { return choice.scalar == text; }),
                text);
        }
    }
};

// One of everything, so that every list has an item.
struct Office : ControllerApi {
    Office() : agent(join("web1.example.test"))
    {
        addOperator("operator");
        must(database->transaction([&](sql::Session& session) -> Status {
            auto slot = slotWith("slot-1", oneDay);
            slot.listeners.resize(1);
            slot.listeners.front().host = "192.0.2.1";
            slot.listeners.front().port = 443;
            slot.warnings = {"the key is for everybody to read"};
            if (auto put = controller::slots::put(session, {agent.id, slot}); !put) return put;
            controller::OrderRecord record;
            record.order.id = model::OrderId("order-1");
            record.order.agent = agent.id;
            record.order.slot = slot.id;
            record.order.orderedAt = record.updatedAt = clock.now();
            return controller::orders::insert(session, record);
        }));
        unused = token("web2.example.test").id;
        must(audit->integrate());
    }
    std::string bodyFor(const std::string& call) const
    {
        if (call == "POST /v1/renewals")
            return R"({"agent_id":")" + agent.id.text() + R"(","slot_id":"slot-1"})";
        return call == "POST /v1/join-tokens" ? R"({"host":"web3.example.test"})" : "";
    }
    std::string filled(std::string path) const
    {
        for (const auto& [name, value] :
            {std::pair<std::string, std::string>{"{agent_id}", agent.id.text()},
                {"{order_id}", "order-1"}, {"{id}", unused}}) {
            if (const auto at = path.find(name); at != std::string::npos)
                path.replace(at, name.size(), value);
        }
        return path;
    }
    Joined agent;
    std::string unused; // token
};

} // namespace

TEST_CASE("docs/openapi.yaml and the controller have the same calls")
{
    std::set<std::string> routes;
    for (const auto& route : controller::OperatorApi::routes())
        routes.insert(std::string(route.method) + " " + std::string(route.path));
    CHECK(routes.size() == controller::OperatorApi::routes().size());
    CHECK(Document().calls() == routes);
}

TEST_CASE("every call of docs/openapi.yaml is answered in a form that it describes")
{
    const Document document;
    int withItems = 0;
    for (const auto& call : document.calls()) {
        CAPTURE(call);
        Office office; // new: one of the calls revokes
        const auto space = call.find(' ');
        const auto method = call.substr(0, space);
        const auto path = call.substr(space + 1);
        auto key = method;
        std::transform(key.begin(), key.end(), key.begin(),
            [](char c) { return static_cast<char>(c - 'A' + 'a'); });
        if (path == "/v1/agents/{agent_id}/release")
            must(office.quarantine->begin(office.agent.id, "192.0.2.1"));
        const auto said =
            office.operate("operator-token", method, office.filled(path), office.bodyFor(call));
        const auto* answer = memberAt(
            &document.root, {"paths", path, key, "responses", std::to_string(said.status)});
        REQUIRE_MESSAGE(answer != nullptr, said.status << " " << said.text);
        CHECK(said.message != "there is no such call");
        CHECK((said.status < 300 || said.status == 503)); // no policies in this office
        const auto* open = memberAt(&document.root, {"paths", path, key, "security"});
        const auto stranger = office.operate("", method, office.filled(path)).status;
        CHECK((stranger == 401) == (open == nullptr));
        if (path == "/metrics") continue;
        document.check(
            said.json, memberAt(answer, {"content", "application/json", "schema"}), "answer");
        const auto* items = said.json.find("items");
        if (items == nullptr) continue;
        CHECK(!items->array()->empty());
        ++withItems;
    }
    CHECK(withItems == 5); // agents, certificates, renewals, join tokens, audit events
}
