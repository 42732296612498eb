#include "shared/model/installer_message.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace perennial;
using model::InstallerMessage;

namespace {

const std::string binary("\0\n key 5\nabc\xFF", 13);

InstallerMessage example()
{
    return {
        "place", {{"order", "0198c6d2-0000-7000-8000-000000000001"},
                     {"slot.certificate", "/etc/nginx/tls/web.pem"},
                     {"slot.key", "/etc/nginx/tls/web.key"}, {"chain", binary}, {"replaces", ""}}};
}

} // namespace

TEST_CASE("an installer message has one form, and reading it gives it back")
{
    const auto bytes = model::encode(example());
    REQUIRE(bytes);
    CHECK(*bytes == "place\nchain 13\n" + binary +
                        "order 36\n0198c6d2-0000-7000-8000-000000000001replaces 0\n"
                        "slot.certificate 22\n/etc/nginx/tls/web.pem"
                        "slot.key 22\n/etc/nginx/tls/web.key");
    const auto read = model::decodeInstallerMessage(*bytes);
    REQUIRE(read);
    CHECK(*read == example());
    CHECK(read->field("chain") == binary);
    CHECK(read->field("action").empty());
}

TEST_CASE("an installer message cut anywhere is refused or is a shorter message")
{
    const std::string bytes = *model::encode(example());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        const auto read = model::decodeInstallerMessage(std::string_view(bytes).substr(0, size));
        if (!read) continue;
        CHECK(model::encode(*read).value() == bytes.substr(0, size));
        CHECK(read->fields.size() < example().fields.size());
    }
}

TEST_CASE("installer messages that are not exactly in the form are refused")
{
    const std::vector<std::string> texts = {"", "place", "format_disk\n", "PLACE\n", "place \n",
        "place\norder", "place\norder\n", "place\norder 3", "place\norder 3\nab",
        "place\norder -1\na", "place\norder +1\na", "place\norder 01\na", "place\norder 1 \na",
        "place\norder 0x1\na", "place\norder \n", "place\nprivate_key 1\na",
        "place\norder 1\naorder 1\nb", "place\norder 1\nbchain 1\na", "place\norder 1\na\n",
        "place\norder 1\nax", "place\norder 262145\n" + std::string(262145, 'x'),
        "place\norder 99999999999999999999\na", "place\n" + std::string(100, 'o') + " 1\na",
        "done\n\n", std::string("place\0\n", 7)};
    for (const auto& text : texts) {
        CAPTURE(text.substr(0, 60));
        const auto read = model::decodeInstallerMessage(text);
        REQUIRE_FALSE(read);
        CHECK(read.error().kind == ErrorKind::InvalidInput);
    }
}

TEST_CASE("an installer message over its limits is refused both ways")
{
    const std::string most(model::installerFieldLimit, 'x');
    CHECK(model::encode({"place", {{"chain", most}}}));
    CHECK_FALSE(model::encode({"place", {{"chain", most + "x"}}}));
    CHECK_FALSE(model::encode({"place", {{"chain", most}, {"note", most}}}));
    CHECK_FALSE(model::encode({"place", {{"private_key", "x"}}}));
    CHECK_FALSE(model::encode({"erase", {}}));
    const auto bytes = *model::encode({"place", {{"chain", most}}});
    CHECK(model::decodeInstallerMessage(bytes)->field("chain") == most);
    const std::string two = "place\nchain 262144\n" + most + "note 262144\n" + most;
    CHECK_FALSE(model::decodeInstallerMessage(two));
}
