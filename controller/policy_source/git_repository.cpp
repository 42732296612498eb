#include "controller/policy_source/git_repository.h"

#include "shared/base/encoding.h"
#include "shared/base/process.h"

#include <charconv>
#include <filesystem>
#include <sstream>

namespace perennial::controller {

namespace {

constexpr std::size_t documentLimit = 1U << 20U;
constexpr std::size_t allDocumentsLimit = 14U << 20U; // what an agent takes
constexpr std::size_t documentCount = 1000;           // as parseDocuments() has it

Command command(
    const std::string& folder, const std::vector<std::string>& arguments, Duration timeout)
{
    Command command;
    command.program = "/usr/bin/git";
    command.arguments = {"-c", "core.hooksPath=/dev/null", "-c", "protocol.ext.allow=never", "-c",
        "transfer.fsckObjects=true", "-c", "gc.auto=0", "-c", "gpg.program=/bin/false", "-c",
        "gpg.x509.program=/bin/false", "-c", "safe.directory=*", "--git-dir", folder};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    command.environment = {{"PATH", "/usr/bin:/bin"}, {"LANG", "C.UTF-8"}, {"HOME", folder},
        {"GIT_CONFIG_NOSYSTEM", "1"}, {"GIT_CONFIG_GLOBAL", "/dev/null"},
        {"GIT_TERMINAL_PROMPT", "0"}, {"GIT_ASKPASS", "/bin/false"},
        {"GIT_NO_REPLACE_OBJECTS", "1"},
        {"GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o StrictHostKeyChecking=yes"}};
    command.timeout = timeout;
    command.outputLimit = 64U << 20U;
    return command;
}

std::string trimmed(std::string text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
    return text;
}

bool isCommitId(const std::string& text)
{
    return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

Result<std::int64_t> numberIn(const std::string& text)
{
    std::int64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc()) return Error{ErrorKind::Internal, "git printed no number"};
    return value;
}

bool isHidden(const std::string& path)
{
    return path.front() == '.' || path.find("/.") != std::string::npos;
}

struct TreeEntry {
    std::string mode;
    std::string object;
    std::int64_t size = 0;
    std::string path;
};

// "<mode> <type> <object> <size>\t<path>"
Result<TreeEntry> treeEntry(const std::string& line)
{
    const auto tab = line.find('\t');
    std::istringstream words(line.substr(0, tab));
    TreeEntry entry;
    std::string type;
    std::string size;
    words >> entry.mode >> type >> entry.object >> size;
    if (tab == std::string::npos || !isCommitId(entry.object))
        return Error{ErrorKind::Internal, "git printed a strange tree"};
    entry.path = line.substr(tab + 1);
    if (size != "-") {
        const auto number = numberIn(size);
        if (!number) return number.error();
        entry.size = *number;
    }
    return entry;
}

Status checkEntry(const TreeEntry& entry)
{
    const auto shown = toPrintable(entry.path, 200);
    const auto refuse = [&](const std::string& what) {
        return Error{ErrorKind::InvalidInput, shown + ": " + what};
    };
    if (entry.mode == "120000")
        return refuse("links are not followed: put the document itself here");
    if (entry.mode == "160000") return refuse("submodules are not read");
    if (entry.path.size() > 500 || shown != entry.path ||
        entry.path.find('\\') != std::string::npos)
        return refuse("a path of at most 500 plain characters is needed");
    return {};
}

} // namespace

Result<std::string> GitRepository::git(
    const std::vector<std::string>& arguments, const std::string& input) const
{
    auto wanted = command(folder_, arguments, timeout_);
    wanted.input = input;
    auto finished = run(wanted);
    if (!finished) return finished.error().in("git " + arguments.front());
    if (finished->status != 0)
        return Error{ErrorKind::Unavailable, "git " + arguments.front() + " ended with " +
                                                 std::to_string(finished->status) + ": " +
                                                 toPrintable(trimmed(finished->errorOutput), 500)};
    return std::move(finished->output);
}

Result<int> GitRepository::statusOf(const std::vector<std::string>& arguments) const
{
    const auto finished = run(command(folder_, arguments, timeout_));
    if (!finished) return finished.error().in("git " + arguments.front());
    return finished->status;
}

Status GitRepository::prepare() const
{
    std::error_code failed;
    if (std::filesystem::exists(folder_ + "/HEAD", failed)) return {};
    const auto made = git({"init", "--quiet", "--bare", folder_});
    if (!made) return made.error();
    return {};
}

Result<std::string> GitRepository::fetch(const std::string& url, const std::string& branch) const
{
    const auto fetched =
        git({"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head",
            "--end-of-options", url, "+refs/heads/" + branch + ":refs/perennial/incoming"});
    if (!fetched) return fetched.error();
    const auto tip = git({"rev-parse", "--verify", "--quiet", "refs/perennial/incoming^{commit}"});
    if (!tip) return tip.error();
    auto id = trimmed(*tip);
    if (!isCommitId(id)) return Error{ErrorKind::Internal, "git printed a strange commit"};
    return id;
}

Result<bool> GitRepository::isAncestor(const std::string& older, const std::string& newer) const
{
    const auto status = statusOf({"merge-base", "--is-ancestor", older, newer});
    if (!status) return status.error();
    if (*status > 1)
        return Error{ErrorKind::Unavailable,
            "commit " + older +
                ", which applies, is not in the clone: was the clone lost, and the "
                "repository rewritten?"};
    return *status == 0;
}

Result<std::vector<GitRepository::Commit>> GitRepository::commitsBetween(
    const std::string& since, const std::string& tip, std::size_t limit) const
{
    std::vector<std::string> arguments = {"rev-list", "--reverse", "--topo-order", "--parents",
        "--max-count=" + std::to_string(limit + 1), tip};
    if (!since.empty()) arguments.push_back("^" + since);
    const auto output = git(arguments);
    if (!output) return output.error();
    std::vector<Commit> commits;
    std::istringstream lines(*output);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        Commit commit;
        words >> commit.id;
        for (std::string parent; words >> parent;)
            commit.parents.push_back(parent);
        commits.push_back(std::move(commit));
    }
    if (commits.size() > limit)
        return Error{ErrorKind::InvalidInput, "over " + std::to_string(limit) + " commits at once"};
    return commits;
}

