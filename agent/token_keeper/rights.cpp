#include "agent/token_keeper/rights.h"

#include "shared/base/capabilities.h"
#include "shared/base/system_error.h"

#include <cerrno>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace perennial::token_keeper {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr rlim_t memoryLimit = RLIM_INFINITY; // a sanitizer's shadow takes terabytes
#else
constexpr rlim_t memoryLimit = 512U << 20U; // bytes of address space
#endif
constexpr rlim_t fileLimit = 16U << 20U;
constexpr rlim_t openFiles = 256;

Status limit(decltype(RLIMIT_AS) what, rlim_t most)
{
    rlimit now{};
    if (::getrlimit(what, &now) != 0) return systemError("cannot read a limit", errno);
    now.rlim_max = now.rlim_max < most ? now.rlim_max : most; // RLIM_INFINITY is the largest
    now.rlim_cur = now.rlim_max;
    return ::setrlimit(what, &now) == 0 ? Status() : systemError("cannot set a limit", errno);
}

} // namespace

Status giveUpRights()
{
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
        return systemError("cannot give up rights", errno);
    if (auto status = keepCapabilities({}); !status) return status;
    if (auto status = limit(RLIMIT_AS, memoryLimit); !status) return status;
    if (auto status = limit(RLIMIT_NOFILE, openFiles); !status) return status;
    return limit(RLIMIT_FSIZE, fileLimit);
}

} // namespace perennial::token_keeper
