#include "shared/http/client/http_client.h"

#include "shared/base/encoding.h"
#include "shared/http/client/curl_handles.h"
#include "shared/http/client/response_receiver.h"
#include "shared/http/client/target.h"
#include "shared/http/field_syntax.h"
#include "shared/tls/client_handshake.h"

#include <algorithm>
#include <array>

namespace perennial::http {

namespace {

// Headers that curl derives from the request itself.
bool belongsToCurl(const std::string& name)
{
    static constexpr std::array<std::string_view, 5> names = {
        "host", "content-length", "transfer-encoding", "connection", "expect"};
    return std::find(names.begin(), names.end(), lowerCase(name)) != names.end();
}

Result<HeaderList> headerList(const ClientRequest& request)
{
    HeaderList list;
    const auto add = [&list](const std::string& line) {
        curl_slist* longer = curl_slist_append(list.get(), line.c_str());
        if (longer == nullptr) return false;
        (void)list.release(); // the same list, or its new beginning
        list.reset(longer);
        return true;
    };
    bool added = add("Expect:"); // the body follows at once
    bool typed = false;
    for (const auto& [name, value] : request.headers) {
        if (!isToken(name) || !isFieldValue(value) || belongsToCurl(name))
            return Error{
                ErrorKind::InvalidInput, "request header " + toPrintable(name, 100) +
                                             ": not one that a caller may set, or with control "
                                             "characters"};
        typed = typed || lowerCase(name) == "content-type";
        added = added && add(value.empty() ? name + ";" : name + ": " + value);
    }
    if (!typed) added = added && add("Content-Type:"); // curl would claim that it is a form
    if (!added) return Error{ErrorKind::Internal, "curl: out of memory"};
    return list;
}

} // namespace

struct Client::State {
    State(tls::ClientSettings settings, ClientLimits limitsGiven)
        : handshake(std::move(settings)), limits(limitsGiven), sessions(curl_share_init())
    {
        if (sessions)
            curl_share_setopt(sessions.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    }

    Result<ClientResponse> send(const ClientRequest& asked);
    void setTransport(const ClientRequest& asked);
    void setMethod(const ClientRequest& asked);
    Result<ClientResponse> perform(const ClientRequest& asked);
    Obstacle obstacleOf(CURLcode code, const ResponseReceiver& received) const;
    Error explain(CURLcode code, const ResponseReceiver& received) const;

    bool isMeant(const ClientRequest& request);

    static CURLcode configure(CURL* curl, void* context, void* self);
    static int beforeSending(void* self, char* ip, char* localIp, int port, int localPort);
    static std::size_t takeHeader(char* bytes, std::size_t size, std::size_t count, void* receiver);
    static std::size_t takeBody(char* bytes, std::size_t size, std::size_t count, void* receiver);

    tls::ClientHandshake handshake; // before curl: it must outlive every TLS context
    ClientLimits limits;
    ShareHandle sessions; // TLS sessions outlive connections, so that the next one resumes
    EasyHandle curl;
    Target target; // of the request under way
    const ClientRequest* request = nullptr;
    std::optional<x509::Certificate> server;
    bool serverChanged = false;
    Status configured;
    Obstacle obstacle = Obstacle::None;
    std::array<char, CURL_ERROR_SIZE> text{};
};

CURLcode Client::State::configure(CURL* /*curl*/, void* context, void* self)
{
    auto* state = static_cast<State*>(self);
    state->configured =
        state->handshake.configure(static_cast<SSL_CTX*>(context), state->target.host);
    return state->configured ? CURLE_OK : CURLE_SSL_CERTPROBLEM;
}

// On a new, a kept and a retried connection alike, before the first byte of a request.
int Client::State::beforeSending(
    void* self, char* /*ip*/, char* /*localIp*/, int /*port*/, int /*localPort*/)
{
    auto* state = static_cast<State*>(self);
    return state->isMeant(*state->request) ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

bool Client::State::isMeant(const ClientRequest& asked)
{
    server.reset();
    curl_tlssessioninfo* session = nullptr;
    curl_easy_getinfo(curl.get(), CURLINFO_TLS_SSL_PTR, &session);
    if (session != nullptr && session->internals != nullptr)
        server = tls::peerCertificateOf(static_cast<const SSL*>(session->internals));
    serverChanged = !server || (asked.onlyTo && !(*server == *asked.onlyTo));
    return !serverChanged;
}

std::size_t Client::State::takeHeader(
    char* bytes, std::size_t size, std::size_t count, void* receiver)
{
    const std::string_view line(bytes, size * count);
    return static_cast<ResponseReceiver*>(receiver)->takeHeaderLine(line) ? line.size() : 0;
}

std::size_t Client::State::takeBody(
    char* bytes, std::size_t size, std::size_t count, void* receiver)
{
    const std::string_view part(bytes, size * count);
    if (part.empty()) return 0;
    return static_cast<ResponseReceiver*>(receiver)->takeBody(part) ? part.size() : 0;
}

void Client::State::setTransport(const ClientRequest& asked)
{
    CURL* const c = curl.get();
    curl_easy_setopt(c, CURLOPT_URL, asked.url.c_str());
    curl_easy_setopt(c, CURLOPT_ERRORBUFFER, text.data());
    curl_easy_setopt(c, CURLOPT_SHARE, sessions.get());
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, asked.plainToo ? "http,https" : "https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(c, CURLOPT_PROXY, "");
    curl_easy_setopt(c, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(c, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, static_cast<long>(limits.connect.count()));
    curl_easy_setopt(c, CURLOPT_TIMEOUT, static_cast<long>(limits.total.count()));
    // A server may think for a while, but not for most of the time there is.
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(
        c, CURLOPT_LOW_SPEED_TIME, std::max(10L, static_cast<long>(limits.total.count() / 2)));
    curl_easy_setopt(c, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(limits.body));

    curl_easy_setopt(c, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
    // Nothing of the system's own certificates is loaded.
    curl_easy_setopt(c, CURLOPT_CAINFO, static_cast<char*>(nullptr));
    curl_easy_setopt(c, CURLOPT_CAPATH, static_cast<char*>(nullptr));
    curl_easy_setopt(c, CURLOPT_SSL_CTX_FUNCTION, &State::configure);
    curl_easy_setopt(c, CURLOPT_SSL_CTX_DATA, this);
    if (!asked.identifyServer) return;
    curl_easy_setopt(c, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    curl_easy_setopt(c, CURLOPT_PREREQFUNCTION, &State::beforeSending);
    curl_easy_setopt(c, CURLOPT_PREREQDATA, this);
}

void Client::State::setMethod(const ClientRequest& asked)
{
    CURL* const c = curl.get();
    if (asked.method == "HEAD") {
        curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
        return;
    }
    if (!asked.body.empty() || asked.method == "POST") {
        curl_easy_setopt(c, CURLOPT_POST, 1L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, asked.body.data());
        curl_easy_setopt(
            c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(asked.body.size()));
    }
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, asked.method.c_str());
}

Result<ClientResponse> Client::State::send(const ClientRequest& asked)
{
    obstacle = Obstacle::Request;
    auto response = perform(asked);
    if (response) obstacle = Obstacle::None;
    return response;
}

Result<ClientResponse> Client::State::perform(const ClientRequest& asked)
{
    auto where = readTarget(asked.url, asked.plainToo);
    if (!where) return where.error();
    if (const auto trust = handshake.check(); !trust) return trust.error();
    if (!isToken(asked.method))
        return Error{
            ErrorKind::InvalidInput, "not an HTTP method: " + toPrintable(asked.method, 50)};
    const auto headers = headerList(asked);
    if (!headers) return headers.error();
    if (!curl) curl.reset(curl_easy_init());
    if (!curl || !sessions) return Error{ErrorKind::Internal, "curl: out of memory"};

    target = *std::move(where);
    request = &asked;
    server.reset();
    serverChanged = false;
    configured = {};
    handshake.forget();
    text.fill('\0');
    ResponseReceiver receiver(limits.body);
    curl_easy_reset(curl.get()); // options only: the connection stays
    setTransport(asked);
    setMethod(asked);
    curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers->get());
    curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, &State::takeHeader);
    curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &receiver);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &State::takeBody);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &receiver);

