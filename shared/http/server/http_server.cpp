#include "shared/http/server/http_server.h"

#include "shared/base/periodic_task.h"
#include "shared/http/server/connection_table.h"
#include "shared/http/server/listener.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <thread>
#include <vector>

namespace perennial::http {

namespace {

constexpr std::chrono::milliseconds lookInterval{200};
constexpr int acceptAtOnce = 16;

FileDescriptor newEpoll() { return FileDescriptor(::epoll_create1(EPOLL_CLOEXEC)); }
FileDescriptor newEvent() { return FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

} // namespace

// Any thread takes whichever connection is ready (EPOLLONESHOT: no other thread gets the same one),
// goes on with it as far as it can without waiting, and puts it back. A client that is slow, silent
// or idle holds memory and no thread.
struct Server::State {
    State(const ServerLimits& limits, Handler handler, const Log& log, Reception reception)
        : service{limits, std::move(handler), std::move(reception), log, {}},
          table(static_cast<std::size_t>(limits.connections))
    {
    }
    ~State() { stop(); }

    Status open(const Listen& where, const tls::ServerSettings* tls);
    void run();
    void stop();

    bool watch(int operation, int descriptor, std::uint32_t events, void* who) const;
    void work();
    void accept();
    void advance(Connection* connection);
    void admit(Accepted accepted);
    void lookAround();
    std::shared_ptr<const tls::ServerContext> context();

    ConnectionService service;
    tls::ServerSettings settings;
    std::mutex contextMutex;
    std::shared_ptr<const tls::ServerContext> currentContext; // null: no TLS

