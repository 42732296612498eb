#include "shared/http/server/connection.h"

#include "shared/tls/channel_binding.h"

#include <array>
#include <cerrno>
#include <sys/socket.h>

namespace perennial::http {

using std::chrono::milliseconds;
using tls::Progress;

namespace {

constexpr std::size_t readSize = 16U << 10U; // a TLS record
constexpr milliseconds lingerTime{2000};
constexpr std::size_t lingerLimit = 8U << 20U; // bytes read for nothing
constexpr std::string_view continueText = "HTTP/1.1 100 Continue\r\n\r\n";

Connection::Next waitFor(Progress progress)
{
    return progress == Progress::NeedsWrite ? Connection::Next::WaitToWrite
                                            : Connection::Next::WaitToRead;
}

std::string whyRefused(int status, std::size_t bodyLimit)
{
    switch (status) {
    case 408: return "the request did not come to its end in time";
    case 413: return "the body is over " + std::to_string(bodyLimit) + " bytes";
    case 414: return "the request's target is too long";
    case 417: return "the only expectation that is met is 100-continue";
    case 431: return "the request's head is too large";
    case 501: return "the only transfer coding that is read is chunked";
    case 505: return "the versions that are spoken are HTTP/1.1 and HTTP/1.0";
    default: return "the request is malformed";
    }
}

bool waits(Progress progress)
{
    return progress == Progress::NeedsRead || progress == Progress::NeedsWrite;
}

} // namespace

Connection::Connection(const ConnectionService& service,
    std::shared_ptr<const tls::ServerContext> context, FileDescriptor socket,
    std::string remoteAddress)
    : service_(service), transport_(std::move(context), std::move(socket)),
      remoteAddress_(std::move(remoteAddress))
{
    enter(Phase::Handshake);
}

void Connection::enter(Phase phase)
{
    milliseconds limit = std::chrono::seconds(service_.limits.requestSeconds);
    if (phase == Phase::Idle) limit = std::chrono::seconds(service_.limits.keepAliveSeconds);
    if (phase == Phase::Calling) limit = std::chrono::hours(24); // the handler's own affair
    if (phase == Phase::Linger) limit = lingerTime;
    phase_ = phase;
    deadline_ = service_.clock.monotonic() + limit;
}

Connection::Next Connection::advance()
{
    for (;;) {
        Step step;
        switch (phase_.load()) {
        case Phase::Handshake: step = shakeHands(); break;
        case Phase::Idle:
        case Phase::Head: step = readHead(); break;
        case Phase::Body: step = readBody(); break;
        case Phase::Calling: step = call(); break;
        case Phase::Answer: step = sendAnswer(); break;
        case Phase::Linger: step = linger(); break;
        }
        if (step) return *step;
    }
}

void Connection::expire()
{
    expired_ = true;
    const Phase phase = phase_;
    // A half-closed connection can still be told.
    const bool reading = phase == Phase::Idle || phase == Phase::Head || phase == Phase::Body;
    ::shutdown(descriptor(), reading ? SHUT_RD : SHUT_RDWR);
    deadline_ = milliseconds::max();
}

void Connection::cut()
{
    expired_ = true;
    ::shutdown(descriptor(), SHUT_RD);
}

std::optional<milliseconds> Connection::idleUntil() const
{
    if (phase_ != Phase::Idle || expired_) return std::nullopt;
    return deadline_.load();
}

Connection::Step Connection::shakeHands()
{
    const Progress progress = transport_.handshake();
    if (waits(progress)) return waitFor(progress);
    // The alert must reach a client that is already sending its request.
    if (progress != Progress::Done) return startLinger();
    peer_ = transport_.peerCertificate();
    if (peer_) peerIssuer_ = transport_.verifiedIssuer();
    if (const auto own = transport_.ownCertificate()) serverEndPoint_ = tls::serverEndPoint(*own);
    enter(Phase::Head);
    return std::nullopt;
}

Connection::Step Connection::receive()
{
    std::array<char, readSize> buffer;
    std::size_t got = 0;
    const Progress progress = transport_.read(buffer.data(), buffer.size(), got);
    if (waits(progress)) return waitFor(progress);
    if (progress != Progress::Done) return Next::Close;
    input_.append(buffer.data(), got);
    return std::nullopt;
}

Connection::Step Connection::readHead()
{
    for (;;) {
        while (input_.compare(0, 2, "\r\n") == 0) // RFC 9112 2.2
            input_.erase(0, 2);
        const auto end = input_.find("\r\n\r\n");
        if (end != std::string::npos && end <= headLimit - 4) return takeHead(end + 4);
        if (end != std::string::npos || input_.size() > headLimit) return refuse(431);
        if (phase_ == Phase::Idle && !input_.empty()) enter(Phase::Head);
        if (const Step step = receive()) {
            if (step != Next::Close || !expired_) return step;
            if (!input_.empty()) return refuse(408);
            transport_.sendCloseNotify();
            return step;
        }
    }
}

Connection::Step Connection::takeHead(std::size_t end)
{
    auto read = http::readHead(std::string_view(input_).substr(0, end - 2));
    input_.erase(0, end);
    if (const auto* refusal = std::get_if<Refusal>(&read)) return refuse(refusal->status);
    head_ = std::get<RequestHead>(std::move(read));
    begun_ = service_.clock.monotonic();
    call_ =
        Call{std::move(head_.method), std::move(head_.target.path), std::move(head_.target.query),
            std::move(head_.headers), "", remoteAddress_, peer_, serverEndPoint_, peerIssuer_};
    return admit();
}

Connection::Step Connection::admit()
{
    const bool hasBody = head_.chunked || head_.contentLength > 0;
    Admission admission{service_.limits.body, std::nullopt};
    if (service_.reception.admit && !runs([&] { admission = service_.reception.admit(call_); }))
        admission.refusal = Answer{500, "", "", {}};
    if (admission.refusal) {
        refused_ = hasBody; // it may be on its way
        return answer(*admission.refusal, {call_.method == "HEAD", head_.keepAlive && !hasBody});
    }
    bodyLimit_ = admission.body;
    if (!head_.chunked && head_.contentLength > bodyLimit_) return refuse(413);
    body_ = BodyReader(head_, bodyLimit_);
    enter(Phase::Body);
    if (head_.expectsContinue && hasBody && input_.empty()) {
        output_ = continueText;
        sent_ = 0;
        continuing_ = true;
        enter(Phase::Answer);
    }
    return std::nullopt;
}

Connection::Step Connection::readBody()
{
    for (;;) {
        std::size_t used = 0;
        const auto state = body_.take(input_, used);
        input_.erase(0, used);
        if (state == BodyReader::State::TooLarge) return refuse(413);
        if (state == BodyReader::State::Malformed) return refuse(400);
        if (state == BodyReader::State::Complete) break;
        if (const Step step = receive())
            return step == Next::Close && expired_ ? refuse(408) : step;
    }
    enter(Phase::Calling);
    return std::nullopt;
}

Connection::Step Connection::call()
{
    call_.body = std::move(body_.body());
    Answer given{500, "", "", {}};
    (void)runs([&] { given = service_.handler(call_); });
    return answer(given, {call_.method == "HEAD", head_.keepAlive});
}

// False when it throws.
bool Connection::runs(const std::function<void()>& application) const
{
    try {
        application();
        return true;
    } catch (const std::exception& failure) {
        service_.log.error(call_.method + " " + call_.path + ": " + failure.what());
    } catch (...) {
        service_.log.error(call_.method + " " + call_.path + ": failed");
    }
    return false;
}

Connection::Step Connection::refuse(int status)
{
    refused_ = true;
    Answer refusal{status, "", "", {}};
    if (service_.reception.refusal)
        (void)runs(
            [&] { refusal = service_.reception.refusal(status, whyRefused(status, bodyLimit_)); });
    return answer(refusal, AnswerForm{false, false});
}

Connection::Step Connection::answer(const Answer& answer, const AnswerForm& form)
{
    tellOf(answer);
    call_ = Call{}; // an idle connection keeps no large buffer
    closing_ = !form.keepAlive;
    output_ = answerText(answer, form, service_.clock.now());
    sent_ = 0;
    enter(Phase::Answer);
    return std::nullopt;
}

void Connection::tellOf(const Answer& answer)
{
    if (!service_.reception.answered) return;
    const bool read = !call_.method.empty();
    if (!read) call_.remoteAddress = remoteAddress_;
    const auto took = read ? service_.clock.monotonic() - begun_ : milliseconds(0);
    (void)runs([&] { service_.reception.answered(call_, answer, took); });
}

Connection::Step Connection::sendAnswer()
{
    while (sent_ < output_.size()) {
        std::size_t taken = 0;
        const Progress progress =
            transport_.write(output_.data() + sent_, output_.size() - sent_, taken);
        if (waits(progress)) return waitFor(progress);
        if (progress != Progress::Done) return Next::Close;
        sent_ += taken;
    }
    if (continuing_) {
        continuing_ = false;
        enter(Phase::Body);
        return std::nullopt;
    }
    output_ = std::string(); // an idle connection keeps no large buffer
    if (closing_) return finish();
    enter(Phase::Idle);
    // Others come first, even when the next request is here already.
    const bool more = !input_.empty() || transport_.hasMore();
    return more ? Next::GoOn : Next::WaitToRead;
}

Connection::Step Connection::finish()
{
    if (refused_ || !input_.empty()) return startLinger();
    transport_.sendCloseNotify();
    return Next::Close;
}

// Closing a socket with unread bytes resets the connection, and the client may lose the answer that
// was on its way (RFC 9112 9.6). So: no more from us, and what still comes is read for nothing.
Connection::Step Connection::startLinger()
{
    transport_.sendCloseNotify();
    ::shutdown(descriptor(), SHUT_WR);
    enter(Phase::Linger);
    return std::nullopt;
}

Connection::Step Connection::linger()
{
    std::array<char, readSize> buffer;
    while (discarded_ < lingerLimit) {
        const ssize_t got = ::recv(descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Next::WaitToRead;
        if (got <= 0) return Next::Close;
        discarded_ += static_cast<std::size_t>(got);
    }
    return Next::Close;
}

} // namespace perennial::http
