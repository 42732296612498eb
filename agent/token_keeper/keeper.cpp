#include "agent/token_keeper/keeper.h"

#include "agent/token_keeper/rights.h"
#include "agent/token_keeper/signing.h"
#include "agent/token_keeper/time_limit.h"
#include "shared/base/environment.h"
#include "shared/base/system_error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <sys/socket.h>

namespace perennial::token_keeper {

namespace {

constexpr Duration patience{5};   // for a caller's question
constexpr Duration loanLife{600}; // of the sockets that sign

using model::TokenVerb;

Result<KeeperConfig> configFor(const UnixSocket& caller, const std::filesystem::path& file)
{
    auto config = loadConfig(file);
    if (!config) return config;
    const auto peer = caller.peer();
    if (!peer) return peer.error();
    const auto& callers = config->callers;
    if (std::find(callers.begin(), callers.end(), peer->uid) == callers.end())
        return Error{ErrorKind::PermissionDenied,
            "user " + std::to_string(peer->uid) + " is not among the callers"};
    return config;
}

struct OpenToken {
    std::unique_ptr<pkcs11::Module> module;
    pkcs11::Session session;
};

Result<OpenToken> openToken(const KeeperConfig& config)
{
    const auto pin = readCredential(config.pin, environmentOf("CREDENTIALS_DIRECTORY"));
    if (!pin) return pin.error().in("PIN");
    if (auto status = giveUpRights(); !status) return status.error();
    for (const auto& [name, value] : config.variables)
        ::setenv(name.c_str(), value.c_str(), 1);
    auto module = pkcs11::Module::load(config.module);
    if (!module) return module.error();
    const auto token = (*module)->tokenLabelled(config.token);
    if (!token) return token.error();
    auto session = pkcs11::Session::open(**module, *token, pkcs11::Access::Write);
    if (!session) return session.error();
    if (auto status = session->login(*pin); !status) return status.error();
    return OpenToken{*std::move(module), *std::move(session)};
}

Status change(const ServiceKeys& keys, const model::TokenRequest& request)
{
    switch (request.verb) {
    case TokenVerb::Make: return keys.make(request.keyType, request.id);
    case TokenVerb::Swap: return keys.swap(request.id);
    case TokenVerb::Back: return keys.back(request.id);
    case TokenVerb::Drop: return keys.drop(request.id);
    case TokenVerb::Look:
    case TokenVerb::Lend:
    case TokenVerb::LendNext: break;
    }
    return {};
}

struct Loan {
    std::vector<LentKey> keys;          // our ends
    std::vector<FileDescriptor> passed; // the caller's
    Status add(const std::optional<ServiceKeys::Key>& key, int signatures)
    {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
            return systemError("cannot make a socket", errno);
        keys.push_back({UnixSocket{FileDescriptor(ends[0])}, *key, signatures});
        passed.emplace_back(ends[1]);
        return {};
    }
};

// The order's key, and the one in force where that is asked for too.
Result<Loan> lend(const ServiceKeys::Found& found, const model::TokenRequest& request)
{
    Loan loan;
    if (!found.next || found.next->secret.id != request.id)
        return Error{ErrorKind::NotFound, "the order's key is not in the token"};
    if (request.verb == TokenVerb::Lend) {
        if (!found.live) return Error{ErrorKind::NotFound, "no key in the token has the label"};
        if (auto status = loan.add(found.live, signaturesOfOldKey); !status) return status.error();
    }
    if (auto status = loan.add(found.next, signaturesOfNewKey); !status) return status.error();
    return loan;
}

Result<ServiceKeys::Found> perform(
    const pkcs11::Session& session, const model::TokenRequest& request)
{
    const ServiceKeys keys(session, request.label);
    if (auto status = change(keys, request); !status) return status.error();
    return keys.look();
}

void refuse(const UnixSocket& caller, const Error& error, const Log& log)
{
    log.warning("refused: " + error.message);
    (void)caller.send(model::toJsonText(Result<model::TokenKeys>(error)));
}

} // namespace

void answerCaller(const UnixSocket& caller, const std::filesystem::path& config, const Turns& turns,
    const Log& log)
{
    const auto message = caller.receive(patience);
    if (!message || message->content.empty()) return;
    const auto settings = configFor(caller, config);
    if (!settings) return refuse(caller, settings.error(), log);
    const auto request = model::tokenRequestFromJson(message->content);
    if (!request) return refuse(caller, request.error(), log);
    const auto& labels = settings->keys;
    if (std::find(labels.begin(), labels.end(), request->label) == labels.end())
        return refuse(caller, {ErrorKind::PermissionDenied, "the label is not among keys"}, log);
    if (auto turn = turns.take(); !turn) return refuse(caller, turn.error(), log);
    // Whoever comes after a caller that was killed finds the keys as that one left them.
    if (!caller.isQuiet())
        return refuse(caller, {ErrorKind::Unavailable, "nobody waits for the answer"}, log);
    std::optional<TimeLimit> limit(std::in_place, caller, settings->timeout);
    const auto token = openToken(*settings);
    if (!token) return refuse(caller, token.error(), log);
    const auto found = perform(token->session, *request);
    if (!found) return refuse(caller, found.error(), log);
    Result<Loan> loan = Loan{};
    if (request->verb == TokenVerb::Lend || request->verb == TokenVerb::LendNext)
        loan = lend(*found, *request);
    if (!loan) return refuse(caller, loan.error(), log);
    limit.reset();
    std::vector<int> passed;
    for (const auto& end : loan->passed)
        passed.push_back(end.get());
    const auto told =
        caller.send(model::toJsonText(Result<model::TokenKeys>(found->told())), passed);
    log.info(std::string(nameOf(request->verb)) + " " + toPrintable(request->label, 100) +
             (told ? ": done" : ": nobody took the answer"));
    if (!told || loan->keys.empty()) return;
    turns.giveBack(); // signing changes nothing
    loan->passed.clear();
    ::shutdown(caller.descriptor(), SHUT_RDWR);
    std::signal(SIGTERM, SIG_DFL);
    sigset_t stop;
    ::sigemptyset(&stop);
    ::sigaddset(&stop, SIGTERM);
    ::sigprocmask(SIG_UNBLOCK, &stop, nullptr);
    signFor(std::move(loan->keys), token->session, loanLife);
}

} // namespace perennial::token_keeper
