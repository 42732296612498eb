#include "agent/change_watch.h"

#include <filesystem>

namespace perennial::agent {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t foldersAtMost = 1024;
constexpr std::size_t linksAtMost = 20; // of one path; loops end here

class FolderList {
public:
    explicit FolderList(std::size_t limit) : limit_(limit) {}

    void addWayTo(const std::string& path)
    {
        if (!path.starts_with('/') || !paths_.insert(path).second) return;
        fs::path walked = path;
        if (folders_.size() >= limit_) return beyond(walked.parent_path());
        for (std::size_t links = 0; links < linksAtMost; ++links) {
            const auto link = firstLinkOf(walked);
            if (!link) break;
            add(link->parent_path());
            std::error_code error;
            const auto target = fs::read_symlink(*link, error);
            if (error) break;
            const auto rest = walked.lexically_relative(*link);
            walked = (link->parent_path() / target).lexically_normal();
            if (rest != ".") walked /= rest;
        }
        add(walked.parent_path());
    }

    FoldersToWatch take() { return {std::move(folders_), beyond_.size()}; }

private:
    static std::optional<fs::path> firstLinkOf(const fs::path& path)
    {
        fs::path walked;
        for (const auto& part : path) {
            walked /= part;
            std::error_code error;
            if (fs::is_symlink(fs::symlink_status(walked, error))) return walked;
        }
        return std::nullopt;
    }

    void add(const fs::path& folder)
    {
        if (folders_.size() < limit_)
            folders_.insert(folder);
        else
            beyond(folder);
    }

    void beyond(const fs::path& folder)
    {
        if (!folders_.contains(folder)) beyond_.insert(folder);
    }

    std::size_t limit_;
    std::set<std::string> paths_;
    std::set<std::string> folders_;
    std::set<std::string> beyond_;
};

} // namespace

FoldersToWatch foldersToWatch(
    const model::InventoryReport& report, std::size_t limit, const IsRuled& isRuled)
{
    FolderList list(limit);
    const auto addSlots = [&](bool ruled, bool used) {
        for (const auto& slot : report.slots) {
            const bool isUsed = !slot.service.empty() || !slot.listeners.empty();
            if (isUsed != used || isRuled(slot) != ruled) continue;
            list.addWayTo(slot.place.certificatePath);
            list.addWayTo(slot.place.keyPath);
        }
    };
    addSlots(true, true);
    for (const auto& path : report.configuration)
        list.addWayTo(path);
    addSlots(true, false);
    addSlots(false, true);
    addSlots(false, false);
    for (const auto& found : report.found)
        list.addWayTo(found.place.certificatePath);
    return list.take();
}

ChangeWatch::ChangeWatch(const Clock& clock, const Log& log, Duration sweep)
    : clock_(clock), patience_(sweep)
{
    auto watch = FolderWatch::open();
    if (watch)
        watch_.emplace(*std::move(watch));
    else
        log.warning(watch.error().message + "; sweeps alone find them");
}

bool ChangeWatch::wantsScan()
{
    if (!watch_) return false;
    const auto now = clock_.monotonic();
    patience_.noticed(watch_->changed(), now);
    return patience_.wantsScan(now);
}

void ChangeWatch::scanBegins()
{
    const auto now = clock_.monotonic();
    if (watch_) patience_.noticed(watch_->changed(), now);
    patience_.scanBegins(now);
}

void ChangeWatch::scanFailed() { patience_.scanEnds(clock_.monotonic(), false); }

void ChangeWatch::scanEnds(
    const model::InventoryReport& report, bool somethingNew, const IsRuled& isRuled)
{
    patience_.scanEnds(clock_.monotonic(), somethingNew || report.found.size() != found_);
    found_ = report.found.size();
    const auto wanted = foldersToWatch(report, foldersAtMost, isRuled);
    const auto refused = watch_ ? watch_->watch(wanted.folders).size() : wanted.folders.size();
    watched_ = wanted.folders.size() - refused;
    unwatched_ = refused + wanted.more;
}

} // namespace perennial::agent
