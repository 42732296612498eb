#include "agent/scanner/source_memory.h"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

namespace perennial::scanner {

namespace {

constexpr std::size_t memoryLimit = 64U << 20U;

bool isOurs(const FileSystem& files, const std::string& path)
{
    const auto facts = files.inspect(path);
    return facts && facts->type == FileFacts::Type::Regular && facts->owner == ::geteuid() &&
           (facts->mode & (S_IWGRP | S_IWOTH)) == 0;
}

} // namespace

void giveMemory(const FileSystem& files, NamedSource& source)
{
    if (source.memoryFile.empty() || !isOurs(files, source.memoryFile)) return;
    if (auto text = files.read(source.memoryFile, memoryLimit))
        source.source->recall(*std::move(text));
}

void keepMemory(FileSystem& files, NamedSource& source)
{
    if (source.memoryFile.empty()) return;
    const auto memory = source.source->memory();
    if (memory && memory->size() <= memoryLimit)
        static_cast<void>(files.replace(source.memoryFile, *memory));
}

void forgetOthers(
    FileSystem& files, const std::string& folder, const std::vector<NamedSource>& sources)
{
    const auto names = files.list(folder);
    if (!names) return;
    for (const auto& name : *names) {
        const auto path = folder + "/" + name;
        const bool asked = std::any_of(sources.begin(), sources.end(),
            [&](const NamedSource& source) { return source.memoryFile == path; });
        if (name.ends_with(memorySuffix) && !asked) static_cast<void>(files.remove(path));
    }
}

} // namespace perennial::scanner
