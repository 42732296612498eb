#pragma once

#include "shared/base/clock.h"
#include "shared/http/server/answer_text.h"
#include "shared/http/server/body_reader.h"
#include "shared/http/server/http_server.h"
#include "shared/http/server/transport.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>

namespace perennial::http {

// What every connection of one server uses.
struct ConnectionService {
    ServerLimits limits;
    Handler handler;
    Reception reception;
    Log log;
    SystemClock clock;
};

// One client's connection, from its handshake to its end. It never waits for the client: advance()
// goes as far as it can and says what to wait for. One thread at a time; only expire(), cut() and
// the two questions below them may come from another.
class Connection {
public:
    enum class Next { WaitToRead, WaitToWrite, GoOn, Close };

    // Without a context: no TLS.
    Connection(const ConnectionService& service, std::shared_ptr<const tls::ServerContext> context,
        FileDescriptor socket, std::string remoteAddress);

    // Threads follow each other through the kernel's epoll, which the language does not know of:
    // one that got the connection from there takes its turn before anything else, and ends it
    // before it gives the connection back.
    void takeTurn() { (void)turns_.fetch_add(1, std::memory_order_acquire); }
    void endTurn() { (void)turns_.fetch_add(1, std::memory_order_release); }
    Next advance();
    int descriptor() const { return transport_.descriptor(); }

    void expire(); // it took too long: a client in the middle of a request hears 408
    void cut();    // it waits for another request, and its place is needed
    bool isLate(std::chrono::milliseconds now) const { return deadline_.load() < now; }
    // Until when it waits for another request; nothing when it does not.
    std::optional<std::chrono::milliseconds> idleUntil() const;

private:
    enum class Phase { Handshake, Idle, Head, Body, Calling, Answer, Linger };
    using Step = std::optional<Next>; // nothing: the phase is over, go on with the next

    void enter(Phase phase);
    Step shakeHands();
    Step readHead();
    Step readBody();
    Step sendAnswer();
    Step linger();

    Step receive(); // appends to input_
    Step takeHead(std::size_t end);
    Step admit();
    Step refuse(int status);
    Step call();
    bool runs(const std::function<void()>& application) const;
    Step answer(const Answer& answer, const AnswerForm& form);
    void tellOf(const Answer& answer);
    Step startLinger();
    Step finish();

    const ConnectionService& service_;
    Transport transport_;
    std::string remoteAddress_;
    std::optional<x509::Certificate> peer_;
    std::optional<x509::Certificate> peerIssuer_;
    Bytes serverEndPoint_;

    std::string input_; // received, not yet used
    RequestHead head_;  // what is of use to the application has gone to call_
    Call call_;
    std::size_t bodyLimit_ = 0;
    std::chrono::milliseconds begun_{}; // when the head was read
    BodyReader body_;
    std::string output_;
    std::size_t sent_ = 0;
    bool continuing_ = false; // output_ is an interim answer: the body comes next
    bool closing_ = false;    // after this answer
    bool refused_ = false;    // the client may still be sending
    std::size_t discarded_ = 0;

    std::atomic<Phase> phase_{Phase::Handshake};
    std::atomic<std::chrono::milliseconds> deadline_{};
    std::atomic<bool> expired_{false};
    std::atomic<std::uint64_t> turns_{0};
};

} // namespace perennial::http
