#include "shared/gss/mechanism.h"

#include "shared/base/encoding.h"
#include "shared/base/secret_file.h"

#include <array>

namespace perennial::gss {

namespace {

constexpr std::string_view bindingPrefix = "tls-server-end-point:";

// 1.3.6.1.5.5.2 and 1.2.840.113554.1.2.2, as RFC 2743 encodes object identifiers.
constexpr std::array<unsigned char, 6> spnegoBytes = {0x2B, 0x06, 0x01, 0x05, 0x05, 0x02};
constexpr std::array<unsigned char, 9> kerberosBytes = {
    0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02};

// GSSAPI knows no const; it changes nothing there.
template <std::size_t size>
gss_OID_desc oidOf(const std::array<unsigned char, size>& bytes)
{
    return {size, const_cast<unsigned char*>(bytes.data())};
}

std::string describe(OM_uint32 code, int type)
{
    std::string text;
    OM_uint32 more = 0;
    auto mechanism = kerberos();
    do {
        OM_uint32 minor = 0;
        Buffer message;
        if (GSS_ERROR(gss_display_status(&minor, code, type, &mechanism, &more, message.out())))
            break;
        text += (text.empty() ? "" : ", ") + message.text();
    } while (more != 0);
    return text;
}

} // namespace

gss_OID_desc spnego() { return oidOf(spnegoBytes); }
gss_OID_desc kerberos() { return oidOf(kerberosBytes); }

Error failure(ErrorKind kind, const std::string& what, OM_uint32 major, OM_uint32 minor)
{
    auto text = what + ": " + describe(major, GSS_C_GSS_CODE);
    if (minor != 0) text += " (" + describe(minor, GSS_C_MECH_CODE) + ")";
    return {kind, toPrintable(text, 400)};
}

Status checkKeytab(const std::string& file)
{
    const auto opened = openSecretFile(file);
    return opened ? Status() : opened.error();
}

ChannelBinding::ChannelBinding(std::string_view serverEndPoint)
{
    if (serverEndPoint.empty()) return;
    data_ = std::string(bindingPrefix) + std::string(serverEndPoint);
    bindings_.application_data = readOnly(data_);
}

gss_channel_bindings_t ChannelBinding::get()
{
    return data_.empty() ? GSS_C_NO_CHANNEL_BINDINGS : &bindings_;
}

} // namespace perennial::gss
