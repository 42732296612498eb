#include "plugins/ces_issuer/examination.h"

#include "plugins/ces_issuer/first_request.h"

namespace perennial::plugins {

namespace xcep = enrollment::xcep;
using Verdict = Examination::Verdict;

namespace {

constexpr const char* templateAdministrator = ": the CA's template administrator";

bool has(std::optional<std::uint32_t> flags, std::uint32_t flag)
{
    return (flags.value_or(0) & flag) != 0;
}

// The three flags without which a renewal by key cannot be silent.
void examineRenewalFlags(const xcep::Policy& policy, std::vector<Examination>& lines)
{
    const auto flag = [&](bool set, const std::string& what, const std::string& mend,
                          Verdict otherwise) {
        lines.push_back({"template", set ? Verdict::Good : otherwise,
            what + (set ? " is set" : " is not set"), set ? "" : mend + templateAdministrator});
    };
    flag(has(policy.subjectNameFlags, xcep::flag::nameSuppliedByEnrollee),
        "\"supply in the request\" (subjectNameFlags 0x1)",
        "set it: key-based renewal needs the names of the old certificate", Verdict::Bad);
    flag(has(policy.enrollmentFlags, xcep::flag::enrollmentPreviousApproval),
        "\"valid existing certificate\" for re-enrolment (enrollmentFlags 0x40)",
        "set it: without it each renewal may wait for approval or signatures", Verdict::Bad);
    flag(has(policy.enrollmentFlags, xcep::flag::enrollmentKeyBasedRenewal),
        "\"allow key-based renewal\" (enrollmentFlags 0x10000)", "set it", Verdict::Bad);
}

} // namespace

std::vector<Examination> examineTemplate(const xcep::Policy& policy)
{
    std::vector<Examination> lines;
    const bool schema = policy.schema >= 2;
    lines.push_back({"template", schema ? Verdict::Good : Verdict::Bad,
        policy.commonName + ", schema " + std::to_string(policy.schema) + ", OID " +
            policy.templateOid.value,
        schema ? "" : "duplicate it as schema 2 or later" + std::string(templateAdministrator)});
    examineRenewalFlags(policy, lines);
    for (const auto& problem : problemsOf(policy, true)) {
        if (problem.find("0x10000") == std::string::npos)
            lines.push_back({"template", Verdict::Bad, problem,
                "see docs/ad-cs.md" + std::string(templateAdministrator)});
    }
    if (has(policy.enrollmentFlags, xcep::flag::enrollmentPendAll))
        lines.push_back({"template", Verdict::Remark,
            "it wants a manager's approval (enrollmentFlags 0x2): first requests wait for it"});
    lines.push_back({"rights", policy.mayEnroll ? Verdict::Good : Verdict::Remark,
        policy.mayEnroll
            ? "the caller may enrol"
            : "the caller has no right to enrol: enough for renewals by key, not for a "
              "first certificate"});
    return lines;
}

std::vector<Examination> examineFirstTemplate(
    const xcep::Policy& policy, const FirstEnrollment& first)
{
    std::vector<Examination> lines;
    lines.push_back({"template", Verdict::Good,
        policy.commonName + ", schema " + std::to_string(policy.schema) + ", OID " +
            policy.templateOid.value});
    const bool ours = suppliesNames(policy);
    lines.push_back({"template", ours ? Verdict::Good : Verdict::Remark,
        ours
            ? "it takes subject and names from the request"
            : "the CA looks subject and names up (subjectNameFlags 0x1 is not set): none is sent"});
    for (const auto& problem : problemsOf(policy, false))
        lines.push_back({"template", Verdict::Bad, problem,
            "see docs/ad-cs.md" + std::string(templateAdministrator)});
    if (has(policy.enrollmentFlags, xcep::flag::enrollmentPendAll))
        lines.push_back({"template", Verdict::Remark,
            "it wants a manager's approval (enrollmentFlags 0x2): the request waits for it"});
    if (!has(policy.enrollmentFlags, xcep::flag::enrollmentKeyBasedRenewal))
        lines.push_back({"template", Verdict::Remark,
            "it does not allow key-based renewal (enrollmentFlags 0x10000): what it issues cannot "
            "be renewed by key"});
    const auto key = chooseKeyType(policy, first.keyType);
    lines.push_back({"key", key.problem.empty() ? Verdict::Good : Verdict::Bad,
        key.problem.empty() ? "the key would be " + key.keyType : key.problem,
        key.problem.empty()
            ? ""
            : "name another key, or see docs/ad-cs.md" + std::string(templateAdministrator)});
    return lines;
}

std::vector<Examination> examineCertificate(const x509::Certificate& old, TimePoint now)
{
    std::vector<Examination> lines;
    const std::string host = ": the administrator of this host";
    const bool valid = now >= old.notBefore() && now < old.notAfter();
    lines.push_back({"certificate", valid ? Verdict::Good : Verdict::Bad,
        old.displayName() + ", serial " + old.serial() + ", valid " + toRfc3339(old.notBefore()) +
            " to " + toRfc3339(old.notAfter()),
        valid ? "" : "what is not valid renews nothing: check the clock, or enrol anew" + host});
    const bool client = old.allowsExtendedKeyUsage(x509::oid::clientAuthentication);
    lines.push_back({"certificate", client ? Verdict::Good : Verdict::Bad,
        client ? "good for client authentication" : "not good for client authentication",
        client ? "" : "enrol anew from a template with client authentication" + host});
    const auto information = old.templateInformation();
    const bool named = information && !information->oid.empty();
    lines.push_back({"certificate", named ? Verdict::Good : Verdict::Bad,
        named ? "names its template by OID " + information->oid
              : "does not name its template by OID (extension 1.3.6.1.4.1.311.21.7): it is of a "
                "schema 1 template or of another CA",
        named ? "" : "enrol anew from a template of schema 2 or later" + host});
    const bool sid = old.extension(x509::oid::ntdsSecurity).has_value();
    lines.push_back({"certificate", sid ? Verdict::Good : Verdict::Remark,
        sid ? "carries a SID, which each renewal copies"
            : "carries no SID (extension 1.3.6.1.4.1.311.25.2): an endpoint that maps certificates "
              "to accounts refuses it; one for key-based renewal does not"});
    return lines;
}

} // namespace perennial::plugins
