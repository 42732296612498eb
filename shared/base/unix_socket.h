#pragma once

#include "shared/base/clock.h"
#include "shared/base/file_descriptor.h"
#include "shared/base/result.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace perennial {

struct PeerCredentials {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

// A message and the file descriptors that came with it.
struct SocketMessage {
    std::string content; // empty: the other side closed
    std::vector<FileDescriptor> descriptors;
};

// SOCK_SEQPACKET over a path: one send is one receive. All calls end within their time limit.
class UnixSocket {
public:
    static constexpr std::size_t messageLimit = 512U << 10U;

    static Result<UnixSocket> connect(const std::filesystem::path& path, Duration timeout);
    // Replaces a stale socket file; refuses when somebody still answers on it.
    static Result<UnixSocket> listen(const std::filesystem::path& path, mode_t mode);
    // The descriptors that systemd passed (LISTEN_FDS), if it did.
    static std::vector<UnixSocket> fromSystemd();
    explicit UnixSocket(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}

    Result<UnixSocket> accept(Duration timeout) const; // Unavailable when nobody came
    Result<PeerCredentials> peer() const;
    Status send(std::string_view content, const std::vector<int>& descriptors = {}) const;
    Result<SocketMessage> receive(Duration timeout) const;
    int descriptor() const { return descriptor_.get(); }

private:
    FileDescriptor descriptor_;
};

} // namespace perennial
