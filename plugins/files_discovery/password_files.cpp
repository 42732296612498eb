#include "plugins/files_discovery/password_files.h"

#include "shared/base/file_system.h"

#include <sstream>

namespace perennial::plugins::files {

namespace {

constexpr std::size_t passwordLimit = 1024;

bool isAt(const std::string& path, const std::string& place)
{
    return path == place || place == "/" ||
           (path.starts_with(place) && path.size() > place.size() && path[place.size()] == '/');
}

} // namespace

Result<PasswordFiles> PasswordFiles::fromLines(const std::string& lines)
{
    PasswordFiles files;
    std::istringstream in(lines);
    for (std::string line; std::getline(in, line);) {
        const auto middle = line.find(": ");
        Entry entry;
        if (middle != std::string::npos) {
            entry.path = line.substr(0, middle);
            entry.passwordFile = line.substr(middle + 2);
        }
        if (!entry.path.starts_with('/') || !entry.passwordFile.starts_with('/'))
            return Error{ErrorKind::InvalidInput,
                "password_files: must be \"/path/of/file/or/folder: /path/of/password/file\""};
        files.entries_.push_back(std::move(entry));
    }
    return files;
}

void PasswordFiles::read(Discovery& found)
{
    const PosixFileSystem files(PosixFileSystem::Links::Refuse);
    for (auto& entry : entries_) {
        entry.known = false;
        const auto facts = files.inspect(entry.passwordFile);
        auto text = files.read(entry.passwordFile, passwordLimit);
        entry.state = facts ? std::to_string(facts->inode) + " " + std::to_string(facts->size) +
                                  " " + std::to_string(facts->changedNanoseconds)
                            : "";
        if (!text) {
            found.skip("password file of " + entry.path + ": " + text.error().message);
            continue;
        }
        Secret whole(*std::move(text));
        entry.password =
            Secret(std::string(whole.reveal().substr(0, whole.reveal().find_first_of("\r\n"))));
        entry.known = true;
    }
}

const Secret* PasswordFiles::passwordFor(const std::string& path) const
{
    const Entry* best = nullptr;
    for (const auto& entry : entries_) {
        if (entry.known && isAt(path, entry.path) &&
            (best == nullptr || entry.path.size() > best->path.size()))
            best = &entry;
    }
    return best == nullptr ? nullptr : &best->password;
}

std::string PasswordFiles::state() const
{
    std::string state;
    for (const auto& entry : entries_)
        state += entry.path + "\n" + entry.passwordFile + "\n" + entry.state + "\n";
    return state;
}

} // namespace perennial::plugins::files
