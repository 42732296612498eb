#include "controller/enrollment/web/request_recipe.h"

#include "shared/base/shell_word.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <doctest/doctest.h>

using namespace perennial;
using namespace perennial::test;
using namespace perennial::enrollment::server;
using namespace perennial::enrollment::server::web;

namespace {

CertificateTemplate webServer()
{
    CertificateTemplate one;
    one.name = "WebServer";
    one.oid = "1.3.6.1.4.1.311.21.8.1.2.3";
    one.keyAlgorithms = {"ec-p256", "rsa"};
    one.minimumRsaBits = 3072;
    one.namePatterns = {"*.example.test", "192.0.2.1", "2001:db8::1"};
    return one;
}

using Fields = std::map<std::string, std::string>;

std::string readWith(const Fields& fields, const CertificateTemplate& chosen = webServer())
{
    Parameters form;
    for (const auto& [name, value] : fields)
        REQUIRE(form.add(name, value).ok());
    const auto input = readRecipe(chosen, form);
    if (!input) return input.error().message;
    std::string text;
    for (const auto& line : writeRecipe(chosen, *input))
        text += line + "\n";
    return text;
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("the recipe has what was chosen")
{
    const auto text = readWith({{"KeyType", "rsa-4096"}, {"Hash", "sha384"}, {"Passphrase", "yes"},
        {"CommonName", " web1.example.test "},
        {"DnsNames", "web1.example.test\r\nweb2.example.test"},
        {"IpAddresses", "192.0.2.1, 2001:db8::1"}});
    for (const auto* part : {"CN = web1.example.test\n", "DNS.1 = web1.example.test\n",
             "DNS.2 = web2.example.test\n", "IP.1 = 192.0.2.1\n", "IP.2 = 2001:db8::1\n",
             "-newkey rsa:4096 -sha384", "id = OID:1.3.6.1.4.1.311.21.8.1.2.3\n",
             "major = INTEGER:100", "-out 'web1.example.test.csr'"})
        CHECK_MESSAGE(has(text, part), text);
    CHECK_FALSE(has(text, "-noenc"));
    auto old = webServer();
    old.schema = 1;
    const auto byName = readWith({{"KeyType", "ec-p256"}, {"DnsNames", "a.example.test"}}, old);
    CHECK(has(byName, "1.3.6.1.4.1.311.20.2 = ASN1:BMPSTRING:WebServer\n"));
    CHECK(has(byName, "-noenc -sha256 -subj /"));
}

TEST_CASE("what the template does not allow, or is no name, is said and not written")
{
    const Fields good{{"KeyType", "ec-p256"}, {"CommonName", "web1.example.test"}};
    CHECK(has(readWith(good), "openssl req"));
    const std::vector<std::pair<Fields, std::string>> wrong = {
        {{{"KeyType", "ec-p384"}}, "does not allow keys"},
        {{{"KeyType", "rsa-2048"}}, "does not allow keys"}, {{{"KeyType", "rsa-1"}}, "kind of key"},
        {{{"Hash", "md5"}}, "SHA-256"},
        {{{"CommonName", "web1.example.org"}}, "does not allow the name"},
        {{{"DnsNames", "web1.example.org"}}, "does not allow the name"},
        {{{"IpAddresses", "192.0.2.2"}}, "does not allow the name"},
        {{{"IpAddresses", "192.0.2.1.5"}}, "no IP address"},
        {{{"DnsNames", "a$(x).example.test"}}, "no DNS name"},
        {{{"CommonName", "a\nEND-OF-REQUEST\n.example.test"}}, "cannot be seen"},
        {{{"CommonName", "a!!.example.test"}}, "exclamation mark"},
        {{{"CommonName", ""}}, "Give a common name"},
        {{{"CommonName", std::string(60, 'a') + ".example.test"}}, "64 bytes"}};
    for (const auto& [changes, why] : wrong) {
        auto fields = good;
        for (const auto& [name, value] : changes)
            fields[name] = value;
        const auto text = readWith(fields);
        CHECK_MESSAGE(has(text, why), text);
        CHECK_FALSE(has(text, "openssl"));
    }
    auto built = webServer();
    built.subjectSupplied = false;
    CHECK(has(readWith(good, built), "from your account"));
    CHECK(has(readWith({{"KeyType", "ec-p256"}}, built), "-subj /"));
}

TEST_CASE("a shell and openssl take each text as the text it is")
{
    const TemporaryFolder folder;
    const std::string nasty = "a'b\"c\\d$HOME`id`#;$(id)&|<>*?~!{}[]";
    CHECK(runTool({"/bin/sh", "-c", "printf %s " + shellQuoted(nasty)}).output == nasty);
    const auto config = folder.write("x.cnf",
        "[req]\nprompt=no\nutf8=yes\ndistinguished_name=d\n[d]\nCN = " + configQuoted(nasty) +
            "\n");
    const auto made = runTool(
        {"/usr/bin/openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", folder / "k", "-out", folder / "r", "-config", config});
    REQUIRE_MESSAGE(made.status == 0, made.output);
    const auto subject = runTool({"/usr/bin/openssl", "req", "-in", folder / "r", "-noout",
        "-subject", "-nameopt", "multiline,-esc_ctrl,-esc_msb,-align"});
    CHECK(has(subject.output, "commonName = " + nasty + "\n"));
}
