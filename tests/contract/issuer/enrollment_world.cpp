#include "tests/contract/issuer/enrollment_world.h"

#include "shared/base/json.h"
#include "tests/support/test_pki.h"

namespace perennial::test {

namespace {

constexpr const char* passwordCep = "/CEP_UsernamePassword/service.svc/CEP";
constexpr const char* certificateCep = "/KeyBasedRenewal_CEP_Certificate/service.svc/CEP";
constexpr const char* passwordCes = "/Test_CES_UsernamePassword/service.svc/CES";
constexpr const char* certificateCes = "/Test_CES_Certificate/service.svc/CES";

std::string templateText(const std::string& name, int arc, const std::string& more)
{
    return "name: " + name + "\noid: 1.3.6.1.4.1.311.21.8.1.2.3." + std::to_string(arc) +
           "\nversion: {major: 100, minor: 1}\nvalidity: 90d\nrenewal: 42d\n"
           "key: {algorithms: [ec-p256, rsa]}\nsubject: supplied\n"
           "names: [\"*.example.test\"]\nkey_usage: [digitalSignature]\n"
           "rights: {enroll: {users: [web-enroller]}}\n" +
           more;
}

} // namespace

EnrollmentWorld::EnrollmentWorld()
{
    configure();
    const auto config = folder_ / "enrollment.yaml";
    mustRun({program_, "init", "--config", config});
    write("password", "correct horse battery");
    mustRun({program_, "user", "add", "--config", config, "--name", "web-enroller",
        "--password-file", folder_ / "password"});
    mustRun({program_, "admin", "add", "--config", config, "--name", "test", "--role", "operator",
        "--token-file", folder_ / "token"});
}

void EnrollmentWorld::write(const std::string& name, const std::string& text) const
{
    (void)folder_.write(name, text);
}

void EnrollmentWorld::configure() const
{
    std::filesystem::create_directory(folder_ / "templates");
    const std::string both = "extended_key_usages: [serverAuthentication, clientAuthentication]\n";
    write("templates/Web.yaml", templateText("Web", 1, both + "key_based_renewal: true\n"));
    write("templates/Approved.yaml",
        templateText("Approved", 2, both + "key_based_renewal: true\nmanager_approval: true\n"));
    write("templates/Once.yaml", templateText("Once", 3, both));
    const auto listener = [](int port) {
        return "{host: 127.0.0.1, port: " + std::to_string(port) +
               ", names: [localhost, 127.0.0.1]}\n";
    };
    const std::string policy =
        ", policy_id: \"{6f3c1d0a-5f0b-4a53-9a0e-2d3f8c7b6a51}\", name: Test}\n";
    write("enrollment.yaml",
        "state: " + (folder_ / "state") + "\nlisten: " + listener(port_) +
            "admin_api: " + listener(adminPort_) +
            "authority: {name: Test Issuing CA, root_name: Test Root CA, key_type: ec-p256}\n"
            "templates: " +
            (folder_ / "templates") + "\nusers: " + (folder_ / "users.yaml") +
            "\npolicy_providers:\n  - {path: " + passwordCep +
            ", authentication: username-password" + policy + "  - {path: " + certificateCep +
            ", authentication: certificate, key_based_renewal: true" + policy +
            "enrollment_services:\n  - {path: " + passwordCes +
            ", authentication: username-password}\n  - {path: " + certificateCes +
            ", authentication: certificate, renewal_only: true, key_based_renewal: true}\n");
}

void EnrollmentWorld::start()
{
    process_.emplace(
        std::vector<std::string>{program_, "run", "--config", folder_ / "enrollment.yaml"});
    process_->waitForPort(port_);
    process_->waitForPort(adminPort_);
}

std::string EnrollmentWorld::rootPem() const { return readText(folder_ / "state/root.pem"); }

std::string EnrollmentWorld::url(const std::string& path) const
{
    return "https://localhost:" + std::to_string(port_) + path;
}

model::EnrollmentService EnrollmentWorld::byPolicies() const
{
    model::EnrollmentService service;
    service.name = "test";
    service.tlsTrustPem = service.issuerTrustPem = rootPem();
    service.policyEndpoints = {url(certificateCep)};
    return service;
}

model::EnrollmentService EnrollmentWorld::byAddress() const
{
    auto service = byPolicies();
    service.policyEndpoints.clear();
    service.enrollmentEndpoints = {url(certificateCes)};
    return service;
}

model::EnrollmentService EnrollmentWorld::byPassword() const
{
    auto service = byPolicies();
    service.policyEndpoints = {url(passwordCep)};
    return service;
}

RenewalMaterial EnrollmentWorld::material(const std::string& name, const std::string& templateName)
{
    const bool running = process_.has_value();
    stop(); // one program at a time has the database
    const auto file = folder_ / name;
    mustRun({program_, "issue-test", "--config", folder_ / "enrollment.yaml", "--renewable",
        "--template", templateName, "--name", name, "--valid-from=-80d", "--valid-for=90d",
        "--certificate-file", file + ".pem", "--key-file", file + ".key"});
    if (running) start();
    auto chain = x509::Certificate::allFromPem(readText(file + ".pem"));
    auto key = x509::PrivateKey::fromPem(Secret(readText(file + ".key")));
    REQUIRE(chain);
    REQUIRE(key);
    const auto leaf = chain->front();
    return {leaf, *std::move(chain), std::make_shared<x509::PrivateKey>(*std::move(key)),
        std::make_shared<x509::PrivateKey>(FakeAuthority::newKey())};
}

FirstEnrollment EnrollmentWorld::first(const std::string& templateName, const std::string& keyType)
{
    FirstEnrollment first;
    first.templateName = templateName;
    first.subject = "web9.example.test";
    first.names = {{x509::GeneralName::Type::Dns, "web9.example.test"}};
    first.keyType = keyType;
    first.caller = PasswordCaller{"web-enroller", Secret("correct horse battery")};
    return first;
}

std::string EnrollmentWorld::admin(const std::string& method, const std::string& path) const
{
    std::vector<std::string> command = {"/usr/bin/curl", "--silent", "--fail", "--max-time", "10",
        "--noproxy", "*", "--cacert", folder_ / "state/root.pem", "--request", method, "--header",
        "Authorization: Bearer " + readText(folder_ / "token")};
    while (command.back().back() == '\n')
        command.back().pop_back();
    if (path.find("/deny") != std::string::npos)
        command.insert(command.end(), {"--json", R"({"reason": "not today"})"});
    command.push_back("https://localhost:" + std::to_string(adminPort_) + path);
    return mustRun(command);
}

void EnrollmentWorld::decide(const std::string& verb) const
{
    const auto list = Json::parse(admin("GET", "/v1/requests?state=pending"));
    REQUIRE(list);
    const auto* items = list->find("items");
    REQUIRE(items != nullptr);
    REQUIRE(items->array() != nullptr);
    REQUIRE(items->array()->size() == 1);
    const auto* id = items->array()->front().find("request_id");
    REQUIRE(id != nullptr);
    const auto number = id->string() ? *id->string() : std::to_string(*id->integer());
    (void)admin("POST", "/v1/requests/" + number + "/" + verb);
}

std::size_t EnrollmentWorld::issued() const
{
    const auto list = Json::parse(admin("GET", "/v1/certificates?limit=500"));
    REQUIRE(list);
    return list->find("items")->array()->size() - 1; // init's: the server's own TLS certificate
}

FirstTry enroll(
    Issuer& issuer, const FirstEnrollment& first, std::shared_ptr<const x509::PrivateKey> key)
{
    FirstTry made{std::move(key), "", {}, Error{ErrorKind::Internal, "not sent"}};
    auto prepared = issuer.prepareEnrollment(
        first, [&](const std::string& keyType) -> Result<std::shared_ptr<const x509::PrivateKey>> {
            made.keyType = keyType;
            if (made.key != nullptr) return made.key;
            auto generated = x509::PrivateKey::generate(keyType);
            if (!generated) return generated.error();
            made.key = std::make_shared<x509::PrivateKey>(*std::move(generated));
            return made.key;
        });
    if (!prepared) {
        made.outcome = prepared.error();
        return made;
    }
    made.prepared = *std::move(prepared);
    made.outcome = issuer.submitEnrollment(made.prepared, first);
    return made;
}

} // namespace perennial::test