Result<std::int64_t> GitRepository::countCommits(const std::string& tip) const
{
    const auto output = git({"rev-list", "--count", tip});
    if (!output) return output.error();
    return numberIn(*output);
}

Result<TimePoint> GitRepository::committedAt(const std::string& commit) const
{
    const auto output = git({"show", "--no-patch", "--format=%ct", commit});
    if (!output) return output.error();
    const auto seconds = numberIn(*output);
    if (!seconds) return seconds.error();
    return TimePoint(Duration(*seconds));
}

Result<bool> GitRepository::isSignedBy(
    const std::string& commit, const std::string& allowedSigners) const
{
    const auto status =
        statusOf({"-c", "gpg.ssh.allowedSignersFile=" + allowedSigners, "verify-commit", commit});
    if (!status) return status.error();
    return *status == 0;
}

Result<std::string> GitRepository::fileAt(const std::string& commit, const std::string& path) const
{
    // Says with an empty list, not with a failure, that it is not there.
    const auto listed = git({"ls-tree", "-z", "-l", "--full-tree", commit, "--", path});
    if (!listed) return listed.error();
    if (listed->empty()) return Error{ErrorKind::NotFound, path + " is not in " + commit};
    const auto entry = treeEntry(listed->substr(0, listed->find('\0')));
    if (!entry) return entry.error();
    if (entry->mode.rfind("100", 0) != 0 || entry->size > static_cast<std::int64_t>(documentLimit))
        return Error{ErrorKind::InvalidInput,
            path + " in " + commit + " must be a plain file of at most 1 MB"};
    return git({"cat-file", "blob", entry->object});
}

Result<std::vector<std::string>> GitRepository::namesIn(
    const std::string& commit, const std::string& folder) const
{
    const auto listed = git({"ls-tree", "-z", "-l", "--full-tree", commit, "--", folder + "/"});
    if (!listed) return listed.error();
    std::vector<std::string> names;
    std::istringstream lines(*listed);
    for (std::string line; std::getline(lines, line, '\0');) {
        const auto entry = treeEntry(line);
        if (!entry) return entry.error();
        names.push_back(entry->path.substr(entry->path.rfind('/') + 1));
    }
    return names;
}

Result<std::vector<model::PolicyDocument>> GitRepository::documentsAt(
    const std::string& commit) const
{
    const auto tree = git({"ls-tree", "-r", "-z", "-l", "--full-tree", commit});
    if (!tree) return tree.error();
    std::vector<model::PolicyDocument> documents;
    std::int64_t total = 0;
    for (std::size_t start = 0; start < tree->size();) {
        const auto end = tree->find('\0', start);
        const auto entry = treeEntry(tree->substr(start, end - start));
        if (!entry) return entry.error();
        start = end == std::string::npos ? tree->size() : end + 1;
        if (auto fits = checkEntry(*entry); !fits) return fits.error();
        const bool document = entry->path.size() > 5 && !isHidden(entry->path) &&
                              entry->path.compare(entry->path.size() - 5, 5, ".yaml") == 0;
        if (!document) continue;
        total += entry->size;
        if (entry->size > static_cast<std::int64_t>(documentLimit))
            return Error{ErrorKind::InvalidInput, toPrintable(entry->path, 200) + ": over 1 MB"};
        if (documents.size() >= documentCount ||
            total > static_cast<std::int64_t>(allDocumentsLimit))
            return Error{ErrorKind::InvalidInput, "the documents are over 14 MB or 1000 together"};
        auto content = git({"cat-file", "blob", entry->object});
        if (!content) return content.error();
        documents.push_back({entry->path, *std::move(content)});
    }
    return documents;
}

Status GitRepository::keep(const std::string& commit) const
{
    const auto kept = git({"update-ref", "refs/perennial/applied", commit});
    if (!kept) return kept.error();
    return {};
}

} // namespace perennial::controller
