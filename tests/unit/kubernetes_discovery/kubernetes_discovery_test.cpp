#include "plugins/kubernetes_discovery/kubernetes_discovery.h"

#include "tests/support/hostile_config.h"
#include "tests/support/temporary_folder.h"

using namespace perennial;
using namespace perennial::test;

namespace {

struct Host {
    TemporaryFolder folder;

    std::string of(const std::string& key, const std::string& text) const
    {
        const auto source =
            plugins::makeKubernetesDiscovery({{key, folder.write("file.yaml", text)}});
        REQUIRE(source.ok());
        return discoveredWithinLimits(**source, folder.path().string());
    }
    std::string users(const std::string& text) const
    {
        return of("kubeconfigs", "apiVersion: v1\nkind: Config\nusers:\n" + text);
    }
    // A container with the PKI of kubeadm.
    std::string pod(
        const std::string& words, const std::string& mount = "{name: p, mountPath: /pki}") const
    {
        return of("manifests", "kind: Pod\nspec:\n  containers:\n  - name: c\n    command: [" +
                                   words + "]\n    volumeMounts: [" + mount +
                                   "]\n  volumes: [{name: p, hostPath: {path: /etc/pki}}]\n");
    }
};

const std::string notRead =
    ": is no YAML, or more than is read here (an anchor, an alias, a tag, a "
    "tab, a repeated key, too much of it)\n";

} // namespace

TEST_CASE("a user's files are a place")
{
    const Host host;
    CHECK(host.users("- {name: a, user: {client-certificate: /c, client-key: /k}}\n") ==
          "/c /k kubernetes\n");
    CHECK(host.users("- user: {client-certificate: pki/c, client-key: ../k}\n").find("pki/c") == 0);
    CHECK(
        host.users("- user: {client-certificate: /c}\n") == "- file.yaml:4: client-key is empty\n");
    CHECK(host.users("- user: {client-certificate: /c, client-key-data: QQ==}\n") ==
          "- file.yaml:4: the key of a certificate that is a file stands in the kubeconfig, which "
          "nothing here writes\n");
    CHECK(host.users("- user: {token: x}\n- {}\n- x\n- user: [y]\n- user: {exec: {command: z}}\n")
              .empty());
    for (const std::string other :
        {"users: x\n", "[]\n", "", "x\n", "clusters: [{cluster: {server: x}}]\n"})
        CHECK(host.of("kubeconfigs", other).empty());
}

TEST_CASE("what kubelet renews is said")
{
    const Host host;
    const auto current = std::string("/var/lib/kubelet/pki/kubelet-client-current.pem");
    CHECK(host.users("- user: {client-certificate: " + current + ", client-key: " + current +
                     "}\n") == current + " " + current + " kubernetes\n");
    const auto found =
        (*plugins::makeKubernetesDiscovery({{"kubeconfigs", host.folder / "file.yaml"}}))
            ->discover();
    REQUIRE(found.ok());
    REQUIRE(found->places.at(0).warnings.size() == 1);
    CHECK(found->places[0].warnings[0].find("kubelet renews this one itself") != std::string::npos);
}

TEST_CASE("data that is no certificate is told by where it stands")
{
    const Host host;
    for (const std::string data : {"'*'", "QUJD", "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg=="})
        CHECK(host.users("- user: {client-certificate-data: " + data + "}\n") ==
              "- file.yaml:4: the certificate of users[0] cannot be read\n");
    // What stands in the file counts, as for kubectl.
    CHECK(host.users("- user: {client-certificate: /c, client-key: /k, client-certificate-data: "
                     "QUJD}\n") == "- file.yaml:4: the certificate of users[0] cannot be read\n");
    CHECK(host.of(
              "kubeconfigs", "clusters:\n- {}\n- cluster: {certificate-authority-data: QUJD}\n") ==
          "- file.yaml:3: the certificate of clusters[1] cannot be read\n");
}

