#pragma once

#include "agent/enroller/first_enrollment.h"
#include "tests/support/fake_authority.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_pki.h"

#include <functional>

namespace perennial::test {

// What the CA was asked, and what it says.
struct Ca {
    FakeAuthority authority;
    FakeAuthority::Content content{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1),
        std::chrono::sys_days(std::chrono::year(2040) / 1 / 1)};
    std::function<Result<IssueOutcome>(const Bytes& publicKey)> answer;
    Result<bool> offers = true;  // an Error: the policy service refuses
    bool untaken = false;        // of the errors that answer() gives
    std::vector<Bytes> requests; // in the order they came
    std::vector<std::string> tickets;
    std::string password;
    std::string principal;

    IssueOutcome issue(const Bytes& publicKey) const
    {
        return Issued{authority.issue(publicKey, content)};
    }
};

class CaIssuer final : public Issuer {
public:
    explicit CaIssuer(Ca& ca) : ca_(ca) {}
    Result<PreparedRequest> prepareRenewal(const RenewalMaterial&) override { return none(); }
    Result<IssueOutcome> submit(const PreparedRequest&, const RenewalMaterial&) override
    {
        return none();
    }
    Result<IssueOutcome> poll(const std::string&, const RenewalMaterial&) override
    {
        return none();
    }
    Result<PreparedEnrollment> prepareEnrollment(
        const FirstEnrollment& first, const MakeKey& makeKey) override
    {
        if (!ca_.offers) return ca_.offers.error();
        const auto key = makeKey(first.keyType);
        if (!key) return key.error();
        const auto usages = x509::extendedKeyUsageExtension(ca_.content.usages);
        const auto subject = x509::subjectDerFromText(first.subject);
        const auto names = x509::alternativeNameExtension(first.names);
        REQUIRE((usages && subject && names));
        const auto made = x509::makeSigningRequest({*subject, {*usages, *names}, {}}, **key);
        REQUIRE(made);
        return PreparedEnrollment{made->toDer(), true, {"https://localhost/CES"}};
    }
    Result<IssueOutcome> submitEnrollment(
        const PreparedEnrollment& prepared, const FirstEnrollment& first) override
    {
        ca_.requests.push_back(prepared.request);
        if (const auto* user = std::get_if<PasswordCaller>(&first.caller))
            ca_.password = user->password.reveal();
        if (const auto* kerberos = std::get_if<KerberosCaller>(&first.caller))
            ca_.principal = kerberos->principal + " by " + kerberos->keytabFile;
        const auto request = x509::SigningRequest::fromDer(prepared.request);
        REQUIRE(request);
        return ca_.answer(request->publicKeyDer());
    }
    Result<IssueOutcome> pollEnrollment(const std::string& ticket,
        const PreparedEnrollment& prepared, const FirstEnrollment& first) override
    {
        ca_.tickets.push_back(ticket);
        return submitEnrollment(prepared, first);
    }
    IssuerNotes notes() const override { return {"", {}, ca_.untaken}; }

private:
    static Error none() { return {ErrorKind::Internal, "not asked for"}; }
    Ca& ca_;
};

struct FirstWorld {
    FirstWorld()
    {
        REQUIRE(plugins.addIssuer("ces", [this](const auto&) {
            return Result<std::unique_ptr<Issuer>>(std::make_unique<CaIssuer>(ca));
        }));
        options.policyUrl = "https://localhost/CEP";
        options.trustFile = folder.write("trust.pem", ca.authority.rootPem());
        options.caller.user = "web-enroller";
        options.caller.password = CredentialSource{
            CredentialSource::Kind::File, folder.write("password", "correct horse\n")};
        options.templateName = "Web";
        options.name = "web1.example.test";
        options.keyType = "ec-p256";
        options.certificateFile = folder / "web.pem";
        options.keyFile = folder / "web.key";
        answer([this](const Bytes& publicKey) { return ca.issue(publicKey); });
    }
    void answer(std::function<Result<IssueOutcome>(const Bytes&)> how)
    {
        ca.answer = std::move(how);
    }
    void answer(const Error& error)
    {
        ca.answer = [error](const auto&) { return Result<IssueOutcome>(error); };
    }
    Result<agent::FirstEnrollmentResult> enroll()
    {
        PosixFileSystem files;
        return enroll(files);
    }
    Result<agent::FirstEnrollmentResult> enroll(FileSystem& files)
    {
        return agent::enrollFirst(options, plugins, files, now);
    }
    // Which of certificate, key and kept request are there.
    std::string left() const
    {
        std::string letters;
        const auto look = [&](char letter, const std::string& file) {
            if (std::filesystem::exists(file)) letters += letter;
        };
        look('c', options.certificateFile);
        look('k', options.keyFile);
        look('r', options.keyFile + ".request");
        return letters;
    }

    static constexpr TimePoint now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21);
    TemporaryFolder folder;
    Ca ca;
    PluginRegistry plugins;
    agent::FirstEnrollmentOptions options;
};

} // namespace perennial::test
