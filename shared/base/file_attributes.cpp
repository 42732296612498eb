#include "shared/base/file_attributes.h"

#include <array>
#include <cerrno>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace perennial {

namespace {

constexpr const char* accessList = "system.posix_acl_access";
constexpr const char* securityLabel = "security.selinux";
constexpr std::size_t attributeLimit = 64U << 10U; // the kernel's own (XATTR_SIZE_MAX)

// Empty: the file has no such attribute, or the file system knows none.
Result<std::string> readAttribute(
    const FilePlace& place, const std::filesystem::path& path, const char* name)
{
    std::string value(attributeLimit, '\0');
    const ssize_t size = ::lgetxattr(path.c_str(), name, value.data(), value.size());
    if (size < 0 && errno != ENODATA && errno != EOPNOTSUPP)
        return place.error("cannot read " + std::string(name) + " of the file before", errno);
    value.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return value;
}

// A folder's default list would let others in whom the file before did not.
Status copyAccessList(const FilePlace& place, int file, const std::filesystem::path& from)
{
    const auto list = readAttribute(place, from, accessList);
    if (!list) return list.error();
    const int done = list->empty() ? ::fremovexattr(file, accessList)
                                   : ::fsetxattr(file, accessList, list->data(), list->size(), 0);
    if (done == 0 || (list->empty() && (errno == ENODATA || errno == EOPNOTSUPP))) return {};
    return place.error("cannot set the access control list of", errno);
}

// Where SELinux rules, a file with the wrong label would be out of its service's reach.
Status copyLabel(const FilePlace& place, int file, const std::filesystem::path& from)
{
    const auto label = readAttribute(place, from, securityLabel);
    if (!label) return label.error();
    if (label->empty()) return {};
    if (::fsetxattr(file, securityLabel, label->data(), label->size(), 0) == 0) return {};
    const int failed = errno;
    return ::access("/sys/fs/selinux/enforce", F_OK) == 0
               ? Status(place.error("cannot set the SELinux label of", failed))
               : Status();
}

} // namespace

Status applyAttributes(const FilePlace& place, int file, const FileAttributes& attributes)
{
    if (attributes.owner || attributes.group) {
        constexpr auto unchanged = static_cast<uid_t>(-1);
        const uid_t owner = attributes.owner.value_or(unchanged);
        const gid_t group = attributes.group.value_or(unchanged);
        if (::fchown(file, owner, group) != 0) return place.error("cannot set the owner of", errno);
    }
    if (!attributes.likeFile.empty()) {
        if (auto status = copyAccessList(place, file, attributes.likeFile); !status) return status;
    }
    if (::fchmod(file, attributes.mode) != 0) return place.error("cannot set the mode of", errno);
    if (attributes.likeFile.empty()) return {};
    return copyLabel(place, file, attributes.likeFile);
}

} // namespace perennial
