#pragma once

#include "shared/base/json.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace perennial::test {

// A message of docs/agent_protocol.md.
struct DocumentedMessage {
    std::string name; // "check-in answer"
    // Reads the message and writes it again.
    std::function<Result<Json>(const Json&)> readAndWrite;
};
const std::vector<DocumentedMessage>& documentedMessages();

// The examples on the page by name, with PEM put where they say "PEM".
std::map<std::string, Json> examplesOnPage();

} // namespace perennial::test
