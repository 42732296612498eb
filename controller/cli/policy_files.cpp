#include "controller/cli/policy_files.h"

#include <filesystem>

namespace perennial::cli {

namespace {

constexpr std::size_t documentLimit = 1U << 20U;
constexpr int depthLimit = 20;

class Collector {
public:
    explicit Collector(const FileSystem& files) : files_(files) {}

    Status addFolder(const std::filesystem::path& folder, const std::string& relative, int depth);
    Status addFile(const std::filesystem::path& file, const std::string& relative);
    PolicyFiles take() { return std::move(found_); }

private:
    const FileSystem& files_;
    PolicyFiles found_;
};

Error wrong(const std::string& message) { return {ErrorKind::InvalidInput, message}; }

Status Collector::addFile(const std::filesystem::path& file, const std::string& relative)
{
    auto content = files_.read(file, documentLimit);
    if (!content) return wrong(content.error().message);
    if (!found_.written.emplace(relative, file.string()).second)
        return wrong(file.string() + " and " + found_.written[relative] +
                     " would be the same file of the repository: check them apart");
    found_.documents.push_back({relative, *std::move(content)});
    return {};
}

Status Collector::addFolder(
    const std::filesystem::path& folder, const std::string& relative, int depth)
{
    if (depth > depthLimit) return wrong(folder.string() + ": too many folders in one another");
    const auto names = files_.list(folder);
    if (!names) return wrong(names.error().message);
    for (const auto& name : *names) {
        if (name.front() == '.') continue;
        const auto path = folder / name;
        const auto below = relative.empty() ? name : relative + "/" + name;
        const auto facts = files_.inspect(path);
        if (!facts) return wrong(facts.error().message);
        Status added;
        if (facts->type == FileFacts::Type::Folder)
            added = addFolder(path, below, depth + 1);
        else if (path.extension() == ".yaml")
            added = addFile(path, below);
        if (!added) return added;
    }
    return {};
}

} // namespace

Result<PolicyFiles> collectPolicyFiles(
    const FileSystem& files, const std::vector<std::string>& paths)
{
    Collector collector(files);
    for (const auto& path : paths) {
        const auto facts = files.inspect(path);
        if (!facts) return wrong(facts.error().message);
        const auto name = std::filesystem::path(path).filename().string();
        const auto added = facts->type == FileFacts::Type::Folder ? collector.addFolder(path, "", 0)
                                                                  : collector.addFile(path, name);
        if (!added) return added.error();
    }
    auto found = collector.take();
    if (found.documents.empty()) return wrong("there is no *.yaml file in " + paths.front());
    return found;
}

} // namespace perennial::cli
