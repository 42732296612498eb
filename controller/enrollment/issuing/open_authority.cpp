#include "controller/enrollment/issuing/open_authority.h"

namespace perennial::enrollment::server {

EmbeddedAuthority::Files authorityFiles(const EnrollmentConfig& config)
{
    return {config.rootFile(), config.rootKeyFile(), config.issuingFile(), config.issuingKeyFile(),
        config.authority.token};
}

Result<EmbeddedAuthority> openAuthority(const EnrollmentConfig& config)
{
    if (config.relay)
        return Error{ErrorKind::InvalidInput,
            "this service relays requests and has no authority: use the machine that has it"};
    auto addresses = endEntityAddresses(config.publication);
    if (!addresses) return addresses.error();
    return EmbeddedAuthority::open(authorityFiles(config), *std::move(addresses));
}

Status makeAuthority(const EnrollmentConfig& config, TimePoint now)
{
    auto addresses = issuingAddresses(config.publication);
    if (!addresses) return addresses.error();
    const auto files = authorityFiles(config);
    if (auto made = EmbeddedAuthority::make(files,
            {config.authority.rootName, config.authority.name, config.authority.keyType,
                *std::move(addresses)},
            now);
        !made)
        return made;
    return EmbeddedAuthority::writeRootList(files, config.rootListFile(), now);
}

} // namespace perennial::enrollment::server
