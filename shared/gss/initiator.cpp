#include "shared/gss/initiator.h"

#include "shared/base/random.h"
#include "shared/gss/mechanism.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace perennial::gss {

namespace {

constexpr std::size_t answerLimit = 64U << 10U; // bytes
constexpr OM_uint32 wanted = GSS_C_MUTUAL_FLAG | GSS_C_CHANNEL_BOUND_FLAG;

ErrorKind kindOf(Trouble trouble)
{
    switch (trouble) {
    case Trouble::Kdc: return ErrorKind::Unavailable;
    case Trouble::Keytab:
    case Trouble::Realm:
    case Trouble::Service: return ErrorKind::InvalidInput;
    default: return ErrorKind::PermissionDenied;
    }
}

// The realm that krb5.conf gives the host; none, as a rule, and then the KDC is asked.
std::string realmOf(const std::string& host)
{
    krb5_context context = nullptr;
    if (krb5_init_context(&context) != 0) return {};
    char** realms = nullptr;
    std::string realm;
    if (krb5_get_host_realm(context, host.c_str(), &realms) == 0) {
        if (realms[0] != nullptr) realm = realms[0];
        krb5_free_host_realm(context, realms);
    }
    krb5_free_context(context);
    return realm;
}

// A principal and no host-based name: of those Kerberos may ask DNS for another name, and nothing
// that DNS says may decide whom a token is for.
Result<std::string> servicePrincipal(std::string_view host)
{
    std::string name(host);
    std::transform(name.begin(), name.end(), name.begin(),
        [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool plain =
        !name.empty() &&
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_:") == std::string::npos;
    if (!plain)
        return Error{ErrorKind::InvalidInput,
            "no Kerberos service can be named after the host " + toPrintable(name, 100)};
    return "HTTP/" + name + "@" + realmOf(name);
}

Status importName(const std::string& text, Name& name)
{
    OM_uint32 minor = 0;
    auto buffer = readOnly(text);
    const auto major = gss_import_name(
        &minor, &buffer, const_cast<gss_OID>(GSS_KRB5_NT_PRINCIPAL_NAME), name.out());
    if (GSS_ERROR(major))
        return failure(ErrorKind::InvalidInput, "the principal " + text, major, minor);
    return {};
}

} // namespace

struct Initiator::State {
    Credential credential;
    std::string principal;
};

struct Initiation::State {
    State(gss_cred_id_t by, std::string_view serverEndPoint)
        : credential(by), binding(serverEndPoint)
    {
    }
    OM_uint32 step(
        gss_OID_desc mechanism, std::string_view received, Buffer& token, OM_uint32& minor);

    gss_cred_id_t credential; // the Initiator's
    Context context;
    Name service;
    std::string serviceName;
    ChannelBinding binding;
    OM_uint32 flags = 0;
    gss_OID actual = GSS_C_NO_OID;
};

OM_uint32 Initiation::State::step(
    gss_OID_desc mechanism, std::string_view received, Buffer& token, OM_uint32& minor)
{
    auto input = readOnly(received);
    return gss_init_sec_context(&minor, credential, context.out(), service.get(), &mechanism,
        wanted, GSS_C_INDEFINITE, binding.get(), received.empty() ? GSS_C_NO_BUFFER : &input,
        &actual, token.out(), &flags, nullptr);
}

Initiation::Initiation(std::unique_ptr<State> state, Bytes token)
    : state_(std::move(state)), token_(std::move(token))
{
}
Initiation::~Initiation() = default;
Initiation::Initiation(Initiation&&) noexcept = default;
Initiation& Initiation::operator=(Initiation&&) noexcept = default;

Initiator::Initiator(std::unique_ptr<State> state) : state_(std::move(state)) {}
Initiator::~Initiator() = default;
Initiator::Initiator(Initiator&&) noexcept = default;
Initiator& Initiator::operator=(Initiator&&) noexcept = default;

Result<Initiator> Initiator::open(const Settings& settings, Trouble& trouble)
{
    trouble = Trouble::Keytab;
    if (auto fit = checkKeytab(settings.keytabFile); !fit) return fit.error();
    Name principal;
    if (auto named = importName(settings.principal, principal); !named) return named.error();
    const std::string keytab = "FILE:" + settings.keytabFile;
    const std::string cache = "MEMORY:" + uuidV4();
    std::array<gss_key_value_element_desc, 2> places = {
        {{"client_keytab", keytab.c_str()}, {"ccache", cache.c_str()}}};
    const gss_key_value_set_desc store = {places.size(), places.data()};
    // Both: Kerberos alone tells its codes; SPNEGO hides them.
    std::array<gss_OID_desc, 2> oids = {kerberos(), spnego()};
    gss_OID_set_desc mechanisms = {oids.size(), oids.data()};
    auto state = std::make_unique<State>();
    state->principal = settings.principal;
    OM_uint32 minor = 0;
    if (const auto major = gss_acquire_cred_from(&minor, principal.get(), GSS_C_INDEFINITE,
            &mechanisms, GSS_C_INITIATE, &store, state->credential.out(), nullptr, nullptr);
        GSS_ERROR(major)) {
        trouble = troubleOf(major, minor);
        const auto what =
            trouble == Trouble::Keytab
                ? settings.keytabFile + " holds no key of " + settings.principal
                : "no ticket for " + settings.principal + " by " + settings.keytabFile;
        return failure(kindOf(trouble), what, major, minor);
    }
    gss_OID_set_desc negotiable = {1, oids.data()};
    if (const auto major = gss_set_neg_mechs(&minor, state->credential.get(), &negotiable);
        GSS_ERROR(major))
        return failure(ErrorKind::Internal, "setting the mechanism", major, minor);
    trouble = Trouble::None;
    return Initiator(std::move(state));
}

Result<Initiation> Initiator::start(
    std::string_view host, std::string_view serverEndPoint, Trouble& trouble) const
{
    trouble = Trouble::Other;
    if (serverEndPoint.empty())
        return Error{ErrorKind::InvalidInput,
            "the certificate of " + toPrintable(std::string(host), 100) +
                " has no channel binding (RFC 5929): the service needs one with RSA or ECDSA"};
    auto service = servicePrincipal(host);
    if (!service) return service.error();
    const auto begin = [&](gss_OID_desc mechanism) -> Result<Initiation> {
        auto state = std::make_unique<Initiation::State>(state_->credential.get(), serverEndPoint);
        state->serviceName = *service;
        if (auto named = importName(*service, state->service); !named) return named.error();
        Buffer token;
        OM_uint32 minor = 0;
        const auto major = state->step(mechanism, {}, token, minor);
        trouble = troubleOf(major, minor);
        if (GSS_ERROR(major))
            return failure(kindOf(trouble),
                "no ticket of " + state_->principal + " for " + *service, major, minor);
        return Initiation(std::move(state), token.text());
    };
    // First by Kerberos alone: it brings the ticket and tells its codes, which SPNEGO hides.
    if (auto ticket = begin(kerberos()); !ticket) return ticket.error();
    return begin(spnego());
}

Status Initiation::finish(std::string_view answer)
{
    trouble_ = Trouble::Refused;
    if (answer.empty() || answer.size() > answerLimit)
        return Error{ErrorKind::PermissionDenied, "the service's Negotiate token is empty or long"};
    OM_uint32 minor = 0;
    Buffer further;
    const auto major = state_->step(spnego(), answer, further, minor);
    if (GSS_ERROR(major)) {
        trouble_ = troubleOf(major, minor);
        return failure(ErrorKind::PermissionDenied, "the service's Negotiate token", major, minor);
    }
    auto only = kerberos();
    if (major != GSS_S_COMPLETE || state_->actual == GSS_C_NO_OID ||
        gss_oid_equal(state_->actual, &only) == 0 || (state_->flags & GSS_C_MUTUAL_FLAG) == 0)
        return Error{ErrorKind::PermissionDenied,
            "the service's Negotiate token does not prove " + state_->serviceName};
    trouble_ = Trouble::None;
    return {};
}

} // namespace perennial::gss
