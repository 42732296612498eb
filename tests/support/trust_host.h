#pragma once

#include "shared/base/process.h"
#include "tests/support/installer_host.h"

namespace perennial::test {

// A host with a trust store "system" that Debian's update-ca-certificates takes over, in folders of
// the test's own. Its distribution trusts "shipped"; the guard allows "one" and "two".
struct TrustHost {
    TrustHost()
    {
        for (const char* name : {"anchors", "certs", "shipped", "hooks"})
            REQUIRE(host.files.makeFolder(host.folder / name, 0755));
        for (const char* name : {"one", "two", "shipped", "foreign"})
            host.pki().makeRoot(name);
        (void)host.folder.write("shipped/shipped.crt", pem("shipped"), 0644);
        (void)host.folder.write("certs.conf", "shipped.crt\n", 0644);
        (void)host.folder.write("anchors/theirs.crt", pem("issuing"), 0644);
        writeGuard({"one", "two"});
    }
    void writeGuard(const std::vector<std::string>& allowed, const std::string& before = "")
    {
        std::string anchors;
        for (const auto& name : allowed)
            anchors += (anchors.empty() ? "" : ", ") + fingerprint(name);
        const auto& in = host.folder;
        const auto script = in.write("update",
            "#!/bin/sh\n" + before +
                "exec /usr/sbin/update-ca-certificates --fresh --localcertsdir " +
                (in / "anchors") + " --etccertsdir " + (in / "certs") + " --certsdir " +
                (in / "shipped") + " --certsconf " + (in / "certs.conf") + " --hooksdir " +
                (in / "hooks") + "\n",
            0755);
        host.writeGuard(
            {{"trust_stores", "{system: {folder: " + (in / "anchors") + ", result: " + result() +
                                  ", update: [" + script + "], anchors: [" + anchors + "]}}"}});
    }
    std::string pem(const std::string& name) { return readText(host.pki()[name].certificate); }
    std::string fingerprint(const std::string& name)
    {
        return x509::Certificate::fromPem(pem(name))->fingerprint();
    }
    std::string fileOf(const std::string& name)
    {
        return "perennial-" + fingerprint(name) + ".crt";
    }
    std::string result() const { return host.folder / "certs/ca-certificates.crt"; }
    model::InstallerMessage set(const std::string& anchors, const std::string& store = "system")
    {
        return host.ask("set_anchors", {{"store", store}, {"anchors", anchors}});
    }
    // What programs on this host trust, in openssl's eyes: by the bundle and by the folder.
    bool trusts(const std::string& name)
    {
        return verifies(name, {"-no-CApath", "-CAfile", result()}) &&
               verifies(name, {"-no-CAfile", "-CApath", host.folder / "certs"});
    }
    bool verifies(const std::string& name, const std::vector<std::string>& where)
    {
        Command command;
        command.program = "/usr/bin/openssl";
        command.arguments = {"verify", "-no-CAstore"};
        command.arguments.insert(command.arguments.end(), where.begin(), where.end());
        command.arguments.push_back(host.pki()[name].certificate);
        const auto done = run(command);
        return done && done->status == 0;
    }
    std::set<std::string> files() const { return host.filesIn("anchors"); }

    InstallerHost host;
};

} // namespace perennial::test
