#pragma once

#include "controller/enrollment/authentication/caller.h"
#include "controller/enrollment/authentication/directory_settings.h"
#include "shared/ldap/connection.h"

namespace perennial::enrollment::server {

// What an entry says of its account. An attribute that has no value, several, or one that cannot be
// such a name leaves the name unknown: a certificate is not made of a guess. Where the SID is to be
// known and is not, nothing is, and that is said.
AccountNames accountNamesIn(const ldap::Entry& entry, const DirectorySettings::Names& names);

} // namespace perennial::enrollment::server
