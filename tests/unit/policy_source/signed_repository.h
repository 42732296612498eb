#pragma once

#include "controller/policy_source/policy_source.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_folder.h"

#include <memory>
#include <string>
#include <vector>

namespace perennial::test {

// A policy repository as people keep one: a work tree made with git, commits signed with
// ssh-keygen's keys, and the controller's side of it. Ann is the first signer; Bob and Eve have
// keys too.
class SignedRepository {
public:
    static constexpr TimePoint begin{Duration(1'790'000'000)}; // 2026-09-21T14:13:20Z

    SignedRepository();

    // A line of an allowed_signers file; options as in `namespaces="git"`.
    std::string allow(const std::string& who, const std::string& options = "") const;
    void allowAtFirst(const std::string& lines) const; // the controller's own allowed_signers

    void write(const std::string& path, const std::string& content) const;
    void writeDocuments(const std::string& marker = "") const; // a good service and a good policy
    // Everything in the work tree. who "": not signed. Returns the commit.
    std::string commit(const std::string& who, const std::string& message = "Policies");
    std::string git(const std::vector<std::string>& arguments, const std::string& who = "",
        const std::string& input = "") const; // must succeed
    std::string tip() const;
    // A commit of a tree that git itself would not make, now the branch's tip.
    std::string commitTree(const std::string& tree, const std::string& who) const;
    std::string object(const std::string& content) const; // a blob

    TimePoint commitTime = begin; // by the clock of whoever commits
    std::string folder() const { return folder_ / "repository"; }
    std::string clone() const { return settings.folder + "/clone.git"; }

    std::unique_ptr<controller::PolicySource> open();
    // Looks at the tip, and says what came of it.
    controller::PolicySource::Outcome refresh();
    std::string refusal() const; // why; "" when nothing is refused
    std::string applied() const; // the commit; "" when there is none

private:
    TemporaryFolder folder_{memoryFolder()};

public:
    controller::PolicySourceSettings settings;
    FakeClock clock{begin};
    PosixFileSystem files;
    std::unique_ptr<controller::PolicySource> source;
};

} // namespace perennial::test
