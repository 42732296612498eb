#include "shared/base/kernel_keyring.h"

#include "shared/base/encoding.h"
#include "shared/base/system_error.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <linux/keyctl.h>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace perennial {

namespace {

constexpr std::size_t descriptionLimit = 4096; // the kernel's
// Of group and others (include/linux/key.h): everything but to view and to search.
constexpr unsigned tooOpen = 0x3636;

// glibc has no wrapper, and libkeyutils would be a library for three calls.
long control(int operation, long first, const char* second = nullptr, const char* third = nullptr,
    long fourth = 0)
{
    return ::syscall(SYS_keyctl, operation, first, second, third, fourth);
}

Error refusal(const std::string& name, ErrorKind kind, const std::string& why)
{
    return {kind, "kernel key " + toPrintable(name, 200) + " " + why};
}

// Found in a keyring of the user alone, a key may be read only by who possesses it: so it is linked
// into the process's own keyring, which ends with the process.
Result<long> find(const std::string& name)
{
    int last = ENOKEY;
    for (const long keyring : {KEY_SPEC_SESSION_KEYRING, KEY_SPEC_USER_KEYRING}) {
        const long found =
            control(KEYCTL_SEARCH, keyring, "user", name.c_str(), KEY_SPEC_PROCESS_KEYRING);
        if (found >= 0) return found;
        if (errno != ENOKEY) last = errno;
    }
    if (last == ENOKEY)
        return refusal(name, ErrorKind::NotFound,
            "is neither in the session's keyring nor in the user's (keyctl add user NAME ... @u)");
    return systemError("kernel key " + toPrintable(name, 200), last);
}

// "user;0;0;3f010000;the name" (keyctl(2), KEYCTL_DESCRIBE).
Status checkOwner(const std::string& name, long key)
{
    std::array<char, descriptionLimit + 100> text{};
    const long size = ::syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, text.data(), text.size() - 1);
    if (size < 0) return systemError("kernel key " + toPrintable(name, 200), errno);
    std::array<std::string_view, 4> parts;
    std::string_view rest(text.data());
    for (auto& part : parts) {
        const auto end = rest.find(';');
        part = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    uid_t owner = 0;
    unsigned rights = 0;
    const auto read = [](std::string_view part, auto& number, int base) {
        const auto* end = part.data() + part.size();
        const auto result = std::from_chars(part.data(), end, number, base);
        return result.ec == std::errc() && result.ptr == end;
    };
    if (!read(parts[1], owner, 10) || !read(parts[3], rights, 16))
        return refusal(name, ErrorKind::Internal, "is not described as keyctl(2) says");
    if (owner != 0 && owner != ::geteuid())
        return refusal(name, ErrorKind::PermissionDenied,
            "belongs to user " + std::to_string(owner) + ", who could change it");
    if ((rights & tooOpen) != 0)
        return refusal(name, ErrorKind::PermissionDenied,
            "gives rights to its group or to others: keyctl setperm it 0x3f010000");
    return {};
}

} // namespace

Result<Secret> readKernelKey(const std::string& name, std::size_t limit)
{
    if (name.empty() || name.size() >= descriptionLimit || name.find('\0') != std::string::npos)
        return refusal(name, ErrorKind::InvalidInput, "cannot be one's name");
    const auto key = find(name);
    if (!key) return key.error();
    if (auto fit = checkOwner(name, *key); !fit) return fit.error();
    std::string payload(limit, '\0');
    const long size = ::syscall(SYS_keyctl, KEYCTL_READ, *key, payload.data(), payload.size());
    if (size < 0) {
        const int code = errno;
        return systemError("kernel key " + toPrintable(name, 200), code);
    }
    Secret secret(std::move(payload));
    if (static_cast<std::size_t>(size) > limit)
        return refusal(
            name, ErrorKind::InvalidInput, "is over " + std::to_string(limit) + " bytes");
    return Secret(std::string(secret.reveal().substr(0, static_cast<std::size_t>(size))));
}

} // namespace perennial
