#pragma once

#include "controller/enrollment/templates/certificate_template.h"
#include "shared/yaml/strict_yaml.h"

// The parts of a template file. What is wrong is kept by the reader.
namespace perennial::enrollment::server {

void readKey(yaml::Reader in, CertificateTemplate& t);
void readNames(yaml::Reader& in, CertificateTemplate& t);  // subject, names, built_from
void readUsages(yaml::Reader& in, CertificateTemplate& t); // usages, policies, extensions
void readFlags(yaml::Reader& in, CertificateTemplate& t);  // flags, compatibility
void readSignatures(yaml::Reader& in, CertificateTemplate& t);
void readRights(yaml::Reader in, CertificateTemplate& t);
void readAcceptedRisks(yaml::Reader& in, CertificateTemplate& t);

} // namespace perennial::enrollment::server
