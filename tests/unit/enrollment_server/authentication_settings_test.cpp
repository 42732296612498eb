#include "controller/enrollment/authentication/authentication_settings.h"
#include "controller/enrollment/authentication/directory_settings.h"

#include <doctest/doctest.h>
#include <functional>

using namespace perennial;
using namespace perennial::enrollment;
using namespace perennial::enrollment::server;

namespace {

// What is wrong with `text`, as `read` sees it; empty: nothing.
std::string wrongWith(const std::string& text, const std::function<void(yaml::Reader&)>& read)
{
    const auto parsed = yaml::parse(text, "enrollment.yaml");
    REQUIRE_MESSAGE(parsed.ok(), text);
    yaml::Reader in(*parsed, "enrollment.yaml");
    read(in);
    const auto status = in.finish();
    return status ? "" : status.error().message;
}

std::string endpoint(const std::string& text, AuthenticationSettings* read = nullptr)
{
    return wrongWith(text, [&](yaml::Reader& in) {
        const auto settings = readAuthentication(in);
        if (read != nullptr) *read = settings;
    });
}

std::string kerberos(const std::string& lines)
{
    return wrongWith("kerberos:\n  keytab_file: /etc/http.keytab\n" + lines,
        [](yaml::Reader& in) { (void)readKerberos(in); });
}

std::string directory(const std::string& lines)
{
    return wrongWith("directory:\n  trust_file: /etc/ca.pem\n" + lines,
        [](yaml::Reader& in) { (void)readDirectory(in); });
}

bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("an endpoint asks for the safest that its method has unless it says otherwise")
{
    AuthenticationSettings settings;
    CHECK(endpoint("authentication: kerberos\n", &settings).empty());
    CHECK(settings.method == xcep::ClientAuthentication::Kerberos);
    CHECK(settings.channelBindingRequired);
    CHECK(endpoint("authentication: kerberos\nchannel_binding: optional\n", &settings).empty());
    CHECK_FALSE(settings.channelBindingRequired);
    CHECK(endpoint("authentication: certificate\n", &settings).empty());
    CHECK_FALSE(settings.keyBasedRenewal);
    CHECK(endpoint("authentication: username-password\n", &settings).empty());
    CHECK(settings.passwords == PasswordSource::Users);
    CHECK(endpoint("authentication: username-password\npasswords: directory\n", &settings).empty());
    CHECK(settings.passwords == PasswordSource::Directory);
}

TEST_CASE("what does not belong to an endpoint's method is refused, and so is another method")
{
    CHECK(has(endpoint("authentication: ntlm\n"), "authentication"));
    CHECK(has(endpoint("authentication: anonymous\n"), "authentication"));
    CHECK(has(endpoint("key_based_renewal: true\n"), "authentication"));
    CHECK(has(endpoint("authentication: kerberos\nchannel_binding: none\n"), "channel_binding"));
    CHECK(has(
        endpoint("authentication: certificate\nchannel_binding: optional\n"), "enrollment.yaml:2"));
    CHECK(has(endpoint("authentication: kerberos\npasswords: directory\n"), "passwords"));
    CHECK(has(endpoint("authentication: kerberos\nkey_based_renewal: true\n"), "key_based"));
}

TEST_CASE("Kerberos needs somebody to let in, and two users must not get one name")
{
    CHECK(has(kerberos(""), "nobody can come in"));
    CHECK(kerberos("  realms: [{realm: A.TEST, short_names: true}, {realm: B.TEST}]\n").empty());
    CHECK(has(kerberos("  realms: [{realm: A.TEST, short_names: true}, "
                       "{realm: B.TEST, short_names: true}]\n"),
        "for one realm"));
    CHECK(kerberos("  principals: [{principal: a@A.TEST}]\n").empty());
    CHECK(has(kerberos("  principals: [{principal: a}]\n"), "name@REALM"));
    CHECK(has(kerberos("  principals: [{principal: a@A.TEST, name: \"certificate 0A\"}]\n"),
        "visible ASCII"));
    CHECK(has(wrongWith("kerberos:\n  keytab_file: http.keytab\n",
                  [](yaml::Reader& in) { (void)readKerberos(in); }),
        "keytab_file"));
}

TEST_CASE("a directory is asked over TLS, in one of two ways, within limits")
{
    const std::string server = "  servers: [\"ldaps://a.test\", \"ldaps://[::1]:636\"]\n";
    const std::string byDn = "  user_dn: \"uid={user},ou=people,dc=a\"\n";
    const std::string bySearch = "  search: {base: \"dc=a\", filter: \"(uid={user})\", "
                                 "bind_dn: \"cn=r,dc=a\", password_file: /etc/pw}\n";
    CHECK(directory(server + byDn).empty());
    CHECK(directory(server + bySearch).empty());
    CHECK(has(directory(server), "either user_dn or search"));
    CHECK(has(directory(server + byDn + bySearch), "either user_dn or search"));
    for (const char* url : {"ldap://a.test", "ldaps://", "ldaps://a.test ldap://b.test",
             "ldaps://a.test/dc=a", "ldapi://x"})
        CHECK(has(directory("  servers: [\"" + std::string(url) + "\"]\n" + byDn), "servers"));
    CHECK(has(directory("  servers: []\n" + byDn), "servers"));
    CHECK(has(directory(server + "  user_dn: \"{user}\"\n"), "user_dn"));
    CHECK(has(directory(server + "  user_dn: \"uid=ann,dc=a\"\n"), "user_dn"));
    CHECK(has(directory(server + byDn + "  connect_timeout: 5m\n"), "connect_timeout"));
    CHECK(has(directory(server + byDn + "  answer_timeout: 0s\n"), "answer_timeout"));
    CHECK(has(
        directory(server + byDn + "  groups: {base: \"dc=a\", filter: \"(cn=x)\"}\n"), "filter"));
    CHECK(has(directory(server + byDn + "  password: secret\n"), "password"));
}

TEST_CASE("values are filled in escaped, once, and never filled in again")
{
    CHECK(filledIn("uid={user},dc=a", "user", "x,y") == "uid=x\\2Cy,dc=a");
    CHECK(filledIn("(|(uid={user})(cn={user}))", "user", "*") == "(|(uid=\\2A)(cn=\\2A))");
    CHECK(filledIn("(uid={user})", "user", "{user}") == "(uid=\\7Buser\\7D)");
    CHECK(filledIn(filledIn("(&(m={dn})(u={user}))", "dn", "uid={user}"), "user", "ann") ==
          "(&(m=uid\\3D\\7Buser\\7D)(u=ann))");
}
