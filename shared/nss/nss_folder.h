#pragma once

#include "shared/base/file_system.h"
#include "shared/nss/nss_database.h"
#include "shared/nss/nss_entries.h"

#include <set>
#include <string>
#include <vector>

namespace perennial::nss {

struct Folder {
    StoredCertificates stored;
    std::set<std::string> keyIds;
};

// Both files of the database in a folder. Unavailable while somebody writes there: what was read
// could be half old, half new.
Result<Folder> readFolder(const FileSystem& files, const std::string& folder);

std::vector<Entry> entriesOf(const StoredCertificates& stored);

// The chain of one entry, leaf first, its authorities as far as the database has them. NotFound
// when there is no such entry, InvalidInput when it cannot be a slot.
Result<std::vector<x509::Certificate>> chainOf(const Folder& folder, const std::string& nickname);

} // namespace perennial::nss