    const CURLcode code = curl_easy_perform(curl.get());
    if (code != CURLE_OK) {
        obstacle = obstacleOf(code, receiver);
        return explain(code, receiver);
    }
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    return std::move(receiver).take(static_cast<int>(status));
}

// By the codes of OpenSSL, TLS (RFC 8446 6.2) and curl; in the order of explain().
Obstacle Client::State::obstacleOf(CURLcode code, const ResponseReceiver& received) const
{
    if (!configured) return Obstacle::Request;
    if (serverChanged) return Obstacle::ServerChanged;
    if (!handshake.refusal().empty()) {
        if (handshake.refusalCode() == X509_V_ERR_CERT_NOT_YET_VALID)
            return Obstacle::ServerTooEarly;
        if (handshake.refusalCode() == X509_V_ERR_CERT_HAS_EXPIRED) return Obstacle::ServerExpired;
        return Obstacle::ServerUntrusted;
    }
    if (!handshake.alert().empty()) {
        switch (handshake.alertNumber()) {
        case SSL3_AD_NO_CERTIFICATE:
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case TLS13_AD_CERTIFICATE_REQUIRED: return Obstacle::OwnCertificate;
        default: return Obstacle::TlsRefused;
        }
    }
    if (!received.overrun().empty()) return Obstacle::Answer;
    switch (code) {
    case CURLE_FILESIZE_EXCEEDED:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2: return Obstacle::Answer;
    case CURLE_PEER_FAILED_VERIFICATION: return Obstacle::ServerUntrusted;
    case CURLE_COULDNT_RESOLVE_HOST: return Obstacle::NameLookup;
    case CURLE_OPERATION_TIMEDOUT: return Obstacle::Timeout;
    case CURLE_COULDNT_CONNECT: return Obstacle::Connect;
    case CURLE_SSL_CONNECT_ERROR: return Obstacle::NotTls;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR: return Obstacle::CutOff;
    default: return Obstacle::Internal;
    }
}

