#include "tests/support/dying_file_system.h"

#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using Fault = DyingFileSystem::Fault;

namespace {

// One change of each kind, in an order in which all succeed. True: all did.
bool everyChange(FileSystem& files, const TemporaryFolder& folder)
{
    return files.makeFolder(folder / "new").ok() && files.replace(folder / "new/a", "1234").ok() &&
           files.append(folder / "new/a", "5678").ok() &&
           files.truncate(folder / "new/a", 6).ok() &&
           files.link(folder / "new/a", folder / "new/b").ok() &&
           files.rename(folder / "new/b", folder / "new/c").ok() &&
           files.remove(folder / "new/a").ok();
}
constexpr int kindsOfChange = 7;

std::size_t entries(const TemporaryFolder& folder)
{
    const PosixFileSystem files;
    const auto names = files.list(folder / "new");
    return names ? names->size() : 0;
}

} // namespace

TEST_CASE("undisturbed, a dying disk counts each kind of change and passes it on")
{
    const TemporaryFolder folder;
    PosixFileSystem real;
    DyingFileSystem files(real);
    CHECK(everyChange(files, folder));
    CHECK(files.changes() == kindsOfChange);
    CHECK(*files.read(folder / "new/c") == "123456");
    CHECK(*files.readPart(folder / "new/c", 2, 2) == "34");
    CHECK(files.inspect(folder / "new/c")->size == 6);
    CHECK(files.list(folder / "new")->size() == 1);
    CHECK(files.changes() == kindsOfChange); // looking is no change
}

TEST_CASE("a dying disk dies at each change, and only a planned one does")
{
    for (int change = 1; change <= kindsOfChange + 1; ++change) {
        for (const auto fault : {Fault::DieBefore, Fault::DieDuring, Fault::DieAfter}) {
            CAPTURE(change);
            const TemporaryFolder folder;
            const bool died = diesOrEnds([&] {
                PosixFileSystem real;
                DyingFileSystem files(real, {change, fault});
                return everyChange(files, folder);
            });
            CHECK(died == (change <= kindsOfChange));
        }
    }
}

TEST_CASE("dying before leaves the change undone, after leaves it done, during leaves a half")
{
    struct Row {
        int change;
        Fault fault;
        std::string content;
        std::size_t entries;
    };
    for (const auto& row : {Row{2, Fault::DieBefore, "", 0}, Row{2, Fault::DieAfter, "1234", 1},
             Row{2, Fault::DieDuring, "", 1}, Row{3, Fault::DieBefore, "1234", 1},
             Row{3, Fault::DieAfter, "12345678", 1}, Row{3, Fault::DieDuring, "123456", 1},
             Row{7, Fault::DieBefore, "123456", 2}, Row{7, Fault::DieAfter, "", 1}}) {
        CAPTURE(row.change);
        const TemporaryFolder folder;
        CHECK(diesOrEnds([&] {
            PosixFileSystem real;
            DyingFileSystem files(real, {row.change, row.fault});
            return everyChange(files, folder);
        }));
        const auto content = PosixFileSystem().read(folder / "new/a");
        CHECK((content ? *content : std::string()) == row.content);
        CHECK(entries(folder) == row.entries);
    }
}

TEST_CASE("a failing disk gives the error of a full one, once or for good")
{
    const TemporaryFolder folder;
    PosixFileSystem real;
    DyingFileSystem once(real, {2, Fault::Fail});
    CHECK(once.replace(folder / "a", "1"));
    const auto failed = once.replace(folder / "a", "2");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().kind == ErrorKind::Internal);
    CHECK(failed.error().message.find("No space left on device") != std::string::npos);
    CHECK(*once.read(folder / "a") == "1");
    CHECK(once.replace(folder / "a", "3"));

    DyingFileSystem forGood(real, {1, Fault::FailForGood});
    CHECK_FALSE(forGood.append(folder / "a", "x"));
    CHECK_FALSE(forGood.makeFolder(folder / "b"));
    CHECK(*forGood.read(folder / "a") == "3");
    CHECK(forGood.remove(folder / "a")); // which makes room on a full disk
}
