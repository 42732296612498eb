// What the installer refuses and leaves alone where a key is in a token.

#include "shared/base/unix_socket.h"
#include "tests/support/token_service.h"

#include <atomic>
#include <doctest/doctest.h>
#include <thread>

using namespace perennial;
using namespace perennial::test;

namespace {

using Names = std::set<std::string>;

const std::string newKeyId = toHex(x509::sha256(InstallerHost::order).substr(0, 20));
const Names swapped = {"web " + newKeyId, "web.previous 01"};

std::string said(const model::InstallerMessage& answer) { return reasonOf(answer); }

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("as long as an order's key is in force and not finished, no other order makes one there")
{
    TokenHost world;
    auto& host = world.host;
    const auto chain = world.issue();
    REQUIRE(said(host.place(chain)) == "done");
    host.clock.advance(std::chrono::hours(24 * 30));
    const InstallerHost::Fields key = {{"key_type", "ec-p256"}};
    const std::string other = "0198c6d2-0000-7000-8000-000000000002";
    CHECK(contains(said(host.ask("make_key", key, other)), "at work on the same files"));
    CHECK(world.service.keys() == swapped);
    CHECK(said(host.ask("finish")) == "done");
    CHECK(said(host.ask("make_key", key, other)) == "done");
}

TEST_CASE("a store that a key in a token does not go with is refused before a key is made")
{
    TokenHost world;
    auto& host = world.host;
    (void)host.folder.write("tls/chain.pem", readText(host.pki()["issuing"].chain), 0644);
    host.writeGuard({{"stores", "[{folder: " + (host.folder / "tls") + ", chain_file: chain.pem}]"},
        {"tokens", "{web: {socket: " + world.service.socket() + ", user: \"" +
                       std::to_string(::geteuid()) + "\", keys: [web]}}"}});
    CHECK(contains(said(host.ask("preflight", {{"size", "1"}})), "chain_file"));
}

TEST_CASE("a key with our name for the old one, which no order left there, is not destroyed")
{
    TokenHost world;
    auto& host = world.host;
    const auto chain = world.issue();
    auto& pki = host.pki();
    pki.issueServer("kept.example.test", "issuing");
    world.service.token.importKey(pki["kept.example.test"].key, "web.previous", "77");
    CHECK(contains(said(host.ask("preflight", {{"size", "1"}})), "no order left"));
    CHECK(contains(said(host.place(chain)), "no order left"));
    CHECK(world.service.keys() == Names{"web 01", "web.next " + newKeyId, "web.previous 77"});
}

TEST_CASE("a token that gives no answer is asked once a pass, and not for pairs in place")
{
    TokenHost world;
    auto& host = world.host;
    const auto chain = world.issue();
    REQUIRE(said(host.place(chain)) == "done");
    world.guard(std::to_string(::geteuid()), "web, two");
    world.service.stop();
    auto listening = UnixSocket::listen(world.service.socket(), 0600);
    REQUIRE(listening.ok());
    // Takes every call at once, and closes it unanswered.
    const auto callsIn = [&] {
        int calls = 0;
        std::atomic<bool> over = false;
        std::thread keeper([&] {
            while (!over || !listening->isQuiet()) {
                if (listening->accept(Duration(1))) ++calls;
            }
        });
        const auto rules = host.guard();
        CHECK(installer::Installer(host.files, host.clock, rules, host.log).recover().ok());
        over = true;
        keeper.join();
        return calls;
    };
    CHECK(callsIn() == 0);
    // The same as if it had been killed in the middle, twice.
    const auto orders = std::filesystem::path(host.folder / "state/orders");
    auto record = readText(orders / (std::string(InstallerHost::order) + ".json"));
    record.replace(record.find("\"placed\""), 8, "\"placing\"");
    const std::string other = "0198c6d2-0000-7000-8000-000000000002";
    auto second = record; // of another key in the token
    second.replace(second.find(InstallerHost::order), other.size(), other);
    second.replace(second.find("object=web"), 10, "object=two");
    for (const auto& [order, text] :
        {std::pair(std::string(InstallerHost::order), record), std::pair(other, second)})
        (void)host.folder.write("state/orders/" + order + ".json", text, 0600);
    CHECK(callsIn() == 1);
}
