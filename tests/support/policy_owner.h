#pragma once

#include "shared/policy/signed_manifest.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

namespace perennial::test {

// Those who own the policies: their keys, made and used by ssh-keygen.
class PolicyOwner {
public:
    PolicyOwner()
    {
        for (const auto* who : {"ann", "bob", "eve"})
            mustRun({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", who, "-f",
                folder_ / who});
    }
    // A line of policy_signers.
    std::string line(const std::string& who, const std::string& options = "") const
    {
        return who + "@example.test " + (options.empty() ? "" : options + " ") +
               readText(folder_ / (who + ".pub"));
    }
    std::string lines(const std::vector<std::string>& all) const
    {
        std::string text;
        for (const auto& who : all)
            text += line(who);
        return text;
    }
    std::string sign(const std::string& who, const std::string& text,
        const std::string& space = "perennial-policies") const
    {
        const auto file = folder_.write("text", text);
        std::filesystem::remove(file + ".sig");
        mustRun(
            {"/usr/bin/ssh-keygen", "-q", "-Y", "sign", "-n", space, "-f", folder_ / who, file});
        return readText(file + ".sig");
    }
    model::SignedManifest sign(const policy::SignedContent& content,
        const std::vector<std::string>& all, const std::string& signers = "") const
    {
        model::SignedManifest made{policy::toText(content), {}, signers};
        for (const auto& who : all)
            made.signatures[who + ".sig"] = sign(who, made.manifest);
        return made;
    }
    static policy::SignedContent contentOf(const std::vector<model::PolicyDocument>& documents,
        std::int64_t version, TimePoint issued, const std::string& signers = "")
    {
        return {"corp-policies", version, issued, issued + std::chrono::days(90),
            policy::signedFilesOf(documents, signers)};
    }
    policy::TrustedSigners trust(int threshold, const std::vector<std::string>& all) const
    {
        auto signers = policy::policySignersFromText(lines(all), "policy_signers");
        REQUIRE_MESSAGE(signers.ok(), signers.error().message);
        return {threshold, *std::move(signers)};
    }

private:
    TemporaryFolder folder_;
};

} // namespace perennial::test
