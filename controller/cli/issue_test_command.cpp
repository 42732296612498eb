#include "controller/cli/command_tree.h"
#include "controller/cli/json_text.h"
#include "shared/x509/signing_request.h"

namespace perennial::cli {

namespace {

struct TestKey {
    x509::PrivateKey key;
    std::string request; // PEM
};

// Made here, so that it is on no other machine.
Result<TestKey> makeKey(const Options& options)
{
    auto key = x509::PrivateKey::generate(options.keyType);
    if (!key) return key.error().in("--key-type");
    const auto subject = x509::subjectDerFromText("CN=" + options.name);
    if (!subject) return subject.error().in("--name");
    const auto names =
        x509::alternativeNameExtension({{x509::GeneralName::Type::Dns, options.name}});
    if (!names) return names.error().in("--name");
    const auto request = x509::makeSigningRequest({*subject, {*names}, {}}, *key);
    if (!request) return request.error();
    return TestKey{*std::move(key), request->toPem()};
}

Status issueTest(const Context& context)
{
    const auto& options = context.options();
    const auto life = durationFromText(options.testLife);
    if (!life) return life.error().in("--valid-for");
    for (const auto& file : {options.certificateFile, options.keyFile}) {
        if (context.files().inspect(file))
            return Error{ErrorKind::InvalidInput, file + " is there already; name a new file"};
    }
    const auto made = makeKey(options);
    if (!made) return made.error();
    auto client = context.enrollment();
    if (!client) return client.error();
    Json body;
    body["template"] = options.templateName;
    body["request"] = made->request;
    body["valid_for_seconds"] = static_cast<std::int64_t>(life->count());
    const auto issued = client->post("/v1/issue-test", body);
    if (!issued) return issued.error();
    PosixFileSystem files;
    const auto secret = made->key.toPem();
    if (auto done = files.replace(options.keyFile, secret.reveal(), {0600, {}, {}}); !done)
        return done;
    const auto* pem = issued->find("pem");
    if (pem == nullptr || pem->string() == nullptr)
        return Error{ErrorKind::Internal, "the service answered without a certificate"};
    if (auto done = files.replace(options.certificateFile, *pem->string(), {0644, {}, {}}); !done)
        return done;
    if (options.json) {
        context.printJson(*issued);
        return {};
    }
    context.print("request " + textOf(*issued, "request_id") + ", serial " +
                  textOf(*issued, "serial") + ", until " + timeOf(*issued, "not_after") + " UTC\n");
    return {};
}

} // namespace

void addIssueTestCommand(CommandTree& tree, CLI::App& enrollment)
{
    auto& options = tree.options();
    auto& command = tree.add(enrollment, "issue-test",
        "issue a certificate for trying things out, with a key that is made here", issueTest);
    command.add_option("--template", options.templateName, "template of the service")->required();
    command.add_option("--name", options.name, "DNS name, one that the template allows")
        ->required();
    command.add_option("--key-type", options.keyType, "ec-p256 when left out")
        ->check(CLI::IsMember({"ec-p256", "ec-p384", "rsa-2048", "rsa-3072", "rsa-4096"}));
    command.add_option("--valid-for", options.testLife, "24h when left out");
    command.add_option("--certificate-file", options.certificateFile, "written; must not exist")
        ->required()
        ->type_name(fileType);
    command.add_option("--key-file", options.keyFile, "written, mode 0600; must not exist")
        ->required()
        ->type_name(fileType);
}

} // namespace perennial::cli
