#include "shared/model/helper_message.h"

#include <doctest/doctest.h>
#include <string>

using namespace perennial;
using model::HelperVerb;

namespace {

std::string refusalOf(HelperVerb verb, const std::string& text)
{
    const auto answer = model::helperAnswerFromJson(verb, text);
    return answer ? "accepted" : answer.error().message;
}

std::string refusalOf(const std::string& request)
{
    const auto read = model::helperRequestFromJson(request);
    return read ? "accepted" : read.error().message;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("what a helper is asked, as its documentation has it")
{
    CHECK(model::toJson(model::HelperRequest{HelperVerb::Inspect, "/etc/nss", "web"}).reveal() ==
          R"({"entry":"web","folder":"/etc/nss","verb":"inspect","version":1})");
    model::HelperRequest install{HelperVerb::Install, "/etc/nss", "web"};
    install.order = "0198c6d2";
    install.chainPem = "CHAIN";
    install.keyPem = Secret(std::string("KEY"));
    install.replaces = "00ff";
    const auto text = model::toJson(std::move(install));
    CHECK(text.reveal() == R"({"chain":"CHAIN","entry":"web","folder":"/etc/nss","key":"KEY",)"
                           R"("order":"0198c6d2","replaces":"00ff","verb":"install","version":1})");
    auto read = model::helperRequestFromJson(text.reveal());
    REQUIRE(read);
    CHECK(read->keyPem.reveal() == "KEY");
    CHECK(read->chainPem == "CHAIN");
    CHECK(model::toJson(std::move(*read)).reveal() == text.reveal());
}

TEST_CASE("a helper's answer is one of the few that its verb has")
{
    const auto found = model::helperAnswerFromJson(
        HelperVerb::Inspect, R"({"found": true, "chain": "CHAIN", "key": "KEY"})");
    REQUIRE(found);
    CHECK(found->found);
    CHECK(found->chainPem == "CHAIN");
    CHECK(found->keyPem.reveal() == "KEY");
    CHECK(model::helperAnswerFromJson(HelperVerb::Inspect, R"({"found":false})")->found == false);
    CHECK_FALSE(model::helperAnswerFromJson(HelperVerb::Finish, R"({"done":true})")->refused);
    CHECK(*model::helperAnswerFromJson(HelperVerb::Test, R"({"refused":"why"})")->refused == "why");
}

TEST_CASE("every other answer is refused, by what is wrong with it")
{
    const std::string tooLong(33U << 10U, 'k');
    CHECK(contains(refusalOf(HelperVerb::Inspect, ""), "answer"));
    CHECK(contains(refusalOf(HelperVerb::Inspect, "{\"found\":false} x"), "answer"));
    CHECK(contains(refusalOf(HelperVerb::Inspect, "[]"), "answer"));
    CHECK(contains(refusalOf(HelperVerb::Inspect, R"({"done":true})"), "found"));
    CHECK(contains(refusalOf(HelperVerb::Inspect, R"({"found":true,"chain":"c"})"), "key"));
    CHECK(contains(refusalOf(HelperVerb::Inspect, R"({"found":true,"key":"k"})"), "chain"));
    CHECK(contains(
        refusalOf(HelperVerb::Inspect, R"({"found":true,"chain":"","key":"k"})"), "chain"));
    CHECK(contains(
        refusalOf(HelperVerb::Inspect, R"({"found":true,"chain":"c","key":")" + tooLong + "\"}"),
        "key"));
    CHECK(contains(
        refusalOf(HelperVerb::Inspect, R"({"found":true,"chain":"c","key":["k"]})"), "key"));
    CHECK(contains(refusalOf(HelperVerb::Inspect, R"({"found":false,"key":"k"})"), "key"));
    CHECK(contains(refusalOf(HelperVerb::Install, R"({"found":false})"), "done"));
    CHECK(contains(refusalOf(HelperVerb::Install, R"({"done":false})"), "done must be true"));
    CHECK(contains(refusalOf(HelperVerb::Install, R"({"done":true,"note":"n"})"), "note"));
    CHECK(contains(refusalOf(HelperVerb::Install, R"({"done":true,"refused":"why"})"), "done"));
    CHECK(contains(refusalOf(HelperVerb::Install, R"({"done":[[[[[]]]]]})"), "answer"));
    CHECK(contains(refusalOf(HelperVerb::Install, std::string(300U << 10U, ' ')), "answer"));
}

TEST_CASE("a helper refuses a request that it does not know whole")
{
    CHECK(contains(refusalOf(R"({"version":2,"verb":"inspect","folder":"/a","entry":"b"})"),
        "version must be 1"));
    CHECK(contains(
        refusalOf(R"({"version":1,"verb":"erase","folder":"/a","entry":"b"})"), "verb is unknown"));
    CHECK(contains(refusalOf(R"({"version":1,"verb":"inspect","entry":"b"})"), "folder"));
    CHECK(contains(
        refusalOf(R"({"version":1,"verb":"inspect","folder":"/a","entry":"b","key":"k"})"), "key"));
    CHECK(contains(
        refusalOf(R"({"version":1,"verb":"install","folder":"/a","entry":"b","chain":"c"})"),
        "key"));
}