Error Client::State::explain(CURLcode code, const ResponseReceiver& received) const
{
    const auto at = [this](ErrorKind kind, const std::string& what) {
        return Error{kind, target.place + ": " + what};
    };
    const std::string said =
        toPrintable(text[0] != '\0' ? text.data() : curl_easy_strerror(code), 300);
    if (!configured) return configured.error().in(target.place);
    if (serverChanged)
        return at(ErrorKind::Unavailable, "this connection shows another certificate than before");
    if (!handshake.refusal().empty())
        return at(
            ErrorKind::PermissionDenied, "this server is not trusted: " + handshake.refusal());
    if (!handshake.alert().empty())
        return at(ErrorKind::PermissionDenied,
            "the server refused the TLS connection (" + handshake.alert() +
                "); check the client certificate and the versions of TLS it accepts");
    if (!received.overrun().empty())
        return at(ErrorKind::InvalidInput, "the server answered with " + received.overrun());
    switch (code) {
    case CURLE_FILESIZE_EXCEEDED:
        return at(ErrorKind::InvalidInput,
            "the server announced a body over " + std::to_string(limits.body) + " bytes");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_HTTP2: return at(ErrorKind::InvalidInput, "that is not an HTTP/1.1 server: " + said);
    case CURLE_PEER_FAILED_VERIFICATION:
        return at(ErrorKind::PermissionDenied, "this server is not trusted: " + said);
    case CURLE_COULDNT_RESOLVE_HOST:
        return at(ErrorKind::Unavailable, "the host's name cannot be looked up; check DNS");
    case CURLE_OPERATION_TIMEDOUT:
        return at(ErrorKind::Unavailable, "no complete answer in time (" + said + ")");
    case CURLE_COULDNT_CONNECT:
        return at(ErrorKind::Unavailable,
            "no connection; check the address and firewalls (" + said + ")");
    case CURLE_SSL_CONNECT_ERROR:
        // OpenSSL's words for a first record that is none.
        if (said.find("wrong version number") != std::string::npos)
            return at(ErrorKind::PermissionDenied, "that port does not speak TLS; check the URL");
        return at(ErrorKind::Unavailable, "the TLS handshake was cut off (" + said + ")");
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        return at(ErrorKind::Unavailable, "the connection was cut off (" + said + ")");
    default: return at(ErrorKind::Internal, said);
    }
}

Client::Client(tls::ClientSettings settings, ClientLimits limits)
    : state_(std::make_unique<State>(std::move(settings), limits))
{
}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::send(const ClientRequest& request) { return state_->send(request); }

Obstacle Client::obstacle() const { return state_->obstacle; }

const std::optional<x509::Certificate>& Client::server() const { return state_->server; }

void Client::closeConnections() { state_->curl.reset(); }

} // namespace perennial::http
