#include "controller/enrollment/templates/template_reader.h"

#include "controller/enrollment/templates/template_risks.h"
#include "controller/enrollment/templates/template_sections.h"
#include "controller/enrollment/templates/usage_names.h"
#include "shared/base/encoding.h"

#include <algorithm>

namespace perennial::enrollment::server {

namespace {

constexpr std::int64_t versionLimit = 0x7FFFFFFF;

void readIdentity(yaml::Reader& in, CertificateTemplate& t)
{
    t.name = in.text("name");
    t.displayName = in.textOr("display_name", t.name);
    t.oid = in.text("oid");
    t.schema = static_cast<int>(in.integerOr("schema", 4));
    auto version = in.mapping("version");
    const auto major = version.integer("major");
    const auto minor = version.integer("minor");
    if (major < 0 || major > versionLimit)
        version.fail("major", "must be between 0 and 2147483647");
    if (minor < 0 || minor > versionLimit)
        version.fail("minor", "must be between 0 and 2147483647");
    t.majorVersion = static_cast<int>(major);
    t.minorVersion = static_cast<int>(minor);
    t.validity = in.duration("validity");
    t.renewal = in.duration("renewal");
    t.supersedes = in.textsOr("supersedes", {});
    if (in.failed()) return;
    if (t.validity <= Duration::zero()) in.fail("validity", "must be more than nothing");
    if (t.renewal <= Duration::zero() || t.renewal > t.validity)
        in.fail("renewal", "must be more than nothing and at most the validity");
    if (t.schema < 1 || t.schema > 4) in.fail("schema", "must be 1, 2, 3 or 4");
    if (!looksLikeOid(t.oid)) in.fail("oid", "is not an OID");
    // A name with a line break in it could carry request attributes.
    if (t.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "0123456789-_ .") != std::string::npos)
        in.fail("name", "may hold letters, digits, spaces, -, _ and .");
}

std::vector<TemplateFinding> findingsOf(
    const CertificateTemplate& t, const yaml::Reader& in, const std::string& fileName)
{
    using Weight = TemplateFinding::Weight;
    std::vector<TemplateFinding> findings;
    auto unneeded = t.acceptedRisks;
    for (const auto& risk : risksOf(t)) {
        const bool accepted = t.acceptedRisks.count(risk.name) != 0;
        unneeded.erase(risk.name);
        const auto weight = !risk.deadly ? Weight::Noted
                            : accepted   ? Weight::Accepted
                                         : Weight::Refused;
        findings.push_back({weight, fileName, in.lineOf(risk.key), risk.key, risk.name, risk.what});
    }
    for (const auto& name : unneeded)
        findings.push_back({Weight::Noted, fileName, in.lineOf("accepted_risks"), "accepted_risks",
            name, "is accepted, but this template has no such risk: take it out"});
    return findings;
}

} // namespace

std::string toText(const TemplateFinding& finding)
{
    auto text = finding.file;
    if (finding.line > 0) text += ":" + std::to_string(finding.line);
    text += ": ";
    if (!finding.key.empty()) text += finding.key + ": ";
    text += finding.what;
    return finding.risk.empty() ? text : text + " (" + finding.risk + ")";
}

bool isRefusal(const TemplateFinding& finding)
{
    return finding.weight == TemplateFinding::Weight::Wrong ||
           finding.weight == TemplateFinding::Weight::Refused;
}

Result<TemplateFile> readTemplateFile(const std::string& text, const std::string& fileName)
{
    const auto parsed = yaml::parse(text, fileName);
    if (!parsed) return parsed.error();
    yaml::Reader in(*parsed, fileName);
    CertificateTemplate t;
    readIdentity(in, t);
    readKey(in.mapping("key"), t);
    readNames(in, t);
    readUsages(in, t);
    readFlags(in, t);
    readSignatures(in, t);
    readRights(in.mapping("rights"), t);
    readAcceptedRisks(in, t);
    if (auto status = in.finish(); !status) return status.error();
    if (const auto made = extensionsOf(t); !made) return made.error().in(fileName);
    return TemplateFile{t, findingsOf(t, in, fileName)};
}

Result<CertificateTemplate> readTemplate(const std::string& text, const std::string& fileName)
{
    auto read = readTemplateFile(text, fileName);
    if (!read) return read.error();
    const auto refusal = std::find_if(read->findings.begin(), read->findings.end(), isRefusal);
    if (refusal != read->findings.end()) return Error{ErrorKind::InvalidInput, toText(*refusal)};
    return std::move(read->certificateTemplate);
}

} // namespace perennial::enrollment::server
