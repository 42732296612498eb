#include "shared/gss/acceptor.h"

#include "shared/base/file_system.h"
#include "shared/gss/gss_handles.h"

#include <array>
#include <unistd.h>

namespace perennial::gss {

namespace {

constexpr std::string_view ntlmMark("NTLMSSP\0", 8); // a bare NTLM message (MS-NLMP 2.2.1)
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
gss_OID_desc spnego() { return oidOf(spnegoBytes); }
gss_OID_desc kerberos() { return oidOf(kerberosBytes); }

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

Error failure(ErrorKind kind, const std::string& what, OM_uint32 major, OM_uint32 minor)
{
    auto text = what + ": " + describe(major, GSS_C_GSS_CODE);
    if (minor != 0) text += " (" + describe(minor, GSS_C_MECH_CODE) + ")";
    return {kind, toPrintable(text, 400)};
}

Status checkKeytab(const std::string& file)
{
    const auto facts = PosixFileSystem().inspect(file);
    if (!facts) return facts.error();
    if (facts->type != FileFacts::Type::Regular)
        return Error{ErrorKind::InvalidInput, file + " is not a regular file"};
    if (facts->owner != ::geteuid())
        return Error{
            ErrorKind::PermissionDenied, file + " must belong to the user this program runs as"};
    if ((facts->mode & 077U) != 0)
        return Error{ErrorKind::PermissionDenied, file + " can be read by others: chmod 600 it"};
    return {};
}

} // namespace

struct Acceptor::State {
    Credential credential;
};

Acceptor::Acceptor(std::unique_ptr<State> state) : state_(std::move(state)) {}
Acceptor::~Acceptor() = default;
Acceptor::Acceptor(Acceptor&&) noexcept = default;
Acceptor& Acceptor::operator=(Acceptor&&) noexcept = default;

Result<Acceptor> Acceptor::open(const Settings& settings)
{
    if (auto fit = checkKeytab(settings.keytabFile); !fit) return fit.error();
    OM_uint32 minor = 0;
    Name service; // without a host: any HTTP/<name> of the keytab, and no other service's key
    auto text = readOnly("HTTP");
    if (const auto major =
            gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, service.out());
        GSS_ERROR(major))
        return failure(ErrorKind::Internal, "the name HTTP", major, minor);

    const std::string keytab = "FILE:" + settings.keytabFile;
    const std::string replay = "file2:" + settings.replayFile;
    std::array<gss_key_value_element_desc, 2> places = {
        {{"keytab", keytab.c_str()}, {"rcache", replay.c_str()}}};
    const gss_key_value_set_desc store = {places.size(), places.data()};
    auto negotiation = spnego();
    gss_OID_set_desc mechanisms = {1, &negotiation};
    auto state = std::make_unique<State>();
    if (const auto major = gss_acquire_cred_from(&minor, service.get(), GSS_C_INDEFINITE,
            &mechanisms, GSS_C_ACCEPT, &store, state->credential.out(), nullptr, nullptr);
        GSS_ERROR(major))
        return failure(ErrorKind::InvalidInput,
            settings.keytabFile + ": no key of a service HTTP/<name> in it", major, minor);
    auto only = kerberos();
    gss_OID_set_desc negotiable = {1, &only};
    if (const auto major = gss_set_neg_mechs(&minor, state->credential.get(), &negotiable);
        GSS_ERROR(major))
        return failure(ErrorKind::Internal, "setting the mechanism", major, minor);
    return Acceptor(std::move(state));
}

Result<Accepted> Acceptor::accept(std::string_view token, std::string_view serverEndPoint) const
{
    if (token.empty() || token.size() > Settings::tokenLimit)
        return Error{ErrorKind::PermissionDenied, "the Negotiate token is empty or too long"};
    if (token.substr(0, ntlmMark.size()) == ntlmMark)
        return Error{ErrorKind::PermissionDenied, "NTLM is not taken, only Kerberos"};

    const auto data = std::string(bindingPrefix) + std::string(serverEndPoint);
    gss_channel_bindings_struct bindings{};
    bindings.application_data = readOnly(data);
    auto input = readOnly(token);
    Context context;
    Name caller;
    Buffer answer;
    gss_OID mechanism = GSS_C_NO_OID;
    OM_uint32 flags = 0;
    OM_uint32 minor = 0;
    const auto major = gss_accept_sec_context(&minor, context.out(), state_->credential.get(),
        &input, serverEndPoint.empty() ? GSS_C_NO_CHANNEL_BINDINGS : &bindings, caller.out(),
        &mechanism, answer.out(), &flags, nullptr, nullptr);
    if (major == GSS_S_CONTINUE_NEEDED)
        return Error{ErrorKind::PermissionDenied,
            "Negotiate refused: the first token was not Kerberos (a client without a ticket?)"};
    if (major != GSS_S_COMPLETE) // GSS_ERROR() would not see GSS_S_DUPLICATE_TOKEN
        return failure(ErrorKind::PermissionDenied, "Negotiate refused", major, minor);
    auto only = kerberos();
    if (mechanism == GSS_C_NO_OID || gss_oid_equal(mechanism, &only) == 0 ||
        (flags & GSS_C_ANON_FLAG) != 0)
        return Error{ErrorKind::PermissionDenied, "Negotiate refused: not a Kerberos principal"};
    Buffer principal;
    if (const auto shown = gss_display_name(&minor, caller.get(), principal.out(), nullptr);
        GSS_ERROR(shown))
        return failure(ErrorKind::PermissionDenied, "the caller's name", shown, minor);
    return Accepted{principal.text(),
        !serverEndPoint.empty() && (flags & GSS_C_CHANNEL_BOUND_FLAG) != 0, answer.text()};
}

} // namespace perennial::gss
