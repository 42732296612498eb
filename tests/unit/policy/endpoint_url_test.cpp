#include "shared/policy/endpoint_url.h"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace perennial;

TEST_CASE("addresses of enrolment services are accepted")
{
    const std::vector<std::string> urls = {"https://pki.example.test/", "https://pki/x",
        "https://pki.example.test:8443/ADPolicyProvider_CEP_Certificate/service.svc/CEP",
        "https://pki.example.test/Example%20Issuing%20CA_CES_Certificate/service.svc/CES",
        "https://192.0.2.1/a", "https://[2001:db8::1]/a", "https://[::1]:443/a(b);c=d,e~f",
        "https://host_1.example.test/a"};
    for (const auto& url : urls)
        CHECK_MESSAGE(policy::checkEndpointUrl(url), url);
}

TEST_CASE("other addresses are refused with what is wrong")
{
    struct Row {
        std::string url, what;
    };
    const std::vector<Row> rows = {{"", "https://"}, {"http://pki.example.test/a", "https://"},
        {"HTTPS://pki.example.test/a", "https://"}, {"ldap://pki/a", "https://"},
        {"pki.example.test/a", "https://"}, {" https://pki/a", "https://"}, {"https://", "path"},
        {"https://pki.example.test", "path"}, {"https:///a", "host"},
        {"https://pki..example.test/a", "host"}, {"https://-pki.example.test/a", "host"},
        {"https://pki.example.test./a", "host"}, {"https://p ki/a", "host"},
        {"https://b\xC3\xBC"
         "cher.test/a",
            "host"},
        {"https://user@pki.example.test/a", "user name"},
        {"https://user:secret@pki.example.test/a", "user name"},
        {"https://good.test%40evil.test/a", "host"}, {"https://pki\\.evil.test/a", "host"},
        {"https://pki:/a", "port"}, {"https://pki:0/a", "port"}, {"https://pki:65536/a", "port"},
        {"https://pki:443x/a", "port"}, {"https://pki:+443/a", "port"},
        {"https://pki:99999999999/a", "port"}, {"https://[::1/a", "']'"},
        {"https://[192.0.2.1]/a", "IPv6"}, {"https://[::g]/a", "IPv6"},
        {"https://[::1]443/a", "port"}, {"https://pki/a?wsdl", "query"},
        {"https://pki/a#b", "query"}, {"https://pki?x=/a", "query"},
        {"https://pki/a b", "% and two"}, {"https://pki/a%2", "% and two"},
        {"https://pki/a%zz", "% and two"}, {"https://pki/a\n", "% and two"},
        {"https://pki/\"", "% and two"}, {"https://pki/\xC3\xA9", "% and two"},
        {"https://pki/" + std::string(2048, 'a'), "2048"},
        {"https://" + std::string(64, 'a') + ".test/a", "host"},
        {std::string("https://pki/a\0b", 15), "% and two"}};
    for (const auto& row : rows) {
        CAPTURE(row.url);
        const auto status = policy::checkEndpointUrl(row.url);
        REQUIRE_FALSE(status);
        CHECK_MESSAGE(
            status.error().message.find(row.what) != std::string::npos, status.error().message);
    }
}
