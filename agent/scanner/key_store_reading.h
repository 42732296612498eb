#pragma once

#include "shared/base/file_system.h"
#include "shared/x509/certificate.h"

#include <string>
#include <vector>

namespace perennial::scanner {

// The chain, leaf first, of the one key in a PKCS#12 file; that the key is the leaf's was proved.
// Of key and password nothing stays. InvalidInput for a file that holds more or less than one pair.
Result<std::vector<x509::Certificate>> readKeyStore(
    const FileSystem& files, const std::string& path, const std::string& passwordFile);

} // namespace perennial::scanner
