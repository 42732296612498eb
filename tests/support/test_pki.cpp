#include "tests/support/test_pki.h"

#include "tests/support/child_process.h"

#include <sstream>

namespace perennial::test {

namespace {

const std::string openssl = "/usr/bin/openssl";

std::vector<std::string> keyArguments(const std::string& type)
{
    if (type.rfind("rsa-", 0) == 0)
        return {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + type.substr(4)};
    if (type.rfind("ec-p", 0) == 0)
        return {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-" + type.substr(4)};
    return {"-algorithm", type};
}

std::string extensionLines(const TestCertificateContent& content, bool authority, bool selfSigned)
{
    std::ostringstream lines;
    if (authority) {
        lines << "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\n";
    } else {
        lines << "basicConstraints = critical,CA:FALSE\nkeyUsage = critical,digitalSignature\n";
        if (!content.extendedKeyUsage.empty())
            lines << "extendedKeyUsage = " << content.extendedKeyUsage << "\n";
        if (!content.alternativeNames.empty())
            lines << "subjectAltName = " << content.alternativeNames << "\n";
    }
    lines << "subjectKeyIdentifier = hash\n";
    if (!selfSigned) lines << "authorityKeyIdentifier = keyid:always\n";
    for (const auto& line : content.moreExtensions)
        lines << line << "\n";
    return lines.str();
}

std::string authorityConfiguration(const TemporaryFolder& folder, const std::string& name)
{
    std::ostringstream text;
    text << "[ca]\ndefault_ca = authority\n[authority]\n"
         << "database = " << folder / (name + ".index") << "\n"
         << "new_certs_dir = " << folder.path().string() << "\nrand_serial = yes\n"
         << "default_md = sha256\nunique_subject = no\npolicy = any\ncopy_extensions = none\n"
         << "default_crl_days = 30\nemail_in_dn = no\n"
         << "[any]\ncommonName = optional\n[req]\ndistinguished_name = none\n[none]\n";
    return text.str();
}

} // namespace

std::string readText(const std::string& path)
{
    std::ifstream file(path, std::ios::binary);
    REQUIRE_MESSAGE(file.good(), "cannot read ", path);
    std::ostringstream content;
    content << file.rdbuf();
    return content.str();
}

std::string TestPki::makeKey(const std::string& name, const std::string& keyType) const
{
    const std::string file = folder_.write(name + ".key", "");
    std::vector<std::string> command = {openssl, "genpkey", "-out", file};
    for (const auto& argument : keyArguments(keyType))
        command.push_back(argument);
    mustRun(command);
    return file;
}

void TestPki::writeAuthorityFiles(const std::string& name) const
{
    (void)folder_.write(name + ".index", "");
    (void)folder_.write(name + ".cnf", authorityConfiguration(folder_, name));
}

const TestCertificate& TestPki::sign(const std::string& name, const std::string& issuer,
    const TestCertificateContent& content, bool authority)
{
    const bool selfSigned = name == issuer;
    TestCertificate made;
    made.key = makeKey(name, content.keyType);
    made.certificate = folder_ / (name + ".pem");
    writeAuthorityFiles(name);
    const std::string request = folder_ / (name + ".csr");
    const std::string subject = content.commonName.empty() ? "/" : "/CN=" + content.commonName;
    mustRun({openssl, "req", "-new", "-config", folder_ / (name + ".cnf"), "-key", made.key,
        "-subj", subject, "-out", request});
    const std::string extensions = folder_.write(
        name + ".ext", "[extensions]\n" + extensionLines(content, authority, selfSigned));
    std::vector<std::string> command = {openssl, "ca", "-batch", "-notext", "-config",
        folder_ / (issuer + ".cnf"), "-in", request, "-out", made.certificate, "-extfile",
        extensions, "-extensions", "extensions", "-startdate", content.notBefore, "-enddate",
        content.notAfter, "-keyfile", selfSigned ? made.key : made_.at(issuer).key};
    if (selfSigned) {
        command.push_back("-selfsign");
    } else {
        command.insert(command.end(), {"-cert", made_.at(issuer).certificate});
    }
    mustRun(command);

    const std::string own = readText(made.certificate);
    const bool issuerIsRoot = !selfSigned && issuerOf_.at(issuer) == issuer;
    const std::string above = selfSigned || issuerIsRoot ? "" : readText(made_.at(issuer).chain);
    made.chain = folder_.write(name + ".chain.pem", own + above);
    made.fullChain = folder_.write(
        name + ".full.pem", own + (selfSigned ? "" : readText(made_.at(issuer).fullChain)));
    issuerOf_[name] = issuer;
    return made_[name] = made;
}

const TestCertificate& TestPki::makeRoot(const std::string& name, const std::string& keyType)
{
    TestCertificateContent content;
    content.commonName = name;
    content.keyType = keyType;
    return sign(name, name, content, true);
}

const TestCertificate& TestPki::makeAuthority(const std::string& name, const std::string& issuer)
{
    TestCertificateContent content;
    content.commonName = name;
    return sign(name, issuer, content, true);
}

const TestCertificate& TestPki::issue(
    const std::string& name, const std::string& issuer, const TestCertificateContent& content)
{
    return sign(name, issuer, content, false);
}

const TestCertificate& TestPki::selfSigned(
    const std::string& name, const TestCertificateContent& content)
{
    return sign(name, name, content, false);
}

const TestCertificate& TestPki::issueServer(const std::string& name, const std::string& issuer)
{
    TestCertificateContent content;
    content.commonName = name;
    content.alternativeNames = "DNS:" + name + ",DNS:localhost,IP:127.0.0.1,IP:::1";
    return issue(name, issuer, content);
}

const TestCertificate& TestPki::issueClient(const std::string& name, const std::string& issuer)
{
    TestCertificateContent content;
    content.commonName = name;
    content.alternativeNames = "DNS:" + name;
    content.extendedKeyUsage = "clientAuth";
    return issue(name, issuer, content);
}

std::string TestPki::pin(const std::string& name) const
{
    const std::string publicKey = folder_ / (name + ".spki");
    mustRun({openssl, "pkey", "-in", made_.at(name).key, "-pubout", "-outform", "DER", "-out",
        publicKey});
    const std::string line = mustRun({openssl, "dgst", "-sha256", "-r", publicKey});
    return line.substr(0, 64);
}

std::string TestPki::revoke(const std::string& name, const std::string& issuer) const
{
    const std::vector<std::string> authority = {"-config", folder_ / (issuer + ".cnf"), "-keyfile",
        made_.at(issuer).key, "-cert", made_.at(issuer).certificate};
    std::vector<std::string> command = {openssl, "ca", "-revoke", made_.at(name).certificate};
    command.insert(command.end(), authority.begin(), authority.end());
    mustRun(command);
    const std::string list = folder_ / (issuer + ".crl");
    command = {openssl, "ca", "-gencrl", "-out", list};
    command.insert(command.end(), authority.begin(), authority.end());
    mustRun(command);
    return list;
}

} // namespace perennial::test