TEST_CASE("pairs of static pods, as files of the host, and where they are shown")
{
    const Host host;
    const std::string pair = "--tls-cert-file=/pki/a.crt, --tls-private-key-file=/pki/a.key";
    CHECK(host.pod("kube-apiserver, " + pair) ==
          "/etc/pki/a.crt /etc/pki/a.key kubernetes 127.0.0.1|6443|\n");
    CHECK(host.pod("/usr/local/bin/kube-scheduler, --bind-address, '::1', " + pair +
                   ", --secure-port=7") == "/etc/pki/a.crt /etc/pki/a.key kubernetes ::1|7|\n");
    CHECK(host.pod("kube-controller-manager, " + pair + ", --secure-port=0") ==
          "/etc/pki/a.crt /etc/pki/a.key kubernetes\n");
    CHECK(host.pod("kube-apiserver, --etcd-certfile=/pki/e.crt, --etcd-keyfile, /pki/e.key, "
                   "--kubelet-client-certificate=/pki/k.crt, --kubelet-client-key=/pki/k.key, "
                   "--proxy-client-cert-file=/pki/p.crt, --proxy-client-key-file=/pki/p.key") ==
          "/etc/pki/e.crt /etc/pki/e.key kubernetes\n/etc/pki/k.crt /etc/pki/k.key kubernetes\n"
          "/etc/pki/p.crt /etc/pki/p.key kubernetes\n");
    CHECK(host.pod(
              "etcd, --cert-file=/pki/s.crt, --key-file=/pki/s.key, --peer-cert-file=/pki/p.crt, "
              "--peer-key-file=/pki/p.key, \"--listen-client-urls=https://127.0.0.1:2379,"
              "https://[::1]:2379/,http://10.0.0.1:2378\", "
              "--listen-peer-urls=https://10.0.0.1:2380") ==
          "/etc/pki/s.crt /etc/pki/s.key kubernetes 127.0.0.1|2379| ::1|2379|\n"
          "/etc/pki/p.crt /etc/pki/p.key kubernetes 10.0.0.1|2380|\n");
    CHECK(host.pod("haproxy, " + pair).empty());
    for (const std::string mount : {"/pki/", "/pki//"})
        CHECK(host.pod("kube-apiserver, " + pair, "{name: p, mountPath: " + mount + "}") ==
              "/etc/pki/a.crt /etc/pki/a.key kubernetes 127.0.0.1|6443|\n");
    const auto mounted = [&](const std::string& path, const std::string& hostPath) {
        return host.of("manifests", "kind: Pod\nspec: {containers: [{command: [kube-apiserver, " +
                                        pair + "], volumeMounts: [{name: p, mountPath: " + path +
                                        "}]}], volumes: [{name: p, hostPath: {path: " + hostPath +
                                        "}}]}\n");
    };
    CHECK(mounted("/pki", "/etc/pki/") ==
          "/etc/pki/a.crt /etc/pki/a.key kubernetes 127.0.0.1|6443|\n");
    CHECK(mounted("/", "/") == "/pki/a.crt /pki/a.key kubernetes 127.0.0.1|6443|\n");
    CHECK(mounted("''", "/etc") == "- file.yaml:2: tls-cert-file is no file of the host\n");
    // The longest counts, wherever in the list it is.
    for (const std::string mounts : {"{name: p, mountPath: /}, {name: p, mountPath: /pki}",
             "{name: p, mountPath: /pki}, {name: p, mountPath: /}"})
        CHECK(host.pod("kube-apiserver, " + pair, mounts + ", {name: q, mountPath: /pki/a}") ==
              "/etc/pki/a.crt /etc/pki/a.key kubernetes 127.0.0.1|6443|\n");
    CHECK(host.of("manifests", "kind: Deployment\nspec: {containers: [{command: [kube-apiserver, " +
                                   pair + "]}]}\n")
              .empty());
}

