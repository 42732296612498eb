#pragma once

#include "shared/plugin_api/discovery_source.h"

#include <string>
#include <vector>

namespace perennial::service_config {

// A file as a configuration names it.
struct NamedFile {
    std::string setting; // "ssl_certificate"
    std::string path;    // as it is written
};

// A certificate with its key, and where the configuration says so.
struct NamedPair {
    std::string at;     // "/etc/nginx/nginx.conf:12"
    std::string folder; // what the paths are relative to
    NamedFile certificate;
    NamedFile key;
};

// Adds the place that a pair stands for; one that is none, or too many, goes to `found.skipped`.
void addPlace(const NamedPair& pair, const std::string& service,
    const std::vector<model::Listener>& listeners, const std::vector<std::string>& warnings,
    Discovery& found);

// A PKCS#12 file with key and certificate, as a configuration names it.
struct NamedKeyStore {
    std::string at;
    std::string folder;
    NamedFile file;
    std::string passwordFile; // absolute; its content is read by whoever opens the store
};

// The same for a key store.
void addKeyStore(const NamedKeyStore& store, const std::string& service,
    const std::vector<model::Listener>& listeners, const std::vector<std::string>& warnings,
    Discovery& found);

} // namespace perennial::service_config
