#include "shared/ldap/connection.h"

#include "shared/base/encoding.h"
#include "shared/base/system_error.h"
#include "shared/ldap/transport.h"

#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <ldap.h>
#include <openldap.h>
#include <unistd.h>

namespace perennial::ldap {

namespace {

std::string diagnosticOf(LDAP* handle)
{
    char* text = nullptr;
    if (ldap_get_option(handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text) != LDAP_OPT_SUCCESS ||
        text == nullptr)
        return {};
    std::string said(text);
    ldap_memfree(text);
    return said;
}

// The results of a bind by which a server judges the name and the password, and nothing else.
bool isRefusal(int code)
{
    return code == LDAP_INVALID_CREDENTIALS || code == LDAP_NO_SUCH_OBJECT ||
           code == LDAP_INAPPROPRIATE_AUTH;
}

struct ResultHandle {
    ResultHandle() = default;
    ~ResultHandle() { ldap_msgfree(message); }
    ResultHandle(const ResultHandle&) = delete;
    ResultHandle& operator=(const ResultHandle&) = delete;

    LDAPMessage* message = nullptr;
};

Entry entryOf(LDAP* handle, LDAPMessage* message, const std::vector<std::string>& attributes)
{
    Entry entry;
    if (char* dn = ldap_get_dn(handle, message)) {
        entry.dn = dn;
        ldap_memfree(dn);
    }
    for (const auto& attribute : attributes) {
        berval** values = ldap_get_values_len(handle, message, attribute.c_str());
        if (values == nullptr) continue;
        auto& kept = entry.attributes[attribute];
        kept.clear();
        for (berval** value = values; *value != nullptr; ++value)
            kept.emplace_back((*value)->bv_val, (*value)->bv_len);
        ldap_value_free_len(values);
    }
    return entry;
}

} // namespace

struct Connection::State {
    explicit State(Transport made) : transport(std::move(made)) {}
    ~State()
    {
        if (handle != nullptr) ldap_unbind_ext_s(handle, nullptr, nullptr);
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    template <class Value>
    bool set(int option, const Value* value) const
    {
        return ldap_set_option(handle, option, value) == LDAP_OPT_SUCCESS;
    }
    bool configure(Duration answer) const;
    // After anything but an answer the library might connect anew, in its own way.
    int judged(int code)
    {
        broken =
            broken || (code != LDAP_SUCCESS && code != LDAP_SIZELIMIT_EXCEEDED && !isRefusal(code));
        return code;
    }
    Error failure(const std::string& what, int code, ErrorKind kind = ErrorKind::Unavailable) const
    {
        auto text = transport.url() + ": " + what + ": " + ldap_err2string(code);
        if (const auto more = diagnosticOf(handle); !more.empty()) text += " (" + more + ")";
        return {kind, toPrintable(text, 400)};
    }
    Error brokenBefore() const
    {
        return {ErrorKind::Unavailable, transport.url() + ": the connection broke"};
    }

    Transport transport; // outlives the handle
    LDAP* handle = nullptr;
    bool broken = false;
};

// By our own hand: the library takes what it is not told from ldap.conf.
bool Connection::State::configure(Duration answer) const
{
    const int version = LDAP_VERSION3;
    const int never = LDAP_DEREF_NEVER;
    const timeval limit{static_cast<time_t>(answer.count()), 0};
    return set(LDAP_OPT_PROTOCOL_VERSION, &version) && set(LDAP_OPT_DEREF, &never) &&
           ldap_set_option(handle, LDAP_OPT_REFERRALS, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
           ldap_set_option(handle, LDAP_OPT_RESTART, LDAP_OPT_OFF) == LDAP_OPT_SUCCESS &&
           set(LDAP_OPT_NETWORK_TIMEOUT, &limit) && set(LDAP_OPT_TIMEOUT, &limit);
}

const std::vector<std::string>& Entry::of(const std::string& attribute) const
{
    static const std::vector<std::string> none;
    const auto found = attributes.find(attribute);
    return found == attributes.end() ? none : found->second;
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() = default;
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;

Result<Connection> Connection::open(const ServerSettings& settings)
{
    auto transport = Transport::open(settings);
    if (!transport) return transport.error();
    auto state = std::make_unique<State>(*std::move(transport));
    const int socket = ::fcntl(state->transport.descriptor(), F_DUPFD_CLOEXEC, 0); // it closes it
    if (socket < 0) return systemError(settings.url, errno);
    // A place where nobody listens, should the library ever want another connection.
    if (ldap_init_fd(socket, LDAP_PROTO_TCP, "ldapi://%2Fdev%2Fnull", &state->handle) !=
        LDAP_SUCCESS) {
        ::close(socket);
        return Error{ErrorKind::Internal, "libldap cannot be set up"};
    }
    if (!state->configure(settings.answer) || !state->transport.attachTo(state->handle))
        return Error{ErrorKind::Internal, "libldap cannot be set up"};
    return Connection(std::move(state));
}

Status Connection::bind(const std::string& dn, const Secret& password)
{
    if (dn.empty() || password.empty())
        return Error{ErrorKind::PermissionDenied, "a bind needs a name and a password"};
    if (state_->broken) return state_->brokenBefore();
    state_->transport.startQuestion();
    const auto text = password.reveal();
    berval credentials{text.size(), const_cast<char*>(text.data())}; // only read
    const int code = state_->judged(ldap_sasl_bind_s(
        state_->handle, dn.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, nullptr));
    if (code == LDAP_SUCCESS) return {};
    return state_->failure(
        "bind", code, isRefusal(code) ? ErrorKind::PermissionDenied : ErrorKind::Unavailable);
}

Result<std::vector<Entry>> Connection::search(const std::string& base, Scope scope,
    const std::string& filter, const std::vector<std::string>& attributes, int limit)
{
    std::vector<char*> names; // only read
    for (const auto& attribute : attributes)
        names.push_back(const_cast<char*>(attribute.c_str()));
    names.push_back(nullptr);
    if (state_->broken) return state_->brokenBefore();
    state_->transport.startQuestion();
    ResultHandle found;
    const int code = state_->judged(ldap_search_ext_s(state_->handle, base.c_str(),
        scope == Scope::Base ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE, filter.c_str(), names.data(),
        0, nullptr, nullptr, nullptr, limit, &found.message));
    if (code == LDAP_NO_SUCH_OBJECT)
        return state_->failure("search in " + base, code, ErrorKind::NotFound);
    if (code == LDAP_SIZELIMIT_EXCEEDED)
        return state_->failure("search in " + base, code, ErrorKind::InvalidInput);
    if (code != LDAP_SUCCESS) return state_->failure("search in " + base, code);
    std::vector<Entry> entries;
    for (auto* message = ldap_first_entry(state_->handle, found.message); message != nullptr;
         message = ldap_next_entry(state_->handle, message))
        entries.push_back(entryOf(state_->handle, message, attributes));
    return entries;
}

std::string escapedValue(std::string_view value)
{
    std::string text;
    for (const char c : value) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.'))
            text += c;
        else
            text += "\\" + toUpperHex(std::string_view(&c, 1));
    }
    return text;
}

} // namespace perennial::ldap
