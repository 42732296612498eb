// What had the place before: told, archived without its key, in bounds.

#include "agent/superseded.h"
#include "tests/support/agent_bench.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using std::chrono::hours;

namespace {

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

Superseded numbered(int number, const std::string& slot, const std::string& pem)
{
    return {model::SlotId(slot), model::OrderId("order-" + std::to_string(number)), pem,
        AgentBench::start + Duration(number), "0" + std::to_string(number)};
}

struct Archive : AgentBench {
    const std::string pem = x509::Certificate::fromPem(host.live())->toPem();
    SupersededArchive& archive = parts.superseded;
    std::vector<Superseded> all() const
    {
        const auto read = archive.all();
        REQUIRE(read.ok());
        return *read;
    }
};

} // namespace

TEST_CASE("what a renewal replaced is told and archived once, with no key in it")
{
    AgentBench bench;
    const auto before = bench.slot();
    bench.take();
    bench.work(hours(1));
    REQUIRE(bench.count("certificate.superseded") == 1);
    const auto event = bench.events().back();
    CHECK(event.kind == "certificate.superseded");
    CHECK(event.certificate.at("serial") == Json(before.certificate.serial));
    CHECK(event.certificate.at("issuer") == Json(before.certificate.issuer));
    CHECK(event.certificate.at("not_after") == Json(toRfc3339(before.certificate.notAfter)));
    CHECK(event.details.at("new_serial") == Json(bench.slot().certificate.serial));
    CHECK(event.details.at("archived") == Json(true));
    const auto all = bench.parts.superseded.all();
    REQUIRE(all.ok());
    REQUIRE(all->size() == 1);
    CHECK(all->front().slot == before.id);
    CHECK(fingerprintOf(all->front().certificatePem) == bench.old);
    CHECK_FALSE(has(bench.disk.content.at("/state/superseded.json"), "PRIVATE"));
}

TEST_CASE("what came to nothing supersedes nothing")
{
    AgentBench bench;
    bench.host.reloadStatus = 1;
    bench.take();
    bench.work(hours(1));
    CHECK(bench.count("renewal.rolled_back") == 1);
    CHECK(bench.count("certificate.superseded") == 0);
    CHECK(bench.parts.superseded.all()->empty());
}

TEST_CASE("an old pair that the guard keeps is not said to be destroyed")
{
    AgentBench bench;
    bench.host.keepsPrevious = "the guard keeps the old pair until later";
    bench.take();
    bench.work(hours(1));
    CHECK(bench.count("key.destroyed") == 0);
    CHECK(has(bench.reasonOf("certificate.superseded"), "keeps the old pair"));
    CHECK(has(supersededText(bench.parts.superseded.all()->front(), bench.clock.now()),
        "keeps the old pair"));
}

TEST_CASE("the archive has bounds: of a slot, of all, of one certificate")
{
    Archive bench;
    for (int number = 0; number < 15; ++number) {
        REQUIRE(bench.archive.add(numbered(number, "slot-a", bench.pem)));
        REQUIRE(bench.archive.add(numbered(number, "slot-a", bench.pem)));
    }
    REQUIRE(bench.all().size() == SupersededArchive::mostOfSlot);
    CHECK(bench.all().front().order == model::OrderId("order-14"));
    CHECK(bench.all().back().order == model::OrderId("order-5"));
    for (int number = 100; number < 700; ++number)
        REQUIRE(bench.archive.add(numbered(number, "slot-" + std::to_string(number), bench.pem)));
    CHECK(bench.all().size() == SupersededArchive::most);
    CHECK(bench.all().front().order == model::OrderId("order-699"));
    const auto large = bench.archive.add(
        numbered(900, "slot-b", std::string(SupersededArchive::largest + 1, 'x')));
    REQUIRE_FALSE(large);
    CHECK(large.error().kind == ErrorKind::InvalidInput);
    CHECK(bench.all().size() == SupersededArchive::most);
}

TEST_CASE("a damaged archive is put aside, and what comes is kept all the same")
{
    Archive bench;
    REQUIRE(bench.disk.replace("/state/superseded.json", "[{\"slot_id\":1}]", {}));
    CHECK(bench.archive.all().error().kind == ErrorKind::Corrupt);
    REQUIRE(bench.archive.add(numbered(1, "slot-a", bench.pem)));
    CHECK(bench.all().size() == 1);
    CHECK(has(bench.disk.content.at("/state/superseded.json.damaged"), "slot_id"));
}

TEST_CASE("what an operator types to revoke it is said as long as there is something to revoke")
{
    Archive bench;
    const auto one = numbered(1, "slot-a", bench.pem);
    const auto serial = bench.slot().certificate.serial;
    const auto said = supersededText(one, bench.clock.now());
    CHECK(has(said, "`perennial enrollment revoke " + serial + " --reason superseded`"));
    CHECK(has(said, "`certutil -revoke " + serial + " 4`"));
    const auto later = supersededText(one, bench.slot().certificate.notAfter);
    CHECK(has(later, "it has expired"));
    CHECK_FALSE(has(later, "revoke"));
}
