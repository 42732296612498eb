#include "plugins/systemd_discovery/unit_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

namespace perennial::plugins::systemd {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t mostUnits = 5'000;

bool hasType(const std::string& name)
{
    constexpr std::array<std::string_view, 4> types = {".service", ".socket", ".mount", ".swap"};
    return std::any_of(types.begin(), types.end(), [&](auto type) { return name.ends_with(type); });
}

bool isTemplate(const std::string& name) { return name.find("@.") != std::string::npos; }
bool isInstance(const std::string& name)
{
    return name.find('@') != std::string::npos && !isTemplate(name);
}

// A link to /dev/null, or an empty file.
bool isMasked(const std::string& path)
{
    std::error_code problem;
    const auto target = fs::canonical(path, problem);
    if (problem) return true; // a link that leads nowhere
    return target == "/dev/null" ||
           (fs::is_regular_file(target, problem) && fs::is_empty(target, problem));
}

// "" or the name of the unit that a link stands for.
std::string otherNameOf(const std::string& path)
{
    std::error_code problem;
    if (!fs::is_symlink(path, problem)) return {};
    const auto target = fs::read_symlink(path, problem);
    const auto name = target.filename().string();
    return problem || name == fs::path(path).filename() ? std::string() : name;
}

} // namespace

UnitFiles::UnitFiles(service_config::ConfigFiles& files, std::vector<std::string> folders)
    : files_(files), folders_(std::move(folders))
{
    for (const auto& folder : folders_)
        addFolder(folder);
}

// The first folder that has a name counts.
void UnitFiles::addName(const std::string& name, const std::string& path)
{
    if (paths_.size() < mostUnits) paths_.emplace(name, path);
}

void UnitFiles::addFolder(const std::string& folder)
{
    const auto names = files_.namesIn(folder);
    if (!names) return; // most hosts lack some of them
    for (const auto& name : *names) {
        const auto path = folder + "/" + name;
        const bool enables = name.ends_with(".wants") || name.ends_with(".requires");
        if (hasType(name)) {
            addName(name, path);
            if (isInstance(name)) instances_.insert(name);
        } else if (enables || name.ends_with(".d")) {
            const auto inside = files_.namesIn(path);
            if (!inside) continue;
            const auto owner = name.substr(0, name.size() - 2);
            if (!enables && hasType(owner) && isInstance(owner)) instances_.insert(owner);
            if (!enables) dropIns_[path] = *inside;
            for (const auto& enabled : *inside) {
                if (enables && hasType(enabled) && isInstance(enabled)) instances_.insert(enabled);
            }
        }
    }
}

std::string UnitFiles::fileOf(const UnitName& unit) const
{
    for (const auto& name : {unit.text(), unit.templateText()}) {
        if (const auto known = paths_.find(name); known != paths_.end()) return known->second;
    }
    return {};
}

std::vector<UnitName> UnitFiles::units() const
{
    std::set<std::string> names;
    for (const auto& [name, path] : paths_) {
        if (!isTemplate(name) && otherNameOf(path).empty()) names.insert(name);
    }
    for (const auto& name : instances_) {
        const auto own = paths_.find(name);
        const auto other = own == paths_.end() ? std::string() : otherNameOf(own->second);
        if (names.size() < mostUnits && (other.empty() || isTemplate(other))) names.insert(name);
    }
    std::vector<UnitName> units;
    for (const auto& name : names) {
        auto unit = unitNameOf(name);
        const auto file = fileOf(unit);
        if (!file.empty() && !isMasked(file)) units.push_back(std::move(unit));
    }
    return units;
}

// systemd.unit(5): of drop-ins with one name the first folder's counts, and all are read in the
// order of their names, wherever they lie.
std::vector<std::string> UnitFiles::filesOf(const UnitName& unit) const
{
    std::vector<std::string> owners = {unit.text()};
    if (const auto name = unit.templateText(); !name.empty()) owners.push_back(name);
    for (auto dash = unit.prefix.rfind('-'); dash != std::string::npos && dash > 0;
         dash = unit.prefix.rfind('-', dash - 1)) {
        if (dash + 1 < unit.prefix.size())
            owners.push_back(unit.prefix.substr(0, dash + 1) + "." + unit.type);
    }
    std::map<std::string, std::string> byName;
    const auto addFrom = [&](const std::string& folder, const std::string& owner) {
        const auto inside = dropIns_.find(folder + "/" + owner + ".d");
        if (inside == dropIns_.end()) return;
        for (const auto& name : inside->second) {
            if (name.ends_with(".conf") && !name.starts_with('.'))
                byName.emplace(name, inside->first + "/" + name);
        }
    };
    for (const auto& folder : folders_) {
        for (const auto& owner : owners)
            addFrom(folder, owner);
    }
    for (const auto& folder : folders_)
        addFrom(folder, unit.type);
    std::vector<std::string> files = {fileOf(unit)};
    for (const auto& [name, path] : byName) {
        if (!isMasked(path)) files.push_back(path);
    }
    return files;
}

} // namespace perennial::plugins::systemd
