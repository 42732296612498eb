#include "controller/enrollment/templates/template_flags.h"

#include <algorithm>
#include <array>

namespace perennial::enrollment::server {

namespace {

struct NamedFlag {
    std::string_view name; // without CT_FLAG_
    std::uint32_t TemplateFlags::*word;
    std::uint32_t bit;
    std::string_view refusal; // empty: may be set by name
};

constexpr auto enrollment = &TemplateFlags::enrollment;
constexpr auto privateKey = &TemplateFlags::privateKey;
constexpr auto subjectName = &TemplateFlags::subjectName;
constexpr auto general = &TemplateFlags::general;

constexpr std::string_view noDirectory = "needs a directory that this service writes; it has none";
constexpr std::string_view noArchival = "needs key archival, which this service does not do";
constexpr std::string_view noAttestation = "needs key attestation, which this service does not do";
constexpr std::string_view noAuthorities = "certificates of authorities are not issued";

constexpr std::array<NamedFlag, 48> known = {{
    {"INCLUDE_SYMMETRIC_ALGORITHMS", enrollment, 0x1, "S/MIME capabilities are not issued"},
    {"PEND_ALL_REQUESTS", enrollment, 0x2, "is set by manager_approval"},
    {"PUBLISH_TO_KRA_CONTAINER", enrollment, 0x4, noArchival},
    {"PUBLISH_TO_DS", enrollment, 0x8, noDirectory},
    {"AUTO_ENROLLMENT_CHECK_USER_DS_CERTIFICATE", enrollment, 0x10, ""},
    {"AUTO_ENROLLMENT", enrollment, 0x20, "is set by rights.autoenroll"},
    {"PREVIOUS_APPROVAL_VALIDATE_REENROLLMENT", enrollment, 0x40, "is set by previous_approval"},
    {"USER_INTERACTION_REQUIRED", enrollment, 0x100, ""},
    {"REMOVE_INVALID_CERTIFICATE_FROM_PERSONAL_STORE", enrollment, 0x400, ""},
    {"ALLOW_ENROLL_ON_BEHALF_OF", enrollment, 0x800,
        "enrolling on behalf of others is not offered"},
    {"ADD_OCSP_NOCHECK", enrollment, 0x1000, ""},
    {"ENABLE_KEY_REUSE_ON_NT_TOKEN_KEYSET_STORAGE_FULL", enrollment, 0x2000, ""},
    {"NOREVOCATIONINFOINISSUEDCERTS", enrollment, 0x4000,
        "certificates say where revocation is published"},
    {"INCLUDE_BASIC_CONSTRAINTS_FOR_EE_CERTS", enrollment, 0x8000, ""},
    {"ALLOW_PREVIOUS_APPROVAL_KEYBASEDRENEWAL_VALIDATE_REENROLLMENT", enrollment, 0x10000,
        "is set by key_based_renewal"},
    {"ISSUANCE_POLICIES_FROM_REQUEST", enrollment, 0x20000,
        "would let a request choose its issuance policies (ESC13)"},
    {"SKIP_AUTO_RENEWAL", enrollment, 0x40000, ""},
    {"NO_SECURITY_EXTENSION", enrollment, 0x80000, "is set by security_extension: false"},
    {"REQUIRE_PRIVATE_KEY_ARCHIVAL", privateKey, 0x1, noArchival},
    {"EXPORTABLE_KEY", privateKey, 0x10, ""},
    {"STRONG_KEY_PROTECTION_REQUIRED", privateKey, 0x20, ""},
    {"REQUIRE_ALTERNATE_SIGNATURE_ALGORITHM", privateKey, 0x40,
        "requests with RSASSA-PSS parameters are not read"},
    {"REQUIRE_SAME_KEY_RENEWAL", privateKey, 0x80, "is set by key.same_for_renewal"},
    {"USE_LEGACY_PROVIDER", privateKey, 0x100, ""},
    {"EK_TRUST_ON_USE", privateKey, 0x200, noAttestation},
    {"EK_VALIDATE_CERT", privateKey, 0x400, noAttestation},
    {"EK_VALIDATE_KEY", privateKey, 0x800, noAttestation},
    {"ATTEST_PREFERRED", privateKey, 0x1000, noAttestation},
    {"ATTEST_REQUIRED", privateKey, 0x2000, noAttestation},
    {"ATTESTATION_WITHOUT_POLICY", privateKey, 0x4000, noAttestation},
    {"HELLO_LOGON_KEY", privateKey, 0x200000, ""},
    {"ENROLLEE_SUPPLIES_SUBJECT", subjectName, 0x1, "is set by subject: supplied"},
    {"OLD_CERT_SUPPLIES_SUBJECT_AND_ALT_NAME", subjectName, 0x8,
        "is set by names_from_old_certificate"},
    {"ENROLLEE_SUPPLIES_SUBJECT_ALT_NAME", subjectName, 0x10000, "is set by subject: supplied"},
    {"SUBJECT_ALT_REQUIRE_DOMAIN_DNS", subjectName, 0x400000, noDirectory},
    {"SUBJECT_ALT_REQUIRE_SPN", subjectName, 0x800000, noDirectory},
    {"SUBJECT_ALT_REQUIRE_DIRECTORY_GUID", subjectName, 0x1000000, noDirectory},
    {"SUBJECT_ALT_REQUIRE_UPN", subjectName, 0x2000000, "is set by built_from"},
    {"SUBJECT_ALT_REQUIRE_EMAIL", subjectName, 0x4000000, "is set by built_from"},
    {"SUBJECT_ALT_REQUIRE_DNS", subjectName, 0x8000000, "is set by built_from"},
    {"SUBJECT_REQUIRE_DNS_AS_CN", subjectName, 0x10000000, "is set by built_from"},
    {"SUBJECT_REQUIRE_COMMON_NAME", subjectName, 0x40000000, "is set by built_from"},
    {"SUBJECT_REQUIRE_DIRECTORY_PATH", subjectName, 0x80000000, noDirectory},
    {"IS_CA", general, 0x80, noAuthorities},
    {"IS_CROSS_CA", general, 0x800, noAuthorities},
    {"DONOTPERSISTINDB", general, 0x1000, "every certificate is kept in the database"},
    {"IS_DEFAULT", general, 0x10000, ""},
    {"IS_MODIFIED", general, 0x20000, ""},
}};

} // namespace

std::string setFlag(TemplateFlags& flags, std::string_view name)
{
    const auto* found = std::find_if(
        known.begin(), known.end(), [&](const NamedFlag& flag) { return flag.name == name; });
    if (found == known.end()) return "is no flag of a template";
    if (found->refusal.empty()) flags.*found->word |= found->bit;
    return std::string(found->refusal);
}

} // namespace perennial::enrollment::server
