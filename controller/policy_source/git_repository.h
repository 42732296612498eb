#pragma once

#include "shared/base/clock.h"
#include "shared/model/policy.h"

#include <string>
#include <vector>

namespace perennial::controller {

// A bare clone, through the git program: no hooks, no filters, no configuration but what is named
// here, no prompt, no work tree. Exit statuses decide, never a text that git prints.
class GitRepository {
public:
    GitRepository(std::string folder, Duration timeout)
        : folder_(std::move(folder)), timeout_(timeout)
    {
    }

    Status prepare() const; // makes the empty clone when there is none
    // The commit at the tip of the branch. Unavailable when the repository cannot be read.
    Result<std::string> fetch(const std::string& url, const std::string& branch) const;

    Result<bool> isAncestor(const std::string& older, const std::string& newer) const;
    struct Commit {
        std::string id;
        std::vector<std::string> parents;
    };
    // All that leads to `tip` and not to `since` ("" for nothing), parents first. InvalidInput over
    // `limit`.
    Result<std::vector<Commit>> commitsBetween(
        const std::string& since, const std::string& tip, std::size_t limit) const;
    Result<std::int64_t> countCommits(const std::string& tip) const;
    Result<TimePoint> committedAt(const std::string& commit) const;
    // Signed by one of the signers of this file (git's gpg.ssh.allowedSignersFile)?
    Result<bool> isSignedBy(const std::string& commit, const std::string& allowedSigners) const;
    // The file's text in that commit; NotFound without it, InvalidInput for a link, a folder, or
    // what is over 1 MB.
    Result<std::string> fileAt(const std::string& commit, const std::string& path) const;
    // Names of what is in that folder; none without it.
    Result<std::vector<std::string>> namesIn(
        const std::string& commit, const std::string& folder) const;
    // Every *.yaml outside hidden folders. InvalidInput for links, submodules, strange names, and
    // what is too large or too many.
    Result<std::vector<model::PolicyDocument>> documentsAt(const std::string& commit) const;
    Status keep(const std::string& commit) const; // a reference, so that git never drops it

private:
    Result<std::string> git(
        const std::vector<std::string>& arguments, const std::string& input = {}) const;
    Result<int> statusOf(const std::vector<std::string>& arguments) const;

    std::string folder_;
    Duration timeout_;
};

} // namespace perennial::controller
