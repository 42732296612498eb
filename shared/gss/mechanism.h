#pragma once

#include "shared/base/result.h"
#include "shared/gss/gss_handles.h"

#include <string>
#include <string_view>

namespace perennial::gss {

// The two mechanisms there are here: SPNEGO (RFC 4178), and Kerberos (RFC 4121) inside it.
gss_OID_desc spnego();
gss_OID_desc kerberos();

// What GSSAPI says of its codes, after `what`.
Error failure(ErrorKind kind, const std::string& what, OM_uint32 major, OM_uint32 minor);

// A keytab is a password: a regular file of root or the user this program runs as, closed to all
// others.
Status checkKeytab(const std::string& file);

// "tls-server-end-point" (RFC 5929 4) with this hash, as application data of RFC 2744 3.11.
class ChannelBinding {
public:
    explicit ChannelBinding(std::string_view serverEndPoint);
    ChannelBinding(const ChannelBinding&) = delete;
    ChannelBinding& operator=(const ChannelBinding&) = delete;
    gss_channel_bindings_t get(); // none where there is no hash

private:
    std::string data_;
    gss_channel_bindings_struct bindings_{};
};

} // namespace perennial::gss
