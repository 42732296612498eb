#include "shared/base/system_error.h"

#include <cerrno>
#include <system_error>

namespace perennial {

namespace {

ErrorKind kindOf(int code)
{
    switch (code) {
    case ENOENT: return ErrorKind::NotFound;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::PermissionDenied;
    case EINVAL:
    case EISDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOTDIR:
    case ENOTEMPTY:
    case EXDEV: return ErrorKind::InvalidInput;
    case EEXIST: return ErrorKind::Conflict;
    case EAGAIN:
    case ECONNREFUSED:
    case ECONNRESET:
    case EPIPE:
    case ETIMEDOUT: return ErrorKind::Unavailable;
    default: return ErrorKind::Internal;
    }
}

} // namespace

Error systemError(std::string_view what, int code)
{
    return {kindOf(code), std::string(what) + ": " + std::generic_category().message(code)};
}

} // namespace perennial
