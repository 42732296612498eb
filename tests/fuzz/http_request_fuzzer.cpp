// What a stranger may send as an HTTP request: its head, and its body in pieces of any size.

#include "shared/http/server/body_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace perennial::http;

namespace {

constexpr std::size_t bodyLimit = 1000;

struct Outcome {
    BodyReader::State state;
    std::string body;
    std::size_t used;
};

Outcome readBody(const RequestHead& head, std::string_view input, std::size_t step)
{
    BodyReader reader(head, bodyLimit);
    std::string waiting;
    std::size_t total = 0;
    for (;;) {
        std::size_t used = 0;
        const auto state = reader.take(waiting, used);
        if (used > waiting.size() || reader.body().size() > bodyLimit) std::abort();
        waiting.erase(0, used);
        total += used;
        if (state != BodyReader::State::More || input.empty()) return {state, reader.body(), total};
        waiting += input.substr(0, step);
        input.remove_prefix(std::min(step, input.size()));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    const auto read = readHead(text.substr(0, end + 2));
    const auto* head = std::get_if<RequestHead>(&read);
    if (head == nullptr) return 0;
    if (head->target.path.empty() || head->target.path.front() != '/') std::abort();
    if (head->chunked && head->contentLength != 0) std::abort();
    const auto rest = text.substr(end + 4);
    const auto whole = readBody(*head, rest, rest.size() + 1);
    const auto single = readBody(*head, rest, 1);
    // However it is cut up, it is the same body; only how far a refused one was read may differ.
    if (whole.state != single.state) std::abort();
    if (whole.state == BodyReader::State::Complete &&
        (whole.body != single.body || whole.used != single.used))
        std::abort();
    return 0;
}
