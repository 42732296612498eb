#pragma once

#include "plugins/tomcat_discovery/server_xml.h"
#include "shared/plugin_api/discovery_source.h"

#include <string>

namespace perennial::plugins::tomcat {

struct Surroundings {
    std::string base;         // CATALINA_BASE: what paths are relative to
    std::string passwordFile; // of key stores whose password stands in server.xml; may be empty
};

// Adds what one connector shows: each certificate of each SSLHostConfig, and by which names.
void addConnector(const Connector& connector, const Surroundings& surroundings, Discovery& found);

} // namespace perennial::plugins::tomcat
