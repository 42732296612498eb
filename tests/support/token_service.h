#pragma once

#include "tests/support/installer_host.h"
#include "tests/support/soft_token.h"

#include <memory>

namespace perennial::test {

// perennial-token-keeper, as built, over a token of SoftHSM2.
class TokenService {
public:
    explicit TokenService(const std::string& callers = std::to_string(::geteuid()))
    {
        (void)token.folder().write("pin", std::string(SoftToken::pin) + "\n", 0600);
        writeConfig("callers: [\"" + callers + "\"]\n");
        start();
    }
    void writeConfig(const std::string& more) const
    {
        (void)token.folder().write("token.yaml",
            "socket: {path: " + socket() + "}\nmodule: " + SoftToken::module + "\nvariables: [\"" +
                token.variable() + "\"]\ntoken: web\npin_file: " + (token.folder() / "pin") +
                "\nkeys: [web]\n" + more,
            0644);
    }
    void start()
    {
        keeper_ = std::make_unique<ChildProcess>(
            std::vector<std::string>{PERENNIAL_BIN_DIR "/perennial-token-keeper", "serve",
                "--config", token.folder() / "token.yaml"});
        keeper_->waitForOutput("ready");
    }
    void stop() { keeper_.reset(); }
    void signal(int number) const { keeper_->signal(number); }
    void waitForOutput(const std::string& text) { keeper_->waitForOutput(text); }
    std::string output() { return keeper_->output(); }
    std::string socket() const { return token.folder() / "keeper.sock"; }
    // Labels of private keys, with their ids, in pkcs11-tool's eyes.
    std::set<std::string> keys() const
    {
        std::set<std::string> found;
        std::istringstream lines(token.tool(
            {"--login", "--pin", SoftToken::pin, "--list-objects", "--type", "privkey"}));
        std::string label;
        for (std::string line; std::getline(lines, line);) {
            const auto value = line.substr(line.find_last_of(' ') + 1);
            if (line.find(" label:") != std::string::npos) label = value;
            if (line.find(" ID:") != std::string::npos) found.insert(label + " " + value);
        }
        return found;
    }
    // The public half of the key with that label, as PEM.
    std::string publicKey(const std::string& label) const
    {
        const auto file = token.folder() / "public.der";
        (void)token.tool({"--read-object", "--type", "pubkey", "--label", label, "-o", file});
        return mustRun({"/usr/bin/openssl", "pkey", "-pubin", "-inform", "DER", "-in", file});
    }

    SoftToken token;

private:
    std::unique_ptr<ChildProcess> keeper_;
};

// A certificate in a file with its key in a token.
class TokenHost {
public:
    TokenHost()
    {
        service.token.importKey(host.pki()["old"].key, "web", "01");
        std::filesystem::remove(host.key);
        host.key = "pkcs11:token=web;object=web";
        guard(std::to_string(::geteuid()), "web");
    }
    void guard(const std::string& user, const std::string& keys)
    {
        host.writeGuard({{"tokens", "{web: {socket: " + service.socket() + ", user: \"" + user +
                                        "\", keys: [" + keys + "]}}"}});
    }
    // A chain for the key that the order has made in the token.
    std::string issue()
    {
        const auto made = host.makeKey();
        REQUIRE_MESSAGE(made.verb == "done", reasonOf(made));
        const auto pem = mustRun(
            {"/usr/bin/openssl", "pkey", "-pubin", "-inform", "DER"}, made.field("public_key"));
        auto& pki = host.pki();
        mustRun({"/usr/bin/openssl", "req", "-new", "-key", pki["old"].key, "-subj",
            "/CN=web1.example.test", "-out", host.folder / "new.csr"});
        mustRun({"/usr/bin/openssl", "x509", "-req", "-in", host.folder / "new.csr",
            "-force_pubkey", host.folder.write("new.pub", pem), "-CA", pki["issuing"].certificate,
            "-CAkey", pki["issuing"].key, "-set_serial", "4711", "-days", "90", "-extfile",
            host.folder.write(
                "new.ext", "basicConstraints=CA:FALSE\nsubjectAltName=DNS:web1.example.test\n"),
            "-out", host.folder / "new.pem"});
        return readText(host.folder / "new.pem") + readText(pki["issuing"].chain);
    }
    bool pairMatches() const
    {
        return service.publicKey("web") ==
               mustRun({"/usr/bin/openssl", "x509", "-noout", "-pubkey"}, host.certificateText());
    }

    TokenService service;
    InstallerHost host;
};

} // namespace perennial::test
