#pragma once

#include <string>

namespace perennial::test {

// The lines of a template for key-based renewal that is accepted without a word but ESC1's.
inline std::string templateText(const std::string& more = "",
    const std::string& rights = "{enroll: {users: [ann]}}",
    const std::string& usages = "[serverAuthentication, clientAuthentication]")
{
    return "name: Web\n"                         // 1
           "oid: 1.3.6.1.4.1.311.21.8.1.2.3\n"   // 2
           "version: {major: 100, minor: 4}\n"   // 3
           "validity: 90d\n"                     // 4
           "renewal: 42d\n"                      // 5
           "key: {algorithms: [ec-p256, rsa]}\n" // 6
           "names: [\"*.example.test\"]\n"       // 7
           "key_usage: [digitalSignature]\n"     // 8
           "extended_key_usages: " +
           usages +
           "\n" // 9
           "rights: " +
           rights + "\n" // 10
           + more;       // 11
}

inline std::string replaced(std::string text, const std::string& what, const std::string& by)
{
    const auto at = text.find(what);
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

} // namespace perennial::test
