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
    // What a process without privileges can send under Linux's default net.core.wmem_max.
    static constexpr std::size_t messageLimit = 384U << 10U;
    static constexpr std::size_t descriptorLimit = 16; // with one message
    static constexpr Duration sendTimeout{10};

    // NotFound: no such socket; Unavailable: nobody listens on it, or nobody took the call in time.
    static Result<UnixSocket> connect(const std::filesystem::path& path, Duration timeout);
    // Replaces a stale socket file; refuses (Conflict) when somebody still answers on it.
    static Result<UnixSocket> listen(const std::filesystem::path& path, mode_t mode);
    // The listening SOCK_SEQPACKET sockets that systemd passed (LISTEN_FDS), if it did. Takes the
    // variables out of the environment: a second call finds none.
    static std::vector<UnixSocket> fromSystemd();
    explicit UnixSocket(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}

    Result<UnixSocket> accept(Duration timeout) const; // Unavailable when nobody came
    Result<PeerCredentials> peer() const;
    // The content is not empty. Unavailable: the other side went away or takes nothing.
    Status send(std::string_view content, const std::vector<int>& descriptors = {}) const;
    // Unavailable: nothing came in time; InvalidInput: a message over the limits, which is dropped.
    Result<SocketMessage> receive(Duration timeout) const;
    // Nothing has come that was not received, and the other side has not closed.
    bool isQuiet() const;
    int descriptor() const { return descriptor_.get(); }

private:
    FileDescriptor descriptor_;
};

} // namespace perennial
