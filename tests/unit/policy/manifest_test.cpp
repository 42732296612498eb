#include "shared/policy/policy_documents.h"

#include "tests/support/child_process.h"

#include <doctest/doctest.h>
#include <functional>
#include <string>
#include <vector>

using namespace perennial;

namespace {

const std::string commit(40, 'a');
const std::string otherCommit(40, 'b');
const TimePoint made = *timeFromRfc3339("2026-11-20T15:12:00Z");
const TimePoint end = *timeFromRfc3339("2026-12-20T15:12:00Z");

std::vector<model::PolicyDocument> documents()
{
    return {{"a.yaml", "one\n"}, {"b/c.yaml", "two\n"}};
}

model::PolicyManifest manifest() { return policy::makeManifest(documents(), commit, 7, made, end); }

} // namespace

TEST_CASE("a manifest has the hash of every file, as sha256sum computes it")
{
    const auto files = manifest().files;
    CHECK(files.size() == 2);
    CHECK(test::mustRun({"/usr/bin/sha256sum"}, "one\n").rfind(files.at("a.yaml"), 0) == 0);
    CHECK(test::mustRun({"/usr/bin/sha256sum"}, "two\n").rfind(files.at("b/c.yaml"), 0) == 0);
    CHECK(policy::checkManifest(manifest(), documents(), 0, ""));
}

TEST_CASE("documents that are not exactly those of the manifest are refused")
{
    using Documents = std::vector<model::PolicyDocument>;
    const std::vector<std::pair<std::string, std::function<void(Documents&)>>> changes = {
        {"a.yaml is not the file that the manifest names",
            [](Documents& list) { list[0].content += " "; }},
        {"a.yaml is not the file that the manifest names",
            [](Documents& list) { std::swap(list[0].content, list[1].content); }},
        {"b/c.yaml is missing", [](Documents& list) { list.pop_back(); }},
        {"d.yaml is not in the manifest",
            [](Documents& list) {
                list.push_back({"d.yaml", "one\n"});
            }},
        {"a.yaml is there twice", [](Documents& list) { list.push_back(list[0]); }},
        {"../a.yaml is not the path", [](Documents& list) { list[0].path = "../a.yaml"; }},
        {"A.yaml is not in the manifest", [](Documents& list) { list[0].path = "A.yaml"; }}};
    for (const auto& [what, change] : changes) {
        CAPTURE(what);
        auto list = documents();
        change(list);
        const auto status = policy::checkManifest(manifest(), list, 0, "");
        REQUIRE_FALSE(status);
        CHECK(status.error().kind == ErrorKind::Corrupt);
        CHECK_MESSAGE(
            status.error().message.find(what) != std::string::npos, status.error().message);
    }
}

TEST_CASE("a version only grows, and stays one commit")
{
    const auto check = [](std::int64_t lastVersion, const std::string& lastCommit) {
        return policy::checkManifest(manifest(), documents(), lastVersion, lastCommit);
    };
    CHECK(check(0, ""));
    CHECK(check(6, otherCommit));
    CHECK(check(7, commit));
    CHECK(check(8, otherCommit).error().kind == ErrorKind::PermissionDenied);
    CHECK(check(8, commit).error().kind == ErrorKind::PermissionDenied);
    CHECK(check(7, otherCommit).error().kind == ErrorKind::PermissionDenied);
    CHECK(check(7, "").error().kind == ErrorKind::PermissionDenied);

    auto none = manifest();
    none.version = 0;
    CHECK_FALSE(policy::checkManifest(none, documents(), 0, ""));
    auto noCommit = manifest();
    noCommit.commit = "main";
    CHECK_FALSE(policy::checkManifest(noCommit, documents(), 0, ""));
}

TEST_CASE("a manifest past its end is an alert and no refusal")
{
    CHECK_FALSE(policy::findExpired(manifest(), end - Duration(1)));
    REQUIRE(policy::findExpired(manifest(), end));
    CHECK(policy::findExpired(manifest(), end)->find("renewals go on") != std::string::npos);
    CHECK(policy::checkManifest(manifest(), documents(), 7, commit));
}
