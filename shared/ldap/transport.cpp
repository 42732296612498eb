#include "shared/ldap/transport.h"

#include <cerrno>
#include <charconv>
#include <lber.h>
#include <ldap.h>

namespace perennial::ldap {

namespace {

constexpr int ldapsPort = 636;

// "ldaps://host", "ldaps://host:port", "ldaps://[address]:port"
Result<tls::ClientConnection::Target> targetOf(const std::string& url)
{
    const Error wrong{ErrorKind::InvalidInput, url + " is not ldaps://host or ldaps://host:port"};
    constexpr std::string_view scheme = "ldaps://";
    if (url.rfind(scheme, 0) != 0) return wrong;
    std::string_view rest = std::string_view(url).substr(scheme.size());
    tls::ClientConnection::Target target{"", ldapsPort, ""};
    const bool bracketed = rest.rfind('[', 0) == 0;
    const auto end = bracketed ? rest.find(']') : rest.find(':');
    if (bracketed && end == std::string_view::npos) return wrong;
    target.host = rest.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + (bracketed ? 1 : 0));
    if (target.host.empty() || target.host.find_first_of("/ ?#@") != std::string::npos)
        return wrong;
    if (rest.empty()) return target;
    const auto digits = rest.substr(1);
    const auto [last, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), target.port);
    if (rest.front() != ':' || problem != std::errc() || last != digits.data() + digits.size() ||
        target.port < 1 || target.port > 65535)
        return wrong;
    return target;
}

Transport::Link& linkOf(const Sockbuf_IO_Desc* layer)
{
    return *static_cast<Transport::Link*>(layer->sbiod_pvt);
}

int setUp(Sockbuf_IO_Desc* layer, void* link)
{
    layer->sbiod_pvt = link;
    return 0;
}

int takeDown(Sockbuf_IO_Desc* layer)
{
    layer->sbiod_pvt = nullptr;
    return 0;
}

int control(Sockbuf_IO_Desc* layer, int option, void* argument)
{
    if (option == LBER_SB_OPT_DATA_READY && linkOf(layer).connection->holdsMore()) return 1;
    if (option == LBER_SB_OPT_SET_NONBLOCK) return 1; // the socket is ours, and stays as it is
    return LBER_SBIOD_CTRL_NEXT(layer, option, argument);
}

ber_slen_t receive(Sockbuf_IO_Desc* layer, void* buffer, ber_len_t size)
{
    auto& link = linkOf(layer);
    const auto got = link.connection->read(static_cast<char*>(buffer), size, link.left());
    if (got) return static_cast<ber_slen_t>(*got);
    errno = ETIMEDOUT;
    return -1;
}

ber_slen_t send(Sockbuf_IO_Desc* layer, void* buffer, ber_len_t size)
{
    auto& link = linkOf(layer);
    if (link.connection->write({static_cast<const char*>(buffer), size}, link.left()))
        return static_cast<ber_slen_t>(size);
    errno = EPIPE;
    return -1;
}

int end(Sockbuf_IO_Desc*) { return 0; }

} // namespace

Result<Transport> Transport::open(const ServerSettings& settings)
{
    const auto target = targetOf(settings.url);
    if (!target) return target.error();
    auto connection = tls::ClientConnection::open(
        *target, {{settings.anchors, ""}, std::nullopt}, settings.connect);
    if (!connection) {
        const auto kind = connection.error().kind == ErrorKind::InvalidInput
                              ? ErrorKind::InvalidInput
                              : ErrorKind::Unavailable;
        return Error{kind, "ldaps://" + connection.error().message};
    }
    auto link = std::make_unique<Link>();
    link->connection = *std::move(connection);
    link->answer = settings.answer;
    return Transport(settings.url, std::move(link));
}

bool Transport::attachTo(::ldap* handle) const
{
    static constexpr Sockbuf_IO layer{&setUp, &takeDown, &control, &receive, &send, &end};
    Sockbuf* socket = nullptr;
    return ldap_get_option(handle, LDAP_OPT_SOCKBUF, &socket) == LDAP_OPT_SUCCESS &&
           ber_sockbuf_add_io(socket, const_cast<Sockbuf_IO*>(&layer), // it is only read
               LBER_SBIOD_LEVEL_TRANSPORT, link_.get()) == 0;
}

void Transport::startQuestion() { link_->deadline.emplace(link_->answer); }

} // namespace perennial::ldap
