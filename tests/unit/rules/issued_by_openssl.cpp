#include "tests/unit/rules/issued_by_openssl.h"

#include "tests/support/child_process.h"
#include "tests/support/test_pki.h"

#include <sstream>

namespace perennial::test {

namespace {

const std::string openssl = "/usr/bin/openssl";

// Sections that a line needs come after the extension's own, which is the first.
std::string extensionFile(const std::vector<std::string>& lines)
{
    std::ostringstream first;
    std::ostringstream others;
    first << "[extensions]\n";
    for (const auto& line : lines) {
        const auto end = line.find("\n[");
        first << line.substr(0, end) << "\n";
        if (end != std::string::npos) others << line.substr(end + 1) << "\n";
    }
    return first.str() + others.str();
}

x509::Certificate read(const std::string& file)
{
    auto certificate = x509::Certificate::fromPem(readText(file));
    REQUIRE_MESSAGE(certificate, file << ": " << certificate.error().message);
    return *certificate;
}

} // namespace

std::string IssuedContent::applicationPolicies(const std::string& usages)
{
    std::ostringstream line;
    line << "1.3.6.1.4.1.311.21.10 = ASN1:SEQUENCE:policies\n[policies]\n";
    std::ostringstream parts;
    std::istringstream list(usages);
    int number = 0;
    for (std::string usage; std::getline(list, usage, ','); ++number) {
        line << number << " = SEQUENCE:policy" << number << "\n";
        parts << "[policy" << number << "]\noid = OID:" << usage << "\n";
    }
    return line.str() + parts.str();
}

std::string IssuedContent::templateInformation(const std::string& oid, int majorVersion)
{
    return "1.3.6.1.4.1.311.21.7 = ASN1:SEQUENCE:template\n[template]\noid = OID:" + oid +
           "\nmajor = INTEGER:" + std::to_string(majorVersion) + "\nminor = INTEGER:1\n";
}

// OtherName with the SID as octets, as AD CS writes it.
std::string IssuedContent::securityIdentifier(const std::string& sid)
{
    return "1.3.6.1.4.1.311.25.2 = ASN1:SEQUENCE:names\n[names]\n"
           "name = IMPLICIT:0,SEQUENCE:sid\n[sid]\ntype = OID:1.3.6.1.4.1.311.25.2.1\n"
           "value = EXPLICIT:0,FORMAT:ASCII,OCTETSTRING:" +
           sid + "\n";
}

IssuedContent& IssuedContent::replace(const std::string& extension, const std::string& line)
{
    std::vector<std::string> kept;
    for (auto& old : extensions) {
        if (old.rfind(extension + " =", 0) != 0) kept.push_back(old);
    }
    if (!line.empty()) kept.push_back(line);
    extensions = kept;
    return *this;
}

OpensslAuthority::OpensslAuthority(const TemporaryFolder& folder) : folder_(folder)
{
    const std::string rootKey = makeKey("ec-p256");
    mustRun({openssl, "req", "-x509", "-new", "-key", rootKey, "-subj", "/CN=Test Root", "-days",
        "3650", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", folder_ / "root.pem"});
    const std::string key = makeKey("ec-p256");
    mustRun({openssl, "req", "-new", "-key", key, "-subj", "/CN=Test Issuing", "-out",
        folder_ / "issuing.csr"});
    const std::string extensions = folder_.write("issuing.ext",
        "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign\n");
    mustRun({openssl, "x509", "-req", "-in", folder_ / "issuing.csr", "-CA", folder_ / "root.pem",
        "-CAkey", rootKey, "-set_serial", "2", "-days", "3650", "-extfile", extensions, "-out",
        folder_ / "issuing.pem"});
    (void)folder_.write("issuing.key", readText(key));
}

std::string OpensslAuthority::makeKey(const std::string& keyType)
{
    const std::string file = folder_ / ("key" + std::to_string(++count_) + ".pem");
    std::vector<std::string> command = {openssl, "genpkey", "-out", file, "-algorithm"};
    if (keyType.rfind("rsa-", 0) == 0) {
        command.insert(command.end(), {"RSA", "-pkeyopt", "rsa_keygen_bits:" + keyType.substr(4)});
    } else {
        command.insert(
            command.end(), {"EC", "-pkeyopt", "ec_paramgen_curve:P-" + keyType.substr(4)});
    }
    mustRun(command);
    return file;
}

x509::Certificate OpensslAuthority::issue(const IssuedContent& content)
{
    const std::string key = makeKey(content.keyType);
    const std::string name = "leaf" + std::to_string(count_);
    mustRun({openssl, "req", "-new", "-key", key, "-subj", content.subject, "-out",
        folder_ / (name + ".csr")});
    const std::string extensions = folder_.write(name + ".ext", extensionFile(content.extensions));
    mustRun({openssl, "x509", "-req", "-in", folder_ / (name + ".csr"), "-CA",
        folder_ / "issuing.pem", "-CAkey", folder_ / "issuing.key", "-set_serial", content.serial,
        "-days", std::to_string(content.days), "-" + content.digest, "-extfile", extensions,
        "-extensions", "extensions", "-out", folder_ / (name + ".pem")});
    return read(folder_ / (name + ".pem"));
}

x509::Certificate OpensslAuthority::root() const { return read(folder_ / "root.pem"); }
x509::Certificate OpensslAuthority::issuing() const { return read(folder_ / "issuing.pem"); }

} // namespace perennial::test
