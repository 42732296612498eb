#include "shared/base/file_system.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <limits>

using perennial::ErrorKind;
using perennial::FileSystem;
using perennial::PosixFileSystem;
using perennial::Result;
using perennial::Status;
using perennial::test::TemporaryFolder;

namespace {

// Leaves the calls under test to the base class.
class PlainFileSystem final : public FileSystem {
public:
    Result<std::string> read(const std::filesystem::path& p, std::size_t limit) const override
    {
        return files_.read(p, limit);
    }
    Result<perennial::FileFacts> inspect(const std::filesystem::path& p) const override
    {
        return files_.inspect(p);
    }
    Result<std::vector<std::string>> list(const std::filesystem::path& p) const override
    {
        return files_.list(p);
    }
    Status replace(const std::filesystem::path& p, std::string_view content,
        const perennial::FileAttributes& attributes) override
    {
        return files_.replace(p, content, attributes);
    }
    Status append(const std::filesystem::path& p, std::string_view content) override
    {
        return files_.append(p, content);
    }
    Status rename(const std::filesystem::path& a, const std::filesystem::path& b) override
    {
        return files_.rename(a, b);
    }
    Status link(const std::filesystem::path& a, const std::filesystem::path& b) override
    {
        return files_.link(a, b);
    }
    Status remove(const std::filesystem::path& p) override { return files_.remove(p); }
    Status makeFolder(const std::filesystem::path& p, mode_t mode) override
    {
        return files_.makeFolder(p, mode);
    }

private:
    PosixFileSystem files_;
};

template <class Files>
void checkParts()
{
    const TemporaryFolder folder;
    const auto file = folder.write("log", "0123456789");
    Files files;

    CHECK(*files.readPart(file, 0, 4) == "0123");
    CHECK(*files.readPart(file, 8, 4) == "89");
    CHECK(files.readPart(file, 10, 4)->empty());
    CHECK(files.readPart(file, std::numeric_limits<std::int64_t>::max() - 8, 4)->empty());
    CHECK(files.readPart(folder / "missing", 0, 1).error().kind == ErrorKind::NotFound);

    CHECK(files.truncate(file, 11).error().kind == ErrorKind::InvalidInput);
    CHECK(*files.read(file, 100) == "0123456789");
    REQUIRE(files.truncate(file, 3));
    CHECK(*files.read(file, 100) == "012");
    REQUIRE(files.truncate(file, 3));
    REQUIRE(files.truncate(file, 0));
    CHECK(files.read(file, 100)->empty());
    CHECK(files.truncate(folder / "missing", 0).error().kind == ErrorKind::NotFound);

    std::filesystem::create_symlink(file, folder / "link");
    CHECK(files.readPart(folder / "link", 0, 1).error().kind == ErrorKind::InvalidInput);
    CHECK(files.truncate(folder / "link", 0).error().kind == ErrorKind::InvalidInput);
}

} // namespace

TEST_CASE("parts of files are read and ends cut off on the real disk")
{
    checkParts<PosixFileSystem>();
}

TEST_CASE("a file system without parts of its own reads and cuts through whole files")
{
    checkParts<PlainFileSystem>();
}
