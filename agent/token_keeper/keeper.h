#pragma once

#include "agent/token_keeper/keeper_config.h"
#include "agent/token_keeper/turns.h"
#include "shared/base/log.h"
#include "shared/base/unix_socket.h"

namespace perennial::token_keeper {

// Answers one caller's one question, in a process of its own, which may go on signing for whoever
// the caller lent the keys. The module is loaded for it, and gone with it. Nothing is changed for a
// caller that has hung up.
void answerCaller(const UnixSocket& caller, const std::filesystem::path& config, const Turns& turns,
    const Log& log);

} // namespace perennial::token_keeper
