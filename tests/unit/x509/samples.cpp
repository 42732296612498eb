#include "tests/unit/x509/samples.h"

#include "tests/support/child_process.h"
#include "tests/support/golden.h"

#include <doctest/doctest.h>

namespace perennial::test {

namespace {

std::vector<std::string> command(const std::vector<std::string>& arguments)
{
    std::vector<std::string> all{"/usr/bin/openssl"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

} // namespace

std::string sample(const std::string& name) { return readTestData("enrollment/" + name); }

x509::Certificate sampleCertificate(const std::string& name)
{
    auto certificate = x509::Certificate::fromDer(sample(name));
    REQUIRE_MESSAGE(certificate.ok(), name << ": " << certificate.error().message);
    return *certificate;
}

x509::Certificate certificateIn(const std::string& path)
{
    auto certificate = x509::Certificate::fromPem(readText(path));
    REQUIRE_MESSAGE(certificate.ok(), path << ": " << certificate.error().message);
    return *certificate;
}

std::string wrapped(char tag, const std::string& content)
{
    std::string header(1, tag);
    const auto size = content.size();
    if (size < 128) {
        header += static_cast<char>(size);
    } else if (size < 256) {
        header += '\x81';
        header += static_cast<char>(size);
    } else if (size < 65536) {
        header += '\x82';
        header += static_cast<char>(size >> 8U);
        header += static_cast<char>(size & 0xFFU);
    } else {
        header += '\x83';
        header += static_cast<char>(size >> 16U);
        header += static_cast<char>((size >> 8U) & 0xFFU);
        header += static_cast<char>(size & 0xFFU);
    }
    return header + content;
}

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    REQUIRE_MESSAGE(at != std::string::npos, "not found: " << toHex(from));
    return text.replace(at, from.size(), to);
}

std::string openssl(const std::vector<std::string>& arguments, const std::string& input)
{
    return mustRun(command(arguments), input);
}

int opensslStatus(const std::vector<std::string>& arguments, const std::string& input)
{
    return runTool(command(arguments), input).status;
}

} // namespace perennial::test
