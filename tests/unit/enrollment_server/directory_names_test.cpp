#include "controller/enrollment/authentication/directory_names.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::enrollment::server;

namespace {

const DirectorySettings::Names every{"dNSHostName", "userPrincipalName", "mail", "objectSid"};

AccountNames namesOf(const std::string& attribute, const std::vector<std::string>& values)
{
    auto names = every;
    if (attribute != names.sid) names.sid.clear();
    return accountNamesIn({"uid=ann", {{attribute, values}}}, names);
}

std::string sidOf(std::string_view binary)
{
    return namesOf("objectSid", {std::string(binary)}).sid;
}

using namespace std::string_literals;
using namespace std::string_view_literals;

} // namespace

TEST_CASE("of an account is known what has one value that can be such a name")
{
    CHECK(namesOf("mail", {"ann@example.test"}).email == "ann@example.test");
    CHECK(namesOf("userPrincipalName", {"ann@corp"}).upn == "ann@corp");
    CHECK(namesOf("dNSHostName", {"web1.example.test"}).dns == "web1.example.test");
    CHECK(namesOf("mail", {"a@example.test", "b@example.test"}).email.empty());
    for (const char* value :
        {"", "ann", "@example.test", "ann@", "a@b@c", "ann @example.test", "ann@example.test\n",
            "<ann@example.test>", "\"a\"@example.test", "\xC3\xA4@example.test"})
        CHECK_MESSAGE(namesOf("mail", {value}).email.empty(), value);
    CHECK(namesOf("mail", {std::string(250, 'a') + "@example.test"}).email.empty());
    for (const char* value : {"", "*.example.test", "web1 .example.test", "web1..test", "-web1"})
        CHECK_MESSAGE(namesOf("dNSHostName", {value}).dns.empty(), value);
    // Attributes that nobody named are nobody's names.
    CHECK(accountNamesIn({"uid=ann", {{"mail", {"ann@example.test"}}}}, {}).email.empty());
}

TEST_CASE("a SID is read as Active Directory writes it, and as text")
{
    // MS-DTYP 2.4.2.4: BUILTIN\Administrators, and the null SID.
    CHECK(sidOf("\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00"sv) ==
          "S-1-5-32-544");
    CHECK(sidOf("\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"sv) == "S-1-0-0");
    CHECK(sidOf("S-1-5-21-1-2-3-1104") == "S-1-5-21-1-2-3-1104");
    for (const auto wrong :
        {""sv, "S-2-5"sv, "S-1-5-x"sv, "S-1-"sv, "S-1--5"sv, "S-1-5-"sv, "S-1-5-21-1\n"sv,
            "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00"sv,         // cut off
            "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00\x00"sv, // too long
            "\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"sv,                     // revision
            "\x01\x00\x00\x00\x00\x00\x00\x05"sv,                                     // no number
            "\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"sv})                    // authority
        CHECK(sidOf(wrong).empty());
    // Whose SID is in doubt is nobody.
    const AccountNames doubtful = accountNamesIn(
        {"uid=ann", {{"mail", {"ann@example.test"}}, {"objectSid", {"S-1-5-18", "S-1-5-19"}}}},
        every);
    CHECK(doubtful.email.empty());
    CHECK(doubtful.lacksSid);
    CHECK_FALSE(namesOf("objectSid", {"S-1-5-18"}).lacksSid);
    CHECK_FALSE(namesOf("mail", {"ann@example.test"}).lacksSid); // nobody asks for it
    // As text it would be longer than the extension's own lengths allow for here.
    CHECK(sidOf("\x01\x0F\x00\x00\x00\x00\x00\x05"s + std::string(60, '\xFF')).empty());
}

TEST_CASE("what is known of a caller comes back from where it is kept")
{
    const AccountNames names{
        "web1.example.test", "ann@corp", "ann@example.test", "S-1-5-18", false};
    const auto kept = accountNamesOf(toText(names));
    REQUIRE(kept);
    CHECK(toText(*kept) == toText(names));
    CHECK_FALSE(kept->lacksSid);
    AccountNames doubtful;
    doubtful.lacksSid = true;
    const auto asKept = accountNamesOf(toText(doubtful));
    REQUIRE(asKept);
    CHECK(asKept->lacksSid);
    for (const char* wrong :
        {"", "{}", "[]", R"({"dns":"","upn":"","email":"","sid":"","more":""})"})
        CHECK_FALSE(accountNamesOf(wrong).ok());
}
