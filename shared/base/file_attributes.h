#pragma once

#include "shared/base/file_place.h"
#include "shared/base/file_system.h"

namespace perennial {

// Gives an open file or folder its attributes; done before it has content. The mode comes after the
// access control list and limits whom that may let in, as the mode's group bits are its mask.
Status applyAttributes(const FilePlace& place, int file, const FileAttributes& attributes);

} // namespace perennial