TEST_CASE("of static pods: what is no file of the host, no address, or half a pair")
{
    const Host host;
    const std::string pair = "--tls-cert-file=/pki/a.crt, --tls-private-key-file=/pki/a.key";
    CHECK(host.pod("kube-apiserver, " + pair, "{name: q, mountPath: /pki}") ==
          "- file.yaml:5: tls-cert-file is no file of the host\n");
    CHECK(host.pod("kube-apiserver, " + pair, "{name: p, mountPath: /pki, subPath: x}") ==
          "- file.yaml:5: tls-cert-file is no file of the host\n");
    CHECK(host.pod("kube-apiserver, " + pair, "{name: p, mountPath: /pk}") ==
          "- file.yaml:5: tls-cert-file is no file of the host\n");
    CHECK(host.pod("kube-apiserver, --tls-cert-file=/pki/a, --tls-private-key-file=/b") ==
          "- file.yaml:5: tls-private-key-file is no file of the host\n");
    CHECK(host.pod("kube-apiserver, --tls-cert-file=/pki/a") ==
          "- file.yaml:5: tls-cert-file without its other half\n");
    CHECK(host.pod("kube-apiserver, --secure-port=x, " + pair) ==
          "/etc/pki/a.crt /etc/pki/a.key kubernetes\n- file.yaml:5: secure-port is none\n");
    CHECK(host.pod("kube-apiserver, --bind-address=x, " + pair) ==
          "/etc/pki/a.crt /etc/pki/a.key kubernetes\n- file.yaml:5: bind-address is none\n");
    CHECK(host.pod("etcd, --cert-file=/pki/a, --key-file=/pki/b, "
                   "--listen-client-urls=https://etcd:2379")
              .find("- file.yaml:5: listen-client-urls names no address\n") != std::string::npos);
    std::string many = "https://127.0.0.1:1";
    for (int i = 2; i < 300; ++i)
        many += ",https://127.0.0.1:" + std::to_string(i);
    const auto shown = host.pod(
        "etcd, --cert-file=/pki/a, --key-file=/pki/b, \"--listen-client-urls=" + many + "\"");
    CHECK(shown.find("|100|") != std::string::npos);
    CHECK(shown.find("|101|") == std::string::npos);
}

TEST_CASE("several files, and what cannot be read among them")
{
    const Host host;
    host.folder.write("a.conf",
        "users: [{user: {client-certificate: /a, client-key: /b}}]\n---\nusers: "
        "[{user: {client-certificate: /c, client-key: /d}}]\n");
    host.folder.write("b.conf", "a: &x [1]\nb: *x\n");
    const auto source = plugins::makeKubernetesDiscovery(
        {{"kubeconfigs", host.folder / "*.conf" + "\n/nowhere/config"}});
    REQUIRE(source.ok());
    const auto text = discoveredWithinLimits(**source, host.folder.path().string());
    CHECK(text.starts_with("/a /b kubernetes\n/c /d kubernetes\n- b.conf:1" + notRead + "- "));
    CHECK(text.find("/nowhere/config") != std::string::npos);
    const auto refusal = [](const PluginSettings& settings) {
        const auto made = plugins::makeKubernetesDiscovery(settings);
        return made ? std::string() : made.error().message;
    };
    CHECK(refusal({}) == "kubeconfigs and manifests: both are missing");
    CHECK(refusal({{"manifests", "/a\nb"}}) == "manifests: must be absolute paths");
    CHECK(refusal({{"pki", "/a"}}) == "unknown key \"pki\"");
}

TEST_CASE("files that mean harm are bounded, told, and never quoted")
{
    const Host host;
    std::string bomb = "a: &a [x, x]\n";
    for (char c = 'b'; c < 'z'; ++c)
        bomb += std::string(1, c) + ": &" + c + " [*" + static_cast<char>(c - 1) + ", *" +
                static_cast<char>(c - 1) + "]\n";
    CHECK(host.of("kubeconfigs", bomb) == "- file.yaml:1" + notRead);
    CHECK(host.of("kubeconfigs", repeated("[", 1000)) == "- file.yaml:1" + notRead);
    CHECK(host.of("kubeconfigs", repeated("- x\n", 30'000)).find(notRead) != std::string::npos);
    CHECK(host.of("kubeconfigs", std::string(2U << 20U, 'a')).find(notRead) != std::string::npos);
    const auto secret = std::string("MIGHsecret");
    for (const auto& text : {secret + ": 1\n" + secret + ": 2\n", "\t" + secret + "\n",
             "users:\n- user: {client-certificate: \"-----BEGIN " + secret +
                 "\", client-key: \"\\n" + secret + "\"}\n",
             "users: [{name: " + secret + ", user: {client-certificate-data: " + secret + "}}]\n"})
        CHECK(host.of("kubeconfigs", text).find(secret) == std::string::npos);
}
