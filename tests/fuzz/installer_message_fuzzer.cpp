#include "shared/model/installer_message.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace perennial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto message = model::decodeInstallerMessage(bytes);
    // One message has one form.
    if (message && model::encode(*message).value() != bytes) std::abort();
    return 0;
}
