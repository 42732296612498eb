#pragma once

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <string>
#include <sys/stat.h>
#include <vector>

namespace perennial::test {

// A token of SoftHSM2 with the label "web" and the PIN 1234, worked on by softhsm2-util and
// pkcs11-tool as an administrator does.
class SoftToken {
public:
    static constexpr const char* module = "/usr/lib/softhsm/libsofthsm2.so";
    static constexpr const char* pin = "1234";

    explicit SoftToken(const std::string& label = "web") : label_(label)
    {
        REQUIRE(::mkdir((folder_ / "tokens").c_str(), 0700) == 0);
        config_ = folder_.write("softhsm2.conf",
            "directories.tokendir = " + (folder_ / "tokens") + "\nlog.level = ERROR\n");
        util({"--init-token", "--free", "--label", label_, "--so-pin", "5678"});
    }
    // A private key and its public half.
    const SoftToken& importKey(
        const std::string& file, const std::string& label, const std::string& id) const
    {
        util({"--import", file, "--token", label_, "--label", label, "--id", id});
        return *this;
    }
    const SoftToken& addCertificate(
        const std::string& pem, const std::string& label, const std::string& id) const
    {
        mustRun({"/usr/bin/openssl", "x509", "-in", pem, "-outform", "DER", "-out",
            folder_ / "certificate.der"});
        tool({"--login", "--pin", pin, "--write-object", folder_ / "certificate.der", "--type",
            "cert", "--label", label, "--id", id});
        return *this;
    }
    // What pkcs11-tool says.
    std::string tool(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), {"/usr/bin/env", variable(), "/usr/bin/pkcs11-tool",
                                                "--module", module, "--token-label", label_});
        return mustRun(arguments);
    }
    std::string objects() const { return tool({"--login", "--pin", pin, "--list-objects"}); }
    std::string variable() const { return "SOFTHSM2_CONF=" + config_; }
    const std::string& config() const { return config_; }
    const TemporaryFolder& folder() const { return folder_; }

private:
    void util(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), {"/usr/bin/env", variable(), "/usr/bin/softhsm2-util"});
        arguments.insert(arguments.end(), {"--pin", pin});
        mustRun(arguments);
    }

    std::string label_;
    TemporaryFolder folder_;
    std::string config_;
};

} // namespace perennial::test
