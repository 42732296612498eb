#pragma once

#include "shared/base/json.h"
#include "shared/base/log.h"

#include <functional>
#include <memory>
#include <string>

namespace perennial::agent {

// The agent's local socket: whoever may open it (its folder decides) may ask. One question a
// connection.
class CommandSocket {
public:
    static Result<std::unique_ptr<CommandSocket>> listen(
        const std::string& path, std::function<Json(const Json&)> answer, const Log& log);
    ~CommandSocket();

private:
    struct State;
    explicit CommandSocket(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

Result<Json> askAgent(const std::string& path, const Json& command);

} // namespace perennial::agent
