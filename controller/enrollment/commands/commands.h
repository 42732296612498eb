#pragma once

#include "controller/enrollment/enrollment_config.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "shared/base/clock.h"

#include <set>
#include <string>

// What `perennial-enrollment` can be told; each is one function.
namespace perennial::enrollment::server {

// Authorities, TLS certificate and database. Changes nothing that is there.
Status initialise(const EnrollmentConfig& config, const Clock& clock);
// The root's CRL anew, good for 400 days. Opens the root's key.
Status renewRootList(const EnrollmentConfig& config, const Clock& clock);
Status checkConfig(const EnrollmentConfig& config);
// Serves until it is told to stop.
Status serve(const EnrollmentConfig& config, const Clock& clock);

Status addUser(const EnrollmentConfig& config, const std::string& name,
    const std::string& passwordFile, const std::set<std::string>& groups, const Clock& clock);
// Makes a token of a role, stores its hash, writes the token to a new file that only its owner may
// read.
Status addAdmin(const EnrollmentConfig& config, const EnrollmentStore::Admin& admin,
    const std::string& tokenFile, const Clock& clock);

struct TestCertificate {
    std::string templateName;
    std::string name;
    Duration validFrom; // relative to now, may be negative
    Duration validFor;
    std::string certificateFile;
    std::string keyFile;
    bool renewable = false; // an ordinary certificate, for labs: renewals make full ones of it
};
// A certificate for trying things out, with any validity, recorded like every other.
Status issueTestCertificate(
    const EnrollmentConfig& config, const TestCertificate& wanted, const Clock& clock);

} // namespace perennial::enrollment::server
