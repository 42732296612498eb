#include "shared/gss/acceptor.h"

#include "shared/gss/mechanism.h"

#include <array>

namespace perennial::gss {

namespace {

constexpr std::string_view ntlmMark("NTLMSSP\0", 8); // a bare NTLM message (MS-NLMP 2.2.1)

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

    ChannelBinding binding(serverEndPoint);
    auto input = readOnly(token);
    Context context;
    Name caller;
    Buffer answer;
    gss_OID mechanism = GSS_C_NO_OID;
    OM_uint32 flags = 0;
    OM_uint32 minor = 0;
    const auto major = gss_accept_sec_context(&minor, context.out(), state_->credential.get(),
        &input, binding.get(), caller.out(), &mechanism, answer.out(), &flags, nullptr, nullptr);
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
