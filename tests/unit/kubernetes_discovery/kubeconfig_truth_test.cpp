// Kubeconfigs that others have written: PyYAML, and kubectl where there is one.

#include "plugins/kubernetes_discovery/kubernetes_discovery.h"
#include "tests/support/child_process.h"
#include "tests/support/served_certificate.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Written {
    TemporaryFolder folder;
    TestPki pki{folder};
    std::string config = folder / "config";

    Written()
    {
        pki.makeRoot("root");
        pki.issueServer("admin.test", "root");
        pki.issueServer("node.test", "root");
    }
    // What was found in it: the first user's certificate stands in it, the second one's is a file.
    void check() const
    {
        const auto found =
            (*plugins::makeKubernetesDiscovery({{"kubeconfigs", config}}))->discover();
        REQUIRE(found.ok());
        CHECK(found->skipped.empty());
        REQUIRE(found->places.size() == 1);
        CHECK(found->places[0].place ==
              model::Place{"pem", pki["node.test"].certificate, pki["node.test"].key});
        CHECK(found->places[0].service == "kubernetes");
        REQUIRE(found->found.size() == 2);
        CHECK(found->found[0].kind == "end-entity");
        CHECK(found->found[0].entry.starts_with("users["));
        CHECK(found->found[0].place == model::Place{"pem", config, ""});
        CHECK(found->found[0].reason ==
              "it stands in the kubeconfig itself, which nothing here writes");
        REQUIRE(found->found[0].certificate.has_value());
        CHECK(found->found[0].certificate->fingerprint.text() ==
              opensslFingerprint(readText(pki["admin.test"].certificate)));
        CHECK(found->found[1].kind == "trust");
        CHECK(found->found[1].entry == "clusters[0]");
        CHECK(found->found[1].certificate->fingerprint.text() ==
              opensslFingerprint(readText(pki["root"].certificate)));
    }
};

} // namespace

TEST_CASE("a kubeconfig of PyYAML's, with data that openssl has put into base64")
{
    const Written written;
    const auto& admin = written.pki["admin.test"];
    const auto data = [](const std::string& file) {
        return runTool({"/usr/bin/openssl", "base64", "-A", "-in", file}).output;
    };
    const auto script = written.folder.write("write.py", R"(import sys, yaml
ca, cert, key, node_cert, node_key = sys.argv[1:]
print(yaml.safe_dump({"apiVersion": "v1", "kind": "Config", "current-context": "a@c", "preferences": {},
  "clusters": [{"name": "c", "cluster": {"server": "https://10.0.0.1:6443", "certificate-authority-data": ca}}],
  "contexts": [{"name": "a@c", "context": {"cluster": "c", "user": "a"}}],
  "users": [{"name": "a", "user": {"client-certificate-data": cert, "client-key-data": key}},
            {"name": "n", "user": {"client-certificate": node_cert, "client-key": node_key}}]}), end=""))");
    const auto text = runTool(
        {"/usr/bin/python3", script, data(written.pki["root"].certificate), data(admin.certificate),
            data(admin.key), written.pki["node.test"].certificate, written.pki["node.test"].key})
                          .output;
    REQUIRE(text.find("client-key-data") != std::string::npos);
    written.folder.write("config", text);
    written.check();
}

TEST_CASE("a kubeconfig of kubectl's")
{
    const std::string kubectl = "/usr/bin/kubectl";
    if (!std::filesystem::exists(kubectl)) {
        MESSAGE("skipped here: there is no kubectl (Debian: kubernetes-client)");
        return;
    }
    const Written written;
    const auto set = [&](std::vector<std::string> words) {
        words.insert(words.begin(), {kubectl, "config", "--kubeconfig=" + written.config});
        mustRun(words);
    };
    set({"set-cluster", "c", "--server=https://10.0.0.1:6443", "--embed-certs=true",
        "--certificate-authority=" + written.pki["root"].certificate});
    set({"set-credentials", "a", "--embed-certs=true",
        "--client-certificate=" + written.pki["admin.test"].certificate,
        "--client-key=" + written.pki["admin.test"].key});
    set({"set-credentials", "n", "--client-certificate=" + written.pki["node.test"].certificate,
        "--client-key=" + written.pki["node.test"].key});
    written.check();
}
