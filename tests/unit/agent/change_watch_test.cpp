// When changes that were noticed lead to a scan, and where they are looked for.

#include "agent/change_watch.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::agent;
using namespace perennial::test;
using namespace std::chrono_literals;

namespace {

const std::set<std::string> one = {"/etc/one"};
const std::set<std::string> other = {"/etc/other"};

struct Patience {
    ChangePatience patience{1h};
    ChangePatience::Time now = 1000s;

    void scan(bool somethingNew, ChangePatience::Time takes = 0s)
    {
        patience.scanBegins(now);
        now += takes;
        patience.scanEnds(now, somethingNew);
    }
    // How long after `from` it wants a scan; up to a day.
    ChangePatience::Time waits()
    {
        const auto from = now;
        for (; now < from + 24h; now += 1s)
            if (patience.wantsScan(now)) return now - from;
        return -1s;
    }
};

model::InventoryReport reportOf(const std::string& certificate, const std::string& key)
{
    model::InventoryReport report;
    report.slots.emplace_back();
    report.slots.back().place = {"pem", certificate, key};
    return report;
}

bool noneRuled(const model::Slot& /*slot*/) { return false; }

} // namespace

TEST_CASE("a change is looked at when it has settled, or after ten seconds of changes")
{
    Patience quiet;
    CHECK(quiet.waits() == -1s);
    quiet.patience.noticed({}, quiet.now);
    CHECK(quiet.waits() == -1s);

    Patience patience;
    patience.patience.noticed(one, patience.now);
    CHECK(patience.waits() == 2s);

    Patience busy;
    const auto began = busy.now;
    while (!busy.patience.wantsScan(busy.now) && busy.now < began + 1h) {
        busy.patience.noticed(one, busy.now);
        busy.now += 1s;
    }
    CHECK(busy.now - began == 10s);
}

TEST_CASE("a scan sees what was noticed before it began, and nothing after")
{
    Patience patience;
    patience.patience.noticed(one, patience.now);
    patience.patience.scanBegins(patience.now);
    patience.patience.noticed(other, patience.now);
    patience.patience.scanEnds(patience.now, true);
    CHECK(patience.waits() == 10s);
    patience.scan(true);
    CHECK(patience.waits() == -1s);
}

TEST_CASE("scans that changes lead to take a twentieth of the time at most")
{
    Patience patience;
    patience.patience.noticed(one, patience.now);
    patience.scan(true, 30s);
    patience.patience.noticed(one, patience.now);
    CHECK(patience.waits() == 600s);
}

TEST_CASE("a folder whose changes are nothing is waited with, up to a sweep, and others are not")
{
    Patience patience;
    std::vector<ChangePatience::Time> waits;
    for (int i = 0; i < 12; ++i) {
        patience.patience.noticed(one, patience.now);
        waits.push_back(patience.waits());
        patience.scan(false);
    }
    CHECK(waits[0] == 2s);
    CHECK(waits[1] == 10s);
    CHECK(waits[2] == 20s);
    CHECK(waits[3] == 40s);
    CHECK(waits[11] == 1h);

    patience.now += 1min;
    patience.patience.noticed(other, patience.now);
    CHECK(patience.waits() == 2s);
    patience.scan(true);
    patience.patience.noticed(one, patience.now);
    CHECK(patience.waits() > 50min);
    patience.scan(true); // it was right at last
    patience.patience.noticed(one, patience.now);
    CHECK(patience.waits() == 10s);
}

TEST_CASE("watched are the folders of the files, of the links on the way, and where they lead")
{
    const TemporaryFolder folder;
    for (const auto* name : {"live", "archive/site", "tls/v1"})
        std::filesystem::create_directories(folder / name);
    std::filesystem::create_directory_symlink("v1", folder / "tls/current");
    (void)folder.write("archive/site/cert1.pem", "");
    std::filesystem::create_directory_symlink("../archive/site", folder / "live/site");
    std::filesystem::create_symlink("cert1.pem", folder / "archive/site/cert.pem");

    const auto seen = foldersToWatch(
        reportOf(folder / "live/site/cert.pem", folder / "tls/current/key.pem"), 100, noneRuled);
    CHECK(seen.folders == std::set<std::string>{folder / "live", folder / "archive/site",
                              folder / "tls", folder / "tls/v1"});
    CHECK(seen.more == 0);
    CHECK(foldersToWatch(
              reportOf(folder / "live/site/cert.pem", folder / "tls/current/key.pem"), 3, noneRuled)
              .more == 1);
}

TEST_CASE("links that lead round and names that are no paths end the walk")
{
    const TemporaryFolder folder;
    std::filesystem::create_symlink("b", folder / "a");
    std::filesystem::create_symlink("a", folder / "b");
    CHECK(foldersToWatch(reportOf(folder / "a/cert.pem", ""), 100, noneRuled).folders.size() <= 2);
    CHECK(foldersToWatch(reportOf("cert.pem", "token:web"), 100, noneRuled).folders.empty());
}

TEST_CASE(
    "a user with many pairs takes the watch from no slot that is ruled and from no configuration")
{
    model::InventoryReport report;
    const auto add = [&](const std::string& folder, const std::string& service) {
        report.slots.emplace_back();
        report.slots.back().place = {"pem", folder + "/cert.pem", folder + "/cert.key"};
        report.slots.back().service = service;
    };
    for (int i = 0; i < 20; ++i)
        add("/home/m/" + std::to_string(i), "");
    add("/srv/unruled", "nginx");
    add("/srv/found", "");
    add("/srv/ruled", "nginx");
    report.configuration = {"/etc/nginx/nginx.conf"};
    const auto watched = [&](std::size_t limit, bool alsoMallorys) {
        return foldersToWatch(report, limit, [&](const model::Slot& slot) {
            const auto& path = slot.place.certificatePath;
            return (path.starts_with("/srv/") && path != "/srv/unruled/cert.pem") ||
                   (alsoMallorys && path.starts_with("/home/"));
        });
    };
    using Folders = std::set<std::string>;
    CHECK(watched(2, true).folders == Folders{"/etc/nginx", "/srv/ruled"});
    CHECK(watched(1, true).folders == Folders{"/srv/ruled"});
    CHECK(watched(4, false).folders ==
          Folders{"/etc/nginx", "/srv/ruled", "/srv/found", "/srv/unruled"});
    CHECK(watched(4, false).more == 20);
}
