#include "plugins/nss_discovery/nss_discovery.h"

#include "shared/nss/nss_entries.h"
#include "shared/nss/nss_folder.h"

#include <memory>

namespace perennial::plugins {

Result<Discovery> NssDiscovery::discover()
{
    Discovery found;
    for (const auto& folder : folders_) {
        if (auto status = readFolder(folder, found); !status) found.skip(status.error().message);
    }
    return found;
}

Status NssDiscovery::readFolder(const std::string& folder, Discovery& found) const
{
    const auto read = nss::readFolder(files_, folder);
    if (!read) return read.error();
    const auto& [stored, keyIds] = *read;
    const auto file = folder + "/" + nss::certificatesFile;
    if (stored.unreadable > 0)
        found.skip(
            file + ": " + std::to_string(stored.unreadable) + " certificates cannot be read");
    if (stored.more)
        found.skip(
            file + ": more than " + std::to_string(stored.certificates.size()) + " certificates");
    const auto reasons = nss::whyNoSlots(nss::entriesOf(stored), keyIds);
    for (std::size_t i = 0; i < reasons.size(); ++i) {
        const auto& [nickname, keyId, certificate] = stored.certificates[i];
        const auto entry = folder + "/" + nickname;
        if (reasons[i].empty())
            found.places.push_back({{"nss", entry, entry}, service_, {}});
        else
            found.found.push_back(
                {{"nss", file, ""}, certificate.isAuthority() ? "authority" : "end-entity",
                    nickname, reasons[i], model::factsOf(certificate)});
    }
    return {};
}

Result<std::unique_ptr<DiscoverySource>> makeNssDiscovery(const PluginSettings& settings)
{
    std::vector<std::string> folders;
    std::string service;
    for (const auto& [key, value] : settings) {
        if (key == "service") {
            if (!model::isSafeIdentifier(value))
                return Error{
                    ErrorKind::InvalidInput, "service: letters, digits, \"-\", \"_\" and \".\""};
            service = value;
            continue;
        }
        if (key != "folders") return Error{ErrorKind::InvalidInput, "unknown key \"" + key + "\""};
        for (auto& line : linesOf(value)) {
            if (!line.starts_with('/') || (line.size() > 1 && line.ends_with('/')))
                return Error{ErrorKind::InvalidInput,
                    "folders: must be absolute paths, without \"/\" at the end"};
            folders.push_back(std::move(line));
        }
    }
    if (folders.empty()) return Error{ErrorKind::InvalidInput, "folders: is missing"};
    std::unique_ptr<DiscoverySource> source =
        std::make_unique<NssDiscovery>(std::move(folders), std::move(service));
    return source;
}

} // namespace perennial::plugins