    FileDescriptor epoll = newEpoll();
    FileDescriptor stopping = newEvent();
    FileDescriptor listener;
    std::atomic<bool> listenerPaused{false};
    ConnectionTable table;
    std::optional<PeriodicTask> looking;
    std::vector<std::jthread> threads;
};

Status Server::State::open(const Listen& where, const tls::ServerSettings* tls)
{
    if (tls != nullptr) {
        auto made = tls::ServerContext::make(*tls);
        if (!made) return made.error();
        settings = *tls;
        currentContext = *std::move(made);
    }
    auto listening = listenOn(where);
    if (!listening) return listening.error();
    listener = *std::move(listening);
    if (!epoll || !stopping || !watch(EPOLL_CTL_ADD, stopping.get(), EPOLLIN, &stopping) ||
        !watch(EPOLL_CTL_ADD, listener.get(), EPOLLIN | EPOLLONESHOT, &listener))
        return Error{ErrorKind::Internal, "HTTP server: no descriptors left"};
    return {};
}

void Server::State::run()
{
    for (int i = 0; i < service.limits.threads; ++i)
        threads.emplace_back([this] { work(); });
    looking.emplace(lookInterval, [this] { lookAround(); });
}

void Server::State::stop()
{
    looking.reset();
    const std::uint64_t one = 1;
    if (stopping) (void)::write(stopping.get(), &one, sizeof one);
    threads.clear();
}

bool Server::State::watch(int operation, int descriptor, std::uint32_t events, void* who) const
{
    epoll_event event{};
    event.events = events;
    event.data.ptr = who;
    return ::epoll_ctl(epoll.get(), operation, descriptor, &event) == 0;
}

void Server::State::work()
{
    for (;;) {
        epoll_event event{};
        if (::epoll_wait(epoll.get(), &event, 1, -1) != 1) continue;
        if (event.data.ptr == &stopping) return; // never taken back: every thread sees it
        if (event.data.ptr == &listener) {
            accept();
        } else {
            advance(static_cast<Connection*>(event.data.ptr));
        }
    }
}

void Server::State::accept()
{
    for (int i = 0; i < acceptAtOnce; ++i) {
        Accepted accepted = acceptFrom(listener);
        if (accepted.exhausted) {
            listenerPaused =
                true; // until the next look around: trying at once would only burn time
            return;
        }
        if (!accepted.socket) break;
        admit(std::move(accepted));
    }
    watch(EPOLL_CTL_MOD, listener.get(), EPOLLIN | EPOLLONESHOT, &listener);
}

void Server::State::admit(Accepted accepted)
{
    try {
        Connection* const connection = table.add(std::make_unique<Connection>(
            service, context(), std::move(accepted.socket), std::move(accepted.address)));
        if (connection == nullptr) return;
        const int descriptor = connection->descriptor();
        connection->endTurn();
        if (!watch(EPOLL_CTL_ADD, descriptor, EPOLLIN | EPOLLONESHOT, connection))
            table.remove(connection);
    } catch (const std::bad_alloc&) {
        // This one is lost, the next may not be.
    }
}

void Server::State::advance(Connection* connection)
{
    using Next = Connection::Next;
    connection->takeTurn();
    Next next = Next::Close;
    try {
        next = connection->advance();
    } catch (const std::exception& failure) { // memory, in practice
        service.log.error(std::string("HTTP connection: ") + failure.what());
    }
    const int descriptor = connection->descriptor();
    connection->endTurn();
    // For GoOn: a socket that can be written to comes round again behind those that are ready now.
    const std::uint32_t event = next == Next::WaitToRead ? EPOLLIN : EPOLLOUT;
    if (next == Next::Close || !watch(EPOLL_CTL_MOD, descriptor, event | EPOLLONESHOT, connection))
        table.remove(connection);
}

void Server::State::lookAround()
{
    table.expireLate(service.clock.monotonic());
    if (const auto turnedAway = table.takeTurnedAway(); turnedAway > 0)
        service.log.warning("HTTP server: " + std::to_string(turnedAway) +
                            " connections turned away, all " +
                            std::to_string(service.limits.connections) + " are in use");
    if (listenerPaused.exchange(false)) {
        service.log.warning(
            "HTTP server: no file descriptors or memory left to accept connections");
        watch(EPOLL_CTL_MOD, listener.get(), EPOLLIN | EPOLLONESHOT, &listener);
    }
}

std::shared_ptr<const tls::ServerContext> Server::State::context()
{
    const std::lock_guard lock(contextMutex);
    return currentContext;
}

Result<std::unique_ptr<Server>> Server::start(const Listen& listen, const tls::ServerSettings& tls,
    const ServerLimits& limits, Handler handler, const Log& log, Reception reception)
{
    return start(listen, &tls, limits, std::move(handler), log, std::move(reception));
}

Result<std::unique_ptr<Server>> Server::startWithoutTls(
    const Listen& listen, const ServerLimits& limits, Handler handler, const Log& log)
{
    return start(listen, nullptr, limits, std::move(handler), log, {});
}

Result<std::unique_ptr<Server>> Server::start(const Listen& listen, const tls::ServerSettings* tls,
    const ServerLimits& limits, Handler handler, const Log& log, Reception reception)
{
    if (limits.connections < 1 || limits.threads < 1 || limits.keepAliveSeconds < 1 ||
        limits.requestSeconds < 1 || !handler)
        return Error{ErrorKind::InvalidInput, "HTTP server: limits must be at least 1"};
    try {
        auto state = std::make_unique<State>(limits, std::move(handler), log, std::move(reception));
        if (const auto opened = state->open(listen, tls); !opened) return opened.error();
        state->run();
        return std::unique_ptr<Server>(new Server(std::move(state)));
    } catch (const std::exception& failure) { // threads or memory
        return Error{ErrorKind::Internal, std::string("HTTP server: ") + failure.what()};
    }
}

Server::Server(std::unique_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

int Server::port() const { return portOf(state_->listener); }

void Server::replaceIdentity(const tls::Identity& identity)
{
    if (!state_->context()) return; // no TLS
    tls::ServerSettings settings = state_->settings;
    settings.identity = identity;
    auto made = tls::ServerContext::make(settings);
    if (!made) {
        state_->service.log.error("HTTP server keeps its certificate: " + made.error().message);
        return;
    }
    const std::lock_guard lock(state_->contextMutex);
    state_->currentContext = *std::move(made);
}

} // namespace perennial::http
