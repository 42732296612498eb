#include "tests/unit/policy_source/signed_repository.h"

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <filesystem>

namespace perennial::test {

namespace {

std::string trimmed(std::string text)
{
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text;
}

} // namespace

SignedRepository::SignedRepository()
{
    for (const auto* who : {"ann", "bob", "eve"})
        mustRun({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f",
            folder_ / who});
    git({"init", "--quiet", "--initial-branch=main", folder()});
    settings.repository = folder();
    settings.branch = "main";
    settings.allowedSigners = folder_ / "allowed_signers";
    settings.folder = folder_ / "state";
    settings.manifestLife = std::chrono::hours(24);
    std::filesystem::create_directory(settings.folder);
    allowAtFirst(allow("ann"));
    source = open();
}

std::string SignedRepository::allow(const std::string& who, const std::string& options) const
{
    const auto key = readText(folder_ / (who + ".pub"));
    return who + "@example.test " + (options.empty() ? "" : options + " ") + trimmed(key) + "\n";
}

void SignedRepository::allowAtFirst(const std::string& lines) const
{
    folder_.write("allowed_signers", lines);
}

void SignedRepository::write(const std::string& path, const std::string& content) const
{
    const auto file = std::filesystem::path(folder()) / path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
}

void SignedRepository::writeDocuments(const std::string& marker) const
{
    const std::string examples = std::string(PERENNIAL_SOURCE_DIR) + "/policies/examples/";
    write("services/corp.yaml", readText(examples + "services/corp.yaml"));
    write("certificates/web.yaml",
        readText(examples + "certificates/web-servers.yaml") + "# " + marker + "\n");
}

std::string SignedRepository::git(const std::vector<std::string>& arguments, const std::string& who,
    const std::string& input) const
{
    const auto date = std::to_string(commitTime.time_since_epoch().count()) + " +0000";
    std::vector<std::string> command = {"/usr/bin/env", "-i", "PATH=/usr/bin:/bin", "LANG=C.UTF-8",
        "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_DATE=" + date,
        "GIT_COMMITTER_DATE=" + date, "/usr/bin/git", "-c", "user.name=Somebody", "-c",
        "user.email=somebody@example.test", "-c", "gpg.format=ssh", "-c",
        "user.signingkey=" + (folder_ / (who.empty() ? "ann" : who)), "-c", "gc.auto=0"};
    if (arguments.front() != "init") command.insert(command.end(), {"-C", folder()});
    command.insert(command.end(), arguments.begin(), arguments.end());
    return trimmed(mustRun(command, input));
}

std::string SignedRepository::commit(const std::string& who, const std::string& message)
{
    git({"add", "-A"});
    git({"commit", "--quiet", "--allow-empty", who.empty() ? "--no-gpg-sign" : "-S", "-m", message},
        who);
    commitTime += std::chrono::minutes(1);
    return tip();
}

std::string SignedRepository::tip() const { return git({"rev-parse", "HEAD"}); }

std::string SignedRepository::object(const std::string& content) const
{
    return git({"hash-object", "-w", "--stdin"}, "", content);
}

std::string SignedRepository::commitTree(const std::string& tree, const std::string& who) const
{
    const auto made = git({"commit-tree", "-S", "-p", "HEAD", "-m", "Strange", tree}, who);
    git({"update-ref", "refs/heads/main", made});
    return made;
}

std::unique_ptr<controller::PolicySource> SignedRepository::open()
{
    auto opened = std::make_unique<controller::PolicySource>(settings, files, clock);
    const auto loaded = opened->load();
    REQUIRE_MESSAGE(loaded.ok(), loaded.error().message);
    return opened;
}

controller::PolicySource::Outcome SignedRepository::refresh()
{
    const auto outcome = source->refresh();
    REQUIRE_MESSAGE(outcome.ok(), outcome.error().message);
    return *outcome;
}

std::string SignedRepository::refusal() const
{
    const auto refused = source->refused();
    return refused ? refused->problem : "";
}

std::string SignedRepository::applied() const
{
    const auto current = source->current();
    return current ? current->manifest.commit : "";
}

} // namespace perennial::test
