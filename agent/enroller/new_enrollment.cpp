#include "agent/enroller/new_enrollment.h"

#include "agent/enroller/key_loan.h"

namespace perennial::agent {

namespace {

// The key is there already: it was made before anybody knew what the template wants.
EnrollerOutcome prepare(const EnrollerTask& task, const FirstEnrollment& first, Issuer& issuer)
{
    const auto lend =
        [&](const std::string& type) -> Result<std::shared_ptr<const x509::PrivateKey>> {
        auto key = borrowNewKey(task);
        if (key && (*key)->keyType() != type)
            return Error{ErrorKind::Internal,
                "the order's key is " + (*key)->keyType() + ", and it was made as " + type};
        return key;
    };
    auto prepared = issuer.prepareEnrollment(first, lend);
    if (!prepared) return prepared.error();
    const bool password = std::holds_alternative<PasswordCaller>(first.caller);
    return PreparedRequest{std::move(prepared->request), "pkcs10",
        password ? "username-password" : "kerberos", prepared->namesSupplied};
}

} // namespace

EnrollerOutcome enrollAnew(const EnrollerTask& task, Issuer& issuer)
{
    const auto& asked = *task.enrollment;
    auto caller = callerAt(asked.caller);
    if (!caller) return caller.error();
    FirstEnrollment first{
        asked.templateName, asked.names.front(), {}, asked.keyType, *std::move(caller)};
    for (const auto& name : asked.names)
        first.names.push_back({x509::GeneralName::Type::Dns, name});
    if (task.operation == EnrollerTask::Operation::Prepare) return prepare(task, first, issuer);
    const PreparedEnrollment prepared{task.prepared.request, task.prepared.namesSupplied, {}};
    if (task.operation == EnrollerTask::Operation::Submit)
        return asOutcome(issuer.submitEnrollment(prepared, first));
    return asOutcome(issuer.pollEnrollment(task.ticket, prepared, first));
}

} // namespace perennial::agent
