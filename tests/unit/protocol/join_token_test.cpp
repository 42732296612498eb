#include "shared/protocol/agent_messages.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace perennial;

namespace {

const std::string secret = "mJ0h3xq8Xb1mYB2yYh6V2g";
const std::string pin(64, 'a');

} // namespace

TEST_CASE("a join token is read as it was written")
{
    const protocol::JoinToken token{"t-1", secret, pin};
    const auto text = protocol::toText(token);
    CHECK(text == "perennial-join.1.t-1." + secret + "." + pin);
    const auto read = protocol::joinTokenFromText(text);
    REQUIRE(read);
    CHECK(read->id == token.id);
    CHECK(read->secret == token.secret);
    CHECK(read->authorityPin == token.authorityPin);
}

TEST_CASE("what is not exactly a join token is refused, without showing it")
{
    const std::string good = "perennial-join.1.t-1." + secret + "." + pin;
    const std::vector<std::string> texts = {"", " " + good, good + "\n", good + ".", good + "a",
        "perennial-join.2.t-1." + secret + "." + pin, "perennial-join.1.." + secret + "." + pin,
        "perennial-join.1.t/1." + secret + "." + pin, "perennial-join.1.t-1.." + pin,
        "perennial-join.1.t-1.c2hvcnQ." + pin, "perennial-join.1.t-1." + secret + "==." + pin,
        "perennial-join.1.t-1." + secret + "." + std::string(64, 'A'),
        "perennial-join.1.t-1." + secret, "perennial-join.1.t-1." + secret + "." + pin + "." + pin,
        std::string(600, 'a')};
    for (const auto& text : texts) {
        CAPTURE(text);
        const auto read = protocol::joinTokenFromText(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().message.find(secret) == std::string::npos);
    }
}
