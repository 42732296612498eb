#include "agent/token_keeper/time_limit.h"

#include "shared/model/token_message.h"

#include <csignal>
#include <cstdlib>
#include <sys/socket.h>
#include <unistd.h>

namespace perennial::token_keeper {

namespace {

// All that a signal handler may do is send what was made ready before (signal-safety(7)).
struct LastWords {
    int caller = -1;
    std::string answer;
    std::string line;
};
LastWords lastWords;

void giveUp(int)
{
    (void)!::write(STDERR_FILENO, lastWords.line.data(), lastWords.line.size());
    (void)::send(lastWords.caller, lastWords.answer.data(), lastWords.answer.size(),
        MSG_DONTWAIT | MSG_NOSIGNAL);
    ::_exit(1);
}

} // namespace

TimeLimit::TimeLimit(const UnixSocket& caller, Duration limit)
{
    const auto why = "the token's module has not done it in " + std::to_string(limit.count()) +
                     " s (timeout of token.yaml): given up";
    lastWords.caller = caller.descriptor();
    lastWords.answer =
        model::toJsonText(Result<model::TokenKeys>(Error{ErrorKind::Unavailable, why}));
    lastWords.line = std::getenv("JOURNAL_STREAM") != nullptr ? "<4>" : "";
    lastWords.line += "perennial-token-keeper warning: refused: " + why + "\n";
    std::signal(SIGALRM, giveUp);
    before_ = ::alarm(static_cast<unsigned>(limit.count()));
}

TimeLimit::~TimeLimit()
{
    ::alarm(before_);
    std::signal(SIGALRM, SIG_DFL);
}

} // namespace perennial::token_keeper
