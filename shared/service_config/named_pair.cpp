#include "shared/service_config/named_pair.h"

#include "shared/service_config/config_path.h"

namespace perennial::service_config {

namespace {

constexpr std::size_t mostPlaces = 20'000;

} // namespace

void addPlace(const NamedPair& pair, const std::string& service,
    const std::vector<model::Listener>& listeners, const std::vector<std::string>& warnings,
    Discovery& found)
{
    for (const auto* file : {&pair.certificate, &pair.key}) {
        if (const auto fault = findPathFault(file->path); !fault.empty())
            return found.skip(pair.at + ": " + file->setting + " " + fault);
    }
    if (found.places.size() == mostPlaces) return found.skip(pair.at + ": too many certificates");
    found.places.push_back({{"pem", fullPath(pair.certificate.path, pair.folder),
                                fullPath(pair.key.path, pair.folder)},
        service, listeners, warnings});
}

} // namespace perennial::service_config
