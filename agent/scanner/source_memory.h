#pragma once

#include "agent/scanner/scanner_config.h"

namespace perennial::scanner {

// What sources remember between two scans lies in the scanner's own folder. A memory that is
// damaged or not the scanner's own, or a folder that cannot be written, makes the next scan slower
// and nothing else.
void giveMemory(const FileSystem& files, NamedSource& source);
void keepMemory(FileSystem& files, NamedSource& source);
// Removes what sources left that are not asked any more.
void forgetOthers(
    FileSystem& files, const std::string& folder, const std::vector<NamedSource>& sources);

} // namespace perennial::scanner
