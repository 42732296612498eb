#pragma once

#include "shared/base/file_descriptor.h"
#include "shared/http/server/http_server.h"

#include <string>

namespace perennial::http {

// A socket that listens and never waits. InvalidInput: not an address or a port; Conflict: the port
// is taken; PermissionDenied.
Result<FileDescriptor> listenOn(const Server::Listen& where);
int portOf(const FileDescriptor& listener);

struct Accepted {
    FileDescriptor socket;  // none when nobody is waiting
    std::string address;    // numeric; an IPv4 address as such, even when it came over IPv6
    bool exhausted = false; // somebody waits, but this process has no descriptors or memory left
};
Accepted acceptFrom(const FileDescriptor& listener);

} // namespace perennial::http
