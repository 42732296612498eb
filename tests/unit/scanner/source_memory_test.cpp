#include "agent/scanner/source_memory.h"

#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace perennial;
using namespace perennial::scanner;
using namespace perennial::test;

namespace {

class Remembering final : public DiscoverySource {
public:
    explicit Remembering(std::optional<std::string>& memory) : memory_(memory) {}
    Result<Discovery> discover() override { return Discovery{}; }
    void recall(std::string memory) override { memory_ = std::move(memory); }
    std::optional<std::string> memory() override { return memory_; }

private:
    std::optional<std::string>& memory_;
};

} // namespace

TEST_CASE("what a source remembers comes back to it, from a file that only we can write")
{
    const TemporaryFolder folder;
    PosixFileSystem files;
    std::optional<std::string> memory;
    NamedSource source{"one", std::make_unique<Remembering>(memory), folder / "one.memory"};
    giveMemory(files, source);
    keepMemory(files, source);
    CHECK_FALSE(memory);
    CHECK_FALSE(std::filesystem::exists(folder / "one.memory"));

    memory = "it was so";
    keepMemory(files, source);
    memory = std::nullopt;
    giveMemory(files, source);
    CHECK(memory == "it was so");

    REQUIRE(::chmod((folder / "one.memory").c_str(), 0620) == 0);
    memory = std::nullopt;
    giveMemory(files, source);
    CHECK_FALSE(memory);

    // A folder that cannot be written is no failure of the scan.
    source.memoryFile = "/nowhere/one.memory";
    memory = "it was so";
    keepMemory(files, source);
    memory = std::nullopt;
    giveMemory(files, source);
    CHECK_FALSE(memory);
}
