#pragma once

#include "shared/base/clock.h"
#include "shared/x509/signing_request.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace perennial::enrollment::server {

// Microsoft's word for what kind of certificate is issued, under which rules. One YAML file each;
// docs/enrollment_server.md describes the keys.
struct CertificateTemplate {
    std::string name; // cn: what requests use
    std::string displayName;
    std::string oid;
    int schema = 4; // 2 to 4: a schema 1 template cannot be named by OID, nor renewed by key
    int majorVersion = 100;
    int minorVersion = 0;
    Duration validity{};
    Duration renewal{};                     // before the end of validity
    std::vector<std::string> keyAlgorithms; // "rsa", "ec-p256", "ec-p384"; the first is preferred
    int minimumRsaBits = 2048;
    std::vector<std::string> keyUsages;         // X.509 names
    std::vector<std::string> extendedKeyUsages; // OIDs
    std::vector<std::string> namePatterns;      // what a new request may ask for; empty: nothing
    bool keyBasedRenewal = false;
    bool managerApproval = false; // a new request waits for `perennial enrollment approve`
    std::set<std::string> enrollUsers;
    std::set<std::string> enrollGroups;

    // The flag words of MS-CRTD 2.26 to 2.28 and 2.4.
    std::uint32_t enrollmentFlags() const;
    std::uint32_t subjectNameFlags() const;
    std::uint32_t privateKeyFlags() const;
    std::uint32_t generalFlags() const;

    bool mayEnroll(const std::string& user, const std::set<std::string>& groups) const;
    bool allowsKey(const std::string& keyType) const; // "ec-p256", "rsa-2048"
    bool allowsName(const x509::GeneralName& wanted) const;
    x509::TemplateInformation information() const { return {oid, "", majorVersion, minorVersion}; }
};

// The extensions every certificate of the template gets, names apart: what CEP lists and CES
// issues.
Result<std::vector<x509::Extension>> extensionsOf(const CertificateTemplate& certificateTemplate);

using Templates = std::map<std::string, CertificateTemplate>; // by name
const CertificateTemplate* findByOid(const Templates& templates, const std::string& oid);

} // namespace perennial::enrollment::server
