#include "shared/base/capabilities.h"

#include "shared/base/system_error.h"

#include <array>
#include <cerrno>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace perennial {

Status keepCapabilities(std::initializer_list<int> kept)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0)
        return systemError("cannot read the capabilities", errno);
    std::array<std::uint32_t, _LINUX_CAPABILITY_U32S_3> masks{};
    for (const int capability : kept)
        masks.at(static_cast<std::size_t>(CAP_TO_INDEX(capability))) |= CAP_TO_MASK(capability);
    for (std::size_t i = 0; i < sets.size(); ++i) {
        sets.at(i).permitted &= masks.at(i);
        sets.at(i).effective = sets.at(i).permitted;
        sets.at(i).inheritable = 0;
    }
    if (::syscall(SYS_capset, &header, sets.data()) != 0)
        return systemError("cannot give up capabilities", errno);
    return {};
}

} // namespace perennial
