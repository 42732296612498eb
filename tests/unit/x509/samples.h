#pragma once

#include "shared/base/encoding.h"
#include "shared/x509/certificate.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <string>

namespace perennial::test {

// From tests/data/enrollment/: bytes of the protocol's samples, "microsoft/bst1.der".
std::string sample(const std::string& name);
x509::Certificate sampleCertificate(const std::string& name);

x509::Certificate certificateIn(const std::string& path);

// One DER element around the content: wrapped('\x30', ...) is a SEQUENCE.
std::string wrapped(char tag, const std::string& content);
std::string replaced(std::string text, const std::string& from, const std::string& to);

// What the openssl command line makes of its arguments; fails the test unless it ends with 0.
std::string openssl(const std::vector<std::string>& arguments, const std::string& input = "");
// The same where failing is an answer too: the exit status.
int opensslStatus(const std::vector<std::string>& arguments, const std::string& input = "");

} // namespace perennial::test
